// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

#include "gateway/base/document.h"
#include "gateway/base/text.h"
#include "gateway/commands/commands.h"
#include "gateway/commands/require.h"
#include "gateway/commands/upkeep.h"
#include "gateway/config/language/config_error.h"
#include "gateway/core/timeline.h"
#include "gateway/credentials/sealer.h"
#include "gateway/roster/device_json.h"
#include "storage/backup.h"

namespace msggw::commands {

namespace {

constexpr const char* kName = "backup";

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::string text_of(const credentials::Sealer::Key& key) {
  return {key.begin(), key.end()};
}

void print_json(const storage::Manifest& manifest, const cli::MakeBackup& command,
                std::uint64_t announced, double seconds, std::ostream& out) {
  std::string line;
  base::ObjectWriter object(base::Encoding::json, line);
  object.text("backup", command.to.native());
  object.text("of", manifest.of);
  object.text("folder", manifest.folder);
  object.text("taken", manifest.taken);
  object.number("announcedOctets", announced);
  object.number("octets", manifest.octets);
  object.number("milliseconds", static_cast<std::uint64_t>(seconds * 1'000));
  object.object("counts", [&](base::ObjectWriter& inner) {
    for (const auto& [name, count] : manifest.counts) inner.number(name, count);
  });
  if (!manifest.key_id.empty()) {
    object.text("keyId", manifest.key_id);
    object.json("hasKey", manifest.has_key ? "true" : "false");
  }
  object.end();
  out << line << '\n';
}

void print_made(const storage::Manifest& manifest, const cli::MakeBackup& command,
                const Upkeep& upkeep, double seconds, std::ostream& out) {
  const double rate = static_cast<double>(manifest.octets) / std::max(seconds, 0.001);
  std::array<char, 40> took{};
  std::snprintf(took.data(), took.size(), "%.1f s", seconds);
  out << command.to.native() << ": " << octets_text(manifest.octets) << " in " << took.data()
      << " (" << octets_text(static_cast<std::uint64_t>(rate))
      << "/s): " << counts_text(manifest.counts) << '\n';
  const std::string key = base::printable(upkeep.key_file().native(), 200);
  if (manifest.key_id.empty()) return;
  if (manifest.has_key)
    out << "the key of the PSKs, " << key << ", is in it: whoever has this backup has the PSKs\n";
  else
    out << "the key of the PSKs, " << key
        << ", is NOT in it: keep it elsewhere, since without it they are lost\n";
}

/// Notes the key of the credentials, tries it, and puts it into the backup if that is wanted. Read
/// after the store, since a key is there before what was encrypted with it.
void take_key(const Upkeep& upkeep, bool with_key, storage::Snapshot& snapshot,
              storage::BackupFolder& folder, storage::Manifest& manifest, std::ostream& err) {
  if (upkeep.is_function()) return;
  storage::Faults faults;
  upkeep.check_key(snapshot, manifest.counts.at("psks"), faults);
  if (!faults.none() && with_key)
    throw std::runtime_error("no backup was made: " + faults.shown().front());
  for (const std::string& fault : faults.shown())
    err << "msggw backup: warning: " << base::printable(fault, 400) << '\n';
  const auto key = require(credentials::KeyFile(upkeep.key_file()).read());
  if (!key) return;
  manifest.key_id = storage::key_id_of(text_of(*key));
  manifest.has_key = with_key;
  if (with_key) require(folder.add_key(text_of(*key)));
}

/// Whoever removes, moves or copies the folder of the store would take its backup with it.
void refuse_within(const std::filesystem::path& store, const std::filesystem::path& to) {
  std::error_code none;
  auto at = std::filesystem::absolute(to, none).lexically_normal();
  for (; at.has_relative_path(); at = at.parent_path()) {
    if (std::filesystem::equivalent(at, store, none))
      throw std::runtime_error(to.string() +
                               ": is in the folder of the store itself; name one elsewhere");
  }
}

cli::ExitCode make_backup(const cli::MakeBackup& command, const Upkeep& upkeep, std::ostream& out,
                          std::ostream& err) {
  const auto snapshot = upkeep.open();
  refuse_within(upkeep.folder(), command.to);
  const std::uint64_t announced = require(snapshot->size()).used;
  const std::uint64_t room = require(storage::free_octets(command.to));
  if (!command.json)
    out << "the store of the " << (upkeep.is_function() ? "Provisioning Function" : "gateway")
        << " in " << base::printable(upkeep.folder().native(), 200) << ": at most "
        << octets_text(announced) << ", " << octets_text(room) << " are free for the backup\n"
        << std::flush;
  if (room < announced + kBeside)
    throw std::runtime_error("there is no room for it: it takes " + octets_text(announced) +
                             ", and " + octets_text(room) + " are free; nothing was made");
  storage::Manifest manifest;
  manifest.of = upkeep.of();
  manifest.version = MSGGW_VERSION;
  manifest.taken = roster::print_time(core::to_seconds(base::Clock().now()));
  manifest.host = host_name();
  manifest.folder = std::filesystem::absolute(upkeep.folder()).native();
  storage::Faults faults;
  manifest.counts = upkeep.check_rows(*snapshot, faults);
  if (!faults.none()) {
    print_faults(faults, kName, err);
    throw std::runtime_error(
        "the store is damaged, and no backup was made of it: what is damaged could not be "
        "restored");
  }
  auto folder = require(storage::BackupFolder::make(command.to));
  Progress progress(err, announced, command.rate);
  require(folder.copy(
      *snapshot, [&](std::uint64_t, std::uint64_t octets) { progress.add(octets); }, manifest));
  take_key(upkeep, command.with_key, *snapshot, folder, manifest, err);
  require(folder.finish(manifest));
  if (command.json)
    print_json(manifest, command, announced, progress.seconds(), out);
  else
    print_made(manifest, command, upkeep, progress.seconds(), out);
  return cli::ExitCode::ok;
}

}  // namespace

cli::ExitCode execute(const cli::MakeBackup& command, std::ostream& out, std::ostream& err) {
  const Upkeep upkeep(command.of);
  try {
    return make_backup(command, upkeep, out, err);
  } catch (const std::exception& error) {
    err << "msggw backup: " << error.what() << '\n';
    return cli::ExitCode::failed;
  }
}

}  // namespace msggw::commands
