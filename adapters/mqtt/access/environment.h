// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "adapters/mqtt/access/format.h"
#include "adapters/mqtt/access/lmdb_file.h"
#include "gateway/base/result.h"
#include "gateway/credentials/sealer.h"

namespace msggw::mqtt::access {

/// A folder holds the generations of the environment, each of three files: GENERATION.mdb,
/// GENERATION.mdb-lock and GENERATION.key, and the link `current` that names the one that counts. A
/// generation is 16 hexadecimal digits. Of a folder with the set-group-ID bit the files have its
/// group, which may read all of them and write the lock, where LMDB notes its readers.
///
/// What the gateway does with it: a new generation each time that it starts, or that something went
/// wrong. One thread at a time.
class Writing {
 public:
  struct Named {
    std::string name;
    Grant grant;
  };
  struct Change {
    std::uint32_t no = 0;
    std::optional<Named> now;  ///< none: it is gone
  };

  /// Makes a new generation, which nobody sees before publish(). Errors: storage; the folder is
  /// none, or others than its owner may write to it.
  static base::Result<std::unique_ptr<Writing>> begin(const std::filesystem::path& folder,
                                                      const Login& login);
  /// Takes its files away if it was not published.
  ~Writing();
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

  const std::string& generation() const noexcept { return generation_; }
  /// One commit; durable once published.
  base::Result<void> apply(std::span<const Change> changes);
  /// Makes it the current one, and takes the files of all others away. Whoever reads those goes on
  /// until it looks again.
  base::Result<void> publish();

 private:
  Writing(std::filesystem::path folder, std::string generation, LmdbFile file,
          const credentials::Sealer::Key& key);
  base::Result<void> apply(LmdbTurn& turn, const Change& change) const;
  std::filesystem::path path(const char* kind) const;

  std::filesystem::path folder_;
  std::string generation_;
  LmdbFile file_;
  credentials::Sealer sealer_;
  bool published_ = false;
};

/// What the plugin does with it. Nothing that stands in the folder is trusted: it is read, or it is
/// not there. One thread.
class Reading {
 public:
  struct Granted {
    std::uint32_t no = 0;
    Grant grant;
  };

  explicit Reading(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Looks which generation is the current one, and opens it if it is another than before. storage:
  /// there is none that can be read; what was open before stays open.
  base::Result<void> look();
  /// Empty: none is open.
  const std::string& generation() const noexcept { return generation_; }
  const std::optional<Login>& login() const noexcept { return login_; }
  /// All grants of the name, good now or not; until the next call.
  const std::vector<Granted>& find(std::string_view name);
  /// Another number each time that find() may give something else.
  std::uint64_t version() const noexcept;

 private:
  static constexpr std::size_t kMostRemembered = 4'096;
  static constexpr std::size_t kMostOfName = 256;

  struct Open {
    LmdbFile file;
    credentials::Sealer sealer;
  };
  base::Result<void> open(const std::string& generation);
  base::Result<void> read(std::string_view name, std::vector<Granted>& found) const;

  std::filesystem::path folder_;
  std::string generation_;
  std::optional<Open> open_;
  std::optional<Login> login_;
  std::uint64_t opened_ = 0;  ///< how many generations
  std::uint64_t remembered_version_ = 0;
  std::unordered_map<std::string, std::vector<Granted>> remembered_;
};

}  // namespace msggw::mqtt::access
