// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "adapters/sms/options.h"
#include "adapters/sms/smpp/pdu.h"
#include "gateway/base/clock.h"
#include "gateway/core/ids.h"

namespace msggw::sms {

/// Where a message to a device goes out: the SMSC that brought its last one, and the address that
/// it wrote to.
struct ReturnPath {
  SmscNo smsc{};
  smpp::Address service;
};

/// The way back to devices that wait for the end of their first contact. Devices write to few
/// addresses, so each is kept once.
class ReturnPaths {
 public:
  explicit ReturnPaths(std::size_t most) : most_(most) {}

  void limit_to(std::size_t most) noexcept { most_ = most; }

  /// Also the way for devices of which none is known from now on. Of a new address above
  /// kMostServices, and of a device above the limit, nothing is kept.
  void keep(core::DeviceNo device, const ReturnPath& path);
  void heard(const ReturnPath& path);
  /// Returns the device's own path, else the last one heard of (after a restart). Returns none if
  /// nothing has been heard.
  std::optional<ReturnPath> take(core::DeviceNo device);
  void forget(core::DeviceNo device) { by_device_.erase(device); }
  std::size_t size() const noexcept { return by_device_.size(); }

 private:
  static constexpr std::size_t kMostServices = 1'024;
  struct Short {
    std::uint16_t smsc;
    std::uint16_t service;
  };
  std::optional<Short> shorten(const ReturnPath& path);
  ReturnPath lengthen(Short path) const { return {SmscNo{path.smsc}, services_[path.service]}; }

  std::size_t most_;
  std::vector<smpp::Address> services_;
  boost::unordered_flat_map<core::DeviceNo, Short> by_device_;
  std::optional<Short> last_;
};

/// Lets one message to a device pass in each `every`: whoever can write SMS must not be able to
/// make the gateway pay for as many.
class AnswerRate {
 public:
  AnswerRate(base::Duration every, std::size_t most) : every_(every), most_(most) {}

  /// From now on, also for devices that one has gone to.
  void limit_to(base::Duration every, std::size_t most) noexcept {
    every_ = every;
    most_ = most;
  }

  /// Returns true if a message may go to the device now.
  bool pass(core::DeviceNo device, base::TimePoint now);
  /// The device is gone; its number may be that of another one.
  void forget(core::DeviceNo device) { last_.erase(device); }
  std::size_t size() const noexcept { return last_.size(); }

 private:
  struct Entry {
    core::DeviceNo device;
    base::TimePoint at;
  };

  base::Duration every_;
  std::size_t most_;
  boost::unordered_flat_map<core::DeviceNo, base::TimePoint> last_;
  std::deque<Entry> order_;
};

}  // namespace msggw::sms
