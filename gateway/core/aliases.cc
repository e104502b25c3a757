// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/aliases.h"

#include <algorithm>
#include <utility>

namespace msggw::core {

std::optional<DeviceNo> Aliases::find(std::string_view canonical) const {
  if (empty()) return std::nullopt;
  const auto row = by_text_.find(canonical, [&](std::uint32_t at) -> std::string_view {
    const auto its = of(DeviceNo{at});
    const auto found = std::find(its.begin(), its.end(), canonical);
    return found == its.end() ? std::string_view{} : std::string_view(*found);
  });
  if (!row) return std::nullopt;
  return DeviceNo{*row};
}

std::span<const std::string> Aliases::of(DeviceNo device) const {
  if (empty()) return {};
  const auto found = by_device_.find(device);
  if (found == by_device_.end()) return {};
  return found->second;
}

void Aliases::add(DeviceNo device, std::string canonical) {
  by_text_.insert(canonical, static_cast<std::uint32_t>(device));
  by_device_[device].push_back(std::move(canonical));
  ++size_;
}

bool Aliases::remove(DeviceNo device, std::string_view canonical) {
  const auto found = by_device_.find(device);
  if (found == by_device_.end()) return false;
  std::vector<std::string>& its = found->second;
  const auto at = std::find(its.begin(), its.end(), canonical);
  if (at == its.end()) return false;
  const auto row = static_cast<std::uint32_t>(device);
  by_text_.erase(canonical, row);
  its.erase(at);
  --size_;
  // Two aliases of one device with equal hashes share one slot of the index, which is gone now.
  for (const std::string& left : its) by_text_.insert(left, row);
  if (its.empty()) by_device_.erase(found);
  return true;
}

void Aliases::remove_all(DeviceNo device) {
  const auto found = by_device_.find(device);
  if (found == by_device_.end()) return;
  for (const std::string& alias : found->second) {
    by_text_.erase(alias, static_cast<std::uint32_t>(device));
  }
  size_ -= found->second.size();
  by_device_.erase(found);
}

}  // namespace msggw::core
