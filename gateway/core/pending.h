// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "gateway/base/backoff.h"
#include "gateway/core/ids.h"
#include "gateway/core/outbox.h"

namespace msggw::core {

/// What a device is on its way to.
enum class Purpose : std::uint8_t {
  service_id,  ///< its first Service ID
  renewal,     ///< fresh servers and service information; it has its Service ID and is served
  release,     ///< its end: the Provisioning Function is to release its Service ID
};
inline constexpr std::size_t kPurposes = 3;

/// Where it stands on its way.
enum class Stage : std::uint8_t {
  saving_record,   ///< its Private ID is not durable yet, so nothing may leave the gateway
  due,             ///< to be asked for as soon as the provisioning client has room
  asked,           ///< the provisioning client has it
  backing_off,     ///< the last answer was of no use
  saving_answer,   ///< the Service ID (or the refusal) is not durable yet, so nobody may be told
  saving_removal,  ///< a Service ID released before its removal is durable could be used again
  sending,         ///< its removal is durable, and what it sent is still to go up
  leaving,         ///< it gives way: the row goes when the bearers have been told
  held,            ///< suspended, or an ask from before is still to end: nothing is to be done
};

/// The queue in which a device waits to be asked for: by the bearer over which it came, or of the
/// operator. They take turns, so that a flood over one starves no other.
enum class Lane : std::uint8_t { coap = 0, mqtt = 1, sms = 2, operators = 3 };
inline constexpr std::size_t kLanes = kBearers + 1;
constexpr Lane lane_of(Bearer bearer) noexcept {
  return static_cast<Lane>(bearer);
}

/// A request of a device that was left open.
struct Waiter {
  Bearer bearer;
  Ticket ticket;
};

/// What is known of a device only while it is on its way, so that an idle registered device does
/// not pay for it.
struct Pending {
  Purpose purpose = Purpose::service_id;
  Stage stage = Stage::saving_record;
  Lane lane = Lane::operators;
  bool unsaved = false;  ///< its first commit is still to come
  /// The provisioning client has an ask for it, perhaps from an earlier stage.
  bool in_hand = false;
  /// The device has said more of itself than the ask under way says; one more follows it.
  bool outdated = false;
  unsigned failures = 0;
  base::TimePoint tried{};        ///< when the last answer of no use came; the epoch: none did
  base::TimePoint rests_until{};  ///< while it is backing_off
  std::shared_ptr<const std::string> answer{};  ///< the last of no use; devices share equal ones
  std::uint64_t named_with = 0;                 ///< the batch that makes its last alias durable
  boost::container::small_vector<Waiter, 1> waiters;
};

/// The devices on their way, and the three orders in which they are looked for: due ones, lane by
/// lane and oldest first; those in back-off by time; open requests by the time at which they must
/// be told "pending". Entries of the orders are reminders: whoever takes one out checks it against
/// the device.
class PendingTable {
 public:
  Pending& add(DeviceNo device, Purpose purpose, Lane lane);
  Pending* find(DeviceNo device);
  const Pending* find(DeviceNo device) const;
  void remove(DeviceNo device);
  std::size_t size() const noexcept { return devices_.size(); }
  std::size_t count(Purpose purpose) const noexcept {
    return counts_[static_cast<std::size_t>(purpose)];
  }
  std::size_t waiters() const noexcept { return waiters_; }

  void set_purpose(Pending& pending, Purpose purpose) noexcept;
  void add_waiter(DeviceNo device, Pending& pending, Waiter waiter, base::TimePoint deadline);
  /// All open requests of the device, which are then no longer open.
  boost::container::small_vector<Waiter, 1> take_waiters(Pending& pending);

  void make_due(DeviceNo device, Pending& pending);
  /// What an operator had added shows up by itself: it need not wait behind the rest of an import.
  void promote(DeviceNo device, Pending& pending, Lane lane);
  std::optional<DeviceNo> next_due();

  void back_off(DeviceNo device, Pending& pending, base::TimePoint until);
  /// A device whose back-off has ended.
  std::optional<DeviceNo> take_rested(base::TimePoint now);

  struct Overdue {
    DeviceNo device;
    Waiter waiter;
  };
  /// An open request that has waited until its deadline; it is no longer open.
  std::optional<Overdue> take_overdue(base::TimePoint now);

  std::optional<base::TimePoint> next_deadline() const;

 private:
  struct Rest {
    base::TimePoint until;
    DeviceNo device;
    bool operator>(const Rest& other) const noexcept { return until > other.until; }
  };
  struct Deadline {
    base::TimePoint at;
    DeviceNo device;
    Waiter waiter;
  };

  boost::unordered_flat_map<DeviceNo, std::unique_ptr<Pending>> devices_;
  std::array<std::size_t, kPurposes> counts_{};
  std::size_t waiters_ = 0;
  std::array<std::deque<DeviceNo>, kLanes> due_;
  std::size_t next_lane_ = 0;
  std::priority_queue<Rest, std::vector<Rest>, std::greater<>> resting_;
  std::deque<Deadline> deadlines_;  // one constant wait for all, so first in is first out
};

}  // namespace msggw::core
