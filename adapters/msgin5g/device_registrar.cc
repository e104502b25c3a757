// SPDX-License-Identifier: Apache-2.0
// Which device is registered, or taken off, next, and when.
#include "adapters/msgin5g/device_registrar.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "gateway/base/secrets.h"

namespace msggw::msgin5g {

namespace {

constexpr std::size_t kMostTasks = 10'000;  ///< in one turn
constexpr std::size_t kWindow = 8;          ///< requests under way at one server
/// Of a server that does not offer registrations.
constexpr base::BackoffLimits kPause{base::Duration{1'000}, base::Duration{60'000}};
/// Of devices that have trouble while others pass.
constexpr base::BackoffLimits kRest{base::Duration{500}, base::Duration{30'000}};

std::uint32_t seed() {
  return static_cast<std::uint32_t>(base::random_number());
}

}  // namespace

DeviceRegistrar::Lane::Lane(base::metrics::Registry& metrics, FarServer& far,
                            const core::ServerWalk& its_walk)
    : server(far), walk(its_walk), pause(kPause, seed()), rest(kRest, seed()) {
  constexpr std::array kOutcomes = {"registered", "deregistered", "refused", "failed", "dropped"};
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    counts[i] =
        &base::metrics::counter(metrics, "msggw_server_registrations_total",
                                "Registrations of devices at a MSGin5G Server by outcome",
                                {{"server", far.options().name}, {"outcome", kOutcomes[i]}});
  }
}

/// Of devices to be registered the table knows. Those to be taken off are forgotten by the server
/// when their lifetime is over.
void DeviceRegistrar::Lane::put(std::deque<Task>& where, Task task) {
  if (where.size() < kMostWaiting) return where.push_back(std::move(task));
  if (task.kind == Task::Kind::end) return count(dropped);
  left_out = true;
}

DeviceRegistrar::DeviceRegistrar(const base::Context& context, const Options& options,
                                 Servers& servers, core::ServerRegistrations& door)
    : context_(context),
      options_(options),
      servers_(servers),
      door_(door),
      waiting_gauge_(base::metrics::gauge(
          context.metrics, "msggw_server_registrations_waiting",
          "Devices that wait to be registered at a MSGin5G Server, or to be taken off")) {
  add_lanes();
}

void DeviceRegistrar::add_lanes() {
  const core::ServerWalk walk(door_.tables(), options_.registration_lifetime, context_.clock.now());
  for (FarServer* const server : servers_.all())
    lanes_.try_emplace(server, context_.metrics, *server, walk);
}

void DeviceRegistrar::reconfigure(const base::Uri& target, bool tells_again) {
  reach_.target_uri = base::to_string(target);
  reach_.segment_octets = options_.face.limits.content_octets;
  add_lanes();
  for (auto& [server, lane] : lanes_) {
    lane.walks_again = lane.walks_again || tells_again;
    for (Task& task : std::exchange(lane.waiting, {})) queue(std::move(task));
  }
}

void DeviceRegistrar::begin(const base::Uri& target, Told told) {
  reach_ = {base::to_string(target), options_.registration_lifetime,
            options_.face.limits.content_octets};
  told_ = std::move(told);
  door_.begin();
}

void DeviceRegistrar::end_turn(base::TimePoint now) {
  if (stopped_ || !told_) return;
  for (auto& [server, lane] : lanes_) watch(lane, now);
  for (std::size_t taken = 0; taken < kMostTasks; ++taken) {
    auto task = door_.next();
    if (!task) break;
    queue(std::move(*task));
  }
  for (auto& [server, lane] : lanes_) work(lane, now);
  for (auto& [server, lane] : lanes_) send_company(lane, now);
  std::size_t waiting = door_.waiting();
  for (const auto& [server, lane] : lanes_) waiting += lane.waiting.size() + lane.resting.size();
  waiting_gauge_.Set(static_cast<double>(waiting));
}

void DeviceRegistrar::watch(Lane& lane, base::TimePoint now) {
  look_at_server(lane);
  if (lane.walks_again && has_room(lane, now) && lane.walk.begin_again(now))
    lane.walks_again = false;
  if (now < lane.rest.next_try()) return;
  std::move(lane.resting.begin(), lane.resting.end(), std::back_inserter(lane.waiting));
  lane.resting.clear();
  if (!lane.left_out || !lane.waiting.empty()) return;
  lane.left_out = false;
  lane.walk.look_again();
}

/// A server that has been away may have lost its devices; while it is, others take them on.
void DeviceRegistrar::look_at_server(Lane& lane) {
  const bool serves = lane.server.available();
  const bool is_away = lane.server.away();
  const bool went = is_away && !lane.was_away;
  if (lane.was_away && !is_away) lane.walks_again = true;
  lane.was_away = is_away;
  if (std::exchange(lane.served, serves) == serves && !went) return;
  for (auto& [server, other] : lanes_) {
    if (!servers_.have_devices_in_common(lane.server, *server)) continue;
    other.walks_again = other.walks_again || (went && &other != &lane);
    for (Task& task : std::exchange(other.waiting, {})) queue(std::move(task));
  }
}

/// Where its device is to be registered as things are now.
void DeviceRegistrar::queue(Task task) {
  FarServer* const home = servers_.home(task.profile);
  if (home == nullptr) return;
  Lane& lane = lane_of(*home);
  lane.put(lane.waiting, std::move(task));
}

bool DeviceRegistrar::has_room(const Lane& lane, base::TimePoint now) const {
  return lane.under_way < kWindow && now >= lane.pause.next_try() &&
         lane.server.pick(now, false) != nullptr;
}

std::size_t DeviceRegistrar::most_company(const Lane& lane, base::TimePoint now) const {
  return now < lane.no_bulk_until ? 1 : lane.bulk_most;
}

void DeviceRegistrar::work(Lane& lane, base::TimePoint now) {
  const std::size_t share = std::max<std::size_t>(1, kMostTasks / lanes_.size());
  for (std::size_t taken = 0; taken < share && has_room(lane, now); ++taken) {
    auto task = next(lane, now);
    if (!task) return;
    if (door_.is_wanted(*task)) take(lane, std::move(*task), now);
  }
}

std::optional<core::ServerTask> DeviceRegistrar::next(Lane& lane, base::TimePoint now) {
  if (lane.waiting.empty()) {
    return lane.walk.next(
        [&](core::ProfileNo profile) { return servers_.home(profile) == &lane.server; }, now);
  }
  Task task = std::move(lane.waiting.front());
  lane.waiting.pop_front();
  return task;
}

/// Requires room at home. A server before it that does not answer may be due to be asked again, and
/// this is what it is asked with.
void DeviceRegistrar::take(Lane& home, Task task, base::TimePoint now) {
  if (is_overtaken(task) || wait_for_other(task)) return;
  const auto way = servers_.way(task.profile, now);
  const bool asks_other =
      way && way->server != &home.server && has_room(lane_of(*way->server), now);
  Lane& lane = asks_other ? lane_of(*way->server) : home;
  FarAddress& address = asks_other ? *way->address : *home.server.pick(now, false);
  if (task.kind == Task::Kind::end || address.breaker.open()) {
    if (!lane.company.empty()) {  // it takes the room that was found
      home.waiting.push_front(std::move(task));
      return send_company(lane, now);
    }
    busy_.emplace(task.service_id, Busy{task.kind, {}});
    return send_one(lane, address, std::move(task), now);
  }
  busy_.emplace(task.service_id, Busy{task.kind, {}});
  lane.company_octets += bulk_octets_of(task, reach_);
  lane.company_address = &address;
  lane.company.push_back(std::move(task));
  const std::size_t most_octets = options_.face.limits.body_octets / 4 * 3;  // and one more
  if (lane.company.size() >= most_company(lane, now) || lane.company_octets >= most_octets)
    send_company(lane, now);
}

/// An end that was put off, of a device that has come back to the same server since: said now it
/// would take it off for good.
bool DeviceRegistrar::is_overtaken(const Task& task) {
  if (task.kind != Task::Kind::end) return false;
  const core::Tables& tables = door_.tables();
  const auto no = tables.registry.find_service_id(task.service_id);
  return no && tables.belongs_at_server(*no) &&
         servers_.home(tables.device(*no).profile) == servers_.home(task.profile);
}

/// Whether something is under way about its device, which may overtake nothing. Of several the last
/// one counts, and none that says what is under way.
bool DeviceRegistrar::wait_for_other(Task& task) {
  const auto busy = busy_.find(task.service_id);
  if (busy == busy_.end()) return false;
  const bool says_the_same = busy->second.kind == task.kind;
  busy->second.next = says_the_same ? std::nullopt : std::optional(std::move(task));
  return true;
}

std::optional<base::TimePoint> DeviceRegistrar::next_turn(base::TimePoint now) const {
  if (stopped_ || !told_) return std::nullopt;
  std::optional<base::TimePoint> next;
  const auto at = [&](base::TimePoint time) {
    time = std::max(time, now);
    next = next ? std::min(*next, time) : time;
  };
  if (door_.waiting() > 0) at(now);
  for (const auto& [server, lane] : lanes_) {
    if (now < lane.pause.next_try()) at(lane.pause.next_try());
    if (!has_room(lane, now)) continue;
    if (!lane.waiting.empty()) at(now);
    if (lane.has_trouble()) at(lane.rest.next_try());
    if (lane.walks_again) at(now + core::ServerWalk::kBetweenWalks);
    at(lane.walk.next_turn());
  }
  return next;
}

}  // namespace msggw::msgin5g
