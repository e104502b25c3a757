// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/explain.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/document.h"
#include "gateway/base/json.h"
#include "gateway/base/text.h"
#include "gateway/config/files/gateways_file.h"
#include "gateway/config/files/load.h"
#include "gateway/config/language/units.h"
#include "gateway/core/private_id.h"
#include "gateway/process/function_process.h"
#include "provisioning/function/assignment_record.h"
#include "provisioning/function/gateways.h"
#include "provisioning/function/ledger.h"
#include "provisioning/function/policy_rule.h"
#include "provisioning/protocol/messages.h"
#include "storage/lmdb_store.h"

namespace msggw::commands {

namespace {

using function::Policy;

/// What the store holds, as far as it matters.
struct Stored {
  std::string fault;    ///< why it could not be read, or empty
  bool exists = false;  ///< false: nothing was ever given out
  std::size_t assignments = 0;
  std::map<std::string, std::size_t, std::less<>> by_rule;  ///< assignments in use
  struct Known {
    std::string service_id;
    std::string rule;
    core::UeType type;
  };
  std::optional<Known> known;  ///< the assignment of the Private ID
};

template <class T>
T require(base::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().detail);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

Stored read_store(const function::Options& pf, const core::PrivateId& id) {
  Stored stored;
  std::error_code ignored;
  if (pf.volatile_store || !std::filesystem::exists(pf.folder / "data.mdb", ignored)) return stored;
  stored.exists = true;
  try {
    storage::LmdbOptions lmdb;
    lmdb.folder = pf.folder;
    lmdb.tables = function::store_tables();
    lmdb.read_only = true;
    const auto store = storage::open_lmdb_store(std::move(lmdb));
    std::map<std::uint64_t, std::string> names{{0, function::PolicyOptions::kOtherwiseName}};
    require(store->load(function::kRules,
                        [&](std::uint64_t no, std::string_view name) { names[no] = name; }));
    std::map<std::uint64_t, std::size_t> counts;
    require(store->load(function::kAssignments, [&](std::uint64_t, std::string_view octets) {
      const auto record = require(function::parse_record(octets));
      const auto no = static_cast<std::uint64_t>(record.rule);
      ++stored.assignments;
      ++counts[no];
      if (record.private_id != id.text()) return;
      stored.known = {std::string(record.service_id), names[no], record.ue_type};
    }));
    for (const auto& [no, count] : counts) stored.by_rule[names[no]] += count;
  } catch (const std::runtime_error& error) {
    stored.fault = error.what();
  }
  return stored;
}

/// Everything that is told.
struct Explained {
  const cli::Explain& command;
  const core::PrivateId& id;
  std::vector<Policy::Step> steps;
  const Policy::Rule& rule;
  Stored stored;
  std::string gateway_fault;  ///< why the gateway may not ask at all, or empty
  std::string outcome;        ///< a word
  std::string because;        ///< a sentence about it
  protocol::Response answer;  ///< without the Service ID; empty if it is a refusal

  bool is_answered() const { return outcome == "new" || outcome == "known"; }
  std::size_t used() const {
    const auto found = stored.by_rule.find(name_of(rule));
    return found == stored.by_rule.end() ? 0 : found->second;
  }
};

std::string gateway_fault(const function::Options& pf, const cli::Explain& command,
                          const core::PrivateId& id) {
  const auto all = config_files::load_gateways(pf.gateways_file);
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const auto& gateway) { return gateway.name == command.gateway; });
  if (found == all.end()) {
    return pf.require_known_gateway ? "401: only gateways of the gateways_file may ask" : "";
  }
  const function::Asker asker{function::Asker::Standing::gateway, found->name, &*found};
  if (!asker.may_ask_for(command.type)) {
    return "403 GATEWAY_NOT_AUTHORIZED: this gateway may not ask for " +
           std::string(core::name_of(command.type));
  }
  if (!asker.may_ask_for(id.text())) {
    return "403 GATEWAY_NOT_AUTHORIZED: this gateway may not ask for this Private ID";
  }
  return {};
}

/// In the order in which the Provisioning Function looks at it.
void decide(Explained& it, const function::Options& pf) {
  const std::size_t quota = quota_of(it.rule);
  const auto become = [&](const char* outcome, std::string because) {
    it.outcome = outcome;
    it.because = std::move(because);
  };
  if (!it.gateway_fault.empty()) return become("not authorized", it.gateway_fault);
  if (!allows(it.rule)) {
    return become("denied", "403 POLICY_DENIED: " + std::string(reason_of(it.rule)));
  }
  if (it.stored.known) return become("known", "200 with the Service ID that it has");
  if (quota != 0 && it.used() >= quota) {
    return become("over quota", "403 QUOTA_EXCEEDED: the quota of the rule is used up");
  }
  if (it.stored.assignments >= pf.max_assignments) {
    return become("full", "403 QUOTA_EXCEEDED: max_assignments is reached");
  }
  become("new", "201 with a new Service ID");
}

std::string asked_as(const Explained& it) {
  std::string out(core::name_of(it.command.type));
  out += it.command.gateway.empty() ? ", no gateway proven"
                                    : ", gateway " + base::printable(it.command.gateway, 255);
  return out + (it.command.info.empty() ? ", no information" : ", information " + it.command.info);
}

std::string service_id_of(const Explained& it) {
  if (!it.stored.known) return "like " + template_of(it.rule).text();
  const auto& known = *it.stored.known;
  return base::printable(known.service_id, 255) + ", given by rule \"" +
         base::printable(known.rule, 255) + "\" to " + std::string(core::name_of(known.type));
}

std::string store_of(const Explained& it, const function::Options& pf) {
  if (pf.volatile_store) return "in memory only, not to be seen from here";
  const std::string folder = pf.folder.string();
  if (!it.stored.exists) return folder + ", nothing was given out yet";
  if (!it.stored.fault.empty()) return "cannot be read: " + it.stored.fault;
  return folder + ", " + std::to_string(it.stored.assignments) +
         " assignments as of its last commit";
}

void line(std::ostream& out, std::string_view what, std::string_view text) {
  out << what << std::string(what.size() < 14 ? 14 - what.size() : 1, ' ') << text << '\n';
}

void print_text(std::ostream& out, const Explained& it, const function::Options& pf) {
  line(out, "Private ID",
       base::printable(it.id.text(), 255) + " (" + std::string(core::name_of(it.id.kind())) + ")");
  line(out, "asked as", asked_as(it));
  line(out, "store", store_of(it, pf));
  out << "\nrules, in order\n";
  std::size_t width = 0;
  for (const auto& step : it.steps) width = std::max(width, name_of(*step.rule).size());
  for (const auto& step : it.steps) {
    const std::string_view name = name_of(*step.rule);
    out << "  " << name << std::string(width - name.size() + 2, ' ')
        << (step.decides ? "decides  " : "no       ") << step.why << '\n';
  }
  out << '\n';
  line(out, "answer", it.because);
  const std::size_t quota = quota_of(it.rule);
  line(out, "quota",
       quota == 0 ? "none; " + std::to_string(it.used()) + " in use"
                  : std::to_string(it.used()) + " of " + std::to_string(quota) + " in use");
  line(out, "Service ID", it.stored.known || it.is_answered() ? service_id_of(it) : "none");
  if (!it.is_answered()) return;
  std::string servers;
  for (const std::string& server : it.answer.server_service_ids) {
    servers += (servers.empty() ? "" : ", ") + base::printable(server, 255);
  }
  line(out, "servers", servers);
  line(out, "service info", it.answer.service_info.empty() ? "none" : it.answer.service_info);
  line(out, "lifetime",
       it.answer.lifetime.count() == 0 ? "for ever"
                                       : config_language::print_duration(it.answer.lifetime));
}

void print_json(std::ostream& out, const Explained& it) {
  std::string rules = "[";
  for (const auto& step : it.steps) {
    rules += rules.size() > 1 ? "," : "";
    base::ObjectWriter writer(base::Encoding::json, rules);
    writer.text("rule", name_of(*step.rule));
    writer.json("decides", step.decides ? "true" : "false");
    writer.text("why", step.why);
    writer.end();
  }
  rules += "]";
  std::string text;
  base::ObjectWriter writer(base::Encoding::json, text);
  writer.text("privateId", it.id.text());
  writer.text("kind", core::name_of(it.id.kind()));
  writer.text("ueType", core::name_of(it.command.type));
  if (!it.command.gateway.empty()) writer.text("gateway", it.command.gateway);
  if (!it.command.info.empty()) writer.json("info", it.command.info);
  writer.json("rules", rules);
  writer.text("rule", name_of(it.rule));
  writer.text("outcome", it.outcome);
  writer.text("because", it.because);
  writer.number("quota", quota_of(it.rule));
  writer.number("inUse", it.used());
  if (!it.stored.fault.empty()) writer.text("storeFault", it.stored.fault);
  if (it.stored.known) {
    writer.text("serviceId", it.stored.known->service_id);
    writer.text("givenByRule", it.stored.known->rule);
    writer.text("givenToUeType", core::name_of(it.stored.known->type));
  }
  if (it.is_answered()) {
    writer.text("template", template_of(it.rule).text());
    writer.texts("serverServiceIds", it.answer.server_service_ids);
    if (!it.answer.service_info.empty()) writer.json("serviceInfo", it.answer.service_info);
    writer.number("lifetime", static_cast<std::uint64_t>(it.answer.lifetime.count()));
  }
  writer.end();
  out << text << '\n';
}

}  // namespace

cli::ExitCode explain(const cli::Explain& command, std::ostream& out, std::ostream& err) {
  const auto config = config_files::load(command.config, command.settings, config::Purpose::look);
  const Policy policy = process::read_policy(config.pf);
  const auto id = core::PrivateId::parse(command.private_id, config.pf.wire.private_id_octets);
  if (!id) {
    err << "msggw pf --explain: " << id.error().detail << '\n';
    return cli::ExitCode::usage;
  }
  const function::Asked asked{command.type, *id, command.info, command.gateway};
  const Policy::Rule& rule = *policy.rule_for(asked);
  Explained it{command, *id, policy.explain(asked), rule, read_store(config.pf, *id), {}, {},
               {},      {}};
  it.gateway_fault = gateway_fault(config.pf, command, *id);
  decide(it, config.pf);
  if (it.is_answered()) policy.describe(rule, id->text(), it.answer);
  command.json ? print_json(out, it) : print_text(out, it, config.pf);
  if (it.stored.fault.empty()) return cli::ExitCode::ok;
  err << "msggw pf --explain: " << it.stored.fault << '\n';
  return cli::ExitCode::failed;
}

void print_rules(std::ostream& out, const Policy& policy) {
  out << "\npolicy, the first rule that matches decides\n";
  for (const Policy::Rule* rule : policy.rules()) {
    const std::string conditions = rule->conditions();
    out << "  " << name_of(*rule) << ": " << (conditions.empty() ? "everything" : conditions)
        << " -> ";
    if (!allows(*rule)) {
      out << "refused, " << reason_of(*rule) << '\n';
      continue;
    }
    const auto& gives = rule->gives();
    out << gives.service_ids.text();
    if (quota_of(*rule) != 0) out << ", at most " << quota_of(*rule);
    out << ", " << gives.servers.told() << " of " << gives.servers.size() << " servers";
    if (!gives.service_info.empty()) out << ", " << gives.service_info;
    if (gives.lifetime.count() != 0)
      out << ", for " << config_language::print_duration(gives.lifetime);
    out << '\n';
  }
}

}  // namespace msggw::commands
