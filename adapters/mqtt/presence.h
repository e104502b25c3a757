// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/core/ids.h"

namespace msggw::mqtt {

/// Which devices say that they are online. Two bits for each device number, so bounded by the
/// device table. A device may say so before it registers and so has a number; such early ones are
/// remembered by spelling, kMostEarly of them, and forgotten together when there are too many.
class Presence {
 public:
  static constexpr std::size_t kMostEarly = 4'096;

  /// `live`: the device says so now; else it is what the broker keeps of what it said before.
  void set(core::DeviceNo device, bool online, bool live = true) {
    const auto index = static_cast<std::size_t>(device);
    if (index >= online_bits_.size()) {
      if (!online) return;
      online_bits_.resize(index + 1);
      connected_bits_.resize(index + 1);
    }
    connected_bits_[index] = online && (live || connected_bits_[index]);
    if (online_bits_[index] == online) return;
    online_bits_[index] = online;
    online ? ++online_ : --online_;
  }

  bool is_online(core::DeviceNo device) const { return bit(online_bits_, device); }
  /// Whether it is known to be there: it has said `online` since the gateway's connection to the
  /// broker is up, or the broker's plugin sees it. What the broker keeps may be of a device that
  /// went away with the broker.
  bool is_connected(core::DeviceNo device) const {
    return bit(connected_bits_, device) || (is_online(device) && bit(seen_bits_, device));
  }
  /// The gateway's connection to the broker has ended.
  void lost() { connected_bits_.assign(connected_bits_.size(), false); }
  /// The broker's plugin sees that it has a connection, or has none.
  void see(core::DeviceNo device, bool is_there) {
    const auto index = static_cast<std::size_t>(device);
    if (index >= seen_bits_.size() && is_there) seen_bits_.resize(index + 1);
    if (index < seen_bits_.size()) seen_bits_[index] = is_there;
  }
  /// The plugin does not tell any longer.
  void see_nothing() { seen_bits_.clear(); }
  std::size_t online() const noexcept { return online_; }
  /// The first that is online from `from` on; none: there is none.
  std::optional<core::DeviceNo> next_online(core::DeviceNo from) const {
    for (auto index = static_cast<std::size_t>(from); index < online_bits_.size(); ++index) {
      if (online_bits_[index]) return core::DeviceNo{static_cast<std::uint32_t>(index)};
    }
    return std::nullopt;
  }

  void set_early(std::string_view id, bool online, bool live = true) {
    if (!online) {
      early_.erase(std::string(id));
      return;
    }
    if (early_.size() >= kMostEarly) early_.clear();
    early_.insert_or_assign(std::string(id), live);
  }
  /// The device behind `id` has its number now. Whether that makes it online.
  bool recorded(std::string_view id, core::DeviceNo device) {
    const auto found = early_.empty() ? early_.end() : early_.find(std::string(id));
    if (found == early_.end()) return false;
    set(device, true, found->second);
    early_.erase(found);
    return true;
  }

 private:
  static bool bit(const std::vector<bool>& bits, core::DeviceNo device) {
    const auto index = static_cast<std::size_t>(device);
    return index < bits.size() && bits[index];
  }

  std::vector<bool> online_bits_;
  std::vector<bool> connected_bits_;
  std::vector<bool> seen_bits_;  ///< by the broker's plugin
  std::size_t online_ = 0;
  std::unordered_map<std::string, bool> early_;  ///< spelling, and whether it was said live
};

}  // namespace msggw::mqtt
