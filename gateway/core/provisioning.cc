// The way of a device from its Private ID to its Service ID (the contribution 6.X.1.4, steps 2 to
// 4).
#include <utility>

#include "gateway/base/log.h"
#include "gateway/core/gateway.h"

namespace msggw::core {

std::optional<ProvisioningAsk> Gateway::next_ask() {
  const auto no = pending_.next_due();
  if (!no) return std::nullopt;
  const Device& device = registry_.at(*no);
  return ProvisioningAsk{*no, device.ue_type, device.private_id, pending_.find(*no)->info};
}

void Gateway::provisioned(DeviceNo no, Provisioned answer, base::TimePoint now) {
  Pending* pending = pending_.find(no);
  if (pending == nullptr || pending->stage != Stage::asked) return;
  const auto holder = registry_.find_service_id(answer.service_id);
  if (holder) {
    // Two devices under one Service ID would receive each other's messages: worse than having none.
    metrics_.conflicts.Increment();
    base::log::error("service_id_conflict", {{"service_id", answer.service_id},
                                             {"private_id", registry_.at(no).private_id},
                                             {"held_by", registry_.at(*holder).private_id}});
    failed(no, base::Duration{0}, now);
    return;
  }
  const auto profile = profiles_.intern(std::move(answer.profile));
  if (profile.added) new_profiles_.push_back(profile.no);
  registry_.at(no).profile = profile.no;
  registry_.set_service_id(no, std::move(answer.service_id));
  set_state(no, DeviceState::provisioned);
  refusals_.erase(no);
  pending->stage = Stage::saving_answer;
  mark_changed(no);
  with_next_batch_.steps.push_back(no);
  metrics_.provisioned.Increment();
}

void Gateway::refused(DeviceNo no, std::string cause, std::string detail, base::TimePoint now) {
  Pending* pending = pending_.find(no);
  if (pending == nullptr || pending->stage != Stage::asked) return;
  const auto at = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  refusals_[no] = {std::move(cause), std::move(detail), static_cast<std::uint32_t>(at)};
  set_state(no, DeviceState::refused);
  pending->stage = Stage::saving_answer;
  mark_changed(no);
  with_next_batch_.steps.push_back(no);
  metrics_.refused.Increment();
}

void Gateway::failed(DeviceNo no, base::Duration retry_after, base::TimePoint now) {
  Pending* pending = pending_.find(no);
  if (pending == nullptr || pending->stage != Stage::asked) return;
  const base::BackoffLimits limits{limits_.provisioning_backoff_first,
                                   limits_.provisioning_backoff_most};
  const auto wait =
      base::full_jitter(limits, pending->failures++, static_cast<std::uint32_t>(random_()));
  pending_.back_off(no, *pending, now + retry_after + wait);
}

/// A refusal is final until a while later the device shows up again.
void Gateway::reopen_refused(DeviceNo no, std::string info) {
  set_state(no, DeviceState::recorded);
  refusals_.erase(no);
  Pending& pending = pending_.add(no);
  pending.info = std::move(info);
  pending_.make_due(no, pending);  // the Private ID is durable since long
  mark_changed(no);
  metrics_.pending.Set(static_cast<double>(pending_.size()));
}

/// The Service ID or the refusal is durable: tells everybody who waits for it.
void Gateway::finish(DeviceNo no) {
  const Device& device = registry_.at(no);
  std::array<bool, kBearers> told{};
  for (const Waiter& waiter : pending_.take_waiters(*pending_.find(no))) {
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
      outbox_.notices.push_back({bearer, no});
    }
  }
  pending_.remove(no);
  metrics_.pending.Set(static_cast<double>(pending_.size()));
}

void Gateway::set_state(DeviceNo no, DeviceState state) {
  Device& device = registry_.at(no);
  metrics_.by_state[static_cast<std::size_t>(device.state)]->Decrement();
  metrics_.by_state[static_cast<std::size_t>(state)]->Increment();
  device.state = state;
}

std::string_view Gateway::info(DeviceNo no) const {
  const Pending* pending = pending_.find(no);
  return pending == nullptr ? std::string_view{} : std::string_view{pending->info};
}

const Refusal* Gateway::refusal(DeviceNo no) const {
  const auto found = refusals_.find(no);
  return found == refusals_.end() ? nullptr : &found->second;
}

}  // namespace msggw::core
