// What the writer takes, and what a commit sets free; and the rows read back at start.
#include <utility>

#include "gateway/core/gateway.h"

namespace msggw::core {

namespace {

base::metrics::Counter& unknown_handles(base::metrics::Registry& registry, const char* kind) {
  return base::metrics::counter(registry, "msggw_unknown_handles_total",
                                "Requests with a handle that names no live registration",
                                {{"kind", kind}});
}

}  // namespace

Gateway::Metrics::Metrics(base::metrics::Registry& registry)
    : by_state{},
      pending(base::metrics::gauge(registry, "msggw_devices_pending",
                                   "Recorded devices on their way to a Service ID")),
      waiting(base::metrics::gauge(registry, "msggw_requests_waiting",
                                   "Requests of devices left open")),
      recorded(base::metrics::counter(registry, "msggw_devices_recorded_total", "First contacts")),
      added(base::metrics::counter(registry, "msggw_devices_added_total",
                                   "Devices that an operator added before they showed up")),
      unknown(base::metrics::counter(registry, "msggw_unknown_devices_total",
                                     "First contacts refused, since the operator had added none")),
      removed(base::metrics::counter(registry, "msggw_devices_removed_total",
                                     "Devices removed, their Service IDs released")),
      aliases(base::metrics::gauge(registry, "msggw_device_aliases",
                                   "Private IDs that devices have beside their first")),
      renewed(base::metrics::counter(registry, "msggw_renewals_total",
                                     "Devices asked for again, by how it ended",
                                     {{"result", "renewed"}})),
      not_renewed(base::metrics::counter(registry, "msggw_renewals_total",
                                         "Devices asked for again, by how it ended",
                                         {{"result", "kept"}})),
      provisioned(base::metrics::counter(registry, "msggw_devices_provisioned_total",
                                         "Service IDs received")),
      refused(base::metrics::counter(registry, "msggw_devices_refused_total",
                                     "Devices that the Provisioning Function refused")),
      conflicts(base::metrics::counter(registry, "msggw_service_id_conflicts_total",
                                       "Service IDs received that another device holds")),
      told_pending(base::metrics::counter(registry, "msggw_told_pending_total",
                                          "Requests answered \"pending\"")),
      overloaded(base::metrics::counter(registry, "msggw_overloaded_total",
                                        "Requests turned away by a limit")),
      expired(base::metrics::counter(registry, "msggw_registrations_expired_total",
                                     "Registrations that ran out")),
      deregistered(base::metrics::counter(registry, "msggw_registrations_ended_total",
                                          "Registrations ended by the device")),
      foreign_handles(unknown_handles(registry, "foreign")),
      ended_handles(unknown_handles(registry, "ended")) {
  for (const DeviceState state : kVisibleStates) {
    by_state[static_cast<std::size_t>(state)] = &base::metrics::gauge(
        registry, "msggw_devices", "Devices by state", {{"state", std::string(name_of(state))}});
  }
}

Gateway::Gateway(const Limits& limits, base::metrics::Registry& metrics, base::HashKey key,
                 const HandleKey& handle_key, std::uint64_t seed)
    : limits_(limits),
      metrics_(metrics),
      handles_(handle_key),
      jitter_(seed),
      registry_(key),
      infos_(key) {}

void Gateway::reserve(std::size_t devices) {
  registry_.reserve(devices);
}

base::Result<void> Gateway::restore_profile(ProfileNo no, ServiceProfile profile) {
  const auto interned = profiles_.intern(std::move(profile));
  if (!interned.added || interned.no != no) {
    return base::fail(base::Errc::storage, "service profile " +
                                               std::to_string(static_cast<std::uint32_t>(no)) +
                                               " is out of order or stored twice");
  }
  return {};
}

base::Result<void> Gateway::restore_device(DeviceNo no, Device device, std::string info,
                                           std::optional<Refusal> refusal,
                                           std::vector<std::string> aliases) {
  const auto number = std::to_string(static_cast<std::uint32_t>(no));
  if (static_cast<std::size_t>(no) != registry_.size()) {
    return base::fail(base::Errc::storage,
                      "device " + number + " is out of order: a row before it is missing");
  }
  if (device.state == DeviceState::removed) {
    registry_.add(std::move(device));
    return {};
  }
  if (registry_.find_private_id(device.private_id)) {
    return base::fail(base::Errc::storage,
                      "device " + number + ": its Private ID stands in an earlier row too");
  }
  if (device.has_service_id() &&
      (registry_.find_service_id(device.service_id) || !profiles_.holds(device.profile))) {
    return base::fail(
        base::Errc::storage,
        "device " + number + ": its Service ID or profile contradicts an earlier row");
  }
  device.info = infos_.keep(info);
  count_state(device.state, 1);
  registry_.add(std::move(device));
  for (std::string& alias : aliases) {
    if (registry_.find_private_id(alias)) {
      return base::fail(base::Errc::storage,
                        "device " + number + ": one of its aliases names a device already");
    }
    registry_.add_alias(no, std::move(alias));
  }
  if (!aliases.empty()) count_aliases();
  for (const Bearer bearer : kAllBearers) {
    const Binding& binding = registry_.at(no).binding(bearer);
    if (binding.alive() && binding.until_s != Binding::kForever) remind_of_end(no, bearer);
  }
  if (refusal) refusals_.emplace(no, std::move(*refusal));
  resume_restored(no);
  return {};
}

/// A restored row goes on where it stood; all that it says is durable.
void Gateway::resume_restored(DeviceNo no) {
  const Device& device = registry_.at(no);
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
  pending_.make_due(no, pending_.add(no, *purpose, lane));
}

void Gateway::mark_changed(DeviceNo no) {
  Device& device = registry_.at(no);
  if (device.dirty) return;
  device.dirty = true;
  changed_.push_back(no);
}

Changes Gateway::take_changes() {
  base::ensure(in_flight_.empty(), "one batch in flight");
  Changes changes{++last_batch_, std::exchange(changed_, {}), std::exchange(new_profiles_, {})};
  for (const DeviceNo no : changes.devices) {
    Device& device = registry_.at(no);
    device.dirty = false;
    device.in_flight = true;
    for (Binding& binding : device.bindings) {
      const bool finite = binding.alive() && binding.until_s != Binding::kForever;
      binding.stored_until_s = finite ? binding.until_s + binding.lifetime_s / 4 : binding.until_s;
    }
  }
  in_flight_ = changes.devices;
  with_batch_in_flight_ = std::exchange(with_next_batch_, {});
  return changes;
}

void Gateway::committed(std::uint64_t number) {
  base::ensure(number == last_batch_, "commits come in order");
  committed_batch_ = number;
  for (const DeviceNo no : in_flight_) registry_.at(no).in_flight = false;
  in_flight_.clear();
  AfterCommit set_free = std::exchange(with_batch_in_flight_, {});
  for (const DeviceNo no : set_free.steps) step(no);
  for (Parked& parked : set_free.parked) outbox_.answers.push_back(std::move(parked.to));
  for (const Outbox::Notice& notice : set_free.notices) {
    // Decided anew since: what the device would be told is not durable yet.
    auto& to = registry_.at(notice.device).dirty ? with_next_batch_.notices : outbox_.notices;
    to.push_back(notice);
  }
  for (Outbox::Parting& parting : set_free.partings) outbox_.partings.push_back(std::move(parting));
}

/// The next step of a device whose last one is durable now.
void Gateway::step(DeviceNo no) {
  Pending* pending = pending_.find(no);
  if (pending == nullptr) return;
  if (std::exchange(pending->unsaved, false)) --unsaved_devices_;
  const bool changed_since = registry_.at(no).dirty;
  switch (pending->stage) {
    case Stage::saving_record: return pending_.make_due(no, *pending);
    case Stage::saving_answer:
      // A request that came during the commit is told with the next one, which holds what it will
      // be told.
      return changed_since ? with_next_batch_.steps.push_back(no) : finish(no);
    case Stage::saving_removal:
      // This may have been the commit of the record, and the removal is still to come.
      if (changed_since) return with_next_batch_.steps.push_back(no);
      if (!pending->in_hand) return pending_.make_due(no, *pending);
      pending->stage = Stage::held;
      return;
    case Stage::held: return forget(no);
    case Stage::due:
    case Stage::asked:
    case Stage::backing_off: return;
  }
}

void Gateway::answer_overdue(base::TimePoint now) {
  while (const auto overdue = pending_.take_overdue(now)) {
    Answer answer;
    answer.ticket = overdue->waiter.ticket;
    answer.device = overdue->device;
    answer.retry_after = limits_.pending_retry_after;
    if (may_say_pending(*pending_.find(overdue->device))) {
      answer.verdict = Verdict::pending;
      metrics_.told_pending.Increment();
    } else {
      answer.verdict = Verdict::failed;
      answer.error = {base::Errc::unavailable,
                      "the gateway cannot store the device now; try again"};
    }
    outbox_.answers.push_back({overdue->waiter.bearer, std::move(answer)});
  }
  drop_overdue(with_batch_in_flight_.parked, now);
  drop_overdue(with_next_batch_.parked, now);
}

/// Answers that wait longer than a device should for the store, which must be failing.
void Gateway::drop_overdue(std::vector<Parked>& parked, base::TimePoint now) {
  std::size_t overdue = 0;
  while (overdue < parked.size() && parked[overdue].deadline <= now) {
    Outbox::ToAdapter& to = parked[overdue++].to;
    to.answer.verdict = Verdict::failed;
    to.answer.error = {base::Errc::unavailable, "the gateway cannot store this now; try again"};
    to.answer.retry_after = limits_.pending_retry_after;
    outbox_.answers.push_back(std::move(to));
  }
  parked.erase(parked.begin(), parked.begin() + static_cast<std::ptrdiff_t>(overdue));
}

}  // namespace msggw::core
