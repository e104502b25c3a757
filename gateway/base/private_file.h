// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "gateway/base/result.h"

namespace msggw::base {

/// Makes an empty file that its owner alone may read and write, whatever the umask is, or empties
/// the one that is there and closes it to others. Secrets are written to it then. Errors: storage.
Result<void> make_private(const std::filesystem::path& path);

}  // namespace msggw::base
