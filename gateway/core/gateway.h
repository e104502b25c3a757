// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "gateway/core/commits.h"
#include "gateway/core/journey.h"
#include "gateway/core/operations.h"
#include "gateway/core/registrations.h"
#include "gateway/core/tables.h"
#include "gateway/core/turn.h"

namespace msggw::core {

/// The core as a whole: one set of tables and the doors to it. Takes what happened and the time,
/// changes its tables, leaves what must be done in the outbox. No I/O, no clock, no threads, no
/// callbacks; it belongs to the loop thread, and is tested by calling it.
///
/// Whoever wires a process owns it and gives each room the door that it needs and no more: who
/// holds one cannot do another's work.
class Gateway {
 public:
  /// `key` and `seed` are random, `handle_key` is that of the store; all are fixed in tests. What
  /// comes of the seed is waits between tries alone: nothing that a peer may not guess.
  Gateway(const Limits& limits, base::metrics::Registry& metrics, base::HashKey key,
          const HandleKey& handle_key, std::uint64_t seed)
      : tables_(limits, metrics, key, seed), registrations_(tables_, handle_key) {}

  const Tables& tables() const noexcept { return tables_; }
  Registrations& registrations() noexcept { return registrations_; }
  Operations& operations() noexcept { return operations_; }
  Journey& journey() noexcept { return journey_; }
  Commits& commits() noexcept { return commits_; }
  Turn& turn() noexcept { return turn_; }

 private:
  Tables tables_;
  Registrations registrations_;
  Operations operations_{tables_};
  Journey journey_{tables_};
  Commits commits_{tables_};
  Turn turn_{tables_};
};

}  // namespace msggw::core
