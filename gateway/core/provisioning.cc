// The way of a device from its Private ID to its Service ID (the contribution 6.X.1.4, steps 2 to
// 4), and what comes later: renewal and release.
#include <algorithm>
#include <utility>

#include "gateway/base/log.h"
#include "gateway/core/gateway.h"

namespace msggw::core {

namespace {

/// Longer than any registration, and far from the end of 32-bit seconds.
constexpr std::chrono::seconds kLongestProfile{10LL * 366 * 86'400};

}  // namespace

std::optional<ProvisioningAsk> Gateway::next_ask() {
  const auto no = pending_.next_due();
  if (!no) return std::nullopt;
  const Device& device = registry_.at(*no);
  const bool release = pending_.find(*no)->purpose == Purpose::release;
  return ProvisioningAsk{release ? AskKind::release : AskKind::provision, *no, device.ue_type,
                         device.private_id, info(*no)};
}

/// The device whose first ask is under way, or null: one with a renewal or a release under way has
/// been served.
Pending* Gateway::first_ask(DeviceNo no) {
  Pending* pending = pending_.find(no);
  return pending != nullptr && pending->purpose == Purpose::service_id ? pending : nullptr;
}

const Pending* Gateway::first_ask(DeviceNo no) const {
  const Pending* pending = pending_.find(no);
  return pending != nullptr && pending->purpose == Purpose::service_id ? pending : nullptr;
}

/// The client has ended its ask. Null if what it says is no longer wanted, because the operator has
/// decided something else meanwhile; that goes on now.
Pending* Gateway::ask_ended(DeviceNo no) {
  Pending* pending = pending_.find(no);
  if (pending == nullptr || !pending->in_hand) return nullptr;
  pending->in_hand = false;
  if (pending->stage == Stage::asked) return pending;
  if (pending->stage != Stage::held) return nullptr;
  pending->purpose == Purpose::release ? pending_.make_due(no, *pending) : forget(no);
  return nullptr;
}

void Gateway::provisioned(DeviceNo no, Provisioned answer, base::TimePoint now) {
  Pending* pending = ask_ended(no);
  if (pending == nullptr) return;
  base::ensure(pending->purpose != Purpose::release, "a release is not answered by a Service ID");
  if (pending->purpose == Purpose::renewal)
    return profile_renewed(no, *pending, std::move(answer), now);
  const auto holder = registry_.find_service_id(answer.service_id);
  if (holder) {
    // Two devices under one Service ID would receive each other's messages: worse than having none.
    metrics_.conflicts.Increment();
    if (conflict_log_.pass(now)) {
      base::log::error("service_id_conflict", {{"service_id", answer.service_id},
                                               {"private_id", registry_.at(no).private_id},
                                               {"held_by", registry_.at(*holder).private_id},
                                               {"suppressed", conflict_log_.take_suppressed()}});
    }
    return rest(no, *pending, base::Duration{0}, now);
  }
  keep_profile(no, answer, now);
  registry_.set_service_id(no, std::move(answer.service_id));
  set_state(no, DeviceState::provisioned);
  refusals_.erase(no);
  pending->stage = Stage::saving_answer;
  with_next_batch_.steps.push_back(no);
  metrics_.provisioned.Increment();
}

/// What is told with the Service ID, and for how long it is good.
void Gateway::keep_profile(DeviceNo no, Provisioned& answer, base::TimePoint now) {
  const auto profile = profiles_.intern(std::move(answer.profile));
  if (profile.added) new_profiles_.push_back(profile.no);
  Device& device = registry_.at(no);
  device.profile = profile.no;
  device.ask_again_s = answer.lifetime.count() <= 0
                           ? Device::kNeverAgain
                           : to_seconds(now + std::min(answer.lifetime, kLongestProfile));
  mark_changed(no);
}

void Gateway::refused(DeviceNo no, std::string cause, std::string detail, base::TimePoint now) {
  Pending* pending = ask_ended(no);
  if (pending == nullptr) return;
  const bool renewal = pending->purpose == Purpose::renewal;
  if (pending->purpose != Purpose::service_id) {
    base::log::Limit& limit = renewal ? renewal_log_ : release_log_;
    if (limit.pass(now)) {
      base::log::warn(renewal ? "renewal_refused" : "release_refused",
                      {{"private_id", registry_.at(no).private_id},
                       {"cause", cause},
                       {"detail", detail},
                       {"suppressed", limit.take_suppressed()}});
    }
  }
  if (pending->purpose == Purpose::release) return rest(no, *pending, base::Duration{0}, now);
  if (renewal) {
    // The Service ID is the device's for ever; what was told with it stays until the next try.
    registry_.at(no).ask_again_s = to_seconds(now + limits_.refused_retry);
    return end_renewal(no, false);
  }
  refusals_[no] = {std::move(cause), std::move(detail), to_seconds(now)};
  set_state(no, DeviceState::refused);
  pending->stage = Stage::saving_answer;
  mark_changed(no);
  with_next_batch_.steps.push_back(no);
  metrics_.refused.Increment();
}

void Gateway::failed(DeviceNo no, base::Duration retry_after, base::TimePoint now) {
  if (Pending* pending = ask_ended(no)) rest(no, *pending, retry_after, now);
}

void Gateway::rest(DeviceNo no, Pending& pending, base::Duration at_least, base::TimePoint now) {
  const base::BackoffLimits limits{limits_.provisioning_backoff_first,
                                   limits_.provisioning_backoff_most};
  const auto wait =
      base::full_jitter(limits, pending.failures++, static_cast<std::uint32_t>(jitter_()));
  pending_.back_off(no, pending, now + at_least + wait);
}

void Gateway::released(DeviceNo no) {
  const Pending* pending = ask_ended(no);
  if (pending == nullptr) return;
  base::ensure(pending->purpose == Purpose::release, "only a release is answered by released()");
  pending_.remove(no);
  set_info(no, {});
  refusals_.erase(no);
  set_state(no, DeviceState::removed);
  registry_.bury(no);
  count_aliases();
  mark_changed(no);
  metrics_.removed.Increment();
}

/// A refusal is final until a while later the device shows up again, or the operator wants it.
void Gateway::reopen_refused(DeviceNo no, std::string_view new_info, Lane lane) {
  set_state(no, DeviceState::recorded);
  refusals_.erase(no);
  if (!new_info.empty()) set_info(no, new_info);
  mark_changed(no);
  pending_.make_due(no, pending_.add(no, Purpose::service_id, lane));  // it is durable since long
}

/// The device has shown itself: the time to look whether what it was told is still good.
void Gateway::renew_profile(DeviceNo no, Bearer bearer, std::string_view new_info,
                            base::TimePoint now) {
  const Device& device = registry_.at(no);
  if (device.ask_again_s == Device::kNeverAgain || limits_.renewal == Renewal::keep) return;
  if (to_seconds(now) < device.ask_again_s || pending_.find(no) != nullptr) return;
  if (!new_info.empty() && new_info != info(no)) {
    set_info(no, new_info);
    mark_changed(no);
  }
  begin_renewal(no, lane_of(bearer));
}

void Gateway::begin_renewal(DeviceNo no, Lane lane) {
  pending_.make_due(no, pending_.add(no, Purpose::renewal, lane));
}

void Gateway::profile_renewed(DeviceNo no, Pending& pending, Provisioned answer,
                              base::TimePoint now) {
  const Device& device = registry_.at(no);
  const ProfileNo old = device.profile;
  if (answer.service_id == device.service_id) {
    keep_profile(no, answer, now);
    if (device.profile == old) return end_renewal(no, true);
    metrics_.renewed.Increment();
    pending.stage = Stage::saving_answer;  // then whoever is registered is told
    with_next_batch_.steps.push_back(no);
    return;
  }
  // A Private ID has one Service ID for ever. Others know the device by the one that it has.
  metrics_.conflicts.Increment();
  if (renewal_log_.pass(now)) {
    base::log::error("service_id_changed", {{"private_id", device.private_id},
                                            {"kept", device.service_id},
                                            {"offered", answer.service_id},
                                            {"suppressed", renewal_log_.take_suppressed()}});
  }
  registry_.at(no).ask_again_s = to_seconds(now + limits_.refused_retry);
  end_renewal(no, false);
}

/// Nobody needs to be told anything.
void Gateway::end_renewal(DeviceNo no, bool renewed) {
  (renewed ? metrics_.renewed : metrics_.not_renewed).Increment();
  mark_changed(no);
  pending_.remove(no);
}

void Gateway::set_info(DeviceNo no, std::string_view info) {
  Device& device = registry_.at(no);
  const InfoNo old = device.info;
  device.info = infos_.keep(info);
  infos_.drop(old);
}

/// The Service ID or the refusal is durable: tells everybody who waits for it.
void Gateway::finish(DeviceNo no) {
  const Device& device = registry_.at(no);
  Pending& pending = *pending_.find(no);
  const bool first = pending.purpose == Purpose::service_id;
  std::array<bool, kBearers> told{};
  for (const Waiter& waiter : pending_.take_waiters(pending)) {
    Answer answer;
    answer.ticket = waiter.ticket;
    answer.device = no;
    answer.verdict = device.has_service_id() ? Verdict::registered : Verdict::refused;
    if (!device.has_service_id()) {
      const Refusal& refusal = refusals_.at(no);
      answer.error = {base::Errc::refused, refusal.cause + ": " + refusal.detail};
    }
    told[static_cast<std::size_t>(waiter.bearer)] = true;
    outbox_.answers.push_back({waiter.bearer, std::move(answer)});
  }
  for (const Bearer bearer : kAllBearers) {
    if (device.binding(bearer).alive() && !told[static_cast<std::size_t>(bearer)]) {
      outbox_.notices.push_back({bearer, no, first});
    }
  }
  pending_.remove(no);
}

void Gateway::set_state(DeviceNo no, DeviceState state) {
  Device& device = registry_.at(no);
  count_state(device.state, -1);
  count_state(state, +1);
  device.state = state;
}

void Gateway::count_state(DeviceState state, int difference) {
  const auto at = static_cast<std::size_t>(state);
  by_state_[at] += static_cast<std::size_t>(difference);
  if (metrics_.by_state[at] != nullptr) metrics_.by_state[at]->Increment(difference);
}

const Refusal* Gateway::refusal(DeviceNo no) const {
  const auto found = refusals_.find(no);
  return found == refusals_.end() ? nullptr : &found->second;
}

}  // namespace msggw::core
