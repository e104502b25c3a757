// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/registry.h"

#include <algorithm>
#include <utility>

namespace msggw::core {

DeviceNo Registry::add(Device device) {
  const bool again = !free_.empty() && device.state != DeviceState::removed;
  const auto row = static_cast<std::uint32_t>(again ? std::size_t(free_.back()) : rows_.size());
  if (again) {
    free_.pop_back();
    Device& remains = rows_[row];
    device.generation = std::max(device.generation, remains.generation + 1);
    device.dirty = remains.dirty;
    device.in_flight = remains.in_flight;
    device.lifetime_queued = remains.lifetime_queued;
    remains = std::move(device);
  } else {
    rows_.push_back(std::move(device));
  }
  const Device& added = rows_[row];
  if (added.state == DeviceState::removed) return DeviceNo{row};
  ++living_;
  by_private_id_.insert(added.private_id, row);
  if (added.has_service_id()) by_service_id_.insert(added.service_id, row);
  return DeviceNo{row};
}

void Registry::bury(DeviceNo no) {
  Device& device = at(no);
  const auto row = static_cast<std::uint32_t>(no);
  by_private_id_.erase(device.private_id, row);
  if (device.has_service_id()) by_service_id_.erase(device.service_id, row);
  aliases_.remove_all(no);
  --living_;
  Device remains;
  remains.state = DeviceState::removed;
  remains.generation = device.generation;
  remains.dirty = device.dirty;
  remains.in_flight = device.in_flight;
  remains.lifetime_queued = device.lifetime_queued;
  device = std::move(remains);
}

std::optional<DeviceNo> Registry::find_private_id(std::string_view canonical) const {
  const auto row = by_private_id_.find(
      canonical, [this](std::uint32_t at) -> std::string_view { return rows_[at].private_id; });
  if (!row) return aliases_.find(canonical);
  return DeviceNo{*row};
}

std::optional<DeviceNo> Registry::find_service_id(std::string_view service_id) const {
  const auto row = by_service_id_.find(
      service_id, [this](std::uint32_t at) -> std::string_view { return rows_[at].service_id; });
  if (!row) return std::nullopt;
  return DeviceNo{*row};
}

void Registry::set_service_id(DeviceNo no, std::string service_id) {
  Device& device = at(no);
  device.service_id = std::move(service_id);
  by_service_id_.insert(device.service_id, static_cast<std::uint32_t>(no));
}

void Registry::reserve(std::size_t devices) {
  by_private_id_.reserve(devices);
  by_service_id_.reserve(devices);
}

}  // namespace msggw::core
