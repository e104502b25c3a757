// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/files/policy_file.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/text.h"
#include "gateway/config/files/policy_values.h"
#include "gateway/config/language/list_file.h"
#include "gateway/config/sections/check_parts.h"
#include "gateway/config/sections/declare.h"
#include "gateway/core/private_id.h"

namespace msggw::config_files {

using config_language::Node;
using config_language::OptionTable;
using config_language::TableReader;

namespace {

using function::PolicyOptions;
using function::RuleOptions;

constexpr std::size_t kMostPatterns = 100;
constexpr std::size_t kMostPrivateIds = 10'000;
constexpr std::uint64_t kMostQuota = 1'000'000'000;

constexpr const char* kRule = "rule";
constexpr const char* kDefault = "default";

constexpr std::array kKinds{core::PrivateIdKind::mac48, core::PrivateIdKind::eui64,
                            core::PrivateIdKind::imei,  core::PrivateIdKind::msisdn,
                            core::PrivateIdKind::uuid,  core::PrivateIdKind::opaque};

std::vector<std::string_view> kind_names() {
  std::vector<std::string_view> names;
  for (const auto kind : kKinds) names.push_back(core::name_of(kind));
  return names;
}

/// What stands in a [[rule]] or in [default], as options have it.
struct Fields {
  std::vector<std::string> ue_types;
  RuleOptions rule;
  std::string service_id_template;
  std::size_t servers_told = 0;
  std::uint32_t segment_size = 0;
  std::chrono::seconds lifetime{0};
};

OptionTable options_of(Fields& fields) {
  OptionTable table;
  RuleOptions& rule = fields.rule;
  const auto of_both = [&] {
    table.choice("action", rule.allow, {{"allow", true}, {"deny", false}});
    table.text("reason", rule.reason);
    table.number("quota", rule.quota, 0, kMostQuota);
    table.text("service_id_template", fields.service_id_template);
    table.number("servers_told", fields.servers_told, 0, PolicyOptions::kMostServers);
    table.octets("segment_size", fields.segment_size, 0, 16 << 20);
    table.time("lifetime", fields.lifetime, 0 * config::kMillisecond, PolicyOptions::kMostLifetime);
  };
  table.section(kDefault);
  of_both();
  table.section(kRule);
  table.text("name", rule.name);
  table.list("ue_types", fields.ue_types, ue_type_names().size());
  table.list("private_ids", rule.private_ids, kMostPrivateIds);
  table.list("kinds", rule.kinds, kKinds.size());
  table.list("gateways", rule.gateways, kMostPatterns);
  of_both();
  return table;
}

class PolicyLoader {
 public:
  PolicyLoader(std::string_view file, const function::Options& pf)
      : problems_(file), pf_(pf), policy_(function::policy_of(pf.policy)) {}

  PolicyOptions read(std::string_view text);

 private:
  void read_rule(TableReader& reader);
  void read_default(const Node& node);
  void read_fields(TableReader& reader, Fields& fields, const char* section);
  void check_lists(TableReader& reader, Fields& fields);
  void check_name(TableReader& reader, const std::string& name);
  void check_grant(TableReader& reader, const RuleOptions& rule);
  void check_servers(TableReader& reader, const function::GrantOptions& own);

  config_language::Problems problems_;
  const function::Options& pf_;
  PolicyOptions policy_;
  std::map<std::string, unsigned> names_;  ///< of rules, with the line of the first
};

PolicyOptions PolicyLoader::read(std::string_view text) {
  config_language::read_list(text,
                             {.key = kRule,
                              .item = "rule",
                              .holds = "a policy file holds [default] and any number of [[rule]]",
                              .most_octets = kMostPolicyOctets,
                              .least_items = 0,
                              .most_items = PolicyOptions::kMostRules},
                             problems_, [this](TableReader& reader) { read_rule(reader); },
                             {{kDefault, [this](const Node& node) { read_default(node); }}});
  problems_.throw_if_any();
  return std::move(policy_);
}

void PolicyLoader::read_rule(TableReader& reader) {
  Fields fields;
  read_fields(reader, fields, kRule);
  check_lists(reader, fields);
  check_name(reader, fields.rule.name);
  check_grant(reader, fields.rule);
  policy_.rules.push_back(std::move(fields.rule));
}

/// Before the rules, wherever it stands: they are checked with what they take from it.
void PolicyLoader::read_default(const Node& node) {
  const auto* table = std::get_if<Node::Table>(&node.value);
  if (table == nullptr)
    return problems_.add(node.line, kDefault, "must be one section, written [default]");
  TableReader reader(*table, node.line, "[default]", problems_);
  Fields fields;
  read_fields(reader, fields, kDefault);
  check_grant(reader, fields.rule);
  RuleOptions& otherwise = policy_.otherwise;
  fields.rule.name = otherwise.name;
  fields.rule.grant = merged(std::move(fields.rule.grant), std::move(otherwise.grant));
  otherwise = std::move(fields.rule);
}

void PolicyLoader::read_fields(TableReader& reader, Fields& fields, const char* section) {
  const OptionTable options = options_of(fields);
  function::GrantOptions& grant = fields.rule.grant;
  const auto tell = [&](const char* key) {
    return
        [&reader, key](unsigned line, const std::string& what) { reader.problem(key, line, what); };
  };
  TableReader::Specials specials{
      {"servers", [&](const Node& node) { grant.servers = servers_of(node, tell("servers")); }},
      {"service_info",
       [&](const Node& node) { grant.service_info = service_info_of(node, tell("service_info")); }},
  };
  if (section == kRule) {
    specials.emplace(
        "info", [&](const Node& node) { fields.rule.info = conditions_of(node, tell("info")); });
  }
  reader.read(options, section, specials);
  if (reader.is_good("service_id_template")) grant.service_id_template = fields.service_id_template;
  if (reader.is_good("servers_told")) grant.servers_told = fields.servers_told;
  if (reader.is_good("segment_size")) grant.segment_size = fields.segment_size;
  if (reader.is_good("lifetime")) grant.lifetime = fields.lifetime;
  if (reader.is_good("reason") && fields.rule.allow && !reader.has("action")) {
    reader.problem("reason", "is told with a refusal only, add action = \"deny\"");
  }
}

void PolicyLoader::check_lists(TableReader& reader, Fields& fields) {
  check_words(reader, "ue_types", fields.ue_types, ue_type_names());
  fields.rule.ue_types = ue_types_of(fields.ue_types);
  check_words(reader, "kinds", fields.rule.kinds, kind_names());
  for (const std::string& id : fields.rule.private_ids) {
    if (id.size() <= core::PrivateId::kMostOctets) continue;
    reader.problem("private_ids",
                   "'" + base::printable(id, 20) + "' is longer than any Private ID");
    break;
  }
}

void PolicyLoader::check_name(TableReader& reader, const std::string& name) {
  reader.check_length("name", name, RuleOptions::kMostNameOctets);
  if (reader.is_good("name") && name == PolicyOptions::kOtherwiseName)
    reader.problem("name", "'default' is what [default] is called, choose another");
  reader.check_unique("name", name, kRule, names_);
}

void PolicyLoader::check_grant(TableReader& reader, const RuleOptions& rule) {
  const function::GrantOptions& grant = rule.grant;
  if (grant.service_id_template) {
    const std::string wrong = config::template_wrong(*grant.service_id_template, pf_.wire);
    if (!wrong.empty()) reader.problem("service_id_template", wrong);
  }
  check_servers(reader, grant);
  if (!reader.is_good("service_info")) return;
  if (const auto wrong = config::service_info_wrong(*grant.service_info, pf_.wire);
      !wrong.empty()) {
    return reader.problem("service_info", wrong);
  }
  const auto said = config::segment_size_of(*grant.service_info);
  if (said && grant.segment_size && *said != std::to_string(*grant.segment_size)) {
    reader.problem("segment_size", std::to_string(*grant.segment_size) +
                                       " differs from the segmentSize in service_info, which is " +
                                       base::printable(*said) + ", say it in one place");
  }
}

void PolicyLoader::check_servers(TableReader& reader, const function::GrantOptions& own) {
  const bool says_so = reader.is_good("servers") || reader.is_good("servers_told");
  if (!says_so || (reader.has("servers") && !reader.is_good("servers"))) return;
  const function::GrantOptions& otherwise = policy_.otherwise.grant;
  const function::ServerOptions& servers = own.servers ? *own.servers : otherwise.servers.value();
  const auto used = static_cast<std::size_t>(
      std::count_if(servers.list.begin(), servers.list.end(),
                    [](const function::ServerOption& server) { return server.weight != 0; }));
  const std::size_t wanted = own.servers_told.value_or(otherwise.servers_told.value_or(0));
  const std::size_t told = wanted == 0 ? used : std::min(wanted, used);
  const std::size_t most = pf_.wire.server_service_ids;
  if (told <= most) return;
  const char* key = own.servers_told ? "servers_told" : "servers";
  reader.problem(key, "a response would name " + std::to_string(told) +
                          ", allowed are at most server_service_ids of [pf.wire], " +
                          std::to_string(most) +
                          (own.servers_told ? "" : "; say with servers_told how many"));
}

}  // namespace

function::PolicyOptions load_policy_text(std::string_view text, std::string_view name,
                                         const function::Options& pf) {
  return PolicyLoader(name, pf).read(text);
}

function::PolicyOptions load_policy(const function::Options& pf) {
  if (pf.policy_file.empty()) return function::policy_of(pf.policy);
  return load_policy_text(config_language::read_file(pf.policy_file, kMostPolicyOctets),
                          base::printable(pf.policy_file.native(), 200), pf);
}

}  // namespace msggw::config_files
