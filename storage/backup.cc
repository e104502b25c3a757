// SPDX-License-Identifier: Apache-2.0
#include "storage/backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

#include "gateway/base/digest.h"
#include "gateway/base/document.h"
#include "gateway/base/json.h"
#include "storage/files.h"

namespace msggw::storage {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostManifestOctets = 64 * 1024;
constexpr std::size_t kKeyIdDigits = 16;
constexpr const char* kPartial = ".partial";

using Counts = std::map<std::string, std::uint64_t>;

void write_counts(base::ObjectWriter& object, const Counts& counts) {
  for (const auto& [name, count] : counts) object.number(name, count);
}

/// The names of tables and counts are; they are written as they are.
bool is_word(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

/// Reads members, and remembers the first that is wrong.
class Members {
 public:
  explicit Members(const boost::json::value& value) : value_(value) {}

  std::string text(const char* name, std::size_t most) {
    const auto text = base::text_member(value_, name);
    if (!text || text->size() > most) wrong(name);
    return text ? std::string(*text) : std::string();
  }
  std::uint64_t number(const char* name) {
    const auto* const member = base::member(value_, name);
    boost::json::error_code none;
    const auto number = member == nullptr ? 0 : member->to_number<std::uint64_t>(none);
    if (member == nullptr || none) wrong(name);
    return number;
  }
  Counts counts(const char* name) {
    Counts counts;
    const auto* const member = base::member(value_, name);
    if (member == nullptr || !member->is_object()) {
      wrong(name);
      return counts;
    }
    for (const auto& [key, value] : member->get_object()) {
      boost::json::error_code none;
      counts[std::string(key)] = value.to_number<std::uint64_t>(none);
      if (none || !is_word(key)) wrong(name);
    }
    return counts;
  }
  void wrong(const char* name) {
    if (wrong_.empty()) wrong_ = name;
  }
  const std::string& wrong() const noexcept { return wrong_; }

 private:
  const boost::json::value& value_;
  std::string wrong_;
};

bool is_hash(const std::string& text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::string manifest_json(const Manifest& manifest) {
  std::string out;
  base::ObjectWriter object(base::Encoding::json, out);
  object.number("backup", Manifest::kVersion);
  object.text("of", manifest.of);
  object.text("version", manifest.version);
  object.number("format", manifest.format);
  object.text("taken", manifest.taken);
  object.text("host", manifest.host);
  object.text("folder", manifest.folder);
  object.number("octets", manifest.octets);
  object.text("sha256", manifest.sha256);
  object.object("counts", [&](base::ObjectWriter& inner) { write_counts(inner, manifest.counts); });
  object.object("rows", [&](base::ObjectWriter& inner) { write_counts(inner, manifest.rows); });
  if (!manifest.key_id.empty()) {
    object.text("keyId", manifest.key_id);
    object.json("hasKey", manifest.has_key ? "true" : "false");
  }
  object.end();
  return out + '\n';
}

base::Result<Manifest> parse_manifest(std::string_view json) {
  const auto value = base::parse_json(json, {.octets = kMostManifestOctets, .items = 1'000});
  if (!value) return tl::unexpected(value.error());
  Members members(*value);
  Manifest manifest;
  const std::uint64_t version = members.number("backup");
  if (members.wrong().empty() && version > Manifest::kVersion)
    return base::fail(base::Errc::unsupported, "a later version of msggw made it");
  manifest.of = members.text("of", 16);
  manifest.version = members.text("version", 64);
  const std::uint64_t format = members.number("format");
  if (format == 0 || format > 1'000'000) members.wrong("format");
  manifest.format = static_cast<unsigned>(format);
  manifest.taken = members.text("taken", 32);
  manifest.host = members.text("host", 256);
  manifest.folder = members.text("folder", 4'096);
  manifest.octets = members.number("octets");
  manifest.sha256 = members.text("sha256", base::Sha256::kHexDigits);
  if (!is_hash(manifest.sha256, base::Sha256::kHexDigits)) members.wrong("sha256");
  manifest.counts = members.counts("counts");
  manifest.rows = members.counts("rows");
  if (base::member(*value, "keyId") != nullptr) {
    manifest.key_id = members.text("keyId", kKeyIdDigits);
    if (!is_hash(manifest.key_id, kKeyIdDigits)) members.wrong("keyId");
    const auto* const has_key = base::member(*value, "hasKey");
    if (has_key == nullptr || !has_key->is_bool()) members.wrong("hasKey");
    manifest.has_key = has_key != nullptr && has_key->is_bool() && has_key->get_bool();
  }
  if (!members.wrong().empty())
    return base::fail(base::Errc::incorrect,
                      "its member " + members.wrong() + " is missing or is not what msggw writes");
  return manifest;
}

std::string key_id_of(std::string_view key) {
  base::Sha256 hash;
  hash.add("msggw key of credentials\n");
  hash.add(key);
  return hash.hex().substr(0, kKeyIdDigits);
}

base::Result<BackupFolder> BackupFolder::make(const fs::path& given) {
  const fs::path folder = without_slash(given);
  std::error_code error;
  // A file system that is not mounted now would be a folder of another disk.
  if (folder.has_parent_path() && !fs::is_directory(folder.parent_path(), error))
    return base::fail(base::Errc::storage,
                      folder.parent_path().string() +
                          ": is not there, or no folder, and is not made; mount its disk or "
                          "make it");
  if (::mkdir(folder.c_str(), 0700) == 0) return BackupFolder(folder, true);
  if (errno != EEXIST) return failed(folder, "make it");
  const auto entries = fs::directory_iterator(folder, error);
  if (error) return base::fail(base::Errc::storage, folder.string() + ": " + error.message());
  if (entries == fs::directory_iterator()) return BackupFolder(folder, false);
  const bool is_backup = fs::exists(folder / kManifestFile, error);
  const bool is_begun = fs::exists(folder / (std::string(kDataFile) + kPartial), error);
  return base::fail(
      base::Errc::storage,
      folder.string() + (is_backup  ? " is a backup already; name a folder that is not there"
                         : is_begun ? " holds a backup that was begun and never finished; remove "
                                      "it, or name another folder"
                                    : " is not empty; name a folder that is not there"));
}

BackupFolder::BackupFolder(BackupFolder&& other) noexcept
    : folder_(std::exchange(other.folder_, {})), is_new_(other.is_new_) {}

BackupFolder::~BackupFolder() {
  if (folder_.empty()) return;
  for (const std::string file : {kDataFile, kKeyFile, kManifestFile}) {
    ::unlink((folder_ / file).c_str());
    ::unlink((folder_ / (file + kPartial)).c_str());
  }
  if (is_new_) ::rmdir(folder_.c_str());
}

base::Result<void> BackupFolder::copy(Snapshot& snapshot, const Snapshot::Progress& progress,
                                      Manifest& manifest) {
  const fs::path partial = folder_ / (std::string(kDataFile) + kPartial);
  if (auto copied = snapshot.copy_to(partial, progress); !copied) return copied;
  const auto file = open_file(partial);
  if (!file) return tl::unexpected(file.error());
  const auto hashed = hash_file(file->get(), partial);
  if (!hashed) return tl::unexpected(hashed.error());
  if (::rename(partial.c_str(), (folder_ / kDataFile).c_str()) != 0)
    return failed(partial, "rename it");
  manifest.format = snapshot.format_number();
  manifest.octets = hashed->octets;
  manifest.sha256 = hashed->sha256;
  manifest.rows.clear();
  for (const auto& [name, rows] : snapshot.tables()) manifest.rows[name] = rows;
  return {};
}

base::Result<void> BackupFolder::add_key(std::string_view key) {
  return write_file(folder_ / kKeyFile, key);
}

base::Result<void> BackupFolder::finish(const Manifest& manifest) {
  const fs::path partial = folder_ / (std::string(kManifestFile) + kPartial);
  if (auto synced = sync_entries(folder_); !synced) return synced;
  if (auto written = write_file(partial, manifest_json(manifest)); !written) return written;
  if (::rename(partial.c_str(), (folder_ / kManifestFile).c_str()) != 0)
    return failed(partial, "rename it");
  if (auto synced = sync_entries(folder_); !synced) return synced;
  if (auto synced = sync_entries(fs::absolute(folder_).parent_path()); !synced) return synced;
  folder_.clear();
  return {};
}

base::Result<Manifest> read_manifest(const fs::path& folder) {
  const auto text = read_file(folder / kManifestFile, kMostManifestOctets);
  if (!text) return tl::unexpected(text.error());
  if (!*text) {
    std::error_code error;
    if (!fs::exists(folder, error))
      return base::fail(base::Errc::storage, folder.string() + ": there is no such folder");
    return base::fail(base::Errc::storage,
                      folder.string() +
                          ": is no backup, or one that was never finished: there is "
                          "no backup.json in it");
  }
  auto manifest = parse_manifest(**text);
  if (!manifest)
    return base::fail(base::Errc::storage,
                      (folder / kManifestFile).string() + ": " + manifest.error().detail);
  return manifest;
}

base::Result<void> check_data(const Hashed& found, const fs::path& file, const Manifest& manifest) {
  if (found.octets != manifest.octets)
    return base::fail(base::Errc::storage, file.string() + ": has " + std::to_string(found.octets) +
                                               " octets and was made of " +
                                               std::to_string(manifest.octets) +
                                               "; the copy is not whole");
  if (found.sha256 != manifest.sha256)
    return base::fail(base::Errc::storage,
                      file.string() +
                          ": is not what the backup was made of (its SHA-256 is "
                          "another); it has been changed, or its disk is bad");
  return {};
}

}  // namespace msggw::storage
