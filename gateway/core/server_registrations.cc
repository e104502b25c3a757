// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/server_registrations.h"

#include <algorithm>
#include <utility>

namespace msggw::core {

namespace {

constexpr int kMostLooks = 1'000;  ///< rows looked at in one call
constexpr base::Duration kLookAgain{1'000};

}  // namespace

void ServerRegistrations::begin(std::chrono::seconds lifetime, base::TimePoint now) {
  tables_.server_book.is_used = true;
  walk_ = std::max(std::chrono::seconds{1}, lifetime / 3);
  walk_began_ = now;
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
  return take_renewal(now);
}

std::optional<ServerTask> ServerRegistrations::take_waiting() {
  auto& waiting = tables_.server_book.waiting;
  while (!waiting.empty()) {
    const DeviceNo no = waiting.front();
    waiting.pop_front();
    if (is_wanted(no) && tables_.registry.at(no).state == DeviceState::provisioned)
      return task_of(no);
  }
  return std::nullopt;
}

/// The numbers are spread evenly over the walk; what is past its share of the time waits.
std::optional<ServerTask> ServerRegistrations::take_renewal(base::TimePoint now) {
  const std::uint64_t numbers = tables_.numbers();
  for (int looks = 0; looks < kMostLooks; ++looks) {
    if (walked_ >= numbers) {
      if (now - walk_began_ < walk_) return std::nullopt;
      walk_began_ = now;
      walked_ = 0;
      first_walk_ = false;
      if (numbers == 0) return std::nullopt;
    }
    const auto passed = static_cast<std::uint64_t>((now - walk_began_).count());
    const auto share = numbers * passed / static_cast<std::uint64_t>(base::Duration(walk_).count());
    if (!first_walk_ && walked_ >= share) return std::nullopt;
    const DeviceNo no{walked_++};
    if (is_wanted(no)) return task_of(no);
  }
  return std::nullopt;
}

std::optional<base::TimePoint> ServerRegistrations::next_renewal() const {
  if (!tables_.server_book.is_used) return std::nullopt;
  const std::uint64_t numbers = tables_.numbers();
  if (walked_ >= numbers) return walk_began_ + walk_;
  const base::Duration each = base::Duration(walk_) / static_cast<std::int64_t>(numbers);
  return walk_began_ + std::max(kLookAgain, each * static_cast<std::int64_t>(walked_ + 1));
}

bool ServerRegistrations::is_wanted(DeviceNo no) const {
  return tables_.belongs_at_server(no);
}

ServerTask ServerRegistrations::task_of(DeviceNo no) const {
  const Device& device = tables_.registry.at(no);
  return {ServerTask::Kind::begin, no, device.service_id, device.ue_type, device.profile};
}

void ServerRegistrations::registered(const ServerTask& task) {
  if (task.kind == ServerTask::Kind::end) return;
  const Device& device = tables_.registry.at(task.device);
  if (device.service_id != task.service_id) return;  // the number is another device's by now
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
  tables_.trace_of(task.device, Happening::server_refused, cause);
  if (tables_.registry.at(task.device).state == DeviceState::registered) {
    tables_.set_state(task.device, DeviceState::provisioned);
    tables_.mark_changed(task.device);
  }
}

void ServerRegistrations::failed(ServerTask task, std::string_view why) {
  if (task.kind == ServerTask::Kind::end)
    return tables_.server_book.add(
        ServerBook::End{std::move(task.service_id), task.ue_type, task.profile});
  tables_.trace_of(task.device, Happening::server_put_off, why);
  // One that is registered is renewed well before its time, and again when it is over.
  if (tables_.registry.at(task.device).state == DeviceState::provisioned)
    tables_.server_book.add(task.device);
}

void ServerRegistrations::lost(DeviceNo no) {
  if (tables_.registry.at(no).state != DeviceState::registered) return;
  tables_.set_state(no, DeviceState::provisioned);
  tables_.mark_changed(no);
  tables_.trace_of(no, Happening::left_server, "the server does not know it");
  tables_.server_book.add(no);
}

}  // namespace msggw::core
