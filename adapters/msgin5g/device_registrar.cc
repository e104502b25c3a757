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
constexpr std::size_t kMostAside = 10'000;  ///< devices to be taken off a server that is away
constexpr std::size_t kWindow = 8;          ///< requests under way at one server
/// Of a server that does not offer registrations.
constexpr base::BackoffLimits kPause{base::Duration{1'000}, base::Duration{60'000}};
/// Of devices that have trouble while others pass.
constexpr base::BackoffLimits kRest{base::Duration{500}, base::Duration{30'000}};

std::uint32_t seed() {
  return static_cast<std::uint32_t>(base::random_number());
}

}  // namespace

DeviceRegistrar::Lane::Lane(base::metrics::Registry& metrics, FarServer& far)
    : server(far), pause(kPause, seed()), rest(kRest, seed()) {
  constexpr std::array kOutcomes = {"registered", "deregistered", "refused", "failed"};
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    counts[i] =
        &base::metrics::counter(metrics, "msggw_server_registrations_total",
                                "Registrations of devices at a MSGin5G Server by outcome",
                                {{"server", far.options().name}, {"outcome", kOutcomes[i]}});
  }
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
  for (FarServer* const server : servers.all())
    lanes_.try_emplace(server, context.metrics, *server);
}

void DeviceRegistrar::begin(const base::Uri& target, Told told) {
  reach_ = {base::to_string(target), options_.registration_lifetime,
            options_.face.limits.content_octets};
  told_ = std::move(told);
  door_.begin(options_.registration_lifetime, context_.clock.now());
}

void DeviceRegistrar::end_turn(base::TimePoint now) {
  if (stopped_ || !told_) return;
  for (auto& [server, lane] : lanes_) watch(lane, now);
  if (walk_again_ && can_ask(now) && door_.walk_again(now)) walk_again_ = false;
  for (std::size_t taken = 0; taken < kMostTasks && can_ask(now); ++taken) {
    auto task = next(now);
    if (!task || !take(std::move(*task), now)) break;
  }
  for (auto& [server, lane] : lanes_) send_company(lane, now);
  const auto& book = door_.tables().server_book;
  waiting_gauge_.Set(static_cast<double>(book.waiting.size() + book.ends.size()));
}

/// A server that has been away may have lost its devices, and others may have taken them on.
void DeviceRegistrar::watch(Lane& lane, base::TimePoint now) {
  if (lane.server.away() != lane.was_away) {
    lane.was_away = !lane.was_away;
    walk_again_ = true;
  }
  if (serves(lane, now)) {
    if (!lane.has_passed_over() || now < lane.rest.next_try()) return;
    std::move(lane.aside.begin(), lane.aside.end(), std::back_inserter(again_));
    lane.aside.clear();
    if (std::exchange(lane.passed_over, false)) door_.look_again();
  } else if (!lane.aside.empty() && has_room(lane, now)) {
    again_.push_back(std::move(lane.aside.front()));  // it asks whether the server is there
    lane.aside.pop_front();
  }
}

bool DeviceRegistrar::can_ask(base::TimePoint now) const {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [&](const auto& one) { return has_room(one.second, now); });
}

bool DeviceRegistrar::has_room(const Lane& lane, base::TimePoint now) const {
  return lane.under_way < kWindow && now >= lane.pause.next_try() &&
         lane.server.pick(now, false) != nullptr;
}

bool DeviceRegistrar::serves(const Lane& lane, base::TimePoint now) const {
  return lane.server.available() && now >= lane.pause.next_try();
}

std::size_t DeviceRegistrar::most_company(const Lane& lane, base::TimePoint now) const {
  return now < lane.no_bulk_until ? 1 : lane.bulk_most;
}

std::optional<core::ServerTask> DeviceRegistrar::next(base::TimePoint now) {
  if (held_) return std::exchange(held_, std::nullopt);
  if (again_.empty()) return door_.next(now);
  Task task = std::move(again_.front());
  again_.pop_front();
  return task;
}

/// False: its server has no room, and those behind it wait too.
bool DeviceRegistrar::take(Task task, base::TimePoint now) {
  if (wait_for_other(task)) return true;
  const auto way = servers_.way(task.profile, now);
  if (!way && servers_.is_served(task.profile)) {
    held_ = std::move(task);
    return false;
  }
  FarServer* const server = way ? way->server : servers_.first(task.profile);
  Lane* const lane = server == nullptr ? nullptr : &lane_of(*server);
  if (!way || now < lane->pause.next_try()) {
    pass_over(lane, std::move(task));
    return true;
  }
  if (lane->under_way >= kWindow) {
    held_ = std::move(task);
    return false;
  }
  if (task.kind == Task::Kind::end || way->address->breaker.open()) {
    if (lane->company.empty()) {
      busy_.emplace(task.service_id, Busy{task.kind, {}});
      send_one(*lane, *way->address, std::move(task), now);
    } else {  // which takes the room that was found
      again_.push_front(std::move(task));
      send_company(*lane, now);
    }
    return true;
  }
  busy_.emplace(task.service_id, Busy{task.kind, {}});
  lane->company_octets += bulk_octets_of(task, reach_);
  lane->company_address = way->address;
  lane->company.push_back(std::move(task));
  const std::size_t most_octets = options_.face.limits.body_octets / 4 * 3;  // and one more
  if (lane->company.size() >= most_company(*lane, now) || lane->company_octets >= most_octets)
    send_company(*lane, now);
  return true;
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

/// Of devices to be registered the table knows; one is kept to ask with.
void DeviceRegistrar::pass_over(Lane* lane, Task task) {
  if (lane == nullptr) return;
  const bool is_end = task.kind == Task::Kind::end;
  lane->passed_over = lane->passed_over || !is_end;
  if (is_end ? lane->aside.size() < kMostAside : lane->aside.empty())
    lane->aside.push_back(std::move(task));
}

std::optional<base::TimePoint> DeviceRegistrar::next_turn(base::TimePoint now) const {
  if (stopped_ || !told_) return std::nullopt;
  std::optional<base::TimePoint> next;
  const auto at = [&](base::TimePoint time) { next = next ? std::min(*next, time) : time; };
  for (const auto& [server, lane] : lanes_) {
    if (lane.pause.next_try() > now) at(lane.pause.next_try());
    if (lane.has_passed_over() && lane.rest.next_try() > now) at(lane.rest.next_try());
  }
  if (!can_ask(now) || held_) return next;
  const auto& book = door_.tables().server_book;
  if (!again_.empty() || !book.waiting.empty() || !book.ends.empty()) at(now);
  if (const auto renewal = door_.next_renewal()) at(std::max(*renewal, now));
  if (walk_again_) at(now + core::ServerRegistrations::kBetweenWalks);
  return next;
}

}  // namespace msggw::msgin5g
