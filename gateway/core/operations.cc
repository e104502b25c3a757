// What an operator decides about devices.
#include <utility>

#include "gateway/core/gateway.h"

namespace msggw::core {

base::Result<Added> Gateway::add_device(const AddRequest& request, base::TimePoint now) {
  auto private_id = PrivateId::parse(request.private_id, limits_.max_private_id_octets);
  if (!private_id) return tl::unexpected(std::move(private_id.error()));
  if (request.info.size() > limits_.max_info_octets) {
    return base::fail(base::Errc::too_large, "the device information has more than " +
                                                 std::to_string(limits_.max_info_octets) +
                                                 " octets");
  }
  const auto known = registry_.find_private_id(private_id->text());
  if (known && registry_.at(*known).state == DeviceState::removing) {
    return base::fail(base::Errc::unavailable,
                      "this device is being removed; add it again when it is gone");
  }
  auto aliases = new_aliases(known, private_id->text(), request.aliases);
  if (!aliases) return tl::unexpected(std::move(aliases.error()));
  if (known) {
    join(*known, std::move(*aliases));
    return Added{*known, false};
  }
  if (auto error = no_room()) {
    metrics_.overloaded.Increment();
    return tl::unexpected(std::move(*error));
  }
  metrics_.added.Increment();
  const DeviceNo no =
      record(std::move(*private_id), request.ue_type, request.info, Lane::operators, now);
  join(no, std::move(*aliases));
  return Added{no, true};
}

base::Result<void> Gateway::suspend(DeviceNo no, base::TimePoint now) {
  switch (registry_.at(no).state) {
    case DeviceState::suspended: return {};
    case DeviceState::removing:
    case DeviceState::removed: return base::fail(base::Errc::refused, "it is being removed");
    case DeviceState::recorded:
    case DeviceState::provisioned:
    case DeviceState::registered:
    case DeviceState::refused: break;
  }
  set_state(no, DeviceState::suspended);
  mark_changed(no);
  hold(no, now);
  notify_registered(no);
  return {};
}

base::Result<void> Gateway::resume(DeviceNo no) {
  const Device& device = registry_.at(no);
  switch (device.state) {
    case DeviceState::suspended: break;
    case DeviceState::removing:
    case DeviceState::removed: return base::fail(base::Errc::refused, "it is being removed");
    case DeviceState::recorded:
    case DeviceState::provisioned:
    case DeviceState::registered:
    case DeviceState::refused: return {};
  }
  const bool was_refused = refusals_.contains(no);
  set_state(no, device.has_service_id() ? DeviceState::provisioned
                : was_refused           ? DeviceState::refused
                                        : DeviceState::recorded);
  mark_changed(no);
  notify_registered(no);
  Pending* held = pending_.find(no);
  if (held != nullptr && held->in_hand) {
    held->stage = Stage::asked;  // the ask of before the suspension will do
  } else if (held != nullptr) {
    held->stage = Stage::saving_record;
  } else if (device.has_service_id()) {
    if (device.ask_again_s == Device::kAskNow) begin_renewal(no, Lane::operators);
  } else if (!was_refused) {
    pending_.make_due(no, pending_.add(no, Purpose::service_id, Lane::operators));
  }
  return {};
}

base::Result<void> Gateway::remove(DeviceNo no, base::TimePoint now) {
  Device& device = registry_.at(no);
  if (device.state == DeviceState::removing || device.state == DeviceState::removed) return {};
  notify_registered(no);
  for (Binding& binding : device.bindings) binding.until_s = Binding::kNever;
  set_state(no, DeviceState::removing);
  mark_changed(no);
  Pending* pending = pending_.find(no);
  if (pending == nullptr) {
    pending = &pending_.add(no, Purpose::release, Lane::operators);
  } else {
    answer_waiters(no, *pending, now);
    pending_.set_purpose(*pending, Purpose::release);
    pending->lane = Lane::operators;
  }
  pending->failures = 0;
  pending->stage = Stage::saving_removal;
  with_next_batch_.steps.push_back(no);
  return {};
}

base::Result<void> Gateway::ask_again(DeviceNo no) {
  Device& device = registry_.at(no);
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
  if (Pending* pending = pending_.find(no)) {
    pending->failures = 0;
    if (pending->stage == Stage::backing_off) pending_.make_due(no, *pending);
    return {};
  }
  if (device.state == DeviceState::refused) {
    reopen_refused(no, {}, Lane::operators);
    return {};
  }
  device.ask_again_s = Device::kAskNow;
  mark_changed(no);
  begin_renewal(no, Lane::operators);
  return {};
}

std::optional<std::uint64_t> Gateway::durable_with() const noexcept {
  if (has_changes()) return last_batch_ + 1;
  if (committed_batch_ != last_batch_) return last_batch_;
  return std::nullopt;
}

/// Takes the device off every way that it is on. What the client has in hand comes back later.
void Gateway::hold(DeviceNo no, base::TimePoint now) {
  Pending* pending = pending_.find(no);
  if (pending == nullptr) return;
  answer_waiters(no, *pending, now);
  pending->stage = Stage::held;
  forget(no);
}

/// The end of a device's way, unless somebody still has it.
void Gateway::forget(DeviceNo no) {
  const Pending& pending = *pending_.find(no);
  if (!pending.in_hand && !pending.unsaved) pending_.remove(no);
}

/// Open requests of a device that will not be served: told so with the commit of that decision.
void Gateway::answer_waiters(DeviceNo no, Pending& pending, base::TimePoint now) {
  for (const Waiter& waiter : pending_.take_waiters(pending)) {
    with_next_batch_.parked.push_back(
        {{waiter.bearer, *refusal_of(no, waiter.ticket)}, now + limits_.answer_within});
  }
}

/// Bearers over which the device is registered learn of the decision when it is durable.
void Gateway::notify_registered(DeviceNo no) {
  for (const Bearer bearer : kAllBearers) {
    if (registry_.at(no).binding(bearer).alive())
      with_next_batch_.notices.push_back({bearer, no, false});
  }
}

}  // namespace msggw::core
