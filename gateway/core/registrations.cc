// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/registrations.h"

#include <algorithm>
#include <utility>

#include "gateway/base/log.h"

namespace msggw::core {

namespace {

/// A device that comes again so long after its first contact means to stay. One that repeats a
/// request does not.
constexpr std::chrono::seconds kSettlesAfter{30};
constexpr std::size_t kAddresses = 16'384;
constexpr std::size_t kBrokers = 64;
constexpr std::size_t kSmscs = 1'024;

/// Days begin at another second for each device, so that those which are heard all the time are not
/// written all at once.
std::uint64_t day_of(DeviceNo no, std::uint32_t at_s) noexcept {
  return (std::uint64_t{at_s} + static_cast<std::uint32_t>(no)) / Device::kHeardEvery;
}

}  // namespace

Registrations::Registrations(Tables& tables, const HandleKey& handle_key, const base::HashKey& key)
    : tables_(tables),
      handles_(handle_key),
      marks_(handle_key),
      first_contacts_{base::RateBySource(tables.limits.first_contacts_per_address, kAddresses, key),
                      base::RateBySource(tables.limits.first_contacts_per_broker, kBrokers, key),
                      base::RateBySource(tables.limits.first_contacts_per_smsc, kSmscs, key)} {}

void Registrations::heard(DeviceNo no, Bearer bearer, base::TimePoint now) {
  if (tables_.registry.is_removed(no)) return;
  tables_.presences.seen(no, bearer, tables_.timeline.seconds(now));
  note(no, now);
}

void Registrations::connected(DeviceNo no, Bearer bearer, base::TimePoint now) {
  if (tables_.registry.is_removed(no)) return;
  tables_.presences.connected(no, bearer, tables_.timeline.seconds(now));
  note(no, now);
}

void Registrations::note(DeviceNo no, base::TimePoint now) {
  Device& device = tables_.registry.at(no);
  const std::uint32_t now_s = tables_.timeline.seconds(now);
  const bool on_another_day = day_of(no, now_s) != day_of(no, device.asked_s());
  if (now_s > device.first_seen_s) device.heard_s = now_s;
  if (on_another_day && device.state != DeviceState::removing) tables_.mark_changed(no);
}

std::optional<Answer> Registrations::register_device(const RegisterRequest& request,
                                                     base::TimePoint now) {
  auto private_id = PrivateId::parse(request.private_id, tables_.limits.max_private_id_octets);
  if (!private_id) return Answer::failed(request.ticket, std::move(private_id.error()));
  if (request.info.size() > tables_.limits.max_info_octets) {
    return Answer::failed(
        request.ticket,
        {base::Errc::too_large, "the device information has more than " +
                                    std::to_string(tables_.limits.max_info_octets) + " octets"});
  }
  if (auto error = tables_.no_store())
    return Answer::failed(request.ticket, std::move(*error), tables_.limits.pending_retry_after);
  if (const auto known = tables_.registry.find_private_id(private_id->text()))
    return register_known(*known, request, now);
  return register_new(std::move(*private_id), request, now);
}

std::optional<Answer> Registrations::register_known(DeviceNo no, const RegisterRequest& request,
                                                    base::TimePoint now) {
  heard(no, request.bearer, now);
  if (auto answer = tables_.refusal_of(no, request.ticket)) {
    if (!may_reopen(no, now) && !is_late_info(no, request)) return answer;
    tables_.reopen_refused(no, request.info, lane_of(request.bearer));
  }
  came_again(no, now);
  const Device& device = tables_.registry.at(no);
  const bool had_handle = device.has_service_id() && device.binding(request.bearer).alive();
  if (take_over(no, request, now) && had_handle) {
    tables_.metrics.taken_over.Increment();
    tables_.trace_of(no, Happening::taken_over, request.bearer);
  }
  const bool began =
      request.when_recorded && !tables_.registry.at(no).binding(request.bearer).alive();
  if (!request.post_as.empty()) tables_.post(no, request.post_as);
  take_manner(no, request);
  if (request.push_target) tables_.set_push_target(no, *request.push_target);
  const bool stored = renew(
      no, request.bearer, request.forever ? Binding::kForever : lifetime_of(request.lifetime), now);
  if (Pending* pending = tables_.first_ask(no)) {
    tables_.pending_table.promote(no, *pending, lane_of(request.bearer));
    if (tables_.info(no).empty() && !request.info.empty())
      tables_.add_info(no, request.info, lane_of(request.bearer));
    if (request.when_recorded) return pending_when_recorded(no, request, began, now);
    return wait_for_service_id(no, *pending, request, now);
  }
  Answer answer = Answer::of(request.ticket, Verdict::provisioned, no);
  answer.began = began;
  const bool added = is_late_info(no, request);
  if (added) tables_.add_info(no, request.info, lane_of(request.bearer));
  std::optional<Answer> said =
      stored && !added ? std::optional(answer) : answer_when_durable(request.bearer, answer, now);
  renew_profile(no, request.bearer, request.info, now);
  return said;
}

bool Registrations::may_reopen(DeviceNo no, base::TimePoint now) const {
  if (tables_.registry.at(no).state != DeviceState::refused) return false;
  return tables_.timeline.seconds(now) >=
         tables_.refusals.at(no).at_s + tables_.limits.refused_retry.count();
}

/// Why this device may not be taken in as a new one; none: it may.
std::optional<base::Error> Registrations::no_first_contact(const RegisterRequest& request,
                                                           std::string_view private_id,
                                                           base::TimePoint now) {
  if (tables_.limits.first_contact == FirstContact::known) {
    tables_.metrics.unknown.Increment();
    if (unknown_log_.pass(now)) {
      base::log::warn("unknown_device", {{"private_id", private_id},
                                         {"bearer", name_of(request.bearer)},
                                         {"suppressed", unknown_log_.take_suppressed()}});
    }
    return base::Error{base::Errc::unknown_device,
                       "this gateway serves only devices that its operator has added, and this is "
                       "none"};
  }
  if (!first_contacts_[static_cast<std::size_t>(request.bearer)].pass(request.source, now)) {
    tables_.metrics.limited[static_cast<std::size_t>(request.bearer)]->Increment();
    if (limited_log_.pass(now)) {
      base::log::warn("first_contacts_limited", {{"private_id", private_id},
                                                 {"bearer", name_of(request.bearer)},
                                                 {"suppressed", limited_log_.take_suppressed()}});
    }
    return base::Error{base::Errc::overloaded, "too many new devices from one source; try again"};
  }
  tables_.make_room(now);
  auto error = tables_.no_room();
  if (error) tables_.metrics.overloaded.Increment();
  return error;
}

std::optional<Answer> Registrations::register_new(PrivateId private_id,
                                                  const RegisterRequest& request,
                                                  base::TimePoint now) {
  if (auto error = no_first_contact(request, private_id.text(), now)) {
    const bool later = error->code == base::Errc::overloaded;
    return Answer::failed(request.ticket, std::move(*error),
                          later ? tables_.limits.pending_retry_after : base::Duration{0});
  }
  const DeviceNo no = tables_.record(std::move(private_id), request.ue_type, request.info,
                                     lane_of(request.bearer), now);
  tables_.begin_newcomer(no, marks_.of(request.source));
  if (!request.post_as.empty()) tables_.post(no, request.post_as);
  take_manner(no, request);
  if (request.push_target) tables_.set_push_target(no, *request.push_target);
  take_over(no, request, now);
  tables_.metrics.recorded.Increment();
  tables_.presences.seen(no, request.bearer, tables_.timeline.seconds(now));
  renew(no, request.bearer, request.forever ? Binding::kForever : lifetime_of(request.lifetime),
        now);
  if (request.when_recorded) return pending_when_recorded(no, request, true, now);
  return wait_for_service_id(no, *tables_.pending_table.find(no), request, now);
}

void Registrations::came_again(DeviceNo no, base::TimePoint now) {
  const base::TimePoint first = tables_.timeline.process_time(tables_.registry.at(no).first_seen_s);
  if (now >= first + kSettlesAfter) tables_.settle(no);
}

/// Whether the generation is another one now. It is that of the claim, in the period in which it
/// came first: a repetition is of this period or of the one before. Where there is no Service ID no
/// handle is told before the commit that brings it.
bool Registrations::take_over(DeviceNo no, const RegisterRequest& request, base::TimePoint now) {
  if (!request.claim) return false;
  const std::uint64_t origin = handles_.hash_of_origin(request.claim->origin);
  const std::int64_t period = now.time_since_epoch() / request.claim->origin_for;
  Device& device = tables_.registry.at(no);
  const std::uint32_t generation = handles_.generation(no, period, origin);
  if (device.generation == generation ||
      device.generation == handles_.generation(no, period - 1, origin))
    return false;
  device.generation = generation;
  tables_.set_observer(no, {});
  if (device.has_service_id()) tables_.mark_changed(no);
  return true;
}

std::optional<Answer> Registrations::pending_when_recorded(DeviceNo no,
                                                           const RegisterRequest& request,
                                                           bool began, base::TimePoint now) {
  Answer answer = Answer::of(request.ticket, Verdict::pending, no);
  answer.retry_after = tables_.limits.pending_retry_after;
  answer.began = began;
  return answer_when_durable(request.bearer, std::move(answer), now);
}

std::optional<Answer> Registrations::wait_for_service_id(DeviceNo no, Pending& pending,
                                                         const RegisterRequest& request,
                                                         base::TimePoint now) {
  const bool room = tables_.pending_table.waiters() < tables_.limits.max_waiting_requests &&
                    pending.waiters.size() < tables_.limits.max_waiting_requests_per_device;
  if (!room && !tables_.may_say_pending(pending)) {
    tables_.metrics.overloaded.Increment();
    return Answer::failed(
        request.ticket, {base::Errc::overloaded, "too many requests wait for an answer; try again"},
        tables_.limits.pending_retry_after);
  }
  if (!room) {
    tables_.metrics.told_pending.Increment();
    Answer answer = Answer::of(request.ticket, Verdict::pending, no);
    answer.retry_after = tables_.limits.pending_retry_after;
    return answer;
  }
  tables_.pending_table.add_waiter(no, pending, {request.bearer, request.ticket},
                                   now + tables_.limits.answer_within);
  return std::nullopt;
}

std::optional<Answer> Registrations::refresh(const RefreshRequest& request, base::TimePoint now) {
  const Bearer bearer = request.bearer;
  const auto no = find_handle(request.handle, bearer);
  if (!no)
    return Answer::failed(request.ticket, {base::Errc::unknown_device,
                                           "no registration behind this handle; register again"});
  heard(*no, bearer, now);
  if (auto answer = tables_.refusal_of(*no, request.ticket)) return answer;
  came_again(*no, now);
  if (request.push_target) tables_.set_push_target(*no, *request.push_target);
  const Binding& binding = tables_.registry.at(*no).binding(bearer);
  const bool stored = renew(
      *no, bearer, request.lifetime ? lifetime_of(request.lifetime) : binding.lifetime_s, now);
  Answer answer = Answer::of(request.ticket, Verdict::provisioned, *no);
  std::optional<Answer> said =
      stored ? std::optional(answer) : answer_when_durable(bearer, answer, now);
  renew_profile(*no, bearer, {}, now);
  return said;
}

void Registrations::observed(DeviceNo no, std::string_view observer) {
  tables_.set_observer(no, observer);
}

std::optional<Answer> Registrations::deregister_handle(std::string_view handle, Bearer bearer,
                                                       Ticket ticket, base::TimePoint now) {
  const auto no = find_handle(handle, bearer);
  if (!no)
    return Answer::failed(ticket,
                          {base::Errc::unknown_device, "no registration behind this handle"});
  return end_registration(*no, bearer, ticket, now);
}

std::optional<Answer> Registrations::deregister(std::string_view private_id, Bearer bearer,
                                                Ticket ticket, base::TimePoint now) {
  auto parsed = PrivateId::parse(private_id, tables_.limits.max_private_id_octets);
  if (!parsed) return Answer::failed(ticket, std::move(parsed.error()));
  const auto no = tables_.registry.find_private_id(parsed->text());
  if (!no || !tables_.registry.at(*no).binding(bearer).alive()) {
    return Answer::failed(ticket, {base::Errc::unknown_device, "this device is not registered"});
  }
  return end_registration(*no, bearer, ticket, now);
}

std::optional<Answer> Registrations::end_registration(DeviceNo no, Bearer bearer, Ticket ticket,
                                                      base::TimePoint now) {
  if (!tables_.store_in_place || tables_.registry.at(no).state == DeviceState::suspended)
    return tables_.refusal_of(no, ticket);
  Binding& binding = tables_.registry.at(no).binding(bearer);
  binding.until_s = Binding::kNever;
  tables_.presences.registered(no, bearer, false);
  if (bearer == Bearer::coap) tables_.forget_ways(no);
  if (!tables_.belongs_at_server(no)) tables_.left_server(no);
  tables_.mark_changed(no);
  tables_.metrics.deregistered.Increment();
  tables_.trace_of(no, Happening::deregistered, bearer);
  return answer_when_durable(bearer, Answer::of(ticket, Verdict::deregistered, no), now);
}

/// Now if nothing about the device is on its way to the store, else with the commit that holds it.
std::optional<Answer> Registrations::answer_when_durable(Bearer bearer, Answer answer,
                                                         base::TimePoint now) {
  const Device& device = tables_.registry.at(answer.device);
  if (!device.dirty && !device.in_flight) return answer;
  if (tables_.batches.next.parked.size() + tables_.batches.under_way.parked.size() >=
      tables_.limits.max_waiting_requests) {
    tables_.metrics.overloaded.Increment();
    return Answer::failed(
        answer.ticket, {base::Errc::overloaded, "too many requests wait for the store; try again"},
        tables_.limits.pending_retry_after);
  }
  AfterCommit& with = device.dirty ? tables_.batches.next : tables_.batches.under_way;
  with.parked.push_back({{bearer, std::move(answer)}, now + tables_.limits.answer_within});
  return std::nullopt;
}

void Registrations::take_manner(DeviceNo no, const RegisterRequest& request) {
  Device& device = tables_.registry.at(no);
  if (!request.manner || *request.manner == device.manner) return;
  device.manner = *request.manner;
  tables_.mark_changed(no);
}

/// Whether what the device will be told of its lifetime is durable already. If not, the row is
/// marked changed.
bool Registrations::renew(DeviceNo no, Bearer bearer, std::uint32_t lifetime_s,
                          base::TimePoint now) {
  Device& device = tables_.registry.at(no);
  Binding& binding = device.binding(bearer);
  const bool was_alive = binding.alive();
  const std::uint32_t before_s = binding.until_s;
  const bool was_forever = before_s == Binding::kForever;
  binding.lifetime_s = lifetime_s;
  device.restored &= ~(1U << static_cast<unsigned>(bearer)) & 0xFU;
  const auto end_s = tables_.timeline.seconds_after(now, std::chrono::seconds{lifetime_s});
  binding.until_s = lifetime_s == Binding::kForever ? Binding::kForever : end_s;
  if (!was_alive) {
    tables_.presences.registered(no, bearer, true);
    tables_.came_for_server(no);
    tables_.trace_of(no, Happening::registered, bearer);
  }
  // Of one that had ended, or of another device that had this row, a late reminder may be left.
  const bool sooner = !was_alive || binding.until_s < before_s;
  if (binding.until_s != Binding::kForever) tables_.remind_of_end(no, bearer, sooner);
  const bool ends_forever = was_forever && binding.until_s != Binding::kForever;
  const bool promised = !ends_forever && binding.until_s <= binding.stored_until_s;
  // A device on its way is told by the commit in flight, which holds the promise; any other needs
  // one more commit.
  if (promised && !device.dirty && (!device.in_flight || tables_.first_ask(no) != nullptr))
    return true;
  tables_.mark_changed(no);
  return false;
}

std::uint32_t Registrations::lifetime_of(std::optional<std::chrono::seconds> wanted) const {
  const auto lifetime = wanted.value_or(tables_.limits.default_lifetime);
  return static_cast<std::uint32_t>(
      std::clamp(lifetime, tables_.limits.min_lifetime, tables_.limits.max_lifetime).count());
}

bool Registrations::is_late_info(DeviceNo no, const RegisterRequest& request) const {
  const DeviceState state = tables_.registry.at(no).state;
  return request.info_is_late && !request.info.empty() && tables_.info(no).empty() &&
         state != DeviceState::suspended && state != DeviceState::removing;
}

/// The device has shown itself: the time to look whether what it was told is still good.
void Registrations::renew_profile(DeviceNo no, Bearer bearer, std::string_view new_info,
                                  base::TimePoint now) {
  const Device& device = tables_.registry.at(no);
  if (device.ask_again_s == Device::kNeverAgain || tables_.limits.renewal == Renewal::keep) return;
  if (tables_.timeline.seconds(now) < device.ask_again_s ||
      tables_.pending_table.find(no) != nullptr)
    return;
  if (!new_info.empty() && new_info != tables_.info(no)) {
    tables_.set_info(no, new_info);
    tables_.mark_changed(no);
  }
  tables_.begin_renewal(no, lane_of(bearer));
}

std::optional<DeviceNo> Registrations::find_handle(std::string_view handle, Bearer bearer) const {
  const auto named = handles_.read(handle);
  if (!named) {
    tables_.metrics.foreign_handles.Increment();
    return std::nullopt;
  }
  const Registry& registry = tables_.registry;
  const bool lives = registry.holds(named->device) &&
                     registry.at(named->device).generation == named->generation &&
                     registry.at(named->device).binding(bearer).alive();
  if (!lives) {
    tables_.metrics.ended_handles.Increment();
    return std::nullopt;
  }
  return named->device;
}

std::string Registrations::handle(DeviceNo no) const {
  return handle(no, tables_.registry.at(no).generation);
}

RegistrationView Registrations::view(DeviceNo no, Bearer bearer) const {
  const Device& device = tables_.registry.at(no);
  RegistrationView view;
  view.private_id = device.private_id;
  view.state = device.state;
  view.binding = device.binding(bearer);
  if (bearer == Bearer::coap) view.push_target = tables_.push_target(no);
  if (device.has_service_id()) {
    view.service_id = device.service_id;
    view.profile = &tables_.profiles.at(device.profile);
  }
  return view;
}

}  // namespace msggw::core
