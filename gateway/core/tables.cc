// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/tables.h"

#include <utility>

namespace msggw::core {

Tables::Tables(const Limits& limits_, base::metrics::Registry& metrics_, base::HashKey key,
               std::uint64_t seed)
    : limits(limits_),
      metrics(metrics_),
      jitter(seed),
      registry(key),
      infos(key),
      presences(limits_.reachable_for) {}

std::optional<base::Error> Tables::no_store() const {
  if (store_in_place) return std::nullopt;
  return base::Error{base::Errc::unavailable,
                     "the gateway has lost its store and can promise nothing now; try again"};
}

std::optional<Answer> Tables::refusal_of(DeviceNo no, Ticket ticket) const {
  if (auto error = no_store())
    return Answer::failed(ticket, std::move(*error), limits.pending_retry_after);
  const Device& device = registry.at(no);
  switch (device.state) {
    case DeviceState::recorded:
    case DeviceState::provisioned:
    case DeviceState::registered: return std::nullopt;
    case DeviceState::removing:
      return Answer::failed(
          ticket,
          {base::Errc::unavailable, "this device is being removed; it may come back as a new one"},
          limits.pending_retry_after);
    case DeviceState::removed:
      return Answer::failed(ticket, {base::Errc::unknown_device, "this device has been removed"});
    case DeviceState::suspended:
    case DeviceState::refused: break;
  }
  Answer answer = Answer::of(ticket, Verdict::refused, no);
  if (device.state == DeviceState::suspended) {
    answer.error = {base::Errc::refused, "SUSPENDED: the operator has suspended this device"};
    return answer;
  }
  if (first_ask(no) != nullptr) return std::nullopt;
  const Refusal& refusal = refusals.at(no);
  answer.error = {base::Errc::refused, refusal.cause + ": " + refusal.detail};
  return answer;
}

std::optional<base::Error> Tables::no_room() const {
  if (registry.living() >= limits.max_devices) {
    return base::Error{base::Errc::overloaded,
                       "the gateway has recorded as many devices as limits.max_devices allows"};
  }
  if (unsaved_devices >= limits.max_unsaved_devices)
    return base::Error{base::Errc::overloaded, "too many new devices at once; try again"};
  return std::nullopt;
}

DeviceNo Tables::record(PrivateId private_id, UeType type, std::string_view info_text, Lane lane,
                        base::TimePoint now) {
  Device device;
  device.private_id = private_id.text();
  device.kind = private_id.kind();
  device.ue_type = type;
  device.first_seen_s = timeline.seconds(now);
  device.generation = device.first_seen_s;
  device.info = infos.keep(info_text);
  const DeviceNo no = registry.add(std::move(device));
  count_state(DeviceState::recorded, 1);
  pending_table.add(no, Purpose::service_id, lane).unsaved = true;
  mark_changed(no);
  batches.next.steps.push_back(no);
  ++unsaved_devices;
  if (lane == Lane::operators) {
    trace_of(no, Happening::added);
  } else {
    trace_of(no, Happening::recorded, static_cast<Bearer>(lane));
  }
  return no;
}

bool Tables::may_say_pending(const Pending& pending) const noexcept {
  return pending.stage != Stage::saving_record && pending.named_with <= batches.committed;
}

const Pending* Tables::first_ask(DeviceNo no) const {
  const Pending* pending = pending_table.find(no);
  return pending != nullptr && pending->purpose == Purpose::service_id ? pending : nullptr;
}

void Tables::begin_renewal(DeviceNo no, Lane lane) {
  pending_table.make_due(no, pending_table.add(no, Purpose::renewal, lane));
}

void Tables::add_info(DeviceNo no, std::string_view info_text, Lane lane) {
  set_info(no, info_text);
  mark_changed(no);
  Device& device = registry.at(no);
  if (device.has_service_id()) device.ask_again_s = Device::kAskNow;
  Pending* pending = pending_table.find(no);
  if (pending == nullptr) return begin_renewal(no, lane);
  pending->outdated = pending->in_hand || pending->stage == Stage::saving_answer;
}

void Tables::end_way(DeviceNo no) {
  const Pending& pending = *pending_table.find(no);
  const bool outdated = pending.outdated;
  const Lane lane = pending.lane;
  pending_table.remove(no);
  const Device& device = registry.at(no);
  if (device.has_service_id() && device.ask_again_s == Device::kAskNow) begin_renewal(no, lane);
  if (device.state == DeviceState::refused && outdated) reopen_refused(no, {}, lane);
}

void Tables::reopen_refused(DeviceNo no, std::string_view new_info, Lane lane) {
  set_state(no, DeviceState::recorded);
  refusals.erase(no);
  if (!new_info.empty()) set_info(no, new_info);
  mark_changed(no);
  pending_table.make_due(
      no, pending_table.add(no, Purpose::service_id, lane));  // it is durable since long
}

void Tables::set_info(DeviceNo no, std::string_view info_text) {
  Device& device = registry.at(no);
  const InfoNo old = device.info;
  device.info = infos.keep(info_text);
  infos.drop(old);
}

void Tables::set_state(DeviceNo no, DeviceState state) {
  Device& device = registry.at(no);
  count_state(device.state, -1);
  count_state(state, +1);
  device.state = state;
}

void Tables::count_state(DeviceState state, int difference) {
  by_state[static_cast<std::size_t>(state)] += static_cast<std::size_t>(difference);
}

const Refusal* Tables::refusal(DeviceNo no) const {
  const auto found = refusals.find(no);
  return found == refusals.end() ? nullptr : &found->second;
}

std::string_view Tables::push_target(DeviceNo no) const {
  const auto found = push_targets.find(no);
  return found == push_targets.end() ? std::string_view{} : found->second;
}

std::string_view Tables::observer(DeviceNo no) const {
  const auto found = observers.find(no);
  return found == observers.end() ? std::string_view{} : found->second;
}

DeviceTexts Tables::texts(DeviceNo no) const {
  return {info(no), refusal(no), aliases(no), others_posted.of(no), push_target(no), observer(no)};
}

void Tables::restore_push_target(DeviceNo no, std::string target) {
  push_targets.emplace(no, std::move(target));
  metrics.push_targets.Set(static_cast<double>(push_targets.size()));
}

bool Tables::set_push_target(DeviceNo no, std::string_view target) {
  const auto found = push_targets.find(no);
  const bool has_one = found != push_targets.end();
  if ((has_one ? std::string_view(found->second) : std::string_view{}) == target) return true;
  if (target.empty()) {
    push_targets.erase(found);
  } else if (has_one) {
    found->second = target;
  } else {
    if (push_targets.size() >= limits.max_push_targets) {
      metrics.push_targets_refused.Increment();
      return false;
    }
    push_targets.emplace(no, target);
  }
  metrics.push_targets.Set(static_cast<double>(push_targets.size()));
  mark_changed(no);
  return true;
}

void Tables::set_observer(DeviceNo no, std::string_view to) {
  if (observer(no) == to) return;
  if (to.empty())
    observers.erase(no);
  else
    observers.insert_or_assign(no, std::string(to));
  mark_changed(no);
}

void Tables::forget_ways(DeviceNo no) {
  set_push_target(no, {});
  set_observer(no, {});
}

void Tables::mark_changed(DeviceNo no) {
  Device& device = registry.at(no);
  if (device.dirty) return;
  device.dirty = true;
  batches.changed.push_back(no);
}

std::optional<std::uint64_t> Tables::durable_with() const noexcept {
  if (has_changes()) return batches.last + 1;
  if (batches.committed != batches.last) return batches.last;
  return std::nullopt;
}

void Tables::forget(DeviceNo no) {
  const Pending& pending = *pending_table.find(no);
  if (!pending.in_hand && !pending.unsaved) pending_table.remove(no);
}

void Tables::count_aliases() {
  metrics.aliases.Set(static_cast<double>(registry.all_aliases()));
}

void Tables::remind_of_end(DeviceNo no, Bearer bearer, bool sooner) {
  Device& device = registry.at(no);
  const auto bit = static_cast<std::uint8_t>(1U << static_cast<unsigned>(bearer));
  const Lifetimes::Entry entry{device.binding(bearer).until_s, no, bearer};
  if ((device.lifetime_queued & bit) == 0)
    lifetimes.add(entry);
  else if (sooner)
    lifetimes.add_sooner(entry);
  device.lifetime_queued |= bit;
}

bool Tables::belongs_at_server(DeviceNo no) const {
  const Device& device = registry.at(no);
  if (device.has_service_id() && sending.contains(no)) return true;
  const bool served =
      device.state == DeviceState::provisioned || device.state == DeviceState::registered;
  return served && device.is_registered();
}

void Tables::came_for_server(DeviceNo no) {
  if (registry.at(no).state == DeviceState::provisioned && belongs_at_server(no))
    server_book.add(no);
}

void Tables::left_server(DeviceNo no) {
  if (registry.at(no).state != DeviceState::registered) return;
  leave_server_of(no, registry.at(no).profile);
  outbox.parting_from_server.push_back(no);
}

void Tables::leave_server_of(DeviceNo no, ProfileNo profile) {
  const Device& device = registry.at(no);
  if (device.state != DeviceState::registered) return;
  set_state(no, DeviceState::provisioned);
  mark_changed(no);
  trace_of(no, Happening::left_server);
  server_book.add(ServerBook::End{device.service_id, device.ue_type, profile});
}

std::optional<DeviceNo> Tables::find_private_id(std::string_view private_id) const {
  const auto parsed = PrivateId::parse(private_id, limits.max_private_id_octets);
  if (!parsed) return std::nullopt;
  return registry.find_private_id(parsed->text());
}

}  // namespace msggw::core
