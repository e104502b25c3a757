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
  /// At the end of a turn, for the operator: what happened to devices in it has its time.
  void date_events(base::TimePoint now) { tables_.trace.stamp(now); }
  /// When tick() has something to do next, if nothing else happens.
  std::optional<base::TimePoint> next_deadline() const;
  /// Whether the store is where a restart would look for it. While it is not, devices are told
  /// `unavailable`, since what was promised to them may be lost.
  void set_store_in_place(bool in_place) noexcept { tables_.store_in_place = in_place; }
  /// Something that the device sent is still to go up. If it is being removed its row stays, and it
  /// is not released; if it has left it stays at its MSGin5G Server: both until has_sent().
  void still_sends(DeviceNo device);
  void has_sent(DeviceNo device);
  /// To be emptied once a turn.
  Outbox& outbox() noexcept { return tables_.outbox; }

 private:
  void expire(base::TimePoint now);
  void count_present(base::TimePoint now);
  void answer_overdue(base::TimePoint now);
  void drop_overdue(std::vector<Parked>& parked, base::TimePoint now);

  Tables& tables_;
};

}  // namespace msggw::core
