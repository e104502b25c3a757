// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "gateway/base/result.h"

namespace msggw::storage {

/// Looks at `folder/data.mdb` and `folder/lock.mdb` before LMDB opens them. Errors: storage; a
/// symbolic link or no plain file, a file that another user owns or that others may write (for
/// whoever will write; a reader takes what it may read), data.mdb without an octet or cut off.
/// Nothing there is no error. The files are those of `user`, who will use them, or root's.
base::Result<void> check_data_files(const std::filesystem::path& folder, bool read_only,
                                    uid_t user = ::geteuid());

/// The names of the tables in `folder`, read from data.mdb without following what its pages say, so
/// that it may be damaged; none if there is none, or it cannot be told.
std::vector<std::string> table_names(const std::filesystem::path& folder);

/// Makes `folder/data.mdb`, if there is none, whole at once: it is written beside and renamed, so
/// that a file without an octet is always one that lost them. Errors: storage.
base::Result<void> make_data_file(const std::filesystem::path& folder, std::size_t map_size);

/// The data file that is open, as it was seen last.
class DataFile {
 public:
  /// Takes note of the file behind `fd`, from which it is read and written.
  base::Result<void> opened(const std::filesystem::path& folder, int fd);
  /// Whether `folder/data.mdb` is that file still, and not shorter than it was: what is committed
  /// to it can be found again, and reading it touches nothing that is not there. From any thread.
  base::Result<void> check() const;
  /// Whether a file was opened before, so that only the same may be opened again.
  bool known() const noexcept { return inode_ != 0; }

 private:
  std::filesystem::path path_;
  std::filesystem::path folder_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  mutable std::atomic<std::uint64_t> octets_{0};
};

}  // namespace msggw::storage
