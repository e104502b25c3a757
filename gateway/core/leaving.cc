// SPDX-License-Identifier: Apache-2.0
// The part of Tables by which devices go: removed by the operator, or giving way to others.
#include "gateway/core/tables.h"

namespace msggw::core {

namespace {

constexpr int kMostAtOnce = 2;  ///< more go than come, so that the table falls below the mark
constexpr int kMostLooks = 64;  ///< entries taken out for one that can go
constexpr int kMostTries = 8;   ///< ... of newcomers, who may not be able to go yet

}  // namespace

void Tables::begin_newcomer(DeviceNo no, SourceMark source) {
  Device& device = registry.at(no);
  device.newcomer = true;
  device.source = source;
  enlist(no);
  metrics.newcomers.Set(static_cast<double>(newcomers.size()));
}

void Tables::enlist(DeviceNo no) {
  newcomers.add(no, registry.at(no).source, [&](DeviceNo other) { return may_give_way(other); });
}

bool Tables::may_give_way(DeviceNo no) const {
  const Device& device = registry.at(no);
  return device.newcomer && device.state != DeviceState::removing &&
         device.state != DeviceState::removed;
}

void Tables::settle(DeviceNo no) {
  Device& device = registry.at(no);
  if (!may_give_way(no)) return;
  device.newcomer = false;
  newcomers.settled(device.source);
  metrics.newcomers.Set(static_cast<double>(newcomers.size()));
  mark_changed(no);
}

void Tables::make_room(base::TimePoint now) {
  const std::size_t mark = limits.max_devices * limits.newcomers_give_way_percent / 100;
  for (int i = 0; i < kMostAtOnce && registry.living() - giving_way >= mark; ++i) {
    if (!let_one_go(now)) return;
  }
}

bool Tables::let_one_go(base::TimePoint now) {
  for (int looks = 0, tries = 0; looks < kMostLooks && tries < kMostTries; ++looks) {
    const auto no = newcomers.take_oldest();
    if (!no) return false;
    const Device& device = registry.at(*no);
    if (!may_give_way(*no)) continue;
    ++tries;
    const Pending* const pending = pending_table.find(*no);
    // Its generation is that second, and the number's next device needs another one.
    const bool fresh = device.first_seen_s >= timeline.seconds(now);
    if (fresh || device.dirty || device.in_flight || (pending != nullptr && pending->in_hand)) {
      newcomers.put_back(*no, device.source);
      continue;
    }
    newcomers.settled(device.source);
    metrics.newcomers.Set(static_cast<double>(newcomers.size()));
    metrics.gave_way.Increment();
    if (give_way_log_.pass(now)) {
      base::log::warn("newcomers_give_way", {{"devices", registry.living()},
                                             {"newcomers", newcomers.size()},
                                             {"largest_crowd", newcomers.most()},
                                             {"suppressed", give_way_log_.take_suppressed()}});
    }
    ++giving_way;
    begin_removal(*no, now);
    return true;
  }
  return false;
}

void Tables::begin_removal(DeviceNo no, base::TimePoint now) {
  notify_bearers(no);
  for (const Bearer bearer : kAllBearers) {
    registry.at(no).binding(bearer).until_s = Binding::kNever;
    presences.registered(no, bearer, false);
  }
  forget_ways(no);
  left_server(no);
  set_state(no, DeviceState::removing);
  refusals.erase(no);  // from now on it is why the release is refused
  mark_changed(no);
  Pending* pending = pending_table.find(no);
  if (pending == nullptr) {
    pending = &pending_table.add(no, Purpose::release, Lane::operators);
  } else {
    answer_waiters(no, *pending, now);
    pending_table.set_purpose(*pending, Purpose::release);
    pending->lane = Lane::operators;
  }
  pending->failures = 0;
  pending->answer.reset();
  pending->tried = {};
  pending->stage = Stage::saving_removal;
  trace_of(no, Happening::removed);
  batches.next.steps.push_back(no);
  outbox.leaving.push_back(no);
}

void Tables::go_on_removing(DeviceNo no, Pending& pending) {
  if (sending.contains(no)) {
    pending.stage = Stage::sending;
    return;
  }
  registry.at(no).newcomer ? leave(no, pending) : pending_table.make_due(no, pending);
}

void Tables::leave(DeviceNo no, Pending& pending) {
  pending.stage = Stage::leaving;
  mark_changed(no);  // so that there is a next commit
  batches.next.steps.push_back(no);
}

void Tables::bury(DeviceNo no) {
  const bool gives_way = registry.at(no).newcomer;
  if (gives_way) --giving_way;
  if (registry.at(no).posted) others_posted.add(no, registry.at(no).private_id);
  pending_table.remove(no);
  sending.erase(no);
  set_info(no, {});
  refusals.erase(no);
  set_state(no, DeviceState::removed);
  registry.bury(no);
  presences.forget(no);
  // Until what is posted is taken away, the number names it.
  registry.at(no).newcomer = gives_way && !others_posted.of(no).empty();
  if (gives_way && others_posted.of(no).empty()) buried.push_back(no);
  count_aliases();
  count_postings();
  mark_changed(no);
  trace_of(no, Happening::gone);
  outbox.gone.push_back(no);
}

void Tables::answer_waiters(DeviceNo no, Pending& pending, base::TimePoint now) {
  for (const Waiter& waiter : pending_table.take_waiters(pending)) {
    batches.next.parked.push_back(
        {{waiter.bearer, *refusal_of(no, waiter.ticket)}, now + limits.answer_within});
  }
}

void Tables::notify_bearers(DeviceNo no) {
  for (const Bearer bearer : kAllBearers) {
    if (registry.at(no).binding(bearer).alive())
      batches.next.notices.push_back({bearer, no, false});
  }
}

void Tables::decided(DeviceNo no) {
  for (const Bearer bearer : kAllBearers) {
    if (registry.at(no).binding(bearer).alive()) outbox.decisions.push_back({bearer, no});
  }
}

}  // namespace msggw::core
