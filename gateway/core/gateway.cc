#include "gateway/core/gateway.h"

#include <algorithm>
#include <utility>

#include "gateway/base/log.h"

namespace msggw::core {

namespace {

Answer failed_answer(Ticket ticket, base::Error error,
                     base::Duration retry_after = base::Duration{0}) {
  Answer answer;
  answer.ticket = ticket;
  answer.verdict = Verdict::failed;
  answer.error = std::move(error);
  answer.retry_after = retry_after;
  return answer;
}

Answer answer_for(Ticket ticket, Verdict verdict, DeviceNo device) {
  Answer answer;
  answer.ticket = ticket;
  answer.verdict = verdict;
  answer.device = device;
  return answer;
}

}  // namespace

std::optional<Answer> Gateway::register_device(const RegisterRequest& request,
                                               base::TimePoint now) {
  auto private_id = PrivateId::parse(request.private_id, limits_.max_private_id_octets);
  if (!private_id) return failed_answer(request.ticket, std::move(private_id.error()));
  if (request.info.size() > limits_.max_info_octets) {
    return failed_answer(request.ticket, {base::Errc::too_large,
                                          "the device information has more than " +
                                              std::to_string(limits_.max_info_octets) + " octets"});
  }
  if (const auto known = registry_.find_private_id(private_id->text()))
    return register_known(*known, request, now);
  return register_new(std::move(*private_id), request, now);
}

std::optional<Answer> Gateway::register_known(DeviceNo no, const RegisterRequest& request,
                                              base::TimePoint now) {
  if (auto answer = refusal_of(no, request.ticket)) {
    if (!may_reopen(no, now)) return answer;
    reopen_refused(no, request.info, lane_of(request.bearer));
  }
  const bool began = request.when_recorded && !registry_.at(no).binding(request.bearer).alive();
  const bool stored = renew(
      no, request.bearer, request.forever ? Binding::kForever : lifetime_of(request.lifetime), now);
  if (Pending* pending = first_ask(no)) {
    pending_.promote(no, *pending, lane_of(request.bearer));
    if (info(no).empty() && !request.info.empty()) {
      set_info(no, request.info);
      mark_changed(no);
    }
    if (request.when_recorded) return pending_when_recorded(no, request, began, now);
    return wait_for_service_id(no, *pending, request, now);
  }
  Answer answer = answer_for(request.ticket, Verdict::registered, no);
  answer.began = began;
  std::optional<Answer> said =
      stored ? std::optional(answer) : answer_when_durable(request.bearer, answer, now);
  renew_profile(no, request.bearer, request.info, now);
  return said;
}

bool Gateway::may_reopen(DeviceNo no, base::TimePoint now) const {
  if (registry_.at(no).state != DeviceState::refused) return false;
  return to_seconds(now) >= refusals_.at(no).at_s + limits_.refused_retry.count();
}

std::optional<Answer> Gateway::refusal_of(DeviceNo no, Ticket ticket) const {
  const Device& device = registry_.at(no);
  switch (device.state) {
    case DeviceState::recorded:
    case DeviceState::provisioned:
    case DeviceState::registered: return std::nullopt;
    case DeviceState::removing:
      return failed_answer(ticket,
                           {base::Errc::unavailable,
                            "the operator is removing this device; it may come back as a new one"},
                           limits_.pending_retry_after);
    case DeviceState::removed:
      return failed_answer(ticket, {base::Errc::unknown_device, "this device has been removed"});
    case DeviceState::suspended:
    case DeviceState::refused: break;
  }
  Answer answer = answer_for(ticket, Verdict::refused, no);
  if (device.state == DeviceState::suspended) {
    answer.error = {base::Errc::refused, "SUSPENDED: the operator has suspended this device"};
    return answer;
  }
  if (first_ask(no) != nullptr) return std::nullopt;
  const Refusal& refusal = refusals_.at(no);
  answer.error = {base::Errc::refused, refusal.cause + ": " + refusal.detail};
  return answer;
}

std::optional<Answer> Gateway::register_new(PrivateId private_id, const RegisterRequest& request,
                                            base::TimePoint now) {
  if (limits_.first_contact == FirstContact::known) {
    metrics_.unknown.Increment();
    if (unknown_log_.pass(now)) {
      base::log::warn("unknown_device", {{"private_id", private_id.text()},
                                         {"bearer", name_of(request.bearer)},
                                         {"suppressed", unknown_log_.take_suppressed()}});
    }
    return failed_answer(request.ticket, {base::Errc::unknown_device,
                                          "this gateway serves only devices that its operator has "
                                          "added, and this is none"});
  }
  if (auto error = no_room()) {
    metrics_.overloaded.Increment();
    return failed_answer(request.ticket, std::move(*error), limits_.pending_retry_after);
  }
  const DeviceNo no =
      record(std::move(private_id), request.ue_type, request.info, lane_of(request.bearer), now);
  metrics_.recorded.Increment();
  renew(no, request.bearer, request.forever ? Binding::kForever : lifetime_of(request.lifetime),
        now);
  if (request.when_recorded) return pending_when_recorded(no, request, true, now);
  return wait_for_service_id(no, *pending_.find(no), request, now);
}

std::optional<Answer> Gateway::pending_when_recorded(DeviceNo no, const RegisterRequest& request,
                                                     bool began, base::TimePoint now) {
  Answer answer = answer_for(request.ticket, Verdict::pending, no);
  answer.retry_after = limits_.pending_retry_after;
  answer.began = began;
  return answer_when_durable(request.bearer, std::move(answer), now);
}

std::optional<base::Error> Gateway::no_room() const {
  if (registry_.living() >= limits_.max_devices) {
    return base::Error{base::Errc::overloaded,
                       "the gateway has recorded as many devices as limits.max_devices allows"};
  }
  if (unsaved_devices_ >= limits_.max_unsaved_devices)
    return base::Error{base::Errc::overloaded, "too many new devices at once; try again"};
  return std::nullopt;
}

/// A new row, which is asked for when it is durable.
DeviceNo Gateway::record(PrivateId private_id, UeType type, std::string_view info, Lane lane,
                         base::TimePoint now) {
  Device device;
  device.private_id = private_id.text();
  device.kind = private_id.kind();
  device.ue_type = type;
  device.first_seen_s = to_seconds(now);
  device.generation = device.first_seen_s;
  device.info = infos_.keep(info);
  const DeviceNo no = registry_.add(std::move(device));
  count_state(DeviceState::recorded, 1);
  pending_.add(no, Purpose::service_id, lane).unsaved = true;
  mark_changed(no);
  with_next_batch_.steps.push_back(no);
  ++unsaved_devices_;
  return no;
}

/// "Pending" says that the device is recorded, by whichever of its names it came.
bool Gateway::may_say_pending(const Pending& pending) const noexcept {
  return pending.stage != Stage::saving_record && pending.named_with <= committed_batch_;
}

std::optional<Answer> Gateway::wait_for_service_id(DeviceNo no, Pending& pending,
                                                   const RegisterRequest& request,
                                                   base::TimePoint now) {
  const bool room = pending_.waiters() < limits_.max_waiting_requests &&
                    pending.waiters.size() < limits_.max_waiting_requests_per_device;
  if (!room && !may_say_pending(pending)) {
    metrics_.overloaded.Increment();
    return failed_answer(
        request.ticket, {base::Errc::overloaded, "too many requests wait for an answer; try again"},
        limits_.pending_retry_after);
  }
  if (!room) {
    metrics_.told_pending.Increment();
    Answer answer = answer_for(request.ticket, Verdict::pending, no);
    answer.retry_after = limits_.pending_retry_after;
    return answer;
  }
  pending_.add_waiter(no, pending, {request.bearer, request.ticket}, now + limits_.answer_within);
  return std::nullopt;
}

std::optional<Answer> Gateway::refresh(std::string_view handle, Bearer bearer, Ticket ticket,
                                       std::optional<std::chrono::seconds> lifetime,
                                       base::TimePoint now) {
  const auto no = find_handle(handle, bearer);
  if (!no)
    return failed_answer(
        ticket, {base::Errc::unknown_device, "no registration behind this handle; register again"});
  if (auto answer = refusal_of(*no, ticket)) return answer;
  const Binding& binding = registry_.at(*no).binding(bearer);
  const bool stored =
      renew(*no, bearer, lifetime ? lifetime_of(lifetime) : binding.lifetime_s, now);
  Answer answer = answer_for(ticket, Verdict::registered, *no);
  std::optional<Answer> said =
      stored ? std::optional(answer) : answer_when_durable(bearer, answer, now);
  renew_profile(*no, bearer, {}, now);
  return said;
}

std::optional<Answer> Gateway::deregister_handle(std::string_view handle, Bearer bearer,
                                                 Ticket ticket, base::TimePoint now) {
  const auto no = find_handle(handle, bearer);
  if (!no)
    return failed_answer(ticket,
                         {base::Errc::unknown_device, "no registration behind this handle"});
  return end_registration(*no, bearer, ticket, now);
}

std::optional<Answer> Gateway::deregister(std::string_view private_id, Bearer bearer, Ticket ticket,
                                          base::TimePoint now) {
  auto parsed = PrivateId::parse(private_id, limits_.max_private_id_octets);
  if (!parsed) return failed_answer(ticket, std::move(parsed.error()));
  const auto no = registry_.find_private_id(parsed->text());
  if (!no || !registry_.at(*no).binding(bearer).alive()) {
    return failed_answer(ticket, {base::Errc::unknown_device, "this device is not registered"});
  }
  return end_registration(*no, bearer, ticket, now);
}

std::optional<Answer> Gateway::end_registration(DeviceNo no, Bearer bearer, Ticket ticket,
                                                base::TimePoint now) {
  if (registry_.at(no).state == DeviceState::suspended) return refusal_of(no, ticket);
  Binding& binding = registry_.at(no).binding(bearer);
  binding.until_s = Binding::kNever;
  mark_changed(no);
  metrics_.deregistered.Increment();
  return answer_when_durable(bearer, answer_for(ticket, Verdict::deregistered, no), now);
}

/// Now if nothing about the device is on its way to the store, else with the commit that holds it.
std::optional<Answer> Gateway::answer_when_durable(Bearer bearer, Answer answer,
                                                   base::TimePoint now) {
  const Device& device = registry_.at(answer.device);
  if (!device.dirty && !device.in_flight) return answer;
  if (with_next_batch_.parked.size() + with_batch_in_flight_.parked.size() >=
      limits_.max_waiting_requests) {
    metrics_.overloaded.Increment();
    return failed_answer(
        answer.ticket, {base::Errc::overloaded, "too many requests wait for the store; try again"},
        limits_.pending_retry_after);
  }
  AfterCommit& with = device.dirty ? with_next_batch_ : with_batch_in_flight_;
  with.parked.push_back({{bearer, std::move(answer)}, now + limits_.answer_within});
  return std::nullopt;
}

/// Whether what the device will be told of its lifetime is durable already. If not, the row is
/// marked changed.
bool Gateway::renew(DeviceNo no, Bearer bearer, std::uint32_t lifetime_s, base::TimePoint now) {
  Device& device = registry_.at(no);
  Binding& binding = device.binding(bearer);
  const bool was_forever = binding.until_s == Binding::kForever;
  binding.lifetime_s = lifetime_s;
  binding.until_s =
      lifetime_s == Binding::kForever ? Binding::kForever : to_seconds(now) + lifetime_s;
  if (binding.until_s != Binding::kForever) remind_of_end(no, bearer);
  const bool ends_forever = was_forever && binding.until_s != Binding::kForever;
  const bool promised = !ends_forever && binding.until_s <= binding.stored_until_s;
  // A device on its way is told by the commit in flight, which holds the promise; any other needs
  // one more commit.
  if (promised && !device.dirty && (!device.in_flight || first_ask(no) != nullptr)) return true;
  mark_changed(no);
  return false;
}

std::uint32_t Gateway::lifetime_of(std::optional<std::chrono::seconds> wanted) const {
  const auto lifetime = wanted.value_or(limits_.default_lifetime);
  return static_cast<std::uint32_t>(
      std::clamp(lifetime, limits_.min_lifetime, limits_.max_lifetime).count());
}

void Gateway::remind_of_end(DeviceNo no, Bearer bearer) {
  Device& device = registry_.at(no);
  const auto bit = static_cast<std::uint8_t>(1U << static_cast<unsigned>(bearer));
  if ((device.lifetime_queued & bit) != 0) return;
  device.lifetime_queued |= bit;
  lifetimes_.add({device.binding(bearer).until_s, no, bearer});
}

void Gateway::expire(base::TimePoint now) {
  const std::uint32_t now_s = to_seconds(now);
  while (const auto due = lifetimes_.take_due(now_s)) {
    Device& device = registry_.at(due->device);
    device.lifetime_queued &=
        static_cast<std::uint8_t>(~(1U << static_cast<unsigned>(due->bearer)));
    Binding& binding = device.binding(due->bearer);
    if (!binding.alive() || binding.until_s == Binding::kForever) continue;
    if (binding.until_s > now_s) {
      remind_of_end(due->device, due->bearer);
      continue;
    }
    binding.until_s = Binding::kNever;
    mark_changed(due->device);
    metrics_.expired.Increment();
  }
}

std::optional<DeviceNo> Gateway::find_handle(std::string_view handle, Bearer bearer) const {
  const auto named = handles_.read(handle);
  if (!named) {
    metrics_.foreign_handles.Increment();
    return std::nullopt;
  }
  const bool lives = registry_.holds(named->device) &&
                     registry_.at(named->device).generation == named->generation &&
                     registry_.at(named->device).binding(bearer).alive();
  if (!lives) {
    metrics_.ended_handles.Increment();
    return std::nullopt;
  }
  return named->device;
}

std::string Gateway::handle(DeviceNo no) const {
  return handles_.write({no, registry_.at(no).generation});
}

std::optional<DeviceNo> Gateway::find_private_id(std::string_view private_id) const {
  const auto parsed = PrivateId::parse(private_id, limits_.max_private_id_octets);
  if (!parsed) return std::nullopt;
  return registry_.find_private_id(parsed->text());
}

RegistrationView Gateway::view(DeviceNo no, Bearer bearer) const {
  const Device& device = registry_.at(no);
  RegistrationView view;
  view.private_id = device.private_id;
  view.state = device.state;
  view.binding = device.binding(bearer);
  if (device.has_service_id()) {
    view.service_id = device.service_id;
    view.profile = &profiles_.at(device.profile);
  }
  return view;
}

void Gateway::tick(base::TimePoint now) {
  expire(now);
  answer_overdue(now);
  while (const auto rested = pending_.take_rested(now))
    pending_.make_due(*rested, *pending_.find(*rested));
  metrics_.waiting.Set(static_cast<double>(pending_.waiters()));
  metrics_.pending.Set(static_cast<double>(pending_.count(Purpose::service_id)));
}

std::optional<base::TimePoint> Gateway::next_deadline() const {
  std::optional<base::TimePoint> next = pending_.next_deadline();
  const auto sooner = [&](base::TimePoint at) { next = next ? std::min(*next, at) : at; };
  if (const auto at = lifetimes_.next_s()) sooner(base::TimePoint{std::chrono::seconds{*at}});
  for (const AfterCommit* batch : {&with_next_batch_, &with_batch_in_flight_}) {
    if (!batch->parked.empty()) sooner(batch->parked.front().deadline);
  }
  return next;
}

}  // namespace msggw::core
