// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/wire/peers/breaker.h"

namespace msggw::peers {

/// One address of a far side. What its user keeps of each is a struct that derives from it.
struct Peer {
  Breaker breaker;
  std::string reason = {};  ///< the newest, for people, why it does not answer; empty while it does
  std::optional<base::TimePoint> answered = {};  ///< when it last did; none: not yet
};

/// The addresses of one far side, in order of preference. The first that answers serves. One before
/// it that does not is probed now and then, and serves again with its first answer. If none
/// answers, each is probed by its own back-off. What is sent and how it ended is told to the
/// breaker of the peer. No I/O and no clock; `now` never runs backwards. Not thread-safe.
template <std::derived_from<Peer> P>
class Peers {
 public:
  /// Adds the next in order of preference. It stays where it is as long as the list.
  template <class... Args>
  P& add(Args&&... args) {
    return *peers_.emplace_back(std::make_unique<P>(std::forward<Args>(args)...));
  }

  /// Returns where the next request goes: to a peer that is to be probed, else to the one that
  /// serves. Returns null if none may be asked now. Peers without `has_room(const P&)` are not
  /// asked; the one that serves is waited for and not passed over. `spare`: if none of these
  /// serves, another far side does.
  template <std::predicate<const P&> HasRoom>
  P* pick(base::TimePoint now, HasRoom&& has_room, bool spare = false) const {
    const auto serving = std::find_if(peers_.begin(), peers_.end(), serves);
    const bool served = serving != peers_.end();
    for (auto before = peers_.begin(); before != serving; ++before) {
      if ((*before)->breaker.allows(now, served || spare) && has_room(**before))
        return before->get();
    }
    return served && has_room(**serving) ? serving->get() : nullptr;
  }

  /// Returns when the next probe may go, which may have passed. Returns none if a peer serves, or
  /// if all are being probed: then the end of a request is to be waited for.
  std::optional<base::TimePoint> next_probe() const noexcept {
    std::optional<base::TimePoint> next;
    for (const auto& peer : peers_) {
      const Breaker& breaker = peer->breaker;
      if (!breaker.open()) return std::nullopt;
      if (breaker.probing()) continue;
      next = next ? std::min(*next, breaker.next_probe()) : breaker.next_probe();
    }
    return next;
  }

  /// Returns true if some peer answered last time it was asked, or has not been asked yet.
  bool available() const noexcept { return std::any_of(peers_.begin(), peers_.end(), serves); }
  /// The same of each, in order of preference.
  std::vector<bool> answering() const {
    std::vector<bool> all;
    for (const auto& peer : peers_) all.push_back(serves(peer));
    return all;
  }
  /// Peer::answered of each, in order of preference.
  std::vector<std::optional<base::TimePoint>> last_answers() const {
    std::vector<std::optional<base::TimePoint>> all;
    for (const auto& peer : peers_) all.push_back(peer->answered);
    return all;
  }
  /// Peer::reason of each, in order of preference.
  std::vector<std::string> reasons() const {
    std::vector<std::string> all;
    for (const auto& peer : peers_) all.push_back(peer->reason);
    return all;
  }

 private:
  static bool serves(const std::unique_ptr<P>& peer) noexcept { return !peer->breaker.open(); }

  std::vector<std::unique_ptr<P>> peers_;
};

}  // namespace msggw::peers
