// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/return_paths.h"

#include <algorithm>

namespace msggw::sms {

std::optional<ReturnPaths::Short> ReturnPaths::shorten(const ReturnPath& path) {
  // Nearly always the one that came last.
  if (last_ && services_[last_->service] == path.service)
    return Short{static_cast<std::uint16_t>(path.smsc), last_->service};
  const auto at = std::ranges::find(services_, path.service);
  const auto index = static_cast<std::size_t>(at - services_.begin());
  if (index == services_.size()) {
    if (index >= kMostServices) return std::nullopt;
    services_.push_back(path.service);
  }
  return Short{static_cast<std::uint16_t>(path.smsc), static_cast<std::uint16_t>(index)};
}

void ReturnPaths::heard(const ReturnPath& path) {
  if (const auto found = shorten(path)) last_ = found;
}

void ReturnPaths::keep(core::DeviceNo device, const ReturnPath& path) {
  const auto found = shorten(path);
  if (!found) return;
  last_ = found;
  if (by_device_.size() < most_ || by_device_.contains(device)) by_device_[device] = *found;
}

std::optional<ReturnPath> ReturnPaths::take(core::DeviceNo device) {
  const auto found = by_device_.find(device);
  if (found == by_device_.end()) return last_ ? std::optional(lengthen(*last_)) : std::nullopt;
  const ReturnPath path = lengthen(found->second);
  by_device_.erase(found);
  return path;
}

bool AnswerRate::pass(core::DeviceNo device, base::TimePoint now) {
  while (!order_.empty() && order_.front().at + every_ <= now) {
    const auto known = last_.find(order_.front().device);
    if (known != last_.end() && known->second == order_.front().at) last_.erase(known);
    order_.pop_front();
  }
  if (last_.contains(device) || order_.size() >= most_) return false;
  if (every_ <= base::Duration::zero()) return true;
  last_.emplace(device, now);
  order_.push_back({device, now});
  return true;
}

}  // namespace msggw::sms
