// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/server_walk.h"

#include <algorithm>

namespace msggw::core {

namespace {

constexpr int kMostLooks = 1'000;  ///< rows looked at in one call

}  // namespace

ServerTask begin_task(const Tables& tables, DeviceNo no) {
  const Device& device = tables.device(no);
  return {ServerTask::Kind::begin, no, device.service_id, device.ue_type, device.profile};
}

ServerWalk::ServerWalk(const Tables& tables, std::chrono::seconds lifetime, base::TimePoint now)
    : tables_(tables), length_(std::max(std::chrono::seconds{1}, lifetime / 3)), began_(now) {}

void ServerWalk::shorten(std::chrono::seconds granted) {
  length_ = std::min(length_, std::max(kShortestWalk, granted / 3));
}

bool ServerWalk::begin_again(base::TimePoint now) {
  if (fast_ && walked_ < tables_.numbers()) return false;
  if (now - began_ < kBetweenWalks) return false;
  begin(now, true);
  return true;
}

void ServerWalk::begin(base::TimePoint now, bool fast) {
  began_ = now;
  walked_ = 0;
  fast_ = fast;
}

std::optional<ServerTask> ServerWalk::next(const IsIts& is_its, base::TimePoint now) {
  if (auto unregistered = take_unregistered(is_its)) return unregistered;
  return take_renewal(is_its, now);
}

std::optional<ServerTask> ServerWalk::take_unregistered(const IsIts& is_its) {
  for (int looks = 0; looks < kMostLooks && is_looking(); ++looks) {
    const DeviceNo no{looked_++};
    if (tables_.device(no).state == DeviceState::provisioned && tables_.belongs_at_server(no) &&
        is_its(tables_.device(no).profile))
      return begin_task(tables_, no);
  }
  if (!is_looking()) looked_ = kNobodyLooks;
  return std::nullopt;
}

std::optional<ServerTask> ServerWalk::take_renewal(const IsIts& is_its, base::TimePoint now) {
  const std::uint32_t numbers = tables_.numbers();
  if (walked_ >= numbers) {
    if (now - began_ < length_) return std::nullopt;
    begin(now, false);
  }
  const std::uint32_t due = fast_ ? numbers : share_at(now);
  for (int looks = 0; looks < kMostLooks && walked_ < due; ++looks) {
    const DeviceNo no{walked_++};
    if (tables_.belongs_at_server(no) && is_its(tables_.device(no).profile))
      return begin_task(tables_, no);
  }
  return std::nullopt;
}

/// The numbers are spread evenly over the seconds of the walk; what is past its share waits.
std::uint32_t ServerWalk::share_at(base::TimePoint now) const {
  const auto since = std::chrono::floor<std::chrono::seconds>(now - began_);
  const auto passed = std::clamp(since, std::chrono::seconds{0}, length_);
  return static_cast<std::uint32_t>(std::uint64_t{tables_.numbers()} *
                                    static_cast<std::uint64_t>(passed.count()) /
                                    static_cast<std::uint64_t>(length_.count()));
}

base::TimePoint ServerWalk::next_turn() const {
  const std::uint64_t numbers = tables_.numbers();
  if (is_looking()) return began_;
  if (walked_ >= numbers) return began_ + length_;
  if (fast_) return began_;
  const auto length = static_cast<std::uint64_t>(length_.count());
  return began_ + std::chrono::seconds((length * (walked_ + 1) + numbers - 1) / numbers);
}

}  // namespace msggw::core
