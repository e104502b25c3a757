// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/turn.h"

#include <algorithm>
#include <utility>

namespace msggw::core {

void Turn::tick(base::TimePoint now) {
  tables_.turn = now;
  // The outbox is emptied after each tick, so before the next request everybody has been told.
  for (const DeviceNo no : std::exchange(tables_.buried, {})) tables_.registry.give_again(no);
  expire(now);
  count_present(now);
  answer_overdue(now);
  while (const auto rested = tables_.pending_table.take_rested(now))
    tables_.pending_table.make_due(*rested, *tables_.pending_table.find(*rested));
  tables_.metrics.waiting.Set(static_cast<double>(tables_.pending_table.waiters()));
  tables_.metrics.pending.Set(
      static_cast<double>(tables_.pending_table.count(Purpose::service_id)));
  for (std::size_t state = 0; state < kDeviceStates; ++state) {
    if (auto* const gauge = tables_.metrics.by_state[state])
      gauge->Set(static_cast<double>(tables_.by_state[state]));
  }
}

void Turn::count_present(base::TimePoint now) {
  tables_.presences.advance(tables_.timeline.seconds(now));
  for (const Bearer bearer : kAllBearers) {
    for (std::size_t i = 0; i < kVisiblePresences.size(); ++i) {
      tables_.metrics.by_presence[static_cast<std::size_t>(bearer)][i]->Set(
          static_cast<double>(tables_.presences.count(bearer, kVisiblePresences[i])));
    }
  }
}

void Turn::still_sends(DeviceNo no) {
  tables_.sending.insert(no);
  Pending* const pending = tables_.pending_table.find(no);
  // So at start, where a removal goes on that was durable.
  if (tables_.registry.at(no).state == DeviceState::removing && pending->stage == Stage::due)
    pending->stage = Stage::sending;
}

void Turn::has_sent(DeviceNo no) {
  if (tables_.sending.erase(no) == 0) return;
  const Device& device = tables_.registry.at(no);
  if (device.state == DeviceState::registered) {
    if (!tables_.belongs_at_server(no)) tables_.left_server(no);
  } else if (device.has_service_id() && !tables_.belongs_at_server(no)) {
    tables_.server_book.add(ServerBook::End{device.service_id, device.ue_type, device.profile});
  }
  Pending* const pending = tables_.pending_table.find(no);
  if (pending != nullptr && pending->stage == Stage::sending) tables_.go_on_removing(no, *pending);
}

void Turn::expire(base::TimePoint now) {
  const std::uint32_t now_s = tables_.timeline.seconds(now);
  while (const auto due = tables_.lifetimes.take_due(now_s)) {
    Device& device = tables_.registry.at(due->device);
    device.lifetime_queued &=
        static_cast<std::uint8_t>(~(1U << static_cast<unsigned>(due->bearer)));
    Binding& binding = device.binding(due->bearer);
    if (!binding.alive() || binding.until_s == Binding::kForever) continue;
    if (binding.until_s > now_s) {
      tables_.remind_of_end(due->device, due->bearer);
      continue;
    }
    binding.until_s = Binding::kNever;
    tables_.presences.registered(due->device, due->bearer, false);
    tables_.mark_changed(due->device);
    if (due->bearer == Bearer::coap) tables_.forget_ways(due->device);
    if (!tables_.belongs_at_server(due->device)) tables_.left_server(due->device);
    tables_.outbox.expired.push_back({due->bearer, due->device});
    tables_.metrics.expired.Increment();
    tables_.trace_of(due->device, Happening::expired, due->bearer);
  }
}

void Turn::answer_overdue(base::TimePoint now) {
  while (const auto overdue = tables_.pending_table.take_overdue(now)) {
    Answer answer;
    answer.ticket = overdue->waiter.ticket;
    answer.device = overdue->device;
    answer.retry_after = tables_.limits.pending_retry_after;
    if (tables_.store_in_place &&
        tables_.may_say_pending(*tables_.pending_table.find(overdue->device))) {
      answer.verdict = Verdict::pending;
      tables_.metrics.told_pending.Increment();
    } else {
      answer.verdict = Verdict::failed;
      answer.error = {base::Errc::unavailable,
                      "the gateway cannot store the device now; try again"};
    }
    tables_.outbox.answers.push_back({overdue->waiter.bearer, std::move(answer)});
  }
  drop_overdue(tables_.batches.under_way.parked, now);
  drop_overdue(tables_.batches.next.parked, now);
}

/// Answers that wait longer than a device should for the store, which must be failing.
void Turn::drop_overdue(std::vector<Parked>& parked, base::TimePoint now) {
  std::size_t overdue = 0;
  while (overdue < parked.size() && parked[overdue].deadline <= now) {
    Outbox::ToAdapter& to = parked[overdue++].to;
    to.answer.verdict = Verdict::failed;
    to.answer.error = {base::Errc::unavailable, "the gateway cannot store this now; try again"};
    to.answer.retry_after = tables_.limits.pending_retry_after;
    tables_.outbox.answers.push_back(std::move(to));
  }
  parked.erase(parked.begin(), parked.begin() + static_cast<std::ptrdiff_t>(overdue));
}

std::optional<base::TimePoint> Turn::next_deadline() const {
  std::optional<base::TimePoint> next = tables_.pending_table.next_deadline();
  const auto sooner = [&](base::TimePoint at) { next = next ? std::min(*next, at) : at; };
  if (const auto at = tables_.lifetimes.next_s()) {
    sooner(tables_.timeline.process_time(*at));
    // Else it goes with the next batch, and the commit of the last one begins a turn.
    if (!tables_.moment.is_due(tables_.turn)) sooner(tables_.moment.due());
  }
  if (const auto at = tables_.presences.next_s()) sooner(tables_.timeline.process_time(*at));
  for (const AfterCommit* batch : {&tables_.batches.next, &tables_.batches.under_way}) {
    if (!batch->parked.empty()) sooner(batch->parked.front().deadline);
  }
  return next;
}

}  // namespace msggw::core
