// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "storage/files.h"
#include "storage/snapshot.h"

namespace msggw::storage {

/// What a backup says of itself, in its file backup.json. That file is made last, so a folder
/// without it is no backup, whatever else is in it.
struct Manifest {
  static constexpr unsigned kVersion = 1;

  std::string of;                               ///< "gateway" or "pf"
  std::string version;                          ///< of the program that made it
  std::string taken;                            ///< when, "2026-01-31T12:00:00Z"
  std::string folder;                           ///< of the store that it was made of
  std::string host;                             ///< of that machine
  unsigned format = 0;                          ///< of the store
  std::uint64_t octets = 0;                     ///< of data.mdb
  std::string sha256;                           ///< of data.mdb
  std::map<std::string, std::uint64_t> rows;    ///< by table
  std::map<std::string, std::uint64_t> counts;  ///< what people count: devices, messages, psks
  std::string key_id;    ///< of the key that PSKs are encrypted with (key_id_of()); empty: none
  bool has_key = false;  ///< whether that key is in the backup
};

/// As it stands in backup.json.
std::string manifest_json(const Manifest& manifest);
/// Errors: malformed, missing, incorrect; unsupported: of a later version of this file.
base::Result<Manifest> parse_manifest(std::string_view json);

/// Names a key without telling anything of it.
std::string key_id_of(std::string_view key);

/// The files of a backup, in its folder.
inline constexpr const char* kManifestFile = "backup.json";
inline constexpr const char* kDataFile = "data.mdb";
inline constexpr const char* kKeyFile = "credentials.key";

/// A folder that a backup is being made in, of mode 0700 if it is new. What was made goes again
/// unless finish() succeeds.
class BackupFolder {
 public:
  /// Errors: storage; it is there and not empty, or cannot be made or written.
  static base::Result<BackupFolder> make(const std::filesystem::path& folder);
  BackupFolder(BackupFolder&& other) noexcept;
  BackupFolder& operator=(BackupFolder&&) = delete;
  ~BackupFolder();

  /// Copies the store, and notes in `manifest` what is to be known of the copy.
  base::Result<void> copy(Snapshot& snapshot, const Snapshot::Progress& progress,
                          Manifest& manifest);
  base::Result<void> add_key(std::string_view key);
  /// Makes it a backup; durable when this returns.
  base::Result<void> finish(const Manifest& manifest);

 private:
  explicit BackupFolder(std::filesystem::path folder, bool is_new)
      : folder_(std::move(folder)), is_new_(is_new) {}

  std::filesystem::path folder_;  ///< empty: it has been given away, or finished
  bool is_new_;
};

/// What backup.json says. Errors: storage; there is no backup, or it was never finished; those of
/// parse_manifest().
base::Result<Manifest> read_manifest(const std::filesystem::path& folder);

/// Whether what was read of `file` is what the manifest says, octet for octet. Errors: storage.
base::Result<void> check_data(const Hashed& found, const std::filesystem::path& file,
                              const Manifest& manifest);

}  // namespace msggw::storage
