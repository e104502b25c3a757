// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/plan.h"

#include "gateway/base/result.h"

namespace msggw::fleet {

Plan::Plan(std::uint32_t devices, std::uint64_t rounds)
    : devices_(devices),
      planned_(devices * rounds),
      goal_(planned_),
      busy_(devices),
      owed_(rounds > 1 ? devices : 0) {}

std::optional<std::uint32_t> Plan::next(Instant now) {
  while (!again_.empty() && again_.top().at <= now) {
    const std::uint32_t device = again_.top().device;
    again_.pop();
    if (!waiting_[device]) continue;  // it was answered meanwhile
    waiting_[device] = false;
    return device;
  }
  if (!ready_.empty()) {
    const std::uint32_t device = ready_.front();
    ready_.pop_front();
    return device;
  }
  // At most one lap a call: what is skipped is owed, so all laps together cost one step for each
  // planned registration.
  for (std::uint32_t tried = 0; position_ < planned_ && tried < devices_; ++tried) {
    const auto device = static_cast<std::uint32_t>(position_ % devices_);
    ++position_;
    if (!busy_[device]) {
      busy_[device] = true;
      return device;
    }
    ++owed_[device];
  }
  return std::nullopt;
}

void Plan::finished(std::uint32_t device) {
  base::ensure(busy_[device], "a device that asked for nothing got an answer");
  ++ended_;
  if (!waiting_.empty()) waiting_[device] = false;
  if (owed_.empty() || owed_[device] == 0) {
    busy_[device] = false;
    return;
  }
  --owed_[device];
  ready_.push_back(device);
}

void Plan::again(std::uint32_t device, Instant at) {
  if (waiting_.empty()) waiting_.resize(devices_);
  waiting_[device] = true;
  again_.push({at, device});
}

void Plan::stop() {
  std::uint64_t never = planned_ - position_ + ready_.size();
  for (const std::uint32_t rounds : owed_) never += rounds;
  for (const std::uint32_t device : ready_) busy_[device] = false;
  goal_ -= never;
  planned_ = position_;
  ready_.clear();
  owed_.assign(owed_.size(), 0);
}

std::optional<Instant> Plan::next_again() const {
  if (again_.empty()) return std::nullopt;
  return again_.top().at;
}

}  // namespace msggw::fleet
