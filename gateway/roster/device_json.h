// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/core/device.h"
#include "gateway/core/presence.h"

namespace msggw::roster {

/// Whether a device is there over a bearer, for people; times of the process.
struct SeenView {
  core::Bearer bearer{};
  core::Presence presence{};
  std::uint32_t at_s = 0;  ///< when it was last heard of over it; 0: it is not known
  bool exact = true;       ///< false: then or later
};

/// One device as it is shown to an operator. What it points to outlives the call that it is given
/// to.
struct DeviceView {
  const core::Device* device = nullptr;
  const core::ServiceProfile* profile = nullptr;  ///< null before there is a Service ID
  const core::Refusal* refusal = nullptr;         ///< null unless refused
  std::string_view info = {};                     ///< compact JSON object, or empty
  std::span<const std::string> aliases = {};      ///< its other Private IDs
  std::vector<std::string> postings = {};         ///< core::Tables::postings()
  std::string source = {};                        ///< core::SourceMarks::name_of()
  std::vector<SeenView> seen = {};                ///< of a gateway that runs
  /// Members that were said otherwise of it just now, and stay as they are.
  std::vector<std::string> kept = {};
  /// That end with its removal, and that go up before its row goes; 0: not said.
  std::size_t messages_ending = 0;
  std::size_t messages_sending = 0;
};

/// Whether the registration over a bearer has not ended by `now`.
bool holds(const core::Device& device, core::Bearer bearer, base::TimePoint now);

/// "forever" or the time.
std::string print_until(std::uint32_t until_s);
/// The time that print_time() prints so, or a day alone ("2026-01-31"), of which it is the begin.
/// None: no time, or none of the years 1970 to 2105.
std::optional<std::uint32_t> parse_time(std::string_view text) noexcept;
inline constexpr std::string_view kTimesAllowed =
    "allowed are times before 2106, as 2026-01-31 or 2026-01-31T12:00:00Z";

/// Unix seconds as "2026-01-31T23:59:59Z".
std::string print_time(std::uint32_t unix_seconds);

/// A JSON array of objects: bearer, state, and where something is known lastSeen, or
/// lastSeenNotBefore.
std::string presence_json(const std::vector<SeenView>& all);

/// One JSON object: privateId, kind, ueType, state, firstSeen, lastAsked, registrations, and where
/// there are any source, aliases, info, serviceId, serverServiceIds, serviceInfo, askAgain,
/// presence, postedAs, refusal, kept, messagesEnding, messagesSending.
void append_device_json(std::string& out, const DeviceView& view, base::TimePoint now);

}  // namespace msggw::roster
