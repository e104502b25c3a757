// SPDX-License-Identifier: Apache-2.0
// Checks of [pf.policy], and those that a policy file shares with it.
#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>

#include "gateway/base/json.h"
#include "gateway/base/text.h"
#include "gateway/config/sections/check_parts.h"

namespace msggw::config {
namespace {

/// The length of a Service ID made from `pattern`; none if it has a placeholder that does not
/// exist, or not one {id}.
std::optional<std::size_t> length_of(std::string_view pattern) {
  constexpr std::size_t kIdLength = 20;
  constexpr std::size_t kLongestType = 3;
  std::size_t length = 0;
  unsigned ids = 0;
  for (std::size_t at = 0; at < pattern.size();) {
    if (pattern.substr(at).starts_with("{id}")) {
      ++ids, at += 4, length += kIdLength;
    } else if (pattern.substr(at).starts_with("{type}")) {
      at += 6, length += kLongestType;
    } else if (pattern[at] == '{' || pattern[at] == '}') {
      return std::nullopt;
    } else {
      ++at, ++length;
    }
  }
  return ids == 1 ? std::optional(length) : std::nullopt;
}

}  // namespace

std::string template_wrong(std::string_view pattern, const protocol::WireLimits& wire) {
  const auto length = length_of(pattern);
  if (!length || pattern.find(' ') != std::string_view::npos) {
    return "'" + base::printable(pattern) +
           "' makes no Service IDs, allowed is text without spaces with {id} once and {type} as an "
           "addition";
  }
  if (*length <= wire.service_id_octets) return {};
  return "makes Service IDs of " + std::to_string(*length) +
         " octets, allowed are at most service_id_octets of [pf.wire], " +
         std::to_string(wire.service_id_octets);
}

std::string service_info_wrong(std::string_view text, const protocol::WireLimits& wire) {
  if (text.empty()) return {};
  const auto info = base::parse_json(text, {});
  if (!info || !info->is_object()) {
    return "is not a JSON object" + (info ? std::string() : ": " + info.error().detail) +
           ", allowed is one such as '{\"segmentSize\":2048}' or nothing";
  }
  if (text.size() <= wire.service_info_octets) return {};
  return "is longer than service_info_octets of [pf.wire] allows, " +
         std::to_string(wire.service_info_octets);
}

std::optional<std::string> segment_size_of(std::string_view service_info) {
  const auto info = base::parse_json(service_info, {});
  const auto* size = info ? base::member(*info, "segmentSize") : nullptr;
  if (size == nullptr) return std::nullopt;
  std::string text;
  base::append_json(text, *size);
  return text;
}

void check_policy(const function::Options& pf, Findings& found) {
  const function::DefaultGrant& policy = pf.policy;
  if (auto wrong = template_wrong(policy.service_id_template, pf.wire); !wrong.empty()) {
    found.push_back(
        {"pf.policy", "service_id_template", std::move(wrong), {"pf.wire.service_id_octets"}});
  }
  const std::size_t servers = policy.server_service_ids.size();
  const std::size_t told = policy.servers_told == 0 ? servers : policy.servers_told;
  if (servers == 0) {
    found.push_back(
        {"pf.policy", "server_service_ids", "is empty, every response needs at least one"});
  } else if (std::min(told, servers) > pf.wire.server_service_ids) {
    found.push_back({"pf.policy",
                     "server_service_ids",
                     "has more items than server_service_ids of [pf.wire] allows in a response, " +
                         std::to_string(pf.wire.server_service_ids) +
                         ", shorten the list or set servers_told",
                     {"pf.wire.server_service_ids", "pf.policy.servers_told"}});
  }
  if (auto wrong = service_info_wrong(policy.service_info, pf.wire); !wrong.empty()) {
    found.push_back(
        {"pf.policy", "service_info", std::move(wrong), {"pf.wire.service_info_octets"}});
    return;
  }
  const auto said = segment_size_of(policy.service_info);
  if (said && policy.segment_size != function::DefaultGrant::kSegmentSize &&
      *said != std::to_string(policy.segment_size)) {
    found.push_back({"pf.policy",
                     "segment_size",
                     std::to_string(policy.segment_size) + " differs from the segmentSize in " +
                         "service_info, which is " + base::printable(*said) +
                         ", say it in one place",
                     {"pf.policy.service_info"}});
  }
}

}  // namespace msggw::config
