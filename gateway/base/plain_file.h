// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "gateway/base/handle.h"
#include "gateway/base/result.h"

namespace msggw::base {

// How every file is opened that a configuration names: never waiting, and never what has no end.

enum class FileKind : unsigned char {
  plain,     ///< a regular file, or a link to one
  anything,  ///< a pipe or a terminal too, whose end is waited for: what a command line names
};

/// `file` for reading. Errors, incorrect, with the reason alone, "No such file or directory": it
/// cannot be opened, is a folder, is not of that `kind`, or has more than `most_octets`.
Result<UniqueFd> open_file(const std::filesystem::path& file, std::size_t most_octets,
                           FileKind kind = FileKind::plain);
/// Its octets. Errors as open_file(), and what reading says.
Result<std::string> read_file(const std::filesystem::path& file, std::size_t most_octets,
                              FileKind kind = FileKind::plain);

}  // namespace msggw::base
