// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/core/tables.h"

namespace msggw::core {

/// Rows changed since the last time, to be stored as one batch.
struct Changes {
  std::uint64_t number = 0;  ///< given back to committed()
  std::vector<DeviceNo> devices;
  std::vector<ProfileNo> profiles;
};

/// The door of the store and its writer: rows read back at start, rows to be written, and what a
/// commit sets free. Loop thread only.
class Commits {
 public:
  explicit Commits(Tables& tables) : tables_(tables) {}

  // At start, before anything else: the time, then rows in ascending number, profiles before
  // devices. Returns `storage` if a row contradicts an earlier one.

  /// The time of rows goes on from the moment that is stored, if there is one; `wall` is what the
  /// clock of the machine shows.
  void begin(const std::optional<Moment>& last, base::TimePoint now, base::TimePoint wall);
  base::Result<void> restore_profile(ProfileNo no, ServiceProfile profile);
  base::Result<void> restore_device(DeviceNo no, StoredDevice stored);
  void reserve(std::size_t devices);

  /// Also when the moment that is stored is old while any registration has an end.
  bool has_changes() const noexcept {
    return tables_.has_changes() ||
           (tables_.lifetimes.size() > 0 && tables_.moment.is_due(tables_.turn));
  }
  /// Requires that no batch is under way.
  Changes take_changes();
  /// The batch is durable: requires the number of the one that was taken last.
  void committed(std::uint64_t number);

  const Tables& tables() const noexcept { return tables_; }

 private:
  void resume_restored(DeviceNo no);
  void step(DeviceNo no);
  void finish(DeviceNo no);

  Tables& tables_;
};

}  // namespace msggw::core
