// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace msggw::coap_adapter {

/// How the name in a certificate says the Private ID of its device: "{privateId}" with what stands
/// around it, "{privateId}.meters.example" or "urn:dev:mac:{privateId}", say. Octets are compared.
struct NamePattern {
  static constexpr std::string_view kPrivateId = "{privateId}";

  std::string before;
  std::string after;

  /// Not judged yet; none: the name is not of this pattern, or of many (a wildcard).
  std::optional<std::string_view> private_id_in(std::string_view name) const noexcept {
    const bool fits = name.size() > before.size() + after.size() && name.starts_with(before) &&
                      name.ends_with(after);
    if (!fits) return std::nullopt;
    name.remove_prefix(before.size());
    name.remove_suffix(after.size());
    if (name.find('*') != std::string_view::npos) return std::nullopt;
    return name;
  }
};

/// incorrect: it does not hold "{privateId}" once.
inline base::Result<NamePattern> parse_name_pattern(std::string_view text) {
  const std::size_t at = text.find(NamePattern::kPrivateId);
  if (at == std::string_view::npos || text.find(NamePattern::kPrivateId, at + 1) != text.npos)
    return base::fail(base::Errc::incorrect, "does not hold {privateId} once");
  return NamePattern{std::string(text.substr(0, at)),
                     std::string(text.substr(at + NamePattern::kPrivateId.size()))};
}

inline std::string to_string(const NamePattern& pattern) {
  return pattern.before + std::string(NamePattern::kPrivateId) + pattern.after;
}

}  // namespace msggw::coap_adapter
