// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "gateway/core/ids.h"

namespace msggw::mqtt {

/// Which devices say that they are online. One bit for each device number, so bounded by the
/// device table. A device may say so before it registers and so has a number; such early ones are
/// remembered by spelling, kMostEarly of them, and forgotten together when there are too many.
class Presence {
 public:
  static constexpr std::size_t kMostEarly = 4'096;

  void set(core::DeviceNo device, bool online) {
    const auto index = static_cast<std::size_t>(device);
    if (index >= bits_.size()) {
      if (!online) return;
      bits_.resize(index + 1);
    }
    if (bits_[index] == online) return;
    bits_[index] = online;
    online ? ++online_ : --online_;
  }

  bool is_online(core::DeviceNo device) const {
    const auto index = static_cast<std::size_t>(device);
    return index < bits_.size() && bits_[index];
  }
  std::size_t online() const noexcept { return online_; }

  void set_early(std::string_view id, bool online) {
    if (!online) {
      early_.erase(std::string(id));
      return;
    }
    if (early_.size() >= kMostEarly) early_.clear();
    early_.emplace(id);
  }
  /// The device behind `id` has its number now. Whether that makes it online.
  bool recorded(std::string_view id, core::DeviceNo device) {
    if (early_.empty() || early_.erase(std::string(id)) == 0) return false;
    set(device, true);
    return true;
  }

 private:
  std::vector<bool> bits_;
  std::size_t online_ = 0;
  std::unordered_set<std::string> early_;
};

}  // namespace msggw::mqtt
