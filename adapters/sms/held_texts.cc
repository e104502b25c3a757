// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/held_texts.h"

#include <algorithm>
#include <utility>

namespace msggw::sms {

namespace {

bool is_same_place(const Piece& a, const Piece& b) {
  return a.total == b.total && a.ports == b.ports &&
         (a.is_whole() || (a.form == b.form && a.reference == b.reference));
}

}  // namespace

std::optional<messages::Refusal> HeldTexts::no_room(core::DeviceNo device,
                                                    std::size_t octets) const {
  const std::size_t own = size_of(device);
  const bool is_full =
      count_ >= options_.max_partial_messages || octets_ + octets > options_.max_partial_octets;
  if (!is_full && own < options_.max_partial_per_sender) return std::nullopt;
  return messages::refusal(base::Errc::overloaded,
                           is_full ? "QUEUE_FULL" : messages::kDeviceQueueFull,
                           "as many texts wait for a Service ID or for room as may");
}

std::size_t HeldTexts::size_of(core::DeviceNo device) const {
  const auto found = by_device_.find(device);
  return found == by_device_.end() ? 0 : found->second.size();
}

void HeldTexts::add(core::DeviceNo device, HeldText text) {
  ++count_;
  octets_ += text.text.body.size();
  by_device_[device].push_back(std::move(text));
}

HeldText* HeldTexts::first(core::DeviceNo device) {
  const auto found = by_device_.find(device);
  return found == by_device_.end() ? nullptr : &found->second.front();
}

HeldText HeldTexts::take_first(core::DeviceNo device) {
  const auto found = by_device_.find(device);
  HeldText text = std::move(found->second.front());
  found->second.pop_front();
  if (found->second.empty()) by_device_.erase(found);
  --count_;
  octets_ -= text.text.body.size();
  return text;
}

bool HeldTexts::holds(core::DeviceNo device, const Writing& writing, const Text& text,
                      base::TimePoint until) const {
  const auto found = by_device_.find(device);
  return found != by_device_.end() && std::ranges::any_of(found->second, [&](const HeldText& held) {
           return held.since < until && held.writing.service == writing.service &&
                  held.writing.id == writing.id && held.text == text &&
                  is_same_place(held.writing.piece, writing.piece);
         });
}

std::vector<core::DeviceNo> HeldTexts::devices() const {
  std::vector<core::DeviceNo> all;
  all.reserve(by_device_.size());
  for (const auto& [device, texts] : by_device_) all.push_back(device);
  return all;
}

}  // namespace msggw::sms
