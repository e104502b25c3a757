// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/sim/m5s/exchange.h"

namespace msggw::m5s {

/// A date-time of RFC 3339 5.6 as Unix time; fractions below a millisecond are cut. None: it is no
/// such text, or a day that there is not.
std::optional<Instant> parse_date_time(std::string_view text);
/// "2025-01-31T10:00:00.000Z".
std::string print_date_time(Instant at);

}  // namespace msggw::m5s
