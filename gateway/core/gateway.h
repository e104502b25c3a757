// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "gateway/core/commits.h"
#include "gateway/core/journey.h"
#include "gateway/core/operations.h"
#include "gateway/core/registrations.h"
#include "gateway/core/server_registrations.h"
#include "gateway/core/tables.h"
#include "gateway/core/turn.h"

namespace msggw::core {

/// What is random in production and fixed in tests.
struct Randomness {
  base::HashKey tables{};  ///< so that nobody can find Private IDs that collide
  HandleKey handles{};     ///< that of the store: handles are good across restarts
  /// Of the waits between tries; nothing that a peer may not guess comes of it.
  std::uint64_t jitter_seed = 1;
};

/// The core as a whole: one set of tables and the doors to it. Takes what happened and the time,
/// changes its tables, leaves what must be done in the outbox. No I/O, no clock, no threads, no
/// callbacks; it belongs to the loop thread, and is tested by calling it.
///
/// Whoever wires a process owns it and gives each room the door that it needs and no more: who
/// holds one cannot do another's work.
class Gateway {
 public:
  Gateway(const Limits& limits, base::metrics::Registry& metrics, const Randomness& random)
      : tables_(limits, metrics, random.tables, random.jitter_seed),
        registrations_(tables_, random.handles, random.tables),
        operations_(tables_, random.handles) {}

  /// Other limits from now on. What is there beyond them stays until it goes by itself.
  void set_limits(const Limits& limits, base::TimePoint now) {
    tables_.limits = limits;
    tables_.presences.reachable_for(limits.reachable_for, tables_.timeline.seconds(now));
    registrations_.follow_limits();
  }

  const Tables& tables() const noexcept { return tables_; }
  Registrations& registrations() noexcept { return registrations_; }
  Operations& operations() noexcept { return operations_; }
  ServerRegistrations& server_registrations() noexcept { return server_registrations_; }
  Journey& journey() noexcept { return journey_; }
  Commits& commits() noexcept { return commits_; }
  Turn& turn() noexcept { return turn_; }

 private:
  Tables tables_;
  Registrations registrations_;
  Operations operations_;
  ServerRegistrations server_registrations_{tables_};
  Journey journey_{tables_};
  Commits commits_{tables_};
  Turn turn_{tables_};
};

}  // namespace msggw::core
