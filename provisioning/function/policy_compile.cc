// SPDX-License-Identifier: Apache-2.0
// How a policy is made of its options.
#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <numeric>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/json.h"
#include "gateway/base/text.h"
#include "provisioning/function/assignment_record.h"
#include "provisioning/function/policy.h"

namespace msggw::function {

namespace {

constexpr const char* kSegmentSize = "segmentSize";
constexpr std::size_t kFrameOctets = 100;  ///< of a response, its names and punctuation

[[noreturn]] void refuse(const RuleOptions& rule, const std::string& why) {
  throw std::runtime_error("policy rule \"" + base::printable(rule.name, 255) + "\": " + why);
}

/// What a rule says about service information, the segment size apart. `segment` null: none.
struct Info {
  std::optional<boost::json::object> members;
  std::optional<boost::json::value> segment;
};

Info info_of(const RuleOptions& rule) {
  Info info;
  if (rule.grant.segment_size) {
    const std::uint32_t octets = *rule.grant.segment_size;
    info.segment = octets == 0 ? boost::json::value() : boost::json::value(octets);
  }
  if (!rule.grant.service_info) return info;
  info.members.emplace();
  if (rule.grant.service_info->empty()) return info;
  auto value = base::parse_json(*rule.grant.service_info, {});
  if (!value) refuse(rule, "service_info: " + value.error().detail);
  if (!value->is_object()) refuse(rule, "service_info is not a JSON object");
  info.members = std::move(value->get_object());
  const auto* said = info.members->if_contains(kSegmentSize);
  if (said == nullptr) return info;
  if (info.segment && *info.segment != *said) {
    refuse(rule, "segment_size and segmentSize in service_info differ; say it in one place");
  }
  info.segment = *said;
  return info;
}

/// `own` over `inherited`, each of the two parts by itself. Null out of `inherited` was absent
/// there too.
Info merged(Info own, const Info& inherited) {
  if (!own.members) own.members = inherited.members;
  if (!own.segment) own.segment = inherited.segment;
  return own;
}

std::string text_of(const Info& info) {
  boost::json::object members = info.members.value_or(boost::json::object());
  if (!info.segment || info.segment->is_null()) {
    members.erase(kSegmentSize);
  } else {
    members[kSegmentSize] = *info.segment;
  }
  std::string text;
  if (!members.empty()) base::append_json(text, members);
  return text;
}

void check_name(const RuleOptions& rule) {
  if (rule.name.empty()) refuse(rule, "it needs a name");
  if (rule.name.size() > RuleOptions::kMostNameOctets) {
    refuse(rule, "the name is longer than " + std::to_string(RuleOptions::kMostNameOctets));
  }
  if (!base::is_utf8(rule.name) || base::has_control(rule.name)) {
    refuse(rule, "the name holds control characters or is not UTF-8");
  }
}

/// Whole Private IDs in their canonical text, so that any spelling may stand in a rule, patterns as
/// they are; and a reason for every refusal.
void complete(RuleOptions& rule) {
  for (std::string& id : rule.private_ids) {
    if (id.find_first_of("*?") != std::string::npos) continue;
    auto parsed = core::PrivateId::parse(id, core::PrivateId::kMostOctets);
    if (!parsed) refuse(rule, "private_ids: " + parsed.error().detail);
    id = parsed->text();
  }
  if (!rule.allow && rule.reason.empty()) {
    rule.reason = "rule \"" + rule.name + "\" of the service policy does not allow it";
  }
}

PolicyServers servers_of(const RuleOptions& rule, const GrantOptions& otherwise,
                         const protocol::WireLimits& limits) {
  const ServerOptions& servers =
      rule.grant.servers ? *rule.grant.servers : otherwise.servers.value();
  const std::size_t told = rule.grant.servers_told.value_or(otherwise.servers_told.value_or(0));
  if (servers.list.size() > PolicyOptions::kMostServers) {
    refuse(rule, "servers: at most " + std::to_string(PolicyOptions::kMostServers));
  }
  PolicyServers made(servers, told);
  if (made.size() == 0) {
    refuse(rule, "servers: every response needs at least one (of a weight above 0)");
  }
  if (made.told() > limits.server_service_ids) {
    refuse(rule, "servers: a response names " + std::to_string(limits.server_service_ids) +
                     " at most, say with servers_told how many");
  }
  return made;
}

ServiceIdTemplate template_of(const RuleOptions& rule, const GrantOptions& otherwise,
                              const protocol::WireLimits& limits) {
  const std::size_t most = std::min(limits.service_id_octets, AssignmentRecord::kMostTextOctets);
  const auto& own = rule.grant.service_id_template;
  try {
    return {own ? *own : otherwise.service_id_template.value(), most};
  } catch (const std::runtime_error& error) {
    refuse(rule, error.what());
  }
}

std::chrono::seconds lifetime_of(const RuleOptions& rule, const GrantOptions& otherwise) {
  const auto lifetime = rule.grant.lifetime ? *rule.grant.lifetime
                                            : otherwise.lifetime.value_or(std::chrono::seconds{0});
  if (lifetime < std::chrono::seconds{0} || lifetime > PolicyOptions::kMostLifetime) {
    refuse(rule, "lifetime: allowed are 0 to 10 years");
  }
  return lifetime;
}

/// Reads answers back as a client would, one with every server.
void check_answers(const RuleOptions& rule, const PolicyRule::Gives& gives,
                   const protocol::WireLimits& limits) {
  protocol::Response sample;
  sample.service_id = "x";
  sample.service_info = gives.service_info;
  sample.lifetime = gives.lifetime;
  for (const std::string& server : gives.servers.all()) {
    sample.server_service_ids = {server};
    const auto json = protocol::Encoding::json;
    const std::string body = protocol::encode_response(json, sample);
    if (const auto back = protocol::decode_response(json, body, limits); !back) {
      refuse(rule, back.error().detail);
    }
  }
  std::vector<std::size_t> sizes;
  for (const std::string& server : gives.servers.all()) sizes.push_back(server.size() + 3);
  std::sort(sizes.rbegin(), sizes.rend());
  const auto told = sizes.begin() + static_cast<std::ptrdiff_t>(gives.servers.told());
  const std::size_t octets = std::accumulate(sizes.begin(), told, std::size_t{kFrameOctets});
  if (octets + gives.service_info.size() + limits.service_id_octets > limits.body_octets) {
    refuse(rule, "a response would be longer than " + std::to_string(limits.body_octets) +
                     " octets; name fewer servers (servers_told) or less service information");
  }
}

}  // namespace

Policy::Policy(const PolicyOptions& options, const protocol::WireLimits& limits) {
  if (options.rules.size() > PolicyOptions::kMostRules) {
    throw std::runtime_error("the policy has more than " +
                             std::to_string(PolicyOptions::kMostRules) + " rules");
  }
  const GrantOptions& otherwise = options.otherwise.grant;
  Info info = info_of(options.otherwise);
  if (!info.segment) info.segment = boost::json::value(DefaultGrant::kSegmentSize);

  std::set<std::string> names;
  const auto add = [&](RuleOptions rule) {
    check_name(rule);
    if (!names.insert(rule.name).second) refuse(rule, "another rule has the same name");
    complete(rule);
    PolicyRule::Gives gives{template_of(rule, otherwise, limits),
                            servers_of(rule, otherwise, limits),
                            text_of(merged(info_of(rule), info)), lifetime_of(rule, otherwise)};
    check_answers(rule, gives, limits);
    rules_.emplace_back(std::move(rule), std::move(gives));
  };
  for (const RuleOptions& rule : options.rules) add(rule);
  add(options.otherwise);
}

}  // namespace msggw::function
