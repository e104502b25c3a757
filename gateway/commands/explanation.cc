// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/explanation.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "gateway/base/document.h"
#include "gateway/base/json.h"
#include "gateway/base/text.h"
#include "gateway/config/language/units.h"
#include "provisioning/function/gateways.h"

namespace msggw::commands {

namespace {

using function::Policy;
using function::PolicyRule;

void line(std::ostream& out, std::string_view what, std::string_view text) {
  out << what << std::string(what.size() < 14 ? 14 - what.size() : 1, ' ') << text << '\n';
}

function::Asked asked_by(const cli::Explain& command, const core::PrivateId& id) {
  return {command.type, id, command.info, command.gateway};
}

}  // namespace

Explanation::Explanation(const cli::Explain& command, const core::PrivateId& id, const Rules& rules,
                         Stored stored)
    : command_(command),
      id_(id),
      pf_(rules.pf),
      steps_(rules.policy.explain(asked_by(command, id))),
      rule_(*rules.policy.rule_for(asked_by(command, id))),
      stored_(std::move(stored)) {
  decide(gateway_fault(rules.gateways));
  if (is_answered()) rules.policy.describe(rule_, id.text(), answer_);
}

std::size_t Explanation::used() const {
  const auto found = stored_.by_rule.find(rule_.options().name);
  return found == stored_.by_rule.end() ? 0 : found->second;
}

std::string Explanation::gateway_fault(
    const std::vector<function::GatewayOptions>& gateways) const {
  const auto found = std::find_if(gateways.begin(), gateways.end(), [&](const auto& gateway) {
    return gateway.name == command_.gateway;
  });
  if (found == gateways.end()) {
    const bool refused = !pf_.gateways_file.empty() && !pf_.allow_unknown_gateways;
    return refused ? "401: only gateways of the gateways_file may ask" : "";
  }
  const function::Asker asker{function::Asker::Standing::gateway, found->name, &*found};
  if (!asker.may_ask_for(command_.type)) {
    return "403 GATEWAY_NOT_AUTHORIZED: this gateway may not ask for " +
           std::string(core::name_of(command_.type));
  }
  if (!asker.may_ask_for(id_.text())) {
    return "403 GATEWAY_NOT_AUTHORIZED: this gateway may not ask for this Private ID";
  }
  return {};
}

/// In the order in which the Provisioning Function looks at it.
void Explanation::decide(const std::string& gateway_fault) {
  const std::size_t quota = rule_.options().quota;
  const auto become = [&](const char* outcome, std::string because) {
    outcome_ = outcome;
    because_ = std::move(because);
  };
  if (!gateway_fault.empty()) return become("not authorized", gateway_fault);
  if (!rule_.options().allow) {
    return become("denied", "403 POLICY_DENIED: " + std::string(rule_.options().reason));
  }
  if (stored_.known) return become("known", "200 with the Service ID that it has");
  if (quota != 0 && used() >= quota) {
    return become("over quota", "403 QUOTA_EXCEEDED: the quota of the rule is used up");
  }
  if (stored_.assignments >= pf_.max_assignments) {
    return become("full", "403 QUOTA_EXCEEDED: max_assignments is reached");
  }
  become("new", "201 with a new Service ID");
}

std::string Explanation::asked_as() const {
  std::string out(core::name_of(command_.type));
  out += command_.gateway.empty() ? ", no gateway proven"
                                  : ", gateway " + base::printable(command_.gateway, 255);
  return out + (command_.info.empty() ? ", no information" : ", information " + command_.info);
}

std::string Explanation::service_id() const {
  if (!stored_.known) return "like " + rule_.gives().service_ids.text();
  const auto& known = *stored_.known;
  return base::printable(known.service_id, 255) + ", given by rule \"" +
         base::printable(known.rule, 255) + "\" to " + std::string(core::name_of(known.type));
}

std::string Explanation::store() const {
  if (pf_.volatile_store) return "in memory only, not to be seen from here";
  const std::string folder = pf_.folder.string();
  if (!stored_.exists) return folder + ", nothing was given out yet";
  if (!stored_.fault.empty()) return "cannot be read: " + stored_.fault;
  return folder + ", " + std::to_string(stored_.assignments) + " assignments as of its last commit";
}

void Explanation::print_text(std::ostream& out) const {
  line(out, "Private ID",
       base::printable(id_.text(), 255) + " (" + std::string(core::name_of(id_.kind())) + ")");
  line(out, "asked as", asked_as());
  line(out, "store", store());
  out << "\nrules, in order\n";
  std::size_t width = 0;
  for (const auto& step : steps_) width = std::max(width, step.rule->options().name.size());
  for (const auto& step : steps_) {
    const std::string_view name = step.rule->options().name;
    out << "  " << name << std::string(width - name.size() + 2, ' ')
        << (step.decides ? "decides  " : "no       ") << step.why << '\n';
  }
  out << '\n';
  line(out, "answer", because_);
  const std::size_t quota = rule_.options().quota;
  line(out, "quota",
       quota == 0 ? "none; " + std::to_string(used()) + " in use"
                  : std::to_string(used()) + " of " + std::to_string(quota) + " in use");
  line(out, "Service ID", stored_.known || is_answered() ? service_id() : "none");
  if (!is_answered()) return;
  std::string servers;
  for (const std::string& server : answer_.server_service_ids) {
    servers += (servers.empty() ? "" : ", ") + base::printable(server, 255);
  }
  line(out, "servers", servers);
  line(out, "service info", answer_.service_info.empty() ? "none" : answer_.service_info);
  line(out, "lifetime",
       answer_.lifetime.count() == 0 ? "for ever"
                                     : config_language::print_duration(answer_.lifetime));
}

void Explanation::print_json(std::ostream& out) const {
  std::string rules = "[";
  for (const auto& step : steps_) {
    rules += rules.size() > 1 ? "," : "";
    base::ObjectWriter writer(base::Encoding::json, rules);
    writer.text("rule", step.rule->options().name);
    writer.json("decides", step.decides ? "true" : "false");
    writer.text("why", step.why);
    writer.end();
  }
  rules += "]";
  std::string text;
  base::ObjectWriter writer(base::Encoding::json, text);
  writer.text("privateId", id_.text());
  writer.text("kind", core::name_of(id_.kind()));
  writer.text("ueType", core::name_of(command_.type));
  if (!command_.gateway.empty()) writer.text("gateway", command_.gateway);
  if (!command_.info.empty()) writer.json("info", command_.info);
  writer.json("rules", rules);
  writer.text("rule", rule_.options().name);
  writer.text("outcome", outcome_);
  writer.text("because", because_);
  writer.number("quota", rule_.options().quota);
  writer.number("inUse", used());
  if (!stored_.fault.empty()) writer.text("storeFault", stored_.fault);
  if (stored_.known) {
    writer.text("serviceId", stored_.known->service_id);
    writer.text("givenByRule", stored_.known->rule);
    writer.text("givenToUeType", core::name_of(stored_.known->type));
  }
  if (is_answered()) {
    writer.text("template", rule_.gives().service_ids.text());
    writer.texts("serverServiceIds", answer_.server_service_ids);
    if (!answer_.service_info.empty()) writer.json("serviceInfo", answer_.service_info);
    writer.number("lifetime", static_cast<std::uint64_t>(answer_.lifetime.count()));
  }
  writer.end();
  out << text << '\n';
}

void print_rules(std::ostream& out, const Policy& policy) {
  out << "\npolicy, the first rule that matches decides\n";
  for (const PolicyRule& rule : policy.rules()) {
    const std::string conditions = rule.conditions();
    out << "  " << rule.options().name << ": " << (conditions.empty() ? "everything" : conditions)
        << " -> ";
    if (!rule.options().allow) {
      out << "refused, " << rule.options().reason << '\n';
      continue;
    }
    const auto& gives = rule.gives();
    out << gives.service_ids.text();
    if (rule.options().quota != 0) out << ", at most " << rule.options().quota;
    out << ", " << gives.servers.told() << " of " << gives.servers.size() << " servers";
    if (!gives.service_info.empty()) out << ", " << gives.service_info;
    if (gives.lifetime.count() != 0)
      out << ", for " << config_language::print_duration(gives.lifetime);
    out << '\n';
  }
}

}  // namespace msggw::commands
