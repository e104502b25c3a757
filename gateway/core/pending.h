#pragma once

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

/// Where a device stands on its way to a Service ID.
enum class Stage : std::uint8_t {
  saving_record,  ///< its Private ID is not durable yet, so nothing may leave the gateway
  due,            ///< to be asked for as soon as the provisioning client has room
  asked,          ///< the provisioning client has it
  backing_off,    ///< the last answer was of no use
  saving_answer,  ///< the Service ID (or the refusal) is not durable yet, so nobody may be told
};

/// A request of a device that was left open.
struct Waiter {
  Bearer bearer;
  Ticket ticket;
};

/// What is known of a device only until it has its Service ID, so that an idle registered device
/// does not pay for it.
struct Pending {
  Stage stage = Stage::saving_record;
  unsigned failures = 0;
  std::string info;
  boost::container::small_vector<Waiter, 1> waiters;
};

/// The devices on their way, and the three orders in which they are looked for: due ones, oldest
/// first; those in back-off by time; open requests by the time at which they must be told
/// "pending". Entries of the orders are reminders: whoever takes one out checks it against the
/// device.
class PendingTable {
 public:
  Pending& add(DeviceNo device);
  Pending* find(DeviceNo device);
  const Pending* find(DeviceNo device) const;
  void remove(DeviceNo device);
  std::size_t size() const noexcept { return devices_.size(); }
  std::size_t waiters() const noexcept { return waiters_; }

  void add_waiter(DeviceNo device, Pending& pending, Waiter waiter, base::TimePoint deadline);
  /// All open requests of the device, which are then no longer open.
  boost::container::small_vector<Waiter, 1> take_waiters(Pending& pending);

  void make_due(DeviceNo device, Pending& pending);
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
  std::size_t waiters_ = 0;
  std::deque<DeviceNo> due_;
  std::priority_queue<Rest, std::vector<Rest>, std::greater<>> resting_;
  std::deque<Deadline> deadlines_;  // one constant wait for all, so first in is first out
};

}  // namespace msggw::core
