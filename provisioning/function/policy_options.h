// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/core/ids.h"

namespace msggw::function {

struct ServerOption {
  std::string service_id;
  std::uint32_t weight = 1;  ///< share of the Private IDs that have it first; 0: never told
};

struct ServerOptions {
  std::vector<ServerOption> list;
  /// Each Private ID has its own order, by weight. Else all have that of the list: the first is the
  /// one to use, the others are for when it fails.
  bool by_weight = true;
};

/// What a rule gives; what is absent is taken from the default rule.
struct GrantOptions {
  /// `{id}` is required, once, and becomes 20 random lower-case letters and digits; `{type}`
  /// becomes "ue", "as", "l3g" or "n3g" by the ueType of the first request. Of new Service IDs
  /// only.
  std::optional<std::string> service_id_template;
  std::optional<ServerOptions> servers;
  std::optional<std::size_t> servers_told;  ///< how many of them an answer names; 0: all
  /// Octets; put into service_info as "segmentSize". 0: none. Where service_info says it too, both
  /// must say the same.
  std::optional<std::uint32_t> segment_size;
  std::optional<std::string> service_info;       ///< JSON object, or empty
  std::optional<std::chrono::seconds> lifetime;  ///< 0: for ever
};

/// One rule. It matches if every condition that is not empty is met. Patterns: `*` is any text, `?`
/// one character; letter case counts.
struct RuleOptions {
  static constexpr std::size_t kMostNameOctets = 64;

  std::string name;  ///< unique; in logs, metrics and the store
  std::vector<core::UeType> ue_types{};
  std::vector<std::string> private_ids{};  ///< patterns of the canonical text
  std::vector<std::string> kinds{};        ///< "mac48", "imei", ... (core::name_of)
  std::vector<std::string> gateways{};     ///< patterns of who asks; nobody proven matches none
  std::vector<std::pair<std::string, std::string>> info{};  ///< member name -> pattern of its text
  bool allow = true;
  std::string reason{};   ///< of a refusal, told to the endpoint's gateway
  std::size_t quota = 0;  ///< Service IDs given by this rule; 0: no limit
  GrantOptions grant{};
};

struct PolicyOptions {
  static constexpr std::size_t kMostRules = 1'000;
  static constexpr std::size_t kMostServers = 256;                ///< of one rule
  static constexpr std::chrono::hours kMostLifetime{24 * 3'650};  ///< ten years
  static constexpr const char* kOtherwiseName = "default";

  RuleOptions otherwise{.name = kOtherwiseName};  ///< without conditions; its grant is complete
  std::vector<RuleOptions> rules{};
};

/// The [pf.policy] section: what every endpoint gets unless the policy file says otherwise. Only
/// the Service ID is kept with an assignment: the rest is sent as it is configured at the time of
/// the answer, so that a change reaches a known device when it asks again.
struct DefaultGrant {
  static constexpr std::uint32_t kSegmentSize = 2'048;

  std::string service_id_template = "{type}-{id}@msgin5g.example";
  std::vector<std::string> server_service_ids = {"m5s-1@msgin5g.example"};  ///< in that order
  std::size_t servers_told = 0;
  /// One in service_info comes before this if this is the default.
  std::uint32_t segment_size = kSegmentSize;
  std::string service_info{};
  std::chrono::seconds lifetime{0};
};

/// A policy of the default rule alone. Its segment_size is absent where it is the default one, so
/// that Policy takes the one of service_info, if there is one, and else the default.
inline PolicyOptions policy_of(const DefaultGrant& grant) {
  PolicyOptions options;
  GrantOptions& to = options.otherwise.grant;
  to.service_id_template = grant.service_id_template;
  to.servers.emplace(ServerOptions{{}, false});
  for (const std::string& id : grant.server_service_ids) to.servers->list.push_back({id, 1});
  to.servers_told = grant.servers_told;
  if (grant.segment_size != DefaultGrant::kSegmentSize) to.segment_size = grant.segment_size;
  to.service_info = grant.service_info;
  to.lifetime = grant.lifetime;
  return options;
}

}  // namespace msggw::function
