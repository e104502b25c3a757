// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/handle.h"
#include "gateway/base/result.h"

namespace msggw::storage {

// Files of backups. Errors of all: storage, with the file and the reason.

/// Makes the file, which must not be there, of mode 0600 and synced. None is left that is not
/// whole.
base::Result<void> write_file(const std::filesystem::path& file, std::string_view octets);

/// None: there is no such file. A symbolic link, what is no plain file, and one of more than `most`
/// octets are errors.
base::Result<std::optional<std::string>> read_file(const std::filesystem::path& file,
                                                   std::size_t most);

/// For reading, and no symbolic link.
base::Result<base::UniqueFd> open_file(const std::filesystem::path& file);

/// False, with errno: not all of them.
bool write_all(int to, std::string_view octets);

/// "a/b/" as "a/b", so that its parent is "a".
std::filesystem::path without_slash(const std::filesystem::path& folder);

struct Hashed {
  std::uint64_t octets = 0;
  std::string sha256;
};
/// Of all that can be read from `from`, which stands at its beginning.
base::Result<Hashed> hash_file(int from, const std::filesystem::path& name);

/// Makes the file `to`, which must not be there, of mode 0600 and synced, of what can be read from
/// `from`; `progress` hears of each piece. None is left that is not whole.
base::Result<Hashed> copy_file(int from, const std::filesystem::path& to,
                               const std::function<void(std::uint64_t octets)>& progress);

/// Octets that are free for a file in `folder`, or where that will be made.
base::Result<std::uint64_t> free_octets(const std::filesystem::path& folder);

/// Makes the entries of `folder` survive a power cut.
base::Result<void> sync_entries(const std::filesystem::path& folder);

/// An error by errno.
tl::unexpected<base::Error> failed(const std::filesystem::path& file, const std::string& doing);

}  // namespace msggw::storage
