// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"

namespace msggw::config_language {

/// A whole number and one of ms, s, m, h, d with nothing between, before or behind: "500ms", "25h".
/// At most 100 years, so that adding one to a point in time cannot overflow.
std::optional<base::Duration> parse_duration(std::string_view text) noexcept;

/// In the largest unit that divides it: "25h", "1500ms", "0s".
std::string print_duration(base::Duration duration);

/// A whole number of octets, or one with KiB, MiB, GiB or TiB behind it: "64KiB". At most 2^62.
std::optional<std::uint64_t> parse_octets(std::string_view text) noexcept;

/// In the largest unit that divides it, the unit left out below 1 KiB: "4MiB", "500".
std::string print_octets(std::uint64_t octets);

}  // namespace msggw::config_language
