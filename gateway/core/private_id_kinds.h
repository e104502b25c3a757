// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/core/private_id.h"

namespace msggw::core {

inline constexpr std::array kPrivateIdKinds{PrivateIdKind::opaque, PrivateIdKind::mac48,
                                            PrivateIdKind::eui64,  PrivateIdKind::imei,
                                            PrivateIdKind::msisdn, PrivateIdKind::uuid};

/// Some of the kinds of Private IDs. A value.
class PrivateIdKinds {
 public:
  constexpr PrivateIdKinds() noexcept = default;
  constexpr explicit PrivateIdKinds(std::span<const PrivateIdKind> kinds) noexcept {
    for (const PrivateIdKind kind : kinds) add(kind);
  }
  static constexpr PrivateIdKinds all() noexcept { return PrivateIdKinds(kPrivateIdKinds); }

  constexpr void add(PrivateIdKind kind) noexcept {
    bits_ |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(kind));
  }
  constexpr bool shares_any(PrivateIdKinds other) const noexcept {
    return (bits_ & other.bits_) != 0;
  }
  bool operator==(const PrivateIdKinds&) const = default;

 private:
  std::uint8_t bits_ = 0;
};

/// What a bearer takes that cannot tell whose a number is: a phone number is for SMS.
inline std::vector<PrivateIdKind> all_but_numbers() {
  return {PrivateIdKind::opaque, PrivateIdKind::mac48, PrivateIdKind::eui64, PrivateIdKind::imei,
          PrivateIdKind::uuid};
}

// As the configuration writes a kind.

inline std::string to_string(PrivateIdKind kind) {
  return std::string(name_of(kind));
}
/// incorrect: there is none of this name; the detail has those that there are.
base::Result<PrivateIdKind> parse_private_id_kind(std::string_view word);

}  // namespace msggw::core
