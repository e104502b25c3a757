// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/target.h"

#include <charconv>

namespace msggw::msgin5g {

namespace {

constexpr unsigned kLowestHigh = 15;
/// 24 is what cores commonly give to everything that needs nothing else.
constexpr unsigned kLowestNormal = 24;
constexpr unsigned kLowest = 31;

/// Cuts "/segment" off the path; empty: there is none.
std::string_view next_segment(std::string_view& path) noexcept {
  if (!path.starts_with('/')) return {};
  const std::string_view segment = path.substr(1, path.find('/', 1) - 1);
  path.remove_prefix(segment.size() + 1);
  return segment;
}

bool is_version(std::string_view segment) noexcept {
  return segment.size() > 1 && segment[0] == 'v' && segment[1] >= '0' && segment[1] <= '9';
}

}  // namespace

std::string_view api_of(Role role) noexcept {
  switch (role) {
    case Role::legacy_3gpp: return "msgg-l3gdelivery";
    case Role::non_3gpp: return "msgg-n3gdelivery";
  }
  return "?";
}

std::string_view name_of(Operation operation) noexcept {
  switch (operation) {
    case Operation::l3g_message: return "l3g_message";
    case Operation::l3g_report: return "l3g_report";
    case Operation::n3g_message: return "n3g_message";
    case Operation::n3g_report: return "n3g_report";
    case Operation::none: return "none";
  }
  return "?";
}

Role role_of(Operation operation) noexcept {
  const bool l3g = operation == Operation::l3g_message || operation == Operation::l3g_report;
  return l3g ? Role::legacy_3gpp : Role::non_3gpp;
}

Target target_of(std::string_view path, const FaceOptions& options) noexcept {
  if (!path.starts_with(options.path_prefix)) return {};
  path.remove_prefix(options.path_prefix.size());
  const std::string_view api = next_segment(path);
  const bool l3g = options.legacy_3gpp && api == api_of(Role::legacy_3gpp);
  const bool n3g = options.non_3gpp && api == api_of(Role::non_3gpp);
  if (!l3g && !n3g) return {};
  const std::string_view version = next_segment(path);
  if (version != "v1") return {.wrong_version = is_version(version)};
  if (path == "/deliver-message") return {l3g ? Operation::l3g_message : Operation::n3g_message};
  if (path == "/deliver-report") return {l3g ? Operation::l3g_report : Operation::n3g_report};
  return {};
}

std::optional<messages::Priority> priority_of(std::string_view value) noexcept {
  unsigned number = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc{} || stop != end || number > kLowest) return std::nullopt;
  if (number <= kLowestHigh) return messages::Priority::high;
  return number <= kLowestNormal ? messages::Priority::normal : messages::Priority::low;
}

std::string_view sbi_priority_of(messages::Priority priority) noexcept {
  switch (priority) {
    case messages::Priority::high: return "8";
    case messages::Priority::normal: return "";
    case messages::Priority::low: return "28";
  }
  return "";
}

}  // namespace msggw::msgin5g
