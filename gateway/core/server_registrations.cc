// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/server_registrations.h"

#include <algorithm>
#include <utility>

namespace msggw::core {

namespace {

constexpr int kMostLooks = 1'000;  ///< rows looked at in one call

}  // namespace

void ServerRegistrations::begin(std::chrono::seconds lifetime, base::TimePoint now) {
  tables_.server_book.is_used = true;
  walk_ = std::max(std::chrono::seconds{1}, lifetime / 3);
  walk_began_ = now;
}

void ServerRegistrations::shorten(std::chrono::seconds granted) {
  walk_ = std::min(walk_, std::max(kShortestWalk, granted / 3));
}

void ServerRegistrations::disclaim() {
  for (std::uint32_t at = 0; at < tables_.numbers(); ++at) {
    const DeviceNo no{at};
    if (tables_.registry.at(no).state == DeviceState::registered) step_back(no);
  }
}

bool ServerRegistrations::walk_again(base::TimePoint now) {
  if (fast_walk_ && walked_ < tables_.numbers()) return false;
  if (now - walk_began_ < kBetweenWalks) return false;
  begin_walk(now, true);
  return true;
}

void ServerRegistrations::begin_walk(base::TimePoint now, bool fast) {
  walk_began_ = now;
  walked_ = 0;
  fast_walk_ = fast;
}

std::optional<ServerTask> ServerRegistrations::next(base::TimePoint now) {
  ServerBook& book = tables_.server_book;
  if (!book.is_used) return std::nullopt;
  if (!book.ends.empty()) {
    ServerBook::End end = std::move(book.ends.front());
    book.ends.pop_front();
    return ServerTask{ServerTask::Kind::end, DeviceNo{}, std::move(end.service_id), end.ue_type,
                      end.profile};
  }
  if (auto waiting = take_waiting()) return waiting;
  if (auto unregistered = take_unregistered()) return unregistered;
  return take_renewal(now);
}

std::optional<ServerTask> ServerRegistrations::take_waiting() {
  auto& waiting = tables_.server_book.waiting;
  while (!waiting.empty()) {
    const DeviceNo no = waiting.front();
    waiting.pop_front();
    if (is_wanted(no)) return task_of(no);
  }
  return std::nullopt;
}

std::optional<ServerTask> ServerRegistrations::take_unregistered() {
  for (int looks = 0; looks < kMostLooks && is_looking(); ++looks) {
    const DeviceNo no{looked_++};
    if (is_wanted(no) && tables_.registry.at(no).state == DeviceState::provisioned)
      return task_of(no);
  }
  if (!is_looking()) looked_ = kNobodyLooks;
  return std::nullopt;
}

/// The numbers are spread evenly over the seconds of the walk; what is past its share waits.
std::optional<ServerTask> ServerRegistrations::take_renewal(base::TimePoint now) {
  const std::uint64_t numbers = tables_.numbers();
  for (int looks = 0; looks < kMostLooks; ++looks) {
    if (walked_ >= numbers) {
      if (now - walk_began_ < walk_) return std::nullopt;
      begin_walk(now, false);
      if (numbers == 0) return std::nullopt;
    }
    const auto since = std::chrono::floor<std::chrono::seconds>(now - walk_began_);
    const auto passed =
        static_cast<std::uint64_t>(std::max(since, std::chrono::seconds{0}).count());
    const auto share = numbers * passed / static_cast<std::uint64_t>(walk_.count());
    if (!fast_walk_ && walked_ >= share) return std::nullopt;
    const DeviceNo no{walked_++};
    if (is_wanted(no)) return task_of(no);
  }
  return std::nullopt;
}

std::optional<base::TimePoint> ServerRegistrations::next_renewal() const {
  if (!tables_.server_book.is_used) return std::nullopt;
  const std::uint64_t numbers = tables_.numbers();
  if (is_looking()) return walk_began_;
  if (walked_ >= numbers) return walk_began_ + walk_;
  if (fast_walk_) return walk_began_;
  const auto walk = static_cast<std::uint64_t>(walk_.count());
  return walk_began_ + std::chrono::seconds((walk * (walked_ + 1) + numbers - 1) / numbers);
}

bool ServerRegistrations::is_wanted(DeviceNo no) const {
  return tables_.belongs_at_server(no);
}

ServerTask ServerRegistrations::task_of(DeviceNo no) const {
  const Device& device = tables_.registry.at(no);
  return {ServerTask::Kind::begin, no, device.service_id, device.ue_type, device.profile};
}

/// The number may be another device's by now.
bool ServerRegistrations::is_of(const ServerTask& task) const {
  return task.kind == ServerTask::Kind::begin &&
         tables_.registry.at(task.device).service_id == task.service_id;
}

void ServerRegistrations::registered(const ServerTask& task) {
  if (!is_of(task)) return;
  const Device& device = tables_.registry.at(task.device);
  // It left meanwhile: the server is told that too.
  if (!is_wanted(task.device))
    return tables_.server_book.add(
        ServerBook::End{device.service_id, device.ue_type, device.profile});
  if (device.state != DeviceState::provisioned) return;
  tables_.set_state(task.device, DeviceState::registered);
  tables_.mark_changed(task.device);
  tables_.trace_of(task.device, Happening::at_server);
}

void ServerRegistrations::refused(const ServerTask& task, std::string_view cause,
                                  base::TimePoint now) {
  if (refused_log_.pass(now)) {
    base::log::warn("server_registration_refused",
                    {{"service_id", task.service_id},
                     {"cause", cause},
                     {"suppressed", refused_log_.take_suppressed()}});
  }
  if (!is_of(task)) return;
  tables_.trace_of(task.device, Happening::server_refused, cause);
  if (tables_.registry.at(task.device).state == DeviceState::registered) step_back(task.device);
}

void ServerRegistrations::failed(ServerTask task, std::string_view why) {
  if (task.kind == ServerTask::Kind::end)
    return tables_.server_book.add(
        ServerBook::End{std::move(task.service_id), task.ue_type, task.profile});
  if (!is_of(task)) return;
  tables_.trace_of(task.device, Happening::server_put_off, why);
  if (is_wanted(task.device)) tables_.server_book.add(task.device);
}

bool ServerRegistrations::lost(DeviceNo no) {
  tables_.trace_of(no, Happening::left_server, "the server does not know it");
  if (tables_.registry.at(no).state == DeviceState::registered) step_back(no);
  if (!is_wanted(no)) return false;
  tables_.server_book.add(no);
  return true;
}

void ServerRegistrations::step_back(DeviceNo no) {
  tables_.set_state(no, DeviceState::provisioned);
  tables_.mark_changed(no);
}

}  // namespace msggw::core
