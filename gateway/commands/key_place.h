// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "gateway/commands/upkeep.h"
#include "storage/backup.h"

namespace msggw::commands {

/// Where the key of the credentials belongs that a backup's PSKs are encrypted with, and what has
/// to be done for it.
class KeyPlace {
 public:
  enum class Need : std::uint8_t {
    nothing,  ///< there are no PSKs
    same,     ///< the right key is there
    put,      ///< none is there, and it comes from the backup
    replace,  ///< another one is there, and it comes from the backup
    missing,  ///< none is there, and none in the backup
    wrong     ///< another one is there, and none in the backup
  };

  /// Throws std::runtime_error: what is there cannot be read, or is no key.
  KeyPlace(const Upkeep& upkeep, const storage::Manifest& manifest);

  Need need() const noexcept { return need_; }
  /// What that means, for people.
  std::string text(Need need) const;
  /// Does what is to be done: `key` is in its place when this returns, durable. The one of before
  /// is kept beside, its name ended by `aside`. Throws std::runtime_error: nothing has changed.
  void put(const std::optional<std::string>& key, const std::string& aside);
  /// Undoes put().
  void put_back();

 private:
  void write(const std::string& key) const;

  std::filesystem::path file_;
  std::string key_id_;
  std::optional<std::string> before_;  ///< none: there was no key
  std::filesystem::path kept_;         ///< what put() has made of it; empty: nothing
  bool is_put_ = false;
  Need need_ = Need::nothing;
};

/// "nothing", "same", ...
const char* name_of(KeyPlace::Need need) noexcept;

}  // namespace msggw::commands
