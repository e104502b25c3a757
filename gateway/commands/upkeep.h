// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "gateway/cli/command.h"
#include "gateway/config/sections/config.h"
#include "storage/faults.h"
#include "storage/lmdb_store.h"
#include "storage/snapshot.h"

namespace msggw::commands {

/// Octets beside a store's file, where it is copied to: the manifest, the key, and what a file
/// system takes for a file.
inline constexpr std::uint64_t kBeside = std::uint64_t{1} << 20;

/// The store that a command of upkeep is about: a gateway's, or a Provisioning Function's.
class Upkeep {
 public:
  /// Throws config_language::ConfigError.
  explicit Upkeep(const cli::StoreSource& of);

  const char* of() const noexcept { return is_function_ ? "pf" : "gateway"; }
  bool is_function() const noexcept { return is_function_; }
  const std::filesystem::path& folder() const noexcept { return folder_; }
  /// Of the credentials; empty: it has none.
  const std::filesystem::path& key_file() const noexcept { return key_file_; }
  /// The newest format that this program knows.
  unsigned format() const noexcept;
  std::vector<std::string> tables() const;
  /// To be opened for writing.
  storage::LmdbOptions store() const;
  const core::Limits& limits() const noexcept { return config_.limits; }
  const credentials::Options& credentials() const noexcept { return config_.credentials; }

  /// As the user that owns the folder: its lock file may be made or changed, and whatever else that
  /// user has put there is not touched as root. Throws std::runtime_error.
  std::unique_ptr<storage::Snapshot> open() const;
  /// Of another folder, which nobody writes. Throws std::runtime_error.
  std::unique_ptr<storage::Snapshot> open_backup(const std::filesystem::path& folder) const;
  /// Refuses what stands in the folder, if anything does, as that of the other of the two. Nothing
  /// of it is followed, so that it may be damaged. Throws std::runtime_error.
  void refuse_the_other() const;
  /// Whether each row can be read; what people count, by its name.
  std::map<std::string, std::uint64_t> check_rows(storage::Snapshot& snapshot,
                                                  storage::Faults& faults) const;
  /// Whether the PSKs, of which there are so many, can be used with the key that there is.
  void check_key(storage::Snapshot& snapshot, std::uint64_t psks, storage::Faults& faults) const;
  /// Whether its owner would start with it.
  void check_start(storage::Snapshot& snapshot, storage::Faults& faults) const;

 private:
  std::unique_ptr<storage::Snapshot> ours(std::unique_ptr<storage::Snapshot> snapshot,
                                          const std::filesystem::path& folder) const;

  bool is_function_;
  config::Config config_;
  std::filesystem::path folder_;
  std::filesystem::path key_file_;
};

/// "1000000 devices, 12 messages, 3 credentials, 2 psks".
std::string counts_text(const std::map<std::string, std::uint64_t>& counts);
/// "91.8 MiB", for people.
std::string octets_text(std::uint64_t octets);
/// A line each to `err`; nothing if there are none.
void print_faults(const storage::Faults& faults, std::string_view command, std::ostream& err);

/// What is wrong when the process that looked at a store has ended with this status of waitpid();
/// empty: it has said so itself.
std::string fault_of_look(int status);

/// From here on SIGINT, SIGTERM and SIGHUP, those of them that are not ignored, are noted: the work
/// is to end with an exception, so that nothing half is left.
void end_by_exception();
/// Throws std::runtime_error when the process has been told to end.
void throw_if_told_to_end();

/// How far a long work is: a line on standard error, if that is a terminal, overwritten in place;
/// at no more than `rate` octets a second. Signals end it as end_by_exception() says.
class Progress {
 public:
  /// `all`: octets at most. `rate` 0: as fast as it goes.
  Progress(std::ostream& err, std::uint64_t all, std::uint64_t rate = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Throws std::runtime_error when the process has been told to end.
  void add(std::uint64_t octets);
  double seconds() const;

 private:
  void show();

  std::ostream& err_;
  std::uint64_t all_;
  std::uint64_t rate_;
  std::uint64_t done_ = 0;
  bool is_terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point next_ = begun_;
};

/// What root makes in the folder of another user belongs to that one, who must be able to write it:
/// as long as this lives the process is the user that owns `folder`, or the nearest one above it
/// that is there. Nothing happens if the process is not root's, or the folder is.
class AsOwner {
 public:
  explicit AsOwner(std::filesystem::path folder);
  ~AsOwner();
  AsOwner(const AsOwner&) = delete;
  AsOwner& operator=(const AsOwner&) = delete;

 private:
  bool changed_ = false;
  uid_t user_before_;
  gid_t group_before_;
};

}  // namespace msggw::commands
