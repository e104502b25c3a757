// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <queue>
#include <vector>

#include "tests/sim/fleet/pacing.h"

namespace msggw::fleet {

/// Which device asks next: every device `rounds` times, in order, and those that were told to come
/// again when their time has come. A device never has two requests under way: its further rounds
/// wait for the answer. Not thread-safe.
class Plan {
 public:
  Plan(std::uint32_t devices, std::uint64_t rounds);

  /// The device whose turn it is, now busy; none if nobody can ask at this moment.
  std::optional<std::uint32_t> next(Instant now);
  /// The device's request came to its end: its next round may begin.
  void finished(std::uint32_t device);
  /// The device was told to come again: it stays busy and is due at `at`, before anything new,
  /// unless it is finished() before that.
  void again(std::uint32_t device, Instant at);
  /// Nothing new from here on; what is under way or told to come again goes on.
  void stop();

  /// Registrations that have to end, one for each device and round begun or still to come.
  std::uint64_t goal() const { return goal_; }
  std::uint64_t ended() const { return ended_; }
  bool complete() const { return ended_ >= goal_; }
  /// When the first device comes again, if any does; may be early when that device was answered
  /// meanwhile.
  std::optional<Instant> next_again() const;

 private:
  struct Again {
    Instant at;
    std::uint32_t device;
    bool operator>(const Again& other) const { return at > other.at; }
  };

  std::uint32_t devices_;
  std::uint64_t planned_;       ///< devices * rounds, less after stop()
  std::uint64_t position_ = 0;  ///< of them handed out or owed
  std::uint64_t goal_;
  std::uint64_t ended_ = 0;
  std::vector<bool> busy_;
  std::vector<std::uint32_t> owed_;  ///< rounds that came up while the device was busy
  std::deque<std::uint32_t>
      ready_;  ///< devices whose owed round may begin; busy, so that no lap takes them as well
  std::vector<bool> waiting_;  ///< told to come again; empty until the first is
  std::priority_queue<Again, std::vector<Again>, std::greater<>> again_;
};

}  // namespace msggw::fleet
