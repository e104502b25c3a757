// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "gateway/core/tables.h"

namespace msggw::core {

/// The door of the loop: what time brings about, and what is to be done outside. Loop thread only.
class Turn {
 public:
  explicit Turn(Tables& tables) : tables_(tables) {}

  /// Once a turn, after everything was taken in.
  void tick(base::TimePoint now);
  /// When tick() has something to do next, if nothing else happens.
  std::optional<base::TimePoint> next_deadline() const;
  /// To be emptied once a turn.
  Outbox& outbox() noexcept { return tables_.outbox; }

 private:
  void expire(base::TimePoint now);
  void answer_overdue(base::TimePoint now);
  void drop_overdue(std::vector<Parked>& parked, base::TimePoint now);

  Tables& tables_;
};

}  // namespace msggw::core
