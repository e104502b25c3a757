// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/ids.h"

namespace msggw::core {

/// The names under which how a device stands is posted where others keep it: retained at an MQTT
/// broker, under the Private ID as the device spells it. They are part of the device's row, so that
/// after any end of the process it is known where something may stand. A name that is the Private
/// ID of the row is a mark in the row (Device::posted) and not here, so that most devices cost
/// nothing. Not thread-safe.
class Postings {
 public:
  /// The names of the device, oldest first; until the next change.
  std::span<const std::string> of(DeviceNo device) const {
    const auto found = names_.find(device);
    if (found == names_.end()) return {};
    return found->second;
  }

  /// Requires a name that the device does not have.
  void add(DeviceNo device, std::string name) {
    names_[device].push_back(std::move(name));
    ++size_;
  }

  /// Whether the device had it.
  bool remove(DeviceNo device, std::string_view name) {
    const auto found = names_.find(device);
    if (found == names_.end() || std::erase(found->second, name) == 0) return false;
    --size_;
    if (found->second.empty()) names_.erase(found);
    return true;
  }

  std::size_t size() const noexcept { return size_; }

 private:
  boost::unordered_flat_map<DeviceNo, std::vector<std::string>> names_;
  std::size_t size_ = 0;
};

}  // namespace msggw::core
