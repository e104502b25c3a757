// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "gateway/core/ids.h"

namespace msggw::core {

/// How a device stands over one bearer.
enum class Presence : std::uint8_t {
  none,        ///< nothing is known of it there, and it is not registered
  registered,  ///< it is; since the process began nothing has shown that it is there
  reachable,   ///< it is there: connected, or heard of so lately that an answer would get to it
  sleeping,    ///< it was heard of, but not lately, or did not take what it was brought
  offline      ///< it left, its registration ended, or it was cut off
};
inline constexpr std::size_t kPresences = 5;
/// Those that are shown and counted: all but none.
inline constexpr std::array<Presence, kPresences - 1> kVisiblePresences{
    Presence::registered, Presence::reachable, Presence::sleeping, Presence::offline};
/// "registered", "reachable", ...
std::string_view name_of(Presence presence) noexcept;
/// None: no such word, or "none".
std::optional<Presence> presence_of(std::string_view name) noexcept;

/// Which devices are there, over which bearer, and when each was last heard of. In RAM alone, since
/// it changes with each packet: 4 octets for each device number and bearer that is used. Each step
/// takes the same time however many devices there are, but for lost(). How many devices are in each
/// state is kept, also as time puts them to sleep. Times are seconds of Timeline. Loop thread only.
class Presences {
 public:
  /// A device of which no connection is known counts as reachable so long after it was heard of,
  /// or up to 1/64 of it, and a second, longer.
  explicit Presences(std::chrono::seconds reachable_for);

  /// Another time from now on, for devices that were heard of before too. Looks at all devices.
  void reachable_for(std::chrono::seconds time, std::uint32_t now_s);

  /// Its registration over the bearer has begun, or has ended.
  void registered(DeviceNo device, Bearer bearer, bool is);
  /// It gave a sign of life. Whoever was said to be gone is not.
  void seen(DeviceNo device, Bearer bearer, std::uint32_t now_s);
  /// The same, and whoever says so will say when it is gone: it is reachable until then.
  void connected(DeviceNo device, Bearer bearer, std::uint32_t now_s);
  /// Its connection has ended, or it said that it leaves.
  void gone(DeviceNo device, Bearer bearer);
  /// What it was brought it has not taken in time: it is not reachable until it is heard of.
  void unanswered(DeviceNo device, Bearer bearer);
  /// Nobody would say any more when a device over `bearer` is gone: those that were connected are
  /// registered. Looks at all devices.
  void lost(Bearer bearer);
  /// Its number may be another's.
  void forget(DeviceNo device);

  /// It is as late as that now: before the first call nobody falls asleep.
  void advance(std::uint32_t now_s);
  /// When all who are awake now without a connection will sleep, unless they are heard of: then the
  /// counts are to be right also if nothing else happens. None: nobody will.
  std::optional<std::uint32_t> next_s() const noexcept;

  Presence of(DeviceNo device, Bearer bearer) const;
  /// When it was last heard of over the bearer; 0: not since the process began.
  std::uint32_t seen_s(DeviceNo device, Bearer bearer) const;
  /// How many devices are in that state, which is visible.
  std::size_t count(Bearer bearer, Presence presence) const noexcept;

 private:
  enum class Known : std::uint32_t { nothing, heard, connected, quiet, gone };
  static constexpr std::size_t kKnown = 5;
  static constexpr std::uint32_t kMostSlots = 64;
  struct Entry {
    std::uint32_t registered : 1 = 0;
    Known known : 3 = Known::nothing;
    std::uint32_t seen : 28 = 0;  ///< seconds since began_s_, of which the first is 1; 0: never
  };
  struct Counts {
    std::size_t by_known[kKnown] = {};  ///< of those that are registered
    std::size_t others = 0;             ///< that are not, and were
    std::size_t awake = 0;              ///< of those heard of, in the slots that count
    std::array<std::uint32_t, kMostSlots + 1> slots{};  ///< by slot_of(), one after the other
  };

  template <class Change>
  void change(DeviceNo device, Bearer bearer, Change&& change);
  void count_in(const Entry& entry, Counts& counts, bool in);
  const Entry* find(DeviceNo device, Bearer bearer) const;
  std::uint32_t since_began(std::uint32_t now_s) const noexcept;
  std::uint32_t slot_of(const Entry& entry) const noexcept { return entry.seen / width_s_; }
  bool is_awake(const Entry& entry) const noexcept { return slot_of(entry) + slots_ >= slot_; }

  std::uint32_t width_s_;  ///< of a slot
  std::uint32_t slots_;    ///< of before that count beside the one of now
  std::uint32_t began_s_ = 0;
  std::uint32_t slot_ = 0;  ///< of now
  std::array<std::deque<Entry>, kBearers> entries_;
  std::array<Counts, kBearers> counts_{};
};

}  // namespace msggw::core
