// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/core/tables.h"

namespace msggw::core {

/// How a device stands on a way of its own: to its Service ID, to fresh service information, or to
/// the release of its Service ID. Points into the tables.
struct Standing {
  Purpose purpose{};
  Stage stage{};
  unsigned failures = 0;                 ///< answers of no use, or none, since the last one of use
  std::optional<base::TimePoint> tried;  ///< when that last came; none: not since the process began
  std::string_view answer;               ///< of that try; empty: nothing is known of it
  std::optional<base::TimePoint> next;   ///< the next try; none: at the first chance
};

/// None: it is on no way.
std::optional<Standing> standing_of(const Tables& tables, DeviceNo device);

/// Whether a device is there over one bearer, and when it was last heard of over it, by Timeline.
struct Seen {
  Presence presence = Presence::none;
  std::uint32_t at_s = 0;  ///< 0: nothing is known
  /// It was then. False: not since the process began; before that it was heard of then or later, as
  /// the lifetime of its registration says.
  bool exact = false;
};
Seen seen_over(const Tables& tables, DeviceNo device, Bearer bearer);

/// The same for people: times of the process, as far as it can tell them, in place of those of
/// Timeline.
Device shown(Device device, const Timeline& timeline);
Refusal shown(Refusal refusal, const Timeline& timeline);
Seen shown(Seen seen, const Timeline& timeline);

/// "service_id", "renewal", "release".
std::string_view name_of(Purpose purpose) noexcept;
/// "saving_record", ...
std::string_view name_of(Stage stage) noexcept;

}  // namespace msggw::core
