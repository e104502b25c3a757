// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "storage/store.h"

namespace msggw::storage {

struct LmdbOptions {
  /// The folder that holds data.mdb; made with mode 0700 if absent (not for read_only).
  std::filesystem::path folder;
  /// Names of the tables; TableNo is the position in this list. At most 16, each once, none
  /// beginning with '_'.
  std::vector<std::string> tables;
  /// The newest format of these tables that the program knows. A folder of an older one is opened,
  /// and is of this one from then on (not for read_only); a newer one is refused.
  unsigned format = 1;
  /// Whose tables these are, for people.
  std::string owner = "program of these tables";
  /// Address space reserved, octets; the file itself grows as it is used. Reaching it fails apply()
  /// with a message that names the option. Not used by read_only, which takes what the file says.
  std::size_t map_size = std::size_t{64} << 30;
  /// For looking at a store that another process owns (`msggw devices list` beside a running
  /// gateway). Creates nothing and takes no lock; apply() fails.
  bool read_only = false;
};

/// The store of a single machine: one LMDB environment, every commit synced to disk. A writer takes
/// an exclusive lock on `folder/lock` first (it holds the owner's process number), since two
/// gateways on one folder would give one Service ID to two devices. A process must not have one
/// folder open twice, not even read-only beside its own writer.
///
/// Throws std::runtime_error (folder, reason and what to do) if the environment cannot be opened,
/// is locked, is not a store of ours, is another owner's (it has tables, and the first one of
/// `tables` is not among them), is of a newer format, or (read_only) lacks a table.
std::unique_ptr<Store> open_lmdb_store(LmdbOptions options);

/// For `msggw check`: what opening the folder for writing would find, beside a process that uses it
/// too. Makes, locks and changes nothing. Errors: storage; the folder cannot be made or written,
/// its files are as check_data_files() refuses them, or are no store of this owner.
base::Result<void> check_lmdb_folder(LmdbOptions options);

}  // namespace msggw::storage
