// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/base/sources.h"

namespace msggw::core {

/// Devices that an operator means by what they have in common. What is not said fits all.
struct Selection {
  /// A pattern (base::matches) of one of its Private IDs in canonical form; empty: any.
  std::string matching;
  /// Unix seconds. It has not asked for anything since, by a day at least, and has no registration
  /// whose time still runs.
  std::optional<std::uint32_t> idle_since_s;
  /// Its first contact, open to all, came from there.
  std::optional<base::Source> source;
  /// Those that are being removed are meant too.
  bool removing = false;
};

}  // namespace msggw::core
