// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storage/store.h"

namespace msggw::storage {

/// One state of a store: all that was committed when it was opened, and nothing since, also beside
/// the process that owns the store. Nothing is written or locked.
///
/// As long as it lives the owner cannot use pages again that it gives back, so its file grows: for
/// a look or a copy, not to be kept. One thread, but for check().
class Snapshot : public Store {
 public:
  struct TableRows {
    std::string name;
    std::uint64_t rows = 0;
  };
  /// In octets: what the rows take with all that leads to them, and what of the file lies free.
  struct Size {
    std::uint64_t used = 0;
    std::uint64_t free = 0;
  };
  /// How many rows, of how many octets, have been copied since the last call.
  using Progress = std::function<void(std::uint64_t rows, std::uint64_t octets)>;

  /// As it stands in the store, "msggw store 4".
  virtual const std::string& format() const noexcept = 0;
  /// Its number; 0: it is none of ours.
  virtual unsigned format_number() const noexcept = 0;
  virtual base::Result<Size> size() const = 0;
  /// Also those that open_snapshot() was not told of.
  virtual const std::vector<TableRows>& tables() const noexcept = 0;
  /// Makes the file `to`, which must not be there, with every row and no page that lies free, of
  /// mode 0600 and synced; it takes no more octets than size().used, but for 256 KiB. Written in
  /// steps, each of which is on the disk before the next, so that whoever else waits for the disk
  /// waits for one of them at most. A file that was not finished is removed. Errors: storage.
  virtual base::Result<void> copy_to(const std::filesystem::path& to, const Progress& progress) = 0;
};

/// Whether somebody may write the store while a snapshot of it lives.
enum class Writer : std::uint8_t { maybe, none };

/// `tables` in the order of their TableNo; one that the store does not have, being of an older
/// format, has no rows. Throws std::runtime_error: there is no store of ours, or it cannot be read.
///
/// Where pages of the store lead nowhere the process ends with exit code 1, after words on standard
/// error.
///
/// A store that nobody has used since it was put into its place has no lock file, by which a writer
/// would know of its readers. If one begins meanwhile load() and copy_to() fail at their ends,
/// since what they have read may be half new.
std::unique_ptr<Snapshot> open_snapshot(const std::filesystem::path& folder,
                                        const std::vector<std::string>& tables,
                                        Writer writer = Writer::maybe);

}  // namespace msggw::storage
