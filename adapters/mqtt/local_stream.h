// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gateway/base/handle.h"

namespace msggw::mqtt {

/// A local stream whose far end libmosquitto can be made to open: the library connects to what has
/// a name only, and to a unix socket at once. This one has no name in any folder any more, only the
/// one under /proc that belongs to this process.
class LocalStream {
 public:
  /// Needs for a moment a folder to write to: the one for temporary files (TMPDIR), or /dev/shm.
  /// Throws std::runtime_error, naming both, if there is none.
  LocalStream();

  /// What to connect to.
  const std::string& path() const noexcept { return path_; }
  /// Our end of the connection that was just made, non-blocking; none: the process has no file
  /// descriptor left, or nobody has connected.
  base::UniqueFd accept() const;

 private:
  base::UniqueFd listener_;
  base::UniqueFd name_;  ///< of the socket's file, which is removed
  std::string path_;
};

}  // namespace msggw::mqtt
