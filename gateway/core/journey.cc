// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/journey.h"

#include <algorithm>
#include <utility>

#include "gateway/base/log.h"

namespace msggw::core {

namespace {

/// Longer than any registration, and far from the end of 32-bit seconds.
constexpr std::chrono::seconds kLongestProfile{10LL * 366 * 86'400};
/// Kept of an answer of no use.
constexpr std::size_t kMostAnswerOctets = 200;

}  // namespace

std::optional<ProvisioningAsk> Journey::next_ask() {
  const auto no = tables_.pending_table.next_due();
  if (!no) return std::nullopt;
  const Device& device = tables_.registry.at(*no);
  Pending& pending = *tables_.pending_table.find(*no);
  pending.outdated = false;
  tables_.trace_of(*no, Happening::asked);
  const bool release = pending.purpose == Purpose::release;
  return ProvisioningAsk{release ? AskKind::release : AskKind::provision, *no, device.ue_type,
                         device.private_id, tables_.info(*no)};
}

std::vector<DeviceNo> Journey::take_withdrawn() {
  std::vector<DeviceNo> withdrawn = std::exchange(tables_.withdrawn, {});
  std::erase_if(withdrawn, [this](DeviceNo no) {
    const Pending* pending = tables_.pending_table.find(no);
    return pending == nullptr || !pending->in_hand;
  });
  return withdrawn;
}

/// The client has ended its ask. Null if what it says is no longer wanted, because the operator has
/// decided something else meanwhile; that goes on now.
Pending* Journey::ask_ended(DeviceNo no) {
  Pending* pending = tables_.pending_table.find(no);
  if (pending == nullptr || !pending->in_hand) return nullptr;
  pending->in_hand = false;
  if (pending->stage == Stage::asked) return pending;
  if (pending->stage != Stage::held) return nullptr;
  pending->purpose == Purpose::release ? tables_.go_on_removing(no, *pending) : tables_.forget(no);
  return nullptr;
}

void Journey::provisioned(DeviceNo no, Provisioned answer, base::TimePoint now) {
  Pending* pending = ask_ended(no);
  if (pending == nullptr) return;
  base::ensure(pending->purpose != Purpose::release, "a release is not answered by a Service ID");
  if (pending->purpose == Purpose::renewal)
    return profile_renewed(no, *pending, std::move(answer), now);
  const auto holder = tables_.registry.find_service_id(answer.service_id);
  if (holder) {
    // Two devices under one Service ID would receive each other's messages: worse than having none.
    tables_.metrics.conflicts.Increment();
    if (conflict_log_.pass(now)) {
      base::log::error("service_id_conflict", {{"service_id", answer.service_id},
                                               {"private_id", tables_.registry.at(no).private_id},
                                               {"held_by", tables_.registry.at(*holder).private_id},
                                               {"suppressed", conflict_log_.take_suppressed()}});
    }
    put_off(no, *pending, "the Service ID of another device: " + answer.service_id, now);
    return rest(no, *pending, base::Duration{0}, now);
  }
  keep_profile(no, answer, now);
  tables_.registry.set_service_id(no, std::move(answer.service_id));
  tables_.set_state(no, DeviceState::provisioned);
  tables_.refusals.erase(no);
  pending->stage = Stage::saving_answer;
  tables_.batches.next.steps.push_back(no);
  tables_.decided(no);
  tables_.metrics.provisioned.Increment();
  tables_.trace_of(no, Happening::provisioned);
}

/// What is told with the Service ID, and for how long it is good.
void Journey::keep_profile(DeviceNo no, Provisioned& answer, base::TimePoint now) {
  const auto profile = tables_.profiles.intern(std::move(answer.profile));
  if (profile.added) tables_.batches.new_profiles.push_back(profile.no);
  Device& device = tables_.registry.at(no);
  device.profile = profile.no;
  const bool outdated = tables_.pending_table.find(no)->outdated;
  device.ask_again_s =
      outdated ? Device::kAskNow
      : answer.lifetime.count() <= 0
          ? Device::kNeverAgain
          : tables_.timeline.seconds(now + std::min(answer.lifetime, kLongestProfile));
  tables_.mark_changed(no);
}

void Journey::refused(DeviceNo no, std::string cause, std::string detail, base::TimePoint now) {
  Pending* pending = ask_ended(no);
  if (pending == nullptr) return;
  const bool renewal = pending->purpose == Purpose::renewal;
  tables_.trace_of(no, Happening::refused, cause);
  if (pending->purpose != Purpose::service_id) {
    base::log::Limit& limit = renewal ? renewal_log_ : release_log_;
    if (limit.pass(now)) {
      base::log::warn(renewal ? "renewal_refused" : "release_refused",
                      {{"private_id", tables_.registry.at(no).private_id},
                       {"cause", cause},
                       {"detail", detail},
                       {"suppressed", limit.take_suppressed()}});
    }
  }
  if (pending->purpose == Purpose::release)
    return release_refused(no, *pending, std::move(cause), std::move(detail), now);
  if (pending->outdated) return tables_.pending_table.make_due(no, *pending);
  if (renewal) {
    // The Service ID is the device's for ever; what was told with it stays until the next try.
    tables_.registry.at(no).ask_again_s =
        tables_.timeline.seconds(now + tables_.limits.refused_retry);
    return end_renewal(no, false);
  }
  tables_.refusals[no] = {std::move(cause), std::move(detail), tables_.timeline.seconds(now)};
  tables_.set_state(no, DeviceState::refused);
  pending->stage = Stage::saving_answer;
  tables_.mark_changed(no);
  tables_.batches.next.steps.push_back(no);
  tables_.decided(no);
  tables_.metrics.refused.Increment();
}

/// Kept with the row, so that the operator sees why it stays; written when the reason changes.
void Journey::release_refused(DeviceNo no, Pending& pending, std::string cause, std::string detail,
                              base::TimePoint now) {
  tables_.metrics.releases_refused.Increment();
  pending.tried = now;
  const Refusal* before = tables_.refusal(no);
  if (before == nullptr || before->cause != cause || before->detail != detail) {
    tables_.refusals[no] = {std::move(cause), std::move(detail), tables_.timeline.seconds(now)};
    tables_.mark_changed(no);
  }
  rest(no, pending, base::Duration{0}, now);
}

void Journey::failed(DeviceNo no, base::Duration retry_after, base::TimePoint now,
                     std::string_view why) {
  Pending* const pending = ask_ended(no);
  if (pending == nullptr) return;
  put_off(no, *pending, why, now);
  rest(no, *pending, retry_after, now);
}

/// Remembers why, for its operator.
void Journey::put_off(DeviceNo no, Pending& pending, std::string_view why, base::TimePoint now) {
  if (why.empty()) return;
  why = why.substr(0, kMostAnswerOctets);
  if (*last_answer_ != why) last_answer_ = std::make_shared<const std::string>(why);
  pending.answer = last_answer_;
  pending.tried = now;
  tables_.trace_of(no, Happening::put_off, why);
}

void Journey::rest(DeviceNo no, Pending& pending, base::Duration at_least, base::TimePoint now) {
  const Device& device = tables_.registry.at(no);
  if (device.state == DeviceState::removing && device.newcomer)
    return tables_.go_on_removing(no, pending);
  const base::BackoffLimits limits{tables_.limits.provisioning_backoff_first,
                                   tables_.limits.provisioning_backoff_most};
  const auto wait =
      base::full_jitter(limits, pending.failures++, static_cast<std::uint32_t>(tables_.jitter()));
  tables_.pending_table.back_off(no, pending, now + at_least + wait);
}

void Journey::released(DeviceNo no) {
  const Pending* pending = ask_ended(no);
  if (pending == nullptr) return;
  base::ensure(pending->purpose == Purpose::release, "only a release is answered by released()");
  tables_.trace_of(no, Happening::released);
  tables_.bury(no);
  tables_.metrics.removed.Increment();
}

void Journey::profile_renewed(DeviceNo no, Pending& pending, Provisioned answer,
                              base::TimePoint now) {
  const Device& device = tables_.registry.at(no);
  const ProfileNo old = device.profile;
  if (answer.service_id == device.service_id) {
    keep_profile(no, answer, now);
    if (device.profile == old) return end_renewal(no, true);
    tables_.leave_server_of(no, old);
    tables_.metrics.renewed.Increment();
    tables_.trace_of(no, Happening::renewed);
    pending.stage = Stage::saving_answer;  // then whoever is registered is told
    tables_.batches.next.steps.push_back(no);
    return;
  }
  // A Private ID has one Service ID for ever. Others know the device by the one that it has.
  tables_.metrics.conflicts.Increment();
  if (renewal_log_.pass(now)) {
    base::log::error("service_id_changed", {{"private_id", device.private_id},
                                            {"kept", device.service_id},
                                            {"offered", answer.service_id},
                                            {"suppressed", renewal_log_.take_suppressed()}});
  }
  tables_.registry.at(no).ask_again_s =
      tables_.timeline.seconds(now + tables_.limits.refused_retry);
  end_renewal(no, false);
}

/// Nobody needs to be told anything.
void Journey::end_renewal(DeviceNo no, bool renewed) {
  (renewed ? tables_.metrics.renewed : tables_.metrics.not_renewed).Increment();
  if (renewed) tables_.trace_of(no, Happening::renewed);
  tables_.mark_changed(no);
  tables_.end_way(no);
}

}  // namespace msggw::core
