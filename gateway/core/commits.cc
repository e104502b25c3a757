// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/commits.h"

#include <array>
#include <utility>

namespace msggw::core {

void Commits::begin(const std::optional<Moment>& last, base::TimePoint now, base::TimePoint wall) {
  if (last) tables_.timeline.resume(*last, now, wall, tables_.limits.longest_outage);
  tables_.turn = now;
  tables_.moment.written(now);
}

void Commits::reserve(std::size_t devices) {
  tables_.registry.reserve(devices);
}

base::Result<void> Commits::restore_profile(ProfileNo no, ServiceProfile profile) {
  const auto interned = tables_.profiles.intern(std::move(profile));
  if (!interned.added || interned.no != no) {
    return base::fail(base::Errc::storage, "service profile " +
                                               std::to_string(static_cast<std::uint32_t>(no)) +
                                               " is out of order or stored twice");
  }
  return {};
}

base::Result<void> Commits::restore_device(DeviceNo no, StoredDevice stored) {
  Device& device = stored.device;
  const auto number = std::to_string(static_cast<std::uint32_t>(no));
  if (static_cast<std::size_t>(no) != tables_.registry.size()) {
    return base::fail(base::Errc::storage,
                      "device " + number + " is out of order: a row before it is missing");
  }
  for (std::string& name : stored.postings) tables_.others_posted.add(no, std::move(name));
  if (!stored.postings.empty()) tables_.count_postings();
  if (device.state == DeviceState::removed) {
    tables_.registry.add(std::move(device));
    return {};
  }
  if (tables_.registry.find_private_id(device.private_id)) {
    return base::fail(base::Errc::storage,
                      "device " + number + ": its Private ID stands in an earlier row too");
  }
  if (device.has_service_id() && (tables_.registry.find_service_id(device.service_id) ||
                                  !tables_.profiles.holds(device.profile))) {
    return base::fail(
        base::Errc::storage,
        "device " + number + ": its Service ID or profile contradicts an earlier row");
  }
  device.info = tables_.infos.keep(stored.info);
  tables_.count_state(device.state, 1);
  tables_.registry.add(std::move(device));
  for (std::string& alias : stored.aliases) {
    if (tables_.registry.find_private_id(alias)) {
      return base::fail(base::Errc::storage,
                        "device " + number + ": one of its aliases names a device already");
    }
    tables_.registry.add_alias(no, std::move(alias));
  }
  if (!stored.aliases.empty()) tables_.count_aliases();
  if (!stored.push_target.empty()) tables_.restore_push_target(no, std::move(stored.push_target));
  if (!stored.observer.empty()) tables_.observers.emplace(no, std::move(stored.observer));
  for (const Bearer bearer : kAllBearers) {
    const Binding& binding = tables_.registry.at(no).binding(bearer);
    if (binding.alive()) tables_.presences.registered(no, bearer, true);
    if (binding.alive() && binding.until_s != Binding::kForever) tables_.remind_of_end(no, bearer);
  }
  if (tables_.may_give_way(no)) tables_.enlist(no);
  if (stored.refusal) tables_.refusals.emplace(no, std::move(*stored.refusal));
  resume_restored(no);
  return {};
}

/// A restored row goes on where it stood; all that it says is durable.
void Commits::resume_restored(DeviceNo no) {
  const Device& device = tables_.registry.at(no);
  if (device.state == DeviceState::removing) tables_.outbox.leaving.push_back(no);
  if (device.state == DeviceState::removing && device.newcomer) {
    ++tables_.giving_way;
    return tables_.leave(no, tables_.pending_table.add(no, Purpose::release, Lane::operators));
  }
  std::optional<Purpose> purpose;
  if (device.state == DeviceState::recorded) purpose = Purpose::service_id;
  if (device.state == DeviceState::removing) purpose = Purpose::release;
  const bool served =
      device.state == DeviceState::provisioned || device.state == DeviceState::registered;
  if (served && device.ask_again_s == Device::kAskNow) purpose = Purpose::renewal;
  if (!purpose) return;
  Lane lane = Lane::operators;
  for (const Bearer bearer : kAllBearers) {
    if (lane == Lane::operators && device.binding(bearer).alive()) lane = lane_of(bearer);
  }
  tables_.pending_table.make_due(no, tables_.pending_table.add(no, *purpose, lane));
}

Changes Commits::take_changes() {
  base::ensure(tables_.batches.in_flight.empty(), "one batch in flight");
  tables_.moment.written(tables_.turn);
  Changes changes{++tables_.batches.last, std::exchange(tables_.batches.changed, {}),
                  std::exchange(tables_.batches.new_profiles, {})};
  for (const DeviceNo no : changes.devices) {
    Device& device = tables_.registry.at(no);
    device.dirty = false;
    device.in_flight = true;
    for (const Bearer bearer : kAllBearers) {
      Binding& binding = device.binding(bearer);
      const bool finite = binding.alive() && binding.until_s != Binding::kForever;
      binding.stored_until_s =
          finite ? device.told_until_s(bearer) + binding.lifetime_s / 4 : binding.until_s;
    }
  }
  tables_.batches.in_flight = changes.devices;
  tables_.batches.under_way = std::exchange(tables_.batches.next, {});
  return changes;
}

void Commits::committed(std::uint64_t number) {
  base::ensure(number == tables_.batches.last, "commits come in order");
  tables_.batches.committed = number;
  for (const DeviceNo no : tables_.batches.in_flight) tables_.registry.at(no).in_flight = false;
  tables_.batches.in_flight.clear();
  AfterCommit set_free = std::exchange(tables_.batches.under_way, {});
  for (const Outbox::Notice& notice : set_free.notices) {
    // Decided anew since: what the device would be told is not durable yet.
    auto& to = tables_.registry.at(notice.device).dirty ? tables_.batches.next.notices
                                                        : tables_.outbox.notices;
    to.push_back(notice);
  }
  for (const DeviceNo no : set_free.steps) step(no);
  for (Parked& parked : set_free.parked) tables_.outbox.answers.push_back(std::move(parked.to));
  for (Outbox::Parting& parting : set_free.partings)
    tables_.outbox.partings.push_back(std::move(parting));
}

/// The next step of a device whose last one is durable now.
void Commits::step(DeviceNo no) {
  Pending* pending = tables_.pending_table.find(no);
  if (pending == nullptr) return;
  if (std::exchange(pending->unsaved, false)) --tables_.unsaved_devices;
  const bool changed_since = tables_.registry.at(no).dirty;
  switch (pending->stage) {
    case Stage::saving_record: return tables_.pending_table.make_due(no, *pending);
    case Stage::saving_answer:
      // A request that came during the commit is told with the next one, which holds what it will
      // be told.
      return changed_since ? tables_.batches.next.steps.push_back(no) : finish(no);
    case Stage::saving_removal:
      // This may have been the commit of the record, and the removal is still to come.
      if (changed_since) return tables_.batches.next.steps.push_back(no);
      if (!pending->in_hand) return tables_.go_on_removing(no, *pending);
      pending->stage = Stage::held;
      return;
    case Stage::leaving:
      if (changed_since) return tables_.batches.next.steps.push_back(no);
      return tables_.registry.at(no).newcomer && !tables_.sending.contains(no)
                 ? tables_.bury(no)
                 : tables_.go_on_removing(no, *pending);
    case Stage::held: return tables_.forget(no);
    case Stage::sending:
    case Stage::due:
    case Stage::asked:
    case Stage::backing_off: return;
  }
}

/// The Service ID or the refusal is durable: tells everybody who waits for it.
void Commits::finish(DeviceNo no) {
  const Device& device = tables_.registry.at(no);
  Pending& pending = *tables_.pending_table.find(no);
  const bool first = pending.purpose == Purpose::service_id;
  std::array<bool, kBearers> told{};
  for (const Waiter& waiter : tables_.pending_table.take_waiters(pending)) {
    Answer answer;
    answer.ticket = waiter.ticket;
    answer.device = no;
    answer.verdict = device.has_service_id() ? Verdict::provisioned : Verdict::refused;
    if (!device.has_service_id()) {
      const Refusal& refusal = tables_.refusals.at(no);
      answer.error = {base::Errc::refused, refusal.cause + ": " + refusal.detail};
    }
    told[static_cast<std::size_t>(waiter.bearer)] = true;
    tables_.outbox.answers.push_back({waiter.bearer, std::move(answer)});
  }
  for (const Bearer bearer : kAllBearers) {
    if (device.binding(bearer).alive() && !told[static_cast<std::size_t>(bearer)]) {
      tables_.outbox.notices.push_back({bearer, no, first});
    }
  }
  tables_.came_for_server(no);
  tables_.end_way(no);
}

}  // namespace msggw::core
