// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/standing.h"

#include <algorithm>

namespace msggw::core {

std::optional<Standing> standing_of(const Tables& tables, DeviceNo device) {
  const Pending* const pending = tables.pending_table.find(device);
  if (pending == nullptr) return std::nullopt;
  Standing standing{pending->purpose, pending->stage, pending->failures, {}, {}, {}};
  if (pending->tried != base::TimePoint{}) standing.tried = pending->tried;
  if (pending->answer) standing.answer = *pending->answer;
  if (pending->stage == Stage::backing_off) standing.next = pending->rests_until;
  return standing;
}

namespace {

/// When the registration was renewed last, or up to a second before, since its end was rounded up;
/// 0: it is not known, it has ended, or lasts for ever.
std::uint32_t renewed_s(const Binding& binding, std::uint32_t until_s) noexcept {
  if (!binding.alive() || binding.until_s == Binding::kForever) return 0;
  return until_s - std::min(until_s, binding.lifetime_s + 1);
}

}  // namespace

Seen seen_over(const Tables& tables, DeviceNo no, Bearer bearer) {
  Seen seen{tables.presences.of(no, bearer), tables.presences.seen_s(no, bearer), true};
  if (seen.at_s != 0) return seen;
  const Device& device = tables.registry.at(no);
  seen.at_s = renewed_s(device.binding(bearer), device.told_until_s(bearer));
  seen.exact = false;
  return seen;
}

namespace {

/// Not as `least`, which stands for no time.
void show(std::uint32_t& at_s, const Timeline& timeline, std::uint32_t least = 0) noexcept {
  at_s = std::max(to_seconds(timeline.process_time(at_s)), least + 1);
}

}  // namespace

Device shown(Device device, const Timeline& timeline) {
  show(device.first_seen_s, timeline);
  if (device.heard_s != 0) show(device.heard_s, timeline);
  if (device.ask_again_s > Device::kAskNow) show(device.ask_again_s, timeline, Device::kAskNow);
  for (Binding& binding : device.bindings) {
    if (binding.alive() && binding.until_s != Binding::kForever) show(binding.until_s, timeline);
  }
  return device;
}

Refusal shown(Refusal refusal, const Timeline& timeline) {
  show(refusal.at_s, timeline);
  return refusal;
}

Seen shown(Seen seen, const Timeline& timeline) {
  if (seen.at_s != 0) show(seen.at_s, timeline);
  return seen;
}

std::string_view name_of(Purpose purpose) noexcept {
  switch (purpose) {
    case Purpose::service_id: return "service_id";
    case Purpose::renewal: return "renewal";
    case Purpose::release: return "release";
  }
  return "?";
}

std::string_view name_of(Stage stage) noexcept {
  switch (stage) {
    case Stage::saving_record: return "saving_record";
    case Stage::due: return "due";
    case Stage::asked: return "asked";
    case Stage::backing_off: return "backing_off";
    case Stage::saving_answer: return "saving_answer";
    case Stage::saving_removal: return "saving_removal";
    case Stage::sending: return "sending";
    case Stage::leaving: return "leaving";
    case Stage::held: return "held";
  }
  return "?";
}

}  // namespace msggw::core
