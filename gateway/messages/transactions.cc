// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/transactions.h"

#include <algorithm>
#include <utility>

namespace msggw::messages {

namespace {

constexpr std::size_t kMostATick = 1'000;

}  // namespace

std::uint32_t Transactions::open(core::DeviceNo device, const Address& peer,
                                 std::uint32_t application, std::uint32_t now_s,
                                 std::span<const std::uint32_t> own) {
  if (time_s_ == 0) return own.empty() ? 0 : own.front();
  auto found = by_device_.find(device);
  if (found == by_device_.end()) {
    // Two for one, so that their number follows a limit that was lowered.
    for (int i = 0; i < 2 && by_device_.size() >= most_devices_; ++i) let_one_go();
    found = by_device_.emplace(device, Open{}).first;
    oldest_.emplace_back(now_s, device);
  }
  Open& open = found->second;
  const std::uint32_t through = own_for(open, peer, now_s, own);
  const auto begin = open.peers.begin();
  const auto end = begin + open.count;
  const auto same = std::find_if(begin, end, [&](const Entry& entry) {
    return entry.application == application && addresses_.at(entry.peer) == peer;
  });
  const bool is_newest = same == begin && same != end && same->own == through;
  if (is_newest && now_s - same->stored_s < (time_s_ + 3) / 4) {
    same->opened_s = now_s;
    return through;
  }
  Entry entry{same == end ? addresses_.hold(peer) : same->peer, application, now_s, now_s, through};
  auto last = same;
  if (same == end && open.count < kMostPeers) {
    ++open.count;
  } else if (same == end) {
    --last;
    addresses_.release(last->peer);
    ++dropped_.of_device;
  }
  std::move_backward(begin, last, last + 1);
  *begin = entry;
  mark_changed(device, open);
  return through;
}

/// How many of the peers, which are newest first, may still be answered.
std::size_t Transactions::live(const Open& open, std::uint32_t now_s) const {
  const auto begin = open.peers.begin();
  const auto over = std::find_if(begin, begin + open.count, [&](const Entry& entry) {
    return now_s >= entry.opened_s && now_s - entry.opened_s >= time_s_;
  });
  return static_cast<std::size_t>(over - begin);
}

std::uint32_t Transactions::own_for(const Open& open, const Address& peer, std::uint32_t now_s,
                                    std::span<const std::uint32_t> own) const {
  if (own.size() < 2) return own.empty() ? 0 : own.front();
  const std::span<const Entry> entries(open.peers.data(), live(open, now_s));
  const auto is_own = [&](std::uint32_t one) {
    return std::find(own.begin(), own.end(), one) != own.end();
  };
  for (const Entry& entry : entries) {
    if (is_own(entry.own) && addresses_.at(entry.peer) == peer) return entry.own;
  }
  std::uint32_t oldest = own.front();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto is_same = [&](const Entry& newer) { return newer.own == entries[i].own; };
    if (is_own(entries[i].own) && std::none_of(entries.begin(), entries.begin() + i, is_same))
      oldest = entries[i].own;
  }
  const auto is_free = [&](std::uint32_t one) {
    return std::none_of(entries.begin(), entries.end(),
                        [one](const Entry& entry) { return entry.own == one; });
  };
  const auto free = std::find_if(own.begin(), own.end(), is_free);
  return free != own.end() ? *free : oldest;
}

std::optional<Address> Transactions::peer_of(core::DeviceNo device, std::uint32_t application,
                                             std::uint32_t now_s, std::uint32_t own) const {
  const auto found = by_device_.find(device);
  if (found == by_device_.end()) return std::nullopt;
  const std::span<const Entry> entries(found->second.peers.data(), live(found->second, now_s));
  const auto newest = [&](auto&& is_one) -> const Entry* {
    const Entry* of_any = nullptr;
    for (const Entry& entry : entries) {
      if (!is_one(entry)) continue;
      if (entry.application == application) return &entry;
      if (of_any == nullptr) of_any = &entry;
    }
    return of_any;
  };
  const Entry* peer = newest([own](const Entry& entry) { return own == 0 || entry.own == own; });
  if (peer == nullptr) peer = newest([](const Entry& entry) { return entry.own == 0; });
  if (peer == nullptr) return std::nullopt;
  return addresses_.at(peer->peer);
}

void Transactions::forget(core::DeviceNo device) {
  const auto found = by_device_.find(device);
  if (found == by_device_.end()) return;
  Open& open = found->second;
  for (std::size_t i = 0; i < open.count; ++i) addresses_.release(open.peers[i].peer);
  if (!open.changed) changed_.push_back(device);
  by_device_.erase(found);
}

/// The one that was looked at longest ago, unless it has had a message since.
void Transactions::let_one_go() {
  constexpr int kMostTries = 8;
  for (int tries = 0; !oldest_.empty(); ++tries) {
    const auto [at_s, device] = oldest_.front();
    oldest_.pop_front();
    const auto found = by_device_.find(device);
    if (found == by_device_.end()) continue;
    const std::uint32_t newest_s = found->second.peers.front().opened_s;
    if (newest_s > at_s && tries < kMostTries) {
      oldest_.emplace_back(newest_s, device);
      continue;
    }
    ++dropped_.of_all;
    return forget(device);
  }
}

void Transactions::tick(std::uint32_t now_s) {
  const auto is_over = [&](std::uint32_t at_s) { return at_s <= now_s && now_s - at_s >= time_s_; };
  for (std::size_t left = kMostATick; left > 0 && !oldest_.empty(); --left) {
    const auto [at_s, device] = oldest_.front();
    if (!is_over(at_s)) return;
    oldest_.pop_front();
    const auto found = by_device_.find(device);
    if (found == by_device_.end()) continue;
    const std::uint32_t newest_s = found->second.peers.front().opened_s;
    if (is_over(newest_s))
      forget(device);
    else
      oldest_.emplace_back(newest_s, device);
  }
}

std::vector<Transaction> Transactions::of(core::DeviceNo device) const {
  std::vector<Transaction> all;
  const auto found = by_device_.find(device);
  if (found == by_device_.end()) return all;
  for (std::size_t i = 0; i < found->second.count; ++i) {
    const Entry& entry = found->second.peers[i];
    all.push_back({addresses_.at(entry.peer), entry.application, entry.opened_s, entry.own});
  }
  return all;
}

bool Transactions::restore(core::DeviceNo device, const std::vector<Transaction>& all) {
  if (all.empty() || all.size() > kMostPeers) return false;
  const auto [found, is_new] = by_device_.try_emplace(device);
  if (!is_new) return false;
  for (const Transaction& one : all) {
    found->second.peers[found->second.count++] = {addresses_.hold(one.peer), one.application,
                                                  one.opened_s, one.opened_s, one.own};
  }
  oldest_.emplace_back(all.front().opened_s, device);
  return true;
}

void Transactions::restored() {
  std::sort(oldest_.begin(), oldest_.end());
  while (by_device_.size() > most_devices_) let_one_go();
}

std::vector<core::DeviceNo> Transactions::take_changes() {
  for (const core::DeviceNo device : changed_) {
    const auto found = by_device_.find(device);
    if (found == by_device_.end()) continue;
    found->second.changed = false;
    for (Entry& entry : found->second.peers) entry.stored_s = entry.opened_s;
  }
  return std::exchange(changed_, {});
}

void Transactions::mark_changed(core::DeviceNo device, Open& open) {
  if (std::exchange(open.changed, true)) return;
  changed_.push_back(device);
}

}  // namespace msggw::messages
