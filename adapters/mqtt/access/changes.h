// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "adapters/mqtt/access/format.h"
#include "gateway/base/handle.h"
#include "gateway/base/result.h"
#include "gateway/credentials/sealer.h"

namespace msggw::mqtt::access {

// The list of changes of a generation (format.h), a file that one process appends to and any number
// read. Nothing is shared but what is written, so who reads is in nobody's way. Every failure is
// Errc::storage with a sentence that names the file.

class ChangeWriter {
 public:
  /// Makes the file, which must not be there, with mode 0600.
  static base::Result<ChangeWriter> make(std::filesystem::path path,
                                         const credentials::Sealer& sealer);

  /// In one write, and not durable before sync(). After an error nothing more may be written.
  base::Result<void> append(std::span<const Change> changes);
  base::Result<void> sync();
  /// Whether a reader who opens the file now finds what is written here: it may have been taken
  /// away, and another may stand in its place.
  base::Result<void> check() const;
  /// How many it has.
  std::uint64_t count() const noexcept { return count_; }

 private:
  ChangeWriter(std::filesystem::path path, base::UniqueFd file, const credentials::Sealer& sealer)
      : path_(std::move(path)), file_(std::move(file)), sealer_(sealer) {}

  std::filesystem::path path_;
  base::UniqueFd file_;
  credentials::Sealer sealer_;
  std::uint64_t count_ = 0;
};

class ChangeReader {
 public:
  /// The file must be one that its owner alone may write.
  static base::Result<ChangeReader> open(std::filesystem::path path,
                                         const credentials::Sealer& sealer);

  /// Gives what has been appended since the last call. What is only half there is left for the next
  /// one: it is being written, or was when the power went. An error: what follows is not what the
  /// gateway has written, and is never given.
  base::Result<void> read(const std::function<void(Change)>& take);
  std::uint64_t count() const noexcept { return count_; }

 private:
  ChangeReader(std::filesystem::path path, base::UniqueFd file, const credentials::Sealer& sealer)
      : path_(std::move(path)), file_(std::move(file)), sealer_(sealer) {}
  base::Result<void> take_one(std::string_view entry, const std::function<void(Change)>& take);

  std::filesystem::path path_;
  base::UniqueFd file_;
  credentials::Sealer sealer_;
  std::uint64_t read_ = 0;  ///< octets
  std::string unread_;      ///< of these, what is no whole entry
  std::uint64_t count_ = 0;
};

}  // namespace msggw::mqtt::access
