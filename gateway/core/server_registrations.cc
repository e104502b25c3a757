// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/server_registrations.h"

#include <utility>

#include "gateway/core/server_walk.h"

namespace msggw::core {

void ServerRegistrations::begin() {
  tables_.server_book.is_used = true;
}

void ServerRegistrations::disclaim() {
  for (std::uint32_t at = 0; at < tables_.numbers(); ++at) {
    const DeviceNo no{at};
    if (tables_.registry.at(no).state == DeviceState::registered) step_back(no);
  }
}

std::optional<ServerTask> ServerRegistrations::next() {
  ServerBook& book = tables_.server_book;
  while (!book.ends.empty()) {
    ServerBook::End end = std::move(book.ends.front());
    book.ends.pop_front();
    ServerTask task{ServerTask::Kind::end, DeviceNo{}, std::move(end.service_id), end.ue_type,
                    end.profile};
    if (is_wanted(task)) return task;
  }
  while (!book.waiting.empty()) {
    const DeviceNo no = book.waiting.front();
    book.waiting.pop_front();
    if (tables_.belongs_at_server(no)) return begin_task(tables_, no);
  }
  return std::nullopt;
}

std::size_t ServerRegistrations::waiting() const noexcept {
  return tables_.server_book.ends.size() + tables_.server_book.waiting.size();
}

bool ServerRegistrations::is_wanted(const ServerTask& task) const {
  if (task.kind == ServerTask::Kind::begin)
    return is_of(task) && tables_.belongs_at_server(task.device);
  const auto holder = tables_.registry.find_service_id(task.service_id);
  return !holder || !tables_.belongs_at_server(*holder) ||
         tables_.registry.at(*holder).profile != task.profile;  // it has gone to other servers
}

/// The number may be another device's by now.
bool ServerRegistrations::is_of(const ServerTask& task) const {
  return task.kind == ServerTask::Kind::begin &&
         tables_.registry.at(task.device).service_id == task.service_id;
}

void ServerRegistrations::registered(const ServerTask& task) {
  if (task.kind != ServerTask::Kind::begin) return;
  // It left meanwhile, or is gone: the server is told that too, unless it has come back.
  if (!is_wanted(task))
    return tables_.server_book.add(ServerBook::End{task.service_id, task.ue_type, task.profile});
  if (tables_.registry.at(task.device).state != DeviceState::provisioned) return;
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
  if (tables_.belongs_at_server(task.device)) tables_.server_book.add(task.device);
}

bool ServerRegistrations::lost(DeviceNo no) {
  tables_.trace_of(no, Happening::left_server, "the server does not know it");
  const Device& device = tables_.registry.at(no);
  if (device.state == DeviceState::registered) step_back(no);
  if (!device.has_service_id()) return false;
  if (!tables_.belongs_at_server(no)) {
    tables_.sending.insert(no);
    tables_.outbox.parting_from_server.push_back(no);
  }
  tables_.server_book.add(no);
  return true;
}

void ServerRegistrations::step_back(DeviceNo no) {
  tables_.set_state(no, DeviceState::provisioned);
  tables_.mark_changed(no);
}

}  // namespace msggw::core
