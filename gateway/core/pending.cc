// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/pending.h"

#include <algorithm>
#include <utility>

namespace msggw::core {

Pending& PendingTable::add(DeviceNo device, Purpose purpose, Lane lane) {
  auto& slot = devices_[device];
  slot = std::make_unique<Pending>();
  slot->purpose = purpose;
  slot->lane = lane;
  ++counts_[static_cast<std::size_t>(purpose)];
  return *slot;
}

Pending* PendingTable::find(DeviceNo device) {
  const auto found = devices_.find(device);
  return found == devices_.end() ? nullptr : found->second.get();
}

const Pending* PendingTable::find(DeviceNo device) const {
  const auto found = devices_.find(device);
  return found == devices_.end() ? nullptr : found->second.get();
}

void PendingTable::remove(DeviceNo device) {
  const auto found = devices_.find(device);
  if (found == devices_.end()) return;
  waiters_ -= found->second->waiters.size();
  --counts_[static_cast<std::size_t>(found->second->purpose)];
  devices_.erase(found);
}

void PendingTable::add_waiter(DeviceNo device, Pending& pending, Waiter waiter,
                              base::TimePoint deadline) {
  pending.waiters.push_back(waiter);
  ++waiters_;
  deadlines_.push_back({deadline, device, waiter});
}

boost::container::small_vector<Waiter, 1> PendingTable::take_waiters(Pending& pending) {
  waiters_ -= pending.waiters.size();
  return std::exchange(pending.waiters, {});
}

void PendingTable::set_purpose(Pending& pending, Purpose purpose) noexcept {
  --counts_[static_cast<std::size_t>(pending.purpose)];
  ++counts_[static_cast<std::size_t>(purpose)];
  pending.purpose = purpose;
}

void PendingTable::make_due(DeviceNo device, Pending& pending) {
  pending.stage = Stage::due;
  due_[static_cast<std::size_t>(pending.lane)].push_back(device);
}

void PendingTable::promote(DeviceNo device, Pending& pending, Lane lane) {
  if (pending.lane != Lane::operators) return;
  pending.lane = lane;
  if (pending.stage == Stage::due) due_[static_cast<std::size_t>(lane)].push_back(device);
}

std::optional<DeviceNo> PendingTable::next_due() {
  for (std::size_t tried = 0; tried < kLanes; ++tried) {
    const auto lane = static_cast<Lane>(next_lane_);
    auto& due = due_[next_lane_];
    next_lane_ = (next_lane_ + 1) % kLanes;
    while (!due.empty()) {
      const DeviceNo device = due.front();
      due.pop_front();
      Pending* pending = find(device);
      if (pending == nullptr || pending->stage != Stage::due || pending->lane != lane) continue;
      pending->stage = Stage::asked;
      pending->in_hand = true;
      return device;
    }
  }
  return std::nullopt;
}

void PendingTable::back_off(DeviceNo device, Pending& pending, base::TimePoint until) {
  pending.stage = Stage::backing_off;
  pending.rests_until = until;
  resting_.push({until, device});
}

std::optional<DeviceNo> PendingTable::take_rested(base::TimePoint now) {
  while (!resting_.empty() && resting_.top().until <= now) {
    const DeviceNo device = resting_.top().device;
    resting_.pop();
    const Pending* pending = find(device);
    if (pending != nullptr && pending->stage == Stage::backing_off) return device;
  }
  return std::nullopt;
}

std::optional<PendingTable::Overdue> PendingTable::take_overdue(base::TimePoint now) {
  while (!deadlines_.empty() && deadlines_.front().at <= now) {
    const Deadline deadline = deadlines_.front();
    deadlines_.pop_front();
    Pending* pending = find(deadline.device);
    if (pending == nullptr) continue;
    const auto open =
        std::find_if(pending->waiters.begin(), pending->waiters.end(), [&](const Waiter& w) {
          return w.bearer == deadline.waiter.bearer && w.ticket == deadline.waiter.ticket;
        });
    if (open == pending->waiters.end()) continue;
    pending->waiters.erase(open);
    --waiters_;
    return Overdue{deadline.device, deadline.waiter};
  }
  return std::nullopt;
}

std::optional<base::TimePoint> PendingTable::next_deadline() const {
  std::optional<base::TimePoint> next;
  if (!deadlines_.empty()) next = deadlines_.front().at;
  if (!resting_.empty() && (!next || resting_.top().until < *next)) next = resting_.top().until;
  return next;
}

}  // namespace msggw::core
