// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/operations.h"

#include <algorithm>
#include <utility>

#include "gateway/base/log.h"
#include "gateway/base/pattern.h"

namespace msggw::core {

base::Result<Added> Operations::add_device(const AddRequest& request, base::TimePoint now) {
  auto private_id = PrivateId::parse(request.private_id, tables_.limits.max_private_id_octets);
  if (!private_id) return tl::unexpected(std::move(private_id.error()));
  if (request.info.size() > tables_.limits.max_info_octets) {
    return base::fail(base::Errc::too_large, "the device information has more than " +
                                                 std::to_string(tables_.limits.max_info_octets) +
                                                 " octets");
  }
  if (auto error = tables_.no_store()) return tl::unexpected(std::move(*error));
  const auto known = tables_.registry.find_private_id(private_id->text());
  if (known && tables_.registry.at(*known).state == DeviceState::removing) {
    return base::fail(base::Errc::unavailable,
                      "this device is being removed; add it again when it is gone");
  }
  auto aliases = new_aliases(known, private_id->text(), request.aliases);
  if (!aliases) return tl::unexpected(std::move(aliases.error()));
  if (known) {
    const std::size_t joined = aliases->size();
    const bool settles = tables_.may_give_way(*known);
    tables_.settle(*known);
    join(*known, std::move(*aliases));
    const bool other_type =
        request.ue_type && *request.ue_type != tables_.registry.at(*known).ue_type;
    const bool other_info = !request.info.empty() && request.info != tables_.info(*known);
    return Added{*known, false, joined, settles || joined != 0, other_type, other_info};
  }
  if (auto error = tables_.no_room()) {
    tables_.metrics.overloaded.Increment();
    return tl::unexpected(std::move(*error));
  }
  tables_.metrics.added.Increment();
  const DeviceNo no =
      tables_.record(std::move(*private_id), request.ue_type.value_or(UeType::non_3gpp),
                     request.info, Lane::operators, now);
  const std::size_t joined = aliases->size();
  join(no, std::move(*aliases));
  return Added{no, true, joined, true};
}

base::Result<bool> Operations::suspend(DeviceNo no, base::TimePoint now) {
  switch (tables_.registry.at(no).state) {
    case DeviceState::suspended: return false;
    case DeviceState::removing:
    case DeviceState::removed: return base::fail(base::Errc::refused, "it is being removed");
    case DeviceState::recorded:
    case DeviceState::provisioned:
    case DeviceState::registered:
    case DeviceState::refused: break;
  }
  tables_.settle(no);
  tables_.left_server(no);
  tables_.set_state(no, DeviceState::suspended);
  tables_.mark_changed(no);
  hold(no, now);
  tables_.notify_bearers(no);
  tables_.trace_of(no, Happening::suspended);
  return true;
}

base::Result<bool> Operations::resume(DeviceNo no) {
  const Device& device = tables_.registry.at(no);
  switch (device.state) {
    case DeviceState::suspended: break;
    case DeviceState::removing:
    case DeviceState::removed: return base::fail(base::Errc::refused, "it is being removed");
    case DeviceState::recorded:
    case DeviceState::provisioned:
    case DeviceState::registered:
    case DeviceState::refused: return false;
  }
  const bool was_refused = tables_.refusals.contains(no);
  tables_.set_state(no, device.has_service_id() ? DeviceState::provisioned
                        : was_refused           ? DeviceState::refused
                                                : DeviceState::recorded);
  tables_.mark_changed(no);
  tables_.notify_bearers(no);
  tables_.trace_of(no, Happening::resumed);
  tables_.came_for_server(no);
  Pending* held = tables_.pending_table.find(no);
  if (held != nullptr && held->in_hand) {
    held->stage = Stage::asked;  // the ask of before the suspension will do
  } else if (held != nullptr) {
    held->stage = Stage::saving_record;
  } else if (device.has_service_id()) {
    if (device.ask_again_s == Device::kAskNow) tables_.begin_renewal(no, Lane::operators);
  } else if (!was_refused) {
    tables_.pending_table.make_due(
        no, tables_.pending_table.add(no, Purpose::service_id, Lane::operators));
  }
  return true;
}

base::Result<bool> Operations::remove(DeviceNo no, base::TimePoint now) {
  Device& device = tables_.registry.at(no);
  if (device.state == DeviceState::removed) return false;
  if (device.state != DeviceState::removing) {
    tables_.settle(no);
    tables_.begin_removal(no, now);
    return true;
  }
  if (!std::exchange(device.newcomer, false)) return false;
  --tables_.giving_way;  // it was giving way; now its Service ID is released too
  tables_.mark_changed(no);
  return true;
}

base::Result<bool> Operations::forget(DeviceNo no, base::TimePoint now) {
  Device& device = tables_.registry.at(no);
  const bool was_leaving = is_leaving(no);
  if (device.state == DeviceState::removed) return false;
  if (device.state != DeviceState::removing) {
    tables_.settle(no);
    tables_.begin_removal(no, now);
  }
  tables_.outbox.forgotten.push_back(no);
  if (std::exchange(device.newcomer, true)) return !was_leaving;
  ++tables_.giving_way;
  tables_.mark_changed(no);
  tables_.metrics.forgotten.Increment();
  if (forget_log_.pass(now)) {
    base::log::warn("device_forgotten", {{"private_id", device.private_id},
                                         {"service_id", device.service_id},
                                         {"suppressed", forget_log_.take_suppressed()}});
  }
  Pending& pending = *tables_.pending_table.find(no);
  const bool waits = pending.stage == Stage::due || pending.stage == Stage::backing_off;
  if (waits) tables_.leave(no, pending);
  if (pending.in_hand) tables_.withdrawn.push_back(no);
  return true;
}

base::Result<void> Operations::ask_again(DeviceNo no) {
  Device& device = tables_.registry.at(no);
  switch (device.state) {
    case DeviceState::suspended:
      return base::fail(base::Errc::refused, "it is suspended; resume it first");
    case DeviceState::removing:
    case DeviceState::removed: return base::fail(base::Errc::refused, "it is being removed");
    case DeviceState::recorded:
    case DeviceState::provisioned:
    case DeviceState::registered:
    case DeviceState::refused: break;
  }
  if (Pending* pending = tables_.pending_table.find(no)) {
    pending->failures = 0;
    if (pending->stage == Stage::backing_off) tables_.pending_table.make_due(no, *pending);
    return {};
  }
  if (device.state == DeviceState::refused) {
    tables_.reopen_refused(no, {}, Lane::operators);
    return {};
  }
  device.ask_again_s = Device::kAskNow;
  tables_.mark_changed(no);
  tables_.begin_renewal(no, Lane::operators);
  return {};
}

bool Operations::is_selected(DeviceNo no, const Selection& selection) const {
  const Device& device = tables_.registry.at(no);
  if (device.state == DeviceState::removed) return false;
  if (device.state == DeviceState::removing && !selection.removing) return false;
  if (selection.source && device.source != marks_.of(*selection.source)) return false;
  if (selection.idle_since_s) {
    const auto runs = [](const Binding& binding) {
      return binding.alive() && binding.until_s != Binding::kForever;
    };
    const base::TimePoint heard = tables_.timeline.process_time(device.asked_s());
    const base::TimePoint since{std::chrono::seconds{*selection.idle_since_s}};
    if (std::any_of(device.bindings.begin(), device.bindings.end(), runs) ||
        heard + std::chrono::seconds{Device::kHeardEvery} > since)
      return false;
  }
  if (selection.matching.empty()) return true;
  const auto fits = [&](std::string_view id) { return base::matches(selection.matching, id); };
  const auto aliases = tables_.aliases(no);
  return fits(device.private_id) || std::any_of(aliases.begin(), aliases.end(), fits);
}

/// Takes the device off every way that it is on. What the client has in hand comes back later.
void Operations::hold(DeviceNo no, base::TimePoint now) {
  Pending* pending = tables_.pending_table.find(no);
  if (pending == nullptr) return;
  tables_.answer_waiters(no, *pending, now);
  pending->stage = Stage::held;
  tables_.forget(no);
}

}  // namespace msggw::core
