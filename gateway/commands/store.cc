// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "gateway/base/document.h"
#include "gateway/base/text.h"
#include "gateway/commands/commands.h"
#include "gateway/commands/require.h"
#include "gateway/commands/upkeep.h"
#include "storage/files.h"
#include "storage/lmdb_store.h"
#include "storage/replacement.h"

namespace msggw::commands {

namespace {

namespace fs = std::filesystem;

std::string seconds_text(std::chrono::steady_clock::time_point since) {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - since;
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", took.count());
  return text.data();
}

/// A data file whose pages are not what they should be may end whoever follows them, so that is
/// done by a process of its own. Before any store is open in this one.
template <class Look>
cli::ExitCode look_apart(const Upkeep& upkeep, std::ostream& out, std::ostream& err,
                         const Look& look) {
  out << std::flush;
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no process can be made to look at the store");
  if (child == 0) {
    auto code = cli::ExitCode::failed;
    try {
      code = look();
    } catch (const std::exception& error) {
      err << "msggw store check: " << error.what() << '\n';
    }
    const bool is_told = static_cast<bool>(out.flush()) && static_cast<bool>(err.flush());
    ::_exit(is_told ? static_cast<int>(code) : static_cast<int>(cli::ExitCode::failed));
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return cli::ExitCode::ok;
  if (const std::string fault = fault_of_look(status); !fault.empty())
    err << "msggw store check: store " << upkeep.folder().string() << ": " << fault << '\n';
  return cli::ExitCode::failed;
}

struct Found {
  unsigned format = 0;
  storage::Snapshot::Size size;
  std::map<std::string, std::uint64_t> counts;
  std::vector<storage::Snapshot::TableRows> tables;
};

void print_found_json(const Upkeep& upkeep, const Found& found, const storage::Faults& faults,
                      std::ostream& out) {
  std::string line;
  base::ObjectWriter object(base::Encoding::json, line);
  object.text("folder", upkeep.folder().native());
  object.number("format", found.format);
  object.number("newestFormat", upkeep.format());
  object.number("usedOctets", found.size.used);
  object.number("freeOctets", found.size.free);
  object.object("counts", [&](base::ObjectWriter& inner) {
    for (const auto& [name, count] : found.counts) inner.number(name, count);
  });
  object.object("rows", [&](base::ObjectWriter& inner) {
    for (const auto& [name, rows] : found.tables) inner.number(name, rows);
  });
  object.texts("faults", faults.shown());
  object.number("allFaults", faults.all());
  object.end();
  out << line << '\n';
}

void print_found(const Upkeep& upkeep, const Found& found, const storage::Faults& faults,
                 std::ostream& out) {
  out << base::printable(upkeep.folder().native(), 200) << ": format " << found.format
      << (found.format < upkeep.format()
              ? " (an older one; this version makes it " + std::to_string(upkeep.format()) + ")"
              : "")
      << ", " << octets_text(found.size.used) << " in use, " << octets_text(found.size.free)
      << " free\n"
      << counts_text(found.counts) << '\n';
  for (const auto& [name, rows] : found.tables) out << "  " << name << ": " << rows << " rows\n";
  out << (faults.none() ? "good\n" : "NOT good\n");
}

cli::ExitCode check(const cli::CareForStore& command, const Upkeep& upkeep, std::ostream& out,
                    std::ostream& err) {
  const auto snapshot = upkeep.open();
  storage::Faults faults;
  Found found;
  found.format = snapshot->format_number();
  found.size = require(snapshot->size());
  found.tables = snapshot->tables();
  found.counts = upkeep.check_rows(*snapshot, faults);
  if (faults.none()) upkeep.check_start(*snapshot, faults);
  if (!upkeep.is_function()) upkeep.check_key(*snapshot, found.counts.at("psks"), faults);
  command.json ? print_found_json(upkeep, found, faults, out)
               : print_found(upkeep, found, faults, out);
  if (!command.json) print_faults(faults, "store check", err);
  return faults.none() ? cli::ExitCode::ok : cli::ExitCode::failed;
}

/// Throws std::runtime_error: there is none, or it is damaged. Names each fault.
unsigned require_good(const Upkeep& upkeep, std::string_view name, std::ostream& err) {
  const auto snapshot = upkeep.open();
  storage::Faults faults;
  upkeep.check_rows(*snapshot, faults);
  if (faults.none()) upkeep.check_start(*snapshot, faults);
  print_faults(faults, name, err);
  if (!faults.none())
    throw std::runtime_error("store " + upkeep.folder().string() +
                             ": is damaged, and stays as it is; restore it from a backup");
  return snapshot->format_number();
}

std::uint64_t octets_of(const Upkeep& upkeep) {
  std::error_code error;
  const auto octets = fs::file_size(upkeep.folder() / "data.mdb", error);
  return error ? 0 : octets;
}

cli::ExitCode compact(const cli::CareForStore& command, const Upkeep& upkeep, std::ostream& out,
                      std::ostream& err) {
  const auto begun = std::chrono::steady_clock::now();
  require_good(upkeep, "store compact", err);
  const AsOwner owner(upkeep.folder());
  auto target = require(storage::Replacement::begin(upkeep.folder()));
  const std::uint64_t before = octets_of(upkeep);
  {
    const auto snapshot = upkeep.open();
    const std::uint64_t needed = require(snapshot->size()).used;
    const std::uint64_t room = require(storage::free_octets(upkeep.folder()));
    if (room < needed)
      throw std::runtime_error("there is no room: beside the old file the new one takes " +
                               octets_text(needed) + ", and " + octets_text(room) + " are free");
    Progress progress(err, needed);
    require(target.write(*snapshot,
                         [&](std::uint64_t, std::uint64_t octets) { progress.add(octets); }));
  }
  require(target.take_place());
  const std::uint64_t after = octets_of(upkeep);
  if (command.json)
    out << "{\"beforeOctets\":" << before << ",\"octets\":" << after << "}\n";
  else
    out << base::printable(upkeep.folder().native(), 200) << ": " << octets_text(before)
        << " before, " << octets_text(after) << " now, in " << seconds_text(begun) << '\n';
  return cli::ExitCode::ok;
}

cli::ExitCode upgrade(const cli::CareForStore& command, const Upkeep& upkeep, std::ostream& out,
                      std::ostream& err) {
  const auto begun = std::chrono::steady_clock::now();
  const unsigned before = require_good(upkeep, "store upgrade", err);
  if (before < upkeep.format()) {
    const AsOwner owner(upkeep.folder());
    storage::open_lmdb_store(upkeep.store());
  }
  if (command.json)
    out << "{\"before\":" << before << ",\"format\":" << upkeep.format() << "}\n";
  else if (before == upkeep.format())
    out << base::printable(upkeep.folder().native(), 200) << ": is of format " << before
        << " already\n";
  else
    out << base::printable(upkeep.folder().native(), 200) << ": was of format " << before
        << ", is of format " << upkeep.format() << " now, in " << seconds_text(begun) << '\n';
  return cli::ExitCode::ok;
}

}  // namespace

cli::ExitCode execute(const cli::CareForStore& command, std::ostream& out, std::ostream& err) {
  using Action = cli::CareForStore::Action;
  const Upkeep upkeep(command.of);
  try {
    switch (command.action) {
      case Action::check:
        return look_apart(upkeep, out, err, [&] { return check(command, upkeep, out, err); });
      case Action::compact: return compact(command, upkeep, out, err);
      case Action::upgrade: return upgrade(command, upkeep, out, err);
    }
  } catch (const std::exception& error) {
    err << "msggw store " << (command.action == Action::compact ? "compact: " : "upgrade: ")
        << error.what() << '\n';
  }
  return cli::ExitCode::failed;
}

}  // namespace msggw::commands
