// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "gateway/base/handle.h"
#include "gateway/base/result.h"
#include "storage/files.h"
#include "storage/snapshot.h"

namespace msggw::storage {

/// Another data file for a folder that nobody uses. It is made beside its place and takes that at
/// once: whenever the machine stops, the folder holds the file of before, whole, or the new one.
/// The folder is locked as by its owner for as long as this lives. Errors of all: storage.
class Replacement {
 public:
  /// Makes the folder if there is none. Errors, too: it is in use (by which process).
  static base::Result<Replacement> begin(const std::filesystem::path& folder);
  Replacement(Replacement&& other) noexcept;
  Replacement& operator=(Replacement&&) = delete;
  ~Replacement();

  /// Whether the folder holds a store already.
  bool replaces() const;
  /// Copies what can be read from `from`.
  base::Result<Hashed> write(int from, const std::function<void(std::uint64_t octets)>& progress);
  /// Copies the rows of the folder's own store, so that nothing of the file lies free.
  base::Result<void> write(Snapshot& snapshot, const Snapshot::Progress& progress);
  /// Puts the rows of the batch, which erases none, into what has been written; durable when this
  /// returns. `tables` by TableNo, each of which is there.
  base::Result<void> put(const std::vector<std::string>& tables, const Batch& batch);
  /// Octets of what has been written.
  std::uint64_t octets() const;

  /// The file of before stays, in a folder within this one whose name begins with `aside`, which is
  /// returned; empty: there was none.
  base::Result<std::filesystem::path> keep_old(const std::string& aside);
  /// What was written is the folder's store now; durable when this returns.
  base::Result<void> take_place();
  /// Whether what was written has not taken its place.
  bool is_waiting() const;

 private:
  Replacement(std::filesystem::path folder, base::UniqueFd lock);
  std::filesystem::path made() const { return folder_ / "data.mdb.made"; }

  std::filesystem::path folder_;
  base::UniqueFd lock_;
};

}  // namespace msggw::storage
