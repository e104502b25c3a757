// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/presence.h"

#include <algorithm>

namespace msggw::core {

namespace {

constexpr std::array<std::string_view, kPresences> kNames{"none", "registered", "reachable",
                                                          "sleeping", "offline"};
constexpr std::uint32_t kMostSeen = (1U << 28) - 1;

}  // namespace

std::string_view name_of(Presence presence) noexcept {
  return kNames[static_cast<std::size_t>(presence)];
}

std::optional<Presence> presence_of(std::string_view name) noexcept {
  for (const Presence presence : kVisiblePresences) {
    if (name_of(presence) == name) return presence;
  }
  return std::nullopt;
}

Presences::Presences(std::chrono::seconds reachable_for)
    : width_s_(static_cast<std::uint32_t>((reachable_for.count() + kMostSlots - 1) / kMostSlots)),
      slots_((static_cast<std::uint32_t>(reachable_for.count()) + width_s_ - 1) / width_s_) {}

void Presences::reachable_for(std::chrono::seconds time, std::uint32_t now_s) {
  advance(now_s);
  const Presences other(time);
  if (other.width_s_ == width_s_ && other.slots_ == slots_) return;
  width_s_ = other.width_s_;
  slots_ = other.slots_;
  slot_ = since_began(now_s) / width_s_;
  counts_ = {};
  for (std::size_t bearer = 0; bearer < kBearers; ++bearer) {
    for (const Entry& entry : entries_[bearer]) count_in(entry, counts_[bearer], true);
  }
}

void Presences::count_in(const Entry& entry, Counts& counts, bool in) {
  const auto add = [in](auto& to) { in ? ++to : --to; };
  if (entry.registered == 0) {
    if (entry.known != Known::nothing || entry.seen != 0) add(counts.others);
    return;
  }
  add(counts.by_known[static_cast<std::size_t>(entry.known)]);
  if (entry.known != Known::heard || !is_awake(entry)) return;
  add(counts.awake);
  add(counts.slots[slot_of(entry) % (slots_ + 1)]);
}

/// The one way by which an entry changes, so that it is always counted as it stands.
template <class Change>
void Presences::change(DeviceNo device, Bearer bearer, Change&& change) {
  auto& entries = entries_[static_cast<std::size_t>(bearer)];
  const auto index = static_cast<std::size_t>(device);
  if (index >= entries.size()) entries.resize(index + 1);
  Entry& entry = entries[index];
  Counts& counts = counts_[static_cast<std::size_t>(bearer)];
  count_in(entry, counts, false);
  change(entry);
  count_in(entry, counts, true);
}

std::uint32_t Presences::since_began(std::uint32_t now_s) const noexcept {
  return std::min(now_s - std::min(now_s, began_s_) + 1, kMostSeen);
}

void Presences::registered(DeviceNo device, Bearer bearer, bool is) {
  const Entry* const found = find(device, bearer);
  if ((found != nullptr && found->registered != 0) == is) return;
  change(device, bearer, [is](Entry& entry) {
    entry.registered = is ? 1 : 0;
    if (!is && entry.known != Known::connected) entry.known = Known::gone;
    if (is && entry.known == Known::gone) entry.known = Known::nothing;
  });
}

void Presences::seen(DeviceNo device, Bearer bearer, std::uint32_t now_s) {
  advance(now_s);  // while the entry is counted as it was
  change(device, bearer, [&](Entry& entry) {
    entry.seen = since_began(now_s);
    if (entry.known != Known::connected) entry.known = Known::heard;
  });
}

void Presences::connected(DeviceNo device, Bearer bearer, std::uint32_t now_s) {
  advance(now_s);
  change(device, bearer, [&](Entry& entry) {
    entry.seen = since_began(now_s);
    entry.known = Known::connected;
  });
}

void Presences::gone(DeviceNo device, Bearer bearer) {
  change(device, bearer, [](Entry& entry) { entry.known = Known::gone; });
}

void Presences::unanswered(DeviceNo device, Bearer bearer) {
  const Entry* const found = find(device, bearer);
  const bool may_sleep =
      found != nullptr && (found->known == Known::heard || found->known == Known::nothing);
  if (!may_sleep) return;
  change(device, bearer, [](Entry& entry) { entry.known = Known::quiet; });
}

void Presences::lost(Bearer bearer) {
  const std::size_t all = entries_[static_cast<std::size_t>(bearer)].size();
  for (std::size_t index = 0; index < all; ++index) {
    const Entry& entry = entries_[static_cast<std::size_t>(bearer)][index];
    if (entry.known != Known::connected) continue;
    change(DeviceNo{static_cast<std::uint32_t>(index)}, bearer,
           [](Entry& of) { of.known = Known::nothing; });
  }
}

void Presences::forget(DeviceNo device) {
  for (const Bearer bearer : kAllBearers) {
    if (find(device, bearer) != nullptr)
      change(device, bearer, [](Entry& entry) { entry = Entry{}; });
  }
}

void Presences::advance(std::uint32_t now_s) {
  if (began_s_ == 0) began_s_ = now_s;
  const std::uint32_t slot = since_began(now_s) / width_s_;
  if (slot <= slot_) return;
  const std::uint32_t steps = std::min(slot - slot_, slots_ + 1);
  for (Counts& counts : counts_) {
    for (std::uint32_t step = 0; step < steps; ++step) {
      std::uint32_t& leaves = counts.slots[(slot - step) % (slots_ + 1)];
      counts.awake -= leaves;
      leaves = 0;
    }
  }
  slot_ = slot;
}

std::optional<std::uint32_t> Presences::next_s() const noexcept {
  const bool any = std::any_of(counts_.begin(), counts_.end(),
                               [](const Counts& counts) { return counts.awake > 0; });
  if (!any) return std::nullopt;
  return began_s_ - 1 + (slot_ + slots_ + 1) * width_s_;
}

const Presences::Entry* Presences::find(DeviceNo device, Bearer bearer) const {
  const auto& entries = entries_[static_cast<std::size_t>(bearer)];
  const auto index = static_cast<std::size_t>(device);
  return index < entries.size() ? &entries[index] : nullptr;
}

Presence Presences::of(DeviceNo device, Bearer bearer) const {
  const Entry* const entry = find(device, bearer);
  if (entry == nullptr) return Presence::none;
  if (entry->registered == 0)
    return entry->known == Known::nothing && entry->seen == 0 ? Presence::none : Presence::offline;
  switch (entry->known) {
    case Known::nothing: return Presence::registered;
    case Known::heard: return is_awake(*entry) ? Presence::reachable : Presence::sleeping;
    case Known::connected: return Presence::reachable;
    case Known::quiet: return Presence::sleeping;
    case Known::gone: return Presence::offline;
  }
  return Presence::none;
}

std::uint32_t Presences::seen_s(DeviceNo device, Bearer bearer) const {
  const Entry* const entry = find(device, bearer);
  return entry == nullptr || entry->seen == 0 ? 0 : began_s_ + entry->seen - 1;
}

std::size_t Presences::count(Bearer bearer, Presence presence) const noexcept {
  const Counts& of = counts_[static_cast<std::size_t>(bearer)];
  const auto known = [&of](Known what) { return of.by_known[static_cast<std::size_t>(what)]; };
  switch (presence) {
    case Presence::none: return 0;
    case Presence::registered: return known(Known::nothing);
    case Presence::reachable: return known(Known::connected) + of.awake;
    case Presence::sleeping: return known(Known::quiet) + known(Known::heard) - of.awake;
    case Presence::offline: return known(Known::gone) + of.others;
  }
  return 0;
}

}  // namespace msggw::core
