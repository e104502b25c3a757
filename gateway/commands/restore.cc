// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "gateway/base/document.h"
#include "gateway/base/text.h"
#include "gateway/commands/commands.h"
#include "gateway/commands/key_place.h"
#include "gateway/commands/require.h"
#include "gateway/commands/upkeep.h"
#include "gateway/core/timeline.h"
#include "gateway/messages/header.h"
#include "gateway/roster/device_json.h"
#include "storage/backup.h"
#include "storage/device_record.h"
#include "storage/message_record.h"
#include "storage/replacement.h"

namespace msggw::commands {

namespace {

namespace fs = std::filesystem;

constexpr const char* kName = "restore";
constexpr std::size_t kKeyOctets = 32;

/// "3 days", "5 minutes"; of what lies ahead by the clock of this machine nothing.
std::string age_of(const std::string& taken) {
  const auto then = roster::parse_time(taken);
  const std::uint32_t now = core::to_seconds(base::Clock().now());
  if (!then || *then > now) return {};
  const std::uint32_t age = now - *then;
  constexpr std::pair<std::uint32_t, const char*> kUnits[] = {
      {86'400, "days"}, {3'600, "hours"}, {60, "minutes"}, {1, "seconds"}};
  for (const auto& [seconds, name] : kUnits) {
    if (age >= 2 * seconds) return std::to_string(age / seconds) + " " + name;
  }
  return std::to_string(age) + " seconds";
}

/// A backup that has been looked at as a whole, and can be restored.
struct Backup {
  storage::Manifest manifest;
  base::UniqueFd data;
  fs::path file;
  std::optional<std::string> key;  ///< none: it is not in it
  std::uint64_t next_message = 1;
};

/// The gateway has given numbers to messages since the backup, and devices may say of one that they
/// have got it: none of them may come again. No gateway gives so many in between, and the
/// difference of two that wait for one device still fits 32 bits.
constexpr std::uint64_t kNumbersSince = std::uint64_t{1} << 30;

storage::Batch numbers_after(const Backup& backup) {
  storage::Batch batch;
  batch.put_with(storage::kMeta, storage::kNextMessage, [&](std::string& out) {
    storage::append_next_message(out, messages::MessageNo{backup.next_message + kNumbersSince});
  });
  return batch;
}

void check_rows_of(Backup& backup, const fs::path& folder, const Upkeep& upkeep,
                   std::ostream& err) {
  const auto snapshot = upkeep.open_backup(folder);
  storage::Faults faults;
  for (const auto& [name, rows] : snapshot->tables()) {
    const auto said = backup.manifest.rows.find(name);
    if (said == backup.manifest.rows.end() || said->second != rows)
      faults.add("table " + name + ": not so many rows as backup.json says");
  }
  upkeep.check_rows(*snapshot, faults);
  if (faults.none()) upkeep.check_start(*snapshot, faults);
  print_faults(faults, kName, err);
  if (!faults.none())
    throw std::runtime_error("the backup cannot be restored; nothing has changed");
  if (upkeep.is_function()) return;
  if (const auto row = require(snapshot->find(storage::kMeta, storage::kNextMessage)))
    backup.next_message = messages::number(require(storage::parse_next_message(*row)));
}

Backup look_at(const fs::path& folder, const Upkeep& upkeep, std::ostream& err) {
  Backup backup;
  backup.manifest = require(storage::read_manifest(folder));
  const storage::Manifest& manifest = backup.manifest;
  if (manifest.of != upkeep.of())
    throw std::runtime_error(folder.string() + ": is a backup of a " +
                             (manifest.of == "pf" ? "Provisioning Function, not of a gateway; say "
                                                    "--pf to restore that"
                                                  : "gateway, not of a Provisioning Function"));
  if (manifest.format > upkeep.format())
    throw std::runtime_error(
        folder.string() + ": its format is " + std::to_string(manifest.format) + ", of msggw " +
        base::printable(manifest.version) + "; this is " MSGGW_VERSION ", which reads up to " +
        std::to_string(upkeep.format()) + ": restore it with that version or a later one");
  backup.file = folder / storage::kDataFile;
  backup.data = require(storage::open_file(backup.file));
  require(storage::check_data(require(storage::hash_file(backup.data.get(), backup.file)),
                              backup.file, manifest));
  check_rows_of(backup, folder, upkeep, err);
  if (!manifest.has_key) return backup;
  backup.key = require(storage::read_file(folder / storage::kKeyFile, kKeyOctets));
  if (!backup.key || storage::key_id_of(*backup.key) != manifest.key_id)
    throw std::runtime_error((folder / storage::kKeyFile).string() +
                             ": is not the key that was put into the backup");
  return backup;
}

void print_backup(const Backup& backup, const fs::path& folder, std::ostream& out) {
  const storage::Manifest& manifest = backup.manifest;
  const std::string age = age_of(manifest.taken);
  out << base::printable(folder.native(), 200) << ": taken " << base::printable(manifest.taken)
      << (age.empty() ? " (ahead of this machine's clock)" : " (" + age + " ago)") << " by msggw "
      << base::printable(manifest.version) << " on " << base::printable(manifest.host) << ", of "
      << base::printable(manifest.folder, 200) << "; " << octets_text(manifest.octets) << ", "
      << counts_text(manifest.counts) << '\n'
      << std::flush;
}

void print_json(const Backup& backup, const cli::Restore& command, const Upkeep& upkeep,
                const fs::path& kept, KeyPlace::Need need, std::ostream& out) {
  std::string line;
  base::ObjectWriter object(base::Encoding::json, line);
  object.json("restored", command.check ? "false" : "true");
  object.text("backup", command.from.native());
  object.text("folder", upkeep.folder().native());
  object.text("taken", backup.manifest.taken);
  object.text("version", backup.manifest.version);
  object.number("octets", backup.manifest.octets);
  object.object("counts", [&](base::ObjectWriter& inner) {
    for (const auto& [name, count] : backup.manifest.counts) inner.number(name, count);
  });
  if (!kept.empty()) object.text("kept", kept.native());
  object.text("key", name_of(need));
  object.end();
  out << line << '\n';
}

/// Where what was there before is kept; empty: nothing was.
fs::path put_in_place(Backup& backup, const cli::Restore& command, const Upkeep& upkeep,
                      KeyPlace& key, std::ostream& err) {
  const fs::path& folder = upkeep.folder();
  std::error_code none;
  if (fs::equivalent(folder, command.from, none))
    throw std::runtime_error("the backup is the folder of the store itself");
  upkeep.refuse_the_other();
  const AsOwner owner(folder);
  auto target = require(storage::Replacement::begin(folder));
  if (target.replaces() && !command.replace)
    throw std::runtime_error("store " + folder.string() +
                             ": there is one already; --replace puts it aside and keeps it");
  const std::uint64_t room = require(storage::free_octets(folder));
  if (room < backup.manifest.octets + kBeside)
    throw std::runtime_error("there is no room for it in " + folder.string() + ": it takes " +
                             octets_text(backup.manifest.octets) + ", and " + octets_text(room) +
                             " are free");
  if (::lseek(backup.data.get(), 0, SEEK_SET) != 0)
    throw std::runtime_error(backup.file.string() + ": cannot be read again");
  Progress progress(err, backup.manifest.octets);
  const auto written =
      require(target.write(backup.data.get(), [&](std::uint64_t octets) { progress.add(octets); }));
  require(storage::check_data(written, backup.file, backup.manifest));
  if (!upkeep.is_function()) require(target.put(upkeep.tables(), numbers_after(backup)));
  const std::string aside = "replaced-" + roster::print_time(core::to_seconds(base::Clock().now()));
  fs::path kept = require(target.keep_old(aside));
  key.put(backup.key, aside);
  if (const auto taken = target.take_place(); !taken) {
    // It may have failed behind the moment at which the new store was in place.
    if (target.is_waiting()) key.put_back();
    throw std::runtime_error(taken.error().detail);
  }
  return kept;
}

cli::ExitCode restore(const cli::Restore& command, const Upkeep& upkeep, std::ostream& out,
                      std::ostream& err) {
  Backup backup = look_at(command.from, upkeep, err);
  if (!command.json) print_backup(backup, command.from, out);
  KeyPlace key(upkeep, backup.manifest);
  const KeyPlace::Need need = key.need();
  fs::path kept;
  if (!command.check) {
    if (need == KeyPlace::Need::replace && !command.replace)
      throw std::runtime_error(key.text(need) + "; --replace puts it aside and keeps it");
    kept = put_in_place(backup, command, upkeep, key, err);
  }
  if (command.json)
    print_json(backup, command, upkeep, kept, need, out);
  else if (command.check)
    out << "it is good; nothing has changed\n";
  else
    out << base::printable(upkeep.folder().native(), 200) << ": restored\n";
  if (!command.json && !kept.empty())
    out << "what was there before is in " << base::printable(kept.native(), 200) << '\n';
  if (need == KeyPlace::Need::missing || need == KeyPlace::Need::wrong)
    err << "msggw restore: warning: " << key.text(need) << '\n';
  return cli::ExitCode::ok;
}

}  // namespace

cli::ExitCode execute(const cli::Restore& command, std::ostream& out, std::ostream& err) {
  const Upkeep upkeep(command.of);
  try {
    return restore(command, upkeep, out, err);
  } catch (const std::exception& error) {
    err << "msggw restore: " << error.what() << '\n';
    return cli::ExitCode::failed;
  }
}

}  // namespace msggw::commands
