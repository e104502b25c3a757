// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/mqtt/access/changes.h"
#include "adapters/mqtt/access/format.h"
#include "adapters/mqtt/access/lmdb_file.h"
#include "gateway/base/result.h"
#include "gateway/credentials/sealer.h"

namespace msggw::mqtt::access {

/// Whether a gateway of this user can use the folder. storage: it is none, others than its owner
/// may write there, who could put another generation in the place of ours, or what is made there
/// has not its group.
base::Result<void> check_folder(const std::filesystem::path& folder);

/// A folder holds the generations of what the plugin may know, each of three files: GENERATION.mdb,
/// the table, GENERATION.log, the changes since, and GENERATION.key, and the link `current` that
/// names the one that counts. A generation is 16 hexadecimal digits. Of a folder with the
/// set-group-ID bit the files have its group, which may read them; nobody but their owner may write
/// any, so nothing that a reader does is felt by the gateway, or by another reader.
///
/// What the gateway does with it: a new generation each time that it starts, that something went
/// wrong, or that the changes have become many. One thread at a time.
class Writing {
 public:
  struct Row {
    std::uint32_t no = 0;
    Named what;
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
  /// Rows of the table, each number once. Before publish().
  base::Result<void> add(std::span<const Row> rows);
  /// What has changed, whether the table has it or will have it. Durable once published.
  base::Result<void> apply(std::span<const Change> changes);
  std::uint64_t changes() const noexcept { return changes_.count(); }
  /// Makes it the current one, and takes the files of all others away. Whoever reads those goes on
  /// until it looks again.
  base::Result<void> publish();
  /// Whether whoever looks into the folder finds its files, and, once it is published, that it is
  /// the current one: the folder may have been taken away, or made anew.
  base::Result<void> check() const;

 private:
  Writing(std::filesystem::path folder, std::string generation, LmdbFile table,
          ChangeWriter changes, const credentials::Sealer& sealer);
  static base::Result<std::unique_ptr<Writing>> make(const std::filesystem::path& folder,
                                                     const std::string& generation,
                                                     const Login& login);
  std::filesystem::path path(const char* kind) const;

  std::filesystem::path folder_;
  std::string generation_;
  std::optional<LmdbFile> table_;  ///< until it is published
  ChangeWriter changes_;
  credentials::Sealer sealer_;
  std::size_t unsynced_ = 0;  ///< rows
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

  /// Looks which generation is the current one, opens it if it is another than before, and reads
  /// what has changed. storage: there is none that can be read; what was open before stays open.
  base::Result<void> look();
  /// Empty: none is open.
  const std::string& generation() const noexcept { return generation_; }
  const std::optional<Login>& login() const noexcept { return login_; }
  /// All grants of the name, good now or not; until the next call.
  const std::vector<Granted>& find(std::string_view name);
  /// Numbers of credentials that have changed since the last call, or since the generation was
  /// opened.
  std::vector<std::uint32_t> take_changed();

 private:
  static constexpr std::size_t kMostRemembered = 4'096;
  static constexpr std::size_t kMostOfName = 256;

  struct Open {
    LmdbFile table;
    credentials::Sealer sealer;
    ChangeReader log;
    std::unordered_map<std::uint32_t, std::string> changed;         ///< to this name; empty: gone
    std::map<std::pair<std::string, std::uint32_t>, Grant> grants;  ///< of these, by name
    std::vector<std::uint32_t> news;                                ///< not taken yet
  };
  /// Another number each time that find() may give something else.
  std::uint64_t version() const noexcept;
  base::Result<void> open(const std::string& generation);
  static base::Result<void> read_changes(Open& open);
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
