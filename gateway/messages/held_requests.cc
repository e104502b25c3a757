// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/held_requests.h"

#include <algorithm>
#include <utility>

namespace msggw::messages {

namespace {

bool is_same(const HeldRequest& held, const core::Tables& devices) {
  return devices.device(held.request.device).private_id == held.private_id;
}

}  // namespace

bool HeldRequests::is_for(const core::Tables& devices, core::DeviceNo no) {
  const core::DeviceState state = devices.device(no).state;
  const bool served =
      state == core::DeviceState::recorded || state == core::DeviceState::provisioned;
  return served && devices.first_ask(no) != nullptr;
}

bool HeldRequests::has_same(const SendRequest& request) const {
  return has(request.device) && std::any_of(all_.begin(), all_.end(), [&](const HeldRequest& held) {
           const SendRequest& other = held.request;
           return other.device == request.device && other.message_id == request.message_id &&
                  other.origin == request.origin && other.content == request.content;
         });
}

bool HeldRequests::has_room(const SendRequest& request, const Limits& limits) const {
  const auto own = of_device_.find(request.device);
  return all_.size() < limits.max_held &&
         (own == of_device_.end() || own->second < limits.max_messages_per_device);
}

void HeldRequests::add(const core::Tables& devices, SendRequest request, base::TimePoint deadline,
                       std::optional<DraftNo> draft) {
  octets_ += request.content.size();
  ++of_device_[request.device];
  std::string private_id = devices.device(request.device).private_id;
  all_.push_back({std::move(request), std::move(private_id), deadline, draft});
}

std::vector<HeldRequest> HeldRequests::take(const core::Tables& devices, base::TimePoint now) {
  const auto waits = [&](const HeldRequest& held) {
    return now < held.deadline && is_same(held, devices) && is_for(devices, held.request.device);
  };
  if (std::all_of(all_.begin(), all_.end(), waits)) return {};
  std::vector<HeldRequest> taken;
  std::deque<HeldRequest> left;
  for (HeldRequest& held : all_) {
    if (waits(held)) {
      left.push_back(std::move(held));
      continue;
    }
    held.is_gone = !is_same(held, devices);
    const core::DeviceNo device = held.request.device;
    octets_ -= held.request.content.size();
    if (--of_device_[device] == 0) of_device_.erase(device);
    taken.push_back(std::move(held));
  }
  all_ = std::move(left);
  return taken;
}

std::optional<base::TimePoint> HeldRequests::next_deadline() const {
  if (all_.empty()) return std::nullopt;
  return all_.front().deadline;
}

}  // namespace msggw::messages
