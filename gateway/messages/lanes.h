// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <vector>

#include "gateway/messages/headers.h"

namespace msggw::messages {

/// Which way, of which device, how urgent: within a lane messages keep their order, and one at a
/// time is under way.
struct LaneId {
  core::DeviceNo device{};
  bool up = false;
  Priority priority = Priority::normal;
  bool withheld = false;  ///< for a device that has proven who it is; all in it is older
  bool texts = false;     ///< Kind::text_down, over the bearer that they are for alone

  bool operator==(const LaneId&) const = default;
};

inline LaneId lane_of(const Header& header) noexcept {
  return {header.device, is_up(header.kind), header.priority, header.withheld,
          header.kind == Kind::text_down};
}

/// A lane that holds messages. What waits for what is the business of whoever walks the lanes.
struct Lane {
  enum class Phase : std::uint8_t {
    resting,  ///< nobody takes its head now
    due,      ///< in the list of those whose head may go
    loading,  ///< the content of its head is being read
    busy      ///< its head is handed over
  };
  MessageNo head{};
  MessageNo tail{};
  std::uint32_t count = 0;
  std::uint32_t expires_s = 0;  ///< of its head, while a bearer has it
  std::uint64_t octets = 0;
  Phase phase = Phase::resting;
  std::uint8_t tries = 0;           ///< of its head, that came to nothing (Limits::most_tries)
  std::uint32_t others_passed = 0;  ///< how many had, at the last of these
};

/// The waiting messages of each device, oldest first in each lane. Only lanes that hold something
/// or are due take memory. Loop thread only.
class Lanes {
 public:
  explicit Lanes(Headers& headers) : headers_(headers) {}

  /// At the end of its lane. Requires that its number is above those in there.
  Lane& append(MessageNo no);
  /// Takes out the message, which has ended; the lane's phase stays. A lane with nothing in it
  /// goes, unless it is due: then it stays until drop_empty(), so that it is in the list of those
  /// once, however often it runs empty. Costs a walk to its place, which is the head of all but
  /// those that expire or are removed.
  void remove(MessageNo no);
  /// Requires a lane that holds nothing.
  void drop_empty(const LaneId& id);
  /// All of the downward lane goes behind what is withheld of it already, which is older; their
  /// numbers. What is handed over stays so: then nothing may be there already.
  std::vector<MessageNo> withhold(const LaneId& id);

  /// Null: nothing waits there, nor is it due. Valid until the next append() or remove().
  Lane* find(const LaneId& id) noexcept;
  const Lane* find(const LaneId& id) const noexcept;

  struct Load {
    std::size_t messages = 0;
    std::uint64_t octets = 0;
  };
  /// What waits of a device one way, over all priorities and without texts, what of it is withheld,
  /// texts for it, and in all.
  Load of(core::DeviceNo device, bool up) const noexcept;
  Load withheld(core::DeviceNo device) const noexcept;
  Load texts(core::DeviceNo device) const noexcept;
  Load all() const noexcept {
    return {ways_[0].messages + ways_[1].messages, ways_[0].octets + ways_[1].octets};
  }
  Load all(bool up) const noexcept { return ways_[up ? 1 : 0]; }
  std::size_t withheld() const noexcept { return withheld_; }
  std::size_t size() const noexcept { return lanes_.size(); }

 private:
  static std::uint64_t key_of(const LaneId& id) noexcept;
  Load load_of(core::DeviceNo device, bool up, bool withheld) const noexcept;

  Headers& headers_;
  boost::unordered_flat_map<std::uint64_t, Lane> lanes_;
  Load ways_[2];  ///< downward, upward
  std::size_t withheld_ = 0;
};

/// The lane of the texts for a device.
constexpr LaneId texts_of(core::DeviceNo device) noexcept {
  return {device, false, Priority::high, false, true};
}

/// Shows the lanes of the device one way that hold something: texts, then the urgent ones first,
/// and of these what is withheld.
template <class Visit>
void each_lane(const Lanes& lanes, core::DeviceNo device, bool up, Visit&& visit) {
  const Lane* const texts = up ? nullptr : lanes.find(texts_of(device));
  if (texts != nullptr && texts->count > 0) visit(texts_of(device), *texts);
  for (std::size_t priority = 0; priority < kPriorities; ++priority) {
    for (const bool withheld : {true, false}) {
      const LaneId id{device, up, static_cast<Priority>(priority), withheld};
      const Lane* const lane = lanes.find(id);
      if (lane != nullptr && lane->count > 0) visit(id, *lane);
    }
  }
}

}  // namespace msggw::messages
