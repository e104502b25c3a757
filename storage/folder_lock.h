// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "gateway/base/handle.h"

namespace msggw::storage {

/// Makes `folder` (mode 0700, parents as the umask says) and takes the exclusive lock on
/// `folder/lock`, which holds the owner's process number for whoever finds it taken. The lock ends
/// with the descriptor or the process, however that dies, so a stale file never locks anybody out.
///
/// Throws std::runtime_error: the folder cannot be made or written, or the lock is taken (by which
/// process).
base::UniqueFd lock_folder(const std::filesystem::path& folder);

/// Makes the entries of `folder`, and its own entry in its parent, survive a power cut. Throws
/// std::runtime_error.
void sync_folder(const std::filesystem::path& folder);

}  // namespace msggw::storage
