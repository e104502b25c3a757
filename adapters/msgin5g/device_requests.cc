// SPDX-License-Identifier: Apache-2.0
// The requests of a DeviceRegistrar, and what their answers mean for devices.
#include <algorithm>
#include <span>
#include <utility>

#include "adapters/msgin5g/device_registrar.h"
#include "adapters/msgin5g/media_type.h"
#include "gateway/base/text.h"

namespace msggw::msgin5g {

namespace {

/// After a server has said that it takes no bulk requests, or stumbled over every one.
constexpr base::Duration kNoBulk{600'000};
constexpr base::Duration kNoBulkNow{10'000};

RegistrationMeaning meaning_of_bulk(const base::Result<http::ClientResponse>& answer,
                                    std::span<const core::ServerTask> tasks, const Limits& limits,
                                    std::vector<RegistrationMeaning>& results) {
  RegistrationMeaning whole = registration_meaning_of(answer, limits);
  if (auto* const why = std::get_if<Declined>(&whole)) return NotOffered{std::move(why->cause)};
  if (!std::holds_alternative<Granted>(whole)) return whole;
  auto read = read_results(answer->body, tasks, limits);
  if (!read) return NotOffered{base::printable(read.error().detail)};
  results = std::move(*read);
  const auto is_trouble = [](const auto& one) {
    return std::holds_alternative<ServerTrouble>(one);
  };
  if (std::all_of(results.begin(), results.end(), is_trouble)) return results.front();
  return whole;
}

}  // namespace

void DeviceRegistrar::send_company(Lane& lane, base::TimePoint now) {
  if (lane.company.empty()) return;
  lane.company_octets = 0;
  Tasks tasks = std::exchange(lane.company, {});
  FarAddress& address = *lane.company_address;
  if (tasks.size() > 1) return send_bulk(lane, address, std::move(tasks), now);
  send_one(lane, address, std::move(tasks.front()), now);
}

void DeviceRegistrar::send_one(Lane& lane, FarAddress& address, Task task, base::TimePoint now) {
  http::ClientRequest request;
  request.url = address.registrations.child(task.service_id);
  if (task.kind == Task::Kind::begin) {
    request.method = "PUT";
    request.content_type = kJson;
    request.body = write_registration(task, reach_);
  } else {
    request.method = "DELETE";
  }
  start(
      lane, address, std::move(request),
      [this, &lane, task = std::move(task)](const auto& exchange, const auto& answer) {
        const auto meaning = registration_meaning_of(answer, options_.face.limits);
        lane.server.note(exchange, std::get_if<ServerTrouble>(&meaning));
        const base::TimePoint now = context_.clock.now();
        is_free(task);
        if (!std::holds_alternative<ServerTrouble>(meaning) || !exchange.address.breaker.open())
          return settle(lane, task, meaning, now);
        lane.count(failed);
        door_.failed(task, std::get<ServerTrouble>(meaning).reason);
      },
      now);
}

void DeviceRegistrar::send_bulk(Lane& lane, FarAddress& address, Tasks tasks, base::TimePoint now) {
  http::ClientRequest request;
  request.url = address.registrations.child("bulk");
  request.content_type = kJson;
  request.body = write_registrations(tasks, reach_);
  start(
      lane, address, std::move(request),
      [this, &lane, tasks = std::move(tasks)](const auto& exchange, const auto& answer) {
        bulk_ended(lane, tasks, exchange, answer);
      },
      now);
}

void DeviceRegistrar::start(Lane& lane, FarAddress& address, http::ClientRequest request,
                            FarServer::Ended ended, base::TimePoint now) {
  ++lane.under_way;
  ++under_way_;
  lane.server.start(
      address, std::move(request), now,
      [this, &lane, ended = std::move(ended)](const auto& exchange, const auto& answer) {
        --lane.under_way;
        --under_way_;
        ended(exchange, answer);
      });
}

void DeviceRegistrar::bulk_ended(Lane& lane, const Tasks& tasks,
                                 const FarServer::Exchange& exchange,
                                 const base::Result<http::ClientResponse>& answer) {
  std::vector<RegistrationMeaning> results;
  const auto whole = meaning_of_bulk(answer, tasks, options_.face.limits, results);
  lane.server.note(exchange, std::get_if<ServerTrouble>(&whole));
  for (const Task& task : tasks) is_free(task);
  const base::TimePoint now = context_.clock.now();
  if (!std::holds_alternative<Granted>(whole)) return no_results(lane, tasks, whole, now);
  lane.bulk_most = std::min(2 * lane.bulk_most, Lane::kBulkMost);
  for (std::size_t i = 0; i < tasks.size(); ++i) settle(lane, tasks[i], results[i], now);
}

/// One of these may be what the server stumbles over: the next time fewer go together.
void DeviceRegistrar::no_results(Lane& lane, const Tasks& tasks, const RegistrationMeaning& why,
                                 base::TimePoint now) {
  const auto* const trouble = std::get_if<ServerTrouble>(&why);
  if (trouble == nullptr) {
    lane.no_bulk_until = now + kNoBulk;
    base::log::info("server_without_bulk", {{"server", lane.server.options().name},
                                            {"reason", std::get<NotOffered>(why).reason}});
  } else if (trouble->retry_after == base::Duration{0}) {
    lane.bulk_most = std::max<std::size_t>(2, tasks.size() / 2);
    if (tasks.size() <= 2) lane.no_bulk_until = now + kNoBulkNow;
  }
  for (const Task& task : tasks) {
    lane.count(failed);
    door_.failed(task, trouble == nullptr ? std::string_view() : trouble->reason);
  }
}

void DeviceRegistrar::settle(Lane& lane, const Task& task, const RegistrationMeaning& meaning,
                             base::TimePoint now) {
  const bool is_end = task.kind == Task::Kind::end;
  if (const auto* const why = std::get_if<NotOffered>(&meaning)) {
    lane.count(failed);
    if (is_end) return;  // the server forgets it by itself, when its lifetime is over
    not_offered(lane, *why, now);
    return lane.put(lane.resting, task);
  }
  if (std::holds_alternative<ServerTrouble>(meaning)) {
    lane.count(failed);
    if (now >= lane.rest.next_try()) lane.rest.failed(now);
    return lane.put(lane.resting, task);  // others pass: it is its own trouble
  }
  lane.pause.succeeded();
  if (!lane.has_trouble() && now >= lane.rest.next_try()) lane.rest.succeeded();
  const auto* const why = std::get_if<Declined>(&meaning);
  if (why == nullptr || is_end)
    return granted(lane, task, why ? Granted{} : std::get<Granted>(meaning));
  lane.count(refused);
  door_.refused(task, why->cause, now);
  told_(task.device, false);
}

void DeviceRegistrar::granted(Lane& lane, const Task& task, const Granted& grant) {
  const bool is_end = task.kind == Task::Kind::end;
  lane.count(is_end ? deregistered : registered);
  if (grant.lifetime && *grant.lifetime < reach_.lifetime) lane.walk.shorten(*grant.lifetime);
  door_.registered(task);
  if (!is_end) told_(task.device, true);
}

void DeviceRegistrar::not_offered(Lane& lane, const NotOffered& why, base::TimePoint now) {
  lane.pause.failed(now);
  if (!log_limit_.pass(now)) return;
  base::log::warn("server_registration_unknown", {{"server", lane.server.options().name},
                                                  {"reason", why.reason},
                                                  {"suppressed", log_limit_.take_suppressed()}});
}

/// What was to come after it comes now.
void DeviceRegistrar::is_free(const Task& task) {
  const auto busy = busy_.extract(task.service_id);
  if (auto& next = busy.mapped().next) queue(std::move(*next));
}

}  // namespace msggw::msgin5g
