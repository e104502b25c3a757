// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/target.h"

#include <utility>

#include "gateway/admin/query.h"
#include "gateway/base/path_segment.h"

namespace msggw::admin {

namespace {

constexpr std::string_view kStatus = "/api/v1/status";
constexpr std::string_view kRemovals = "/api/v1/removals";
constexpr std::string_view kDevices = "/api/v1/devices";
constexpr std::string_view kMessages = "/api/v1/messages";
constexpr std::string_view kTrace = "/api/v1/trace";
constexpr std::string_view kAliases = "aliases/";
constexpr std::string_view kCredentials = "credentials/";
constexpr std::string_view kCredentialLists = "/api/v1/credentials";

constexpr std::pair<std::string_view, Target::Kind> kActions[] = {
    {"suspend", Target::Kind::suspend},
    {"resume", Target::Kind::resume},
    {"reprovision", Target::Kind::reprovision},
    {"forget", Target::Kind::forget},
    {"why", Target::Kind::why},
    {"credentials", Target::Kind::credentials}};

Target::Kind kind_below_device(std::string_view rest) {
  for (const auto& [word, kind] : kActions) {
    if (rest == word) return kind;
  }
  if (rest.starts_with(kCredentials) && number_of<std::uint64_t>(rest.substr(kCredentials.size())))
    return Target::Kind::credential;
  const bool is_alias = rest.starts_with(kAliases) && rest.size() > kAliases.size() &&
                        rest.find('/', kAliases.size()) == std::string_view::npos;
  return is_alias ? Target::Kind::alias : Target::Kind::unknown;
}

/// Below /api/v1/messages.
Target message_target(std::string_view rest) {
  if (rest.empty()) return {Target::Kind::messages, {}};
  if (rest == "/removals") return {Target::Kind::message_removals, {}};
  const auto no = number_of<std::uint64_t>(rest.substr(1));
  if (rest.front() != '/' || !no) return {};
  Target target{Target::Kind::message, {}};
  target.number = *no;
  return target;
}

std::optional<core::Bearer> bearer_of(std::string_view name) {
  for (const core::Bearer bearer : core::kAllBearers) {
    if (core::name_of(bearer) == name) return bearer;
  }
  return std::nullopt;
}

}  // namespace

Target parse_target(std::string_view path) {
  if (path == kStatus) return {Target::Kind::status, {}};
  if (path == kRemovals) return {Target::Kind::removals, {}};
  if (path == kCredentialLists) return {Target::Kind::credential_lists, {}};
  if (path == kTrace) return {Target::Kind::trace, {}};
  if (path.starts_with(kMessages)) return message_target(path.substr(kMessages.size()));
  if (path == kDevices) return {Target::Kind::devices, {}};
  if (!path.starts_with(kDevices)) return {};
  path.remove_prefix(kDevices.size());
  if (!path.starts_with('/')) return {};
  path.remove_prefix(1);
  Target target{Target::Kind::device, {}};
  const auto slash = path.find('/');
  std::string_view alias;
  if (slash != std::string_view::npos) {
    const std::string_view rest = path.substr(slash + 1);
    target.kind = kind_below_device(rest);
    if (target.kind == Target::Kind::unknown) return {};
    if (target.kind == Target::Kind::credential)
      target.number = *number_of<std::uint64_t>(rest.substr(kCredentials.size()));
    if (target.kind == Target::Kind::alias) alias = rest.substr(kAliases.size());
    path = path.substr(0, slash);
  }
  if (path.empty()) return {};
  auto private_id = base::octets_of_segment(path);
  auto its_alias = base::octets_of_segment(alias);
  if (!private_id || !its_alias) return {Target::Kind::malformed, {}};
  target.private_id = std::move(*private_id);
  target.alias = std::move(*its_alias);
  return target;
}

base::Result<ListQuery> parse_list_query(std::string_view query) {
  const auto parameters = read_query(query);
  if (!parameters) return tl::unexpected(parameters.error());
  ListQuery read;
  for (const auto& [name, value] : *parameters) {
    if (name == "state") {
      read.state = core::device_state_of(value);
      if (!read.state) return wrong(name, "allowed is the name of a state");
    } else if (name == "presence") {
      read.presence = core::presence_of(value);
      if (!read.presence)
        return wrong(name, "allowed are registered, reachable, sleeping and offline");
    } else if (name == "bearer") {
      read.bearer = bearer_of(value);
      if (!read.bearer) return wrong(name, "allowed are coap, mqtt and sms");
    } else if (name == "limit") {
      const auto limit = number_of<std::size_t>(value);
      if (!limit || *limit == 0 || *limit > ListQuery::kMostLimit)
        return wrong(name, "allowed is 1 to " + std::to_string(ListQuery::kMostLimit));
      read.limit = *limit;
    } else if (name == "after") {
      const auto after = number_of<std::uint32_t>(value);
      if (!after || *after == UINT32_MAX)
        return wrong(name, "allowed is what `next` of the last answer says");
      read.first = *after + 1;
    } else {
      return wrong(name, "is unknown; allowed are state, presence, bearer, limit and after");
    }
  }
  return read;
}

}  // namespace msggw::admin
