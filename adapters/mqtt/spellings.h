// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/core/ids.h"

namespace msggw::mqtt {

/// Devices that are to be told something, each with the spellings of its Private ID under which it
/// listens. Bounded in devices and in spellings of one.
class Spellings {
 public:
  using List = boost::container::small_vector<std::string, 1>;

  static constexpr std::size_t kMostOfOne = 4;  ///< as many as one device has open requests

  explicit Spellings(std::size_t most) : most_(most) {}

  /// False: not taken, the table or the device's list is full.
  bool add(core::DeviceNo device, std::string_view id) {
    const auto found = devices_.find(device);
    if (found == devices_.end()) {
      if (devices_.size() >= most_) return false;
      devices_[device].emplace_back(id);
      return true;
    }
    List& list = found->second;
    for (const std::string& known : list) {
      if (known == id) return true;
    }
    if (list.size() >= kMostOfOne) return false;
    list.emplace_back(id);
    return true;
  }

  /// The device's spellings, which are forgotten; empty if there are none.
  List take(core::DeviceNo device) {
    const auto found = devices_.find(device);
    if (found == devices_.end()) return {};
    List list = std::move(found->second);
    devices_.erase(found);
    return list;
  }

  /// Any `most` devices.
  std::vector<core::DeviceNo> some(std::size_t most) const {
    std::vector<core::DeviceNo> devices;
    for (const auto& [device, list] : devices_) {
      if (devices.size() == most) break;
      devices.push_back(device);
    }
    return devices;
  }

  bool empty() const noexcept { return devices_.empty(); }
  std::size_t size() const noexcept { return devices_.size(); }

 private:
  std::size_t most_;
  boost::unordered_flat_map<core::DeviceNo, List> devices_;
};

}  // namespace msggw::mqtt
