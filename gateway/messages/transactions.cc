// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/transactions.h"

#include <algorithm>
#include <utility>

namespace msggw::messages {

namespace {

constexpr std::size_t kMostATick = 1'000;

}  // namespace

void Transactions::open(core::DeviceNo device, const Address& peer, std::uint32_t application,
                        std::uint32_t now_s) {
  if (time_s_ == 0) return;
  auto found = by_device_.find(device);
  if (found == by_device_.end()) {
    if (by_device_.size() >= most_devices_) let_one_go();
    found = by_device_.emplace(device, Open{}).first;
    oldest_.emplace_back(now_s, device);
  }
  Open& open = found->second;
  const auto begin = open.peers.begin();
  const auto end = begin + open.count;
  const auto same = std::find_if(begin, end, [&](const Entry& entry) {
    return entry.application == application && addresses_.at(entry.peer) == peer;
  });
  if (same == begin && same != end && now_s - same->stored_s < (time_s_ + 3) / 4) {
    same->opened_s = now_s;
    return;
  }
  Entry entry{same == end ? addresses_.hold(peer) : same->peer, application, now_s, now_s};
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
}

std::optional<Address> Transactions::peer_of(core::DeviceNo device, std::uint32_t application,
                                             std::uint32_t now_s) const {
  const auto found = by_device_.find(device);
  if (found == by_device_.end()) return std::nullopt;
  const auto begin = found->second.peers.begin();
  const auto over = std::find_if(begin, begin + found->second.count, [&](const Entry& entry) {
    return now_s >= entry.opened_s && now_s - entry.opened_s >= time_s_;
  });
  if (over == begin) return std::nullopt;
  const auto same = std::find_if(
      begin, over, [&](const Entry& entry) { return entry.application == application; });
  return addresses_.at((same != over ? same : begin)->peer);
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
    all.push_back({addresses_.at(entry.peer), entry.application, entry.opened_s});
  }
  return all;
}

bool Transactions::restore(core::DeviceNo device, const std::vector<Transaction>& all) {
  if (all.empty() || all.size() > kMostPeers) return false;
  const auto [found, is_new] = by_device_.try_emplace(device);
  if (!is_new) return false;
  for (const Transaction& one : all) {
    found->second.peers[found->second.count++] = {addresses_.hold(one.peer), one.application,
                                                  one.opened_s, one.opened_s};
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
