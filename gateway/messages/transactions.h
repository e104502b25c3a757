// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "gateway/core/ids.h"
#include "gateway/messages/address_book.h"

namespace msggw::messages {

/// One peer of a device, whom a message that names no recipient answers.
struct Transaction {
  Address peer;
  std::uint32_t application = 0;  ///< of the message that the device got: a hash of its appId
  std::uint32_t opened_s = 0;     ///< when, by the time of messages
  /// The address of the gateway under which the device knows the peer, as a number; 0: there is one
  /// for all.
  std::uint32_t own = 0;

  bool operator==(const Transaction&) const = default;
};

/// The messaging transactions (TS 23.554 8.7.3): the last kMostPeers of each device from whom it
/// was handed a message, for a time that the operator sets. Of a limited number of devices: above,
/// the ones that have waited longest give way. About 100 octets of each, and each address once.
/// Loop thread only.
class Transactions {
 public:
  static constexpr std::size_t kMostPeers = 4;
  /// Why one ended before its time.
  struct Dropped {
    std::uint64_t of_device = 0;  ///< a fifth peer of a device came
    std::uint64_t of_all = 0;     ///< too many devices
  };

  /// `time` of zero: there are none.
  Transactions(std::chrono::seconds time, std::size_t most_devices)
      : time_s_(static_cast<std::uint32_t>(time.count())), most_devices_(most_devices) {}
  Transactions(const Transactions&) = delete;
  Transactions& operator=(const Transactions&) = delete;

  /// From now on, also for those that there are; who is one too many goes when another comes.
  void limit_to(std::chrono::seconds time, std::size_t most_devices) noexcept {
    time_s_ = static_cast<std::uint32_t>(time.count());
    most_devices_ = most_devices;
  }

  /// The device is handed a message. Its row changes if the peer is not the newest already, or a
  /// quarter of the time is over since it was written. Returns which of `own` the peer has: the one
  /// that it had, else one that no other peer of the device has, else that of the peer which has
  /// been silent longest; 0 if there are none.
  std::uint32_t open(core::DeviceNo device, const Address& peer, std::uint32_t application,
                     std::uint32_t now_s, std::span<const std::uint32_t> own = {});
  /// Of the peers with that `own` the newest of that application, else the newest of all; if there
  /// is none or `own` is 0, of those without one, or with any.
  std::optional<Address> peer_of(core::DeviceNo device, std::uint32_t application,
                                 std::uint32_t now_s, std::uint32_t own = 0) const;
  /// The device is gone.
  void forget(core::DeviceNo device);
  /// Those whose time is over go, some at a time.
  void tick(std::uint32_t now_s);

  /// Newest first; none: its row goes.
  std::vector<Transaction> of(core::DeviceNo device) const;
  /// At start, newest first. False: there are too many, or some already.
  bool restore(core::DeviceNo device, const std::vector<Transaction>& all);
  /// After the last restore().
  void restored();

  bool has_changes() const noexcept { return !changed_.empty(); }
  /// Devices whose row is to be written.
  std::vector<core::DeviceNo> take_changes();

  std::size_t devices() const noexcept { return by_device_.size(); }
  /// Since the last time.
  Dropped take_dropped() noexcept { return std::exchange(dropped_, {}); }

 private:
  struct Entry {
    AddressNo peer{};
    std::uint32_t application = 0;
    std::uint32_t opened_s = 0;
    std::uint32_t stored_s = 0;  ///< opened_s as it is in the store
    std::uint32_t own = 0;
  };
  struct Open {
    std::array<Entry, kMostPeers> peers{};  ///< newest first
    std::uint8_t count = 0;
    bool changed = false;
  };

  std::size_t live(const Open& open, std::uint32_t now_s) const;
  std::uint32_t own_for(const Open& open, const Address& peer, std::uint32_t now_s,
                        std::span<const std::uint32_t> own) const;
  void let_one_go();
  void mark_changed(core::DeviceNo device, Open& open);

  std::uint32_t time_s_;
  std::size_t most_devices_;
  AddressBook addresses_;
  boost::unordered_flat_map<core::DeviceNo, Open> by_device_;
  /// One entry of each device, with the time at which it was looked at last; some are gone.
  std::deque<std::pair<std::uint32_t, core::DeviceNo>> oldest_;
  std::vector<core::DeviceNo> changed_;
  Dropped dropped_;
};

}  // namespace msggw::messages
