// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/upkeep.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "gateway/base/result.h"
#include "gateway/base/text.h"
#include "gateway/commands/operator_client.h"
#include "gateway/config/files/load.h"
#include "gateway/credentials/book.h"
#include "gateway/credentials/sealer.h"
#include "gateway/process/key_file.h"
#include "gateway/process/stores.h"
#include "provisioning/function/ledger.h"
#include "provisioning/function/store_check.h"
#include "storage/credential_record.h"
#include "storage/data_file.h"
#include "storage/device_record.h"
#include "storage/gateway_check.h"

namespace msggw::commands {

namespace {

constexpr auto kShowEvery = std::chrono::milliseconds(200);

volatile std::sig_atomic_t told_to_end = 0;

void take_note(int) {
  told_to_end = 1;
}

/// The folder of one of the two stores; a demo's state folder holds both.
std::filesystem::path inner(const std::filesystem::path& folder, bool is_function) {
  const auto within = folder / (is_function ? "pf" : "gateway");
  std::error_code none;
  const bool is_own = std::filesystem::exists(folder / "data.mdb", none);
  return !is_own && std::filesystem::exists(within / "data.mdb", none) ? within : folder;
}

config::Config config_of(const cli::Source& source) {
  const bool has_folder = !source.folder.empty();
  return config_files::load(has_folder ? source.config : config_file_of(source.config), {},
                            config::Purpose::look);
}

}  // namespace

Upkeep::Upkeep(const cli::StoreSource& of)
    : is_function_(of.function), config_(config_of(of.source)) {
  folder_ = is_function_ ? config_.pf.folder : config_.gateway.folder;
  if (!of.source.folder.empty()) folder_ = inner(of.source.folder, is_function_);
  if (is_function_) return;
  config_.gateway.folder = folder_;
  key_file_ = process::key_file_of(config_);
}

unsigned Upkeep::format() const noexcept {
  return is_function_ ? storage::LmdbOptions{}.format : storage::kGatewayFormat;
}

std::vector<std::string> Upkeep::tables() const {
  return is_function_ ? function::store_tables() : storage::gateway_tables();
}

std::unique_ptr<storage::Snapshot> Upkeep::open() const {
  const AsOwner owner(folder_);
  return ours(storage::open_snapshot(folder_, tables()), folder_);
}

std::unique_ptr<storage::Snapshot> Upkeep::open_backup(const std::filesystem::path& folder) const {
  return ours(storage::open_snapshot(folder, tables(), storage::Writer::none), folder);
}

storage::LmdbOptions Upkeep::store() const {
  auto options = is_function_ ? process::store_of(config_.pf) : process::store_of(config_.gateway);
  options.folder = folder_;
  return options;
}

void Upkeep::refuse_the_other() const {
  const auto others = is_function_ ? storage::gateway_tables() : function::store_tables();
  const auto there = storage::table_names(folder_);
  const auto has = [&](const std::string& name) {
    return std::find(there.begin(), there.end(), name) != there.end();
  };
  if (has(tables().front()) || !has(others.front())) return;
  throw std::runtime_error("store " + folder_.string() + ": is that of a " +
                           (is_function_ ? "gateway" : "Provisioning Function") +
                           ", and nothing else is put in its place; choose another folder");
}

/// The same, unless it is another program's, or of a later version.
std::unique_ptr<storage::Snapshot> Upkeep::ours(std::unique_ptr<storage::Snapshot> snapshot,
                                                const std::filesystem::path& folder) const {
  const auto& there = snapshot->tables();
  const auto names = tables();
  const bool is_ours = std::any_of(there.begin(), there.end(),
                                   [&](const auto& table) { return table.name == names.front(); });
  if (!is_ours)
    throw std::runtime_error("store " + folder.string() + ": is not that of a " +
                             (is_function_ ? "Provisioning Function"
                                           : "gateway; say --pf if it "
                                             "is that of a Provisioning Function"));
  if (snapshot->format_number() > format())
    throw std::runtime_error(
        "store " + folder.string() + ": its format is '" + base::printable(snapshot->format()) +
        "', this program, " MSGGW_VERSION ", reads up to " + std::to_string(format()) +
        "; take the version that wrote it, or a later one");
  return snapshot;
}

std::map<std::string, std::uint64_t> Upkeep::check_rows(storage::Snapshot& snapshot,
                                                        storage::Faults& faults) const {
  if (is_function_) return {{"assignments", function::check_rows(snapshot, faults)}};
  const auto counts = storage::check_gateway_rows(snapshot, faults);
  return {{"devices", counts.devices},
          {"messages", counts.messages},
          {"credentials", counts.credentials},
          {"psks", counts.psks}};
}

void Upkeep::check_key(storage::Snapshot& snapshot, std::uint64_t psks,
                       storage::Faults& faults) const {
  if (psks == 0) return;
  const std::string file = base::printable(key_file_.native(), 200);
  const auto key = credentials::KeyFile(key_file_).read();
  if (!key) return faults.add(key.error().detail);
  if (!*key) return faults.add("the key of the PSKs, " + file + ", is not there");
  const credentials::Sealer sealer(**key);
  std::size_t unreadable = 0;
  const auto loaded =
      snapshot.load(storage::kCredentials, [&](std::uint64_t, std::string_view octets) {
        const auto row = storage::parse_credential(octets);
        if (row && row->kind == credentials::Kind::psk &&
            !sealer.open(row->secret, credentials::bond_of(*row)))
          ++unreadable;
      });
  if (!loaded) faults.add(loaded.error().detail);
  if (unreadable > 0)
    faults.add(std::to_string(unreadable) + " PSKs were encrypted with another key than " + file +
               " holds");
}

void Upkeep::check_start(storage::Snapshot& snapshot, storage::Faults& faults) const {
  if (is_function_) return function::check_start(snapshot, faults);
  storage::check_gateway_start(snapshot, config_.limits, config_.messages.limits, faults);
}

std::string counts_text(const std::map<std::string, std::uint64_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    if (!text.empty()) text += ", ";
    text += std::to_string(count) + " ";
    text += name == "psks" ? "PSKs" : name;
  }
  return text;
}

std::string octets_text(std::uint64_t octets) {
  static constexpr std::array kUnits{"octets", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(octets);
  std::size_t unit = 0;
  for (; value >= 1'024 && unit + 1 < kUnits.size(); ++unit) value /= 1'024;
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value,
                kUnits.at(unit));
  return text.data();
}

void print_faults(const storage::Faults& faults, std::string_view command, std::ostream& err) {
  for (const std::string& fault : faults.shown())
    err << "msggw " << command << ": " << base::printable(fault, 400) << '\n';
  if (faults.all() > faults.shown().size())
    err << "msggw " << command << ": and " << faults.all() - faults.shown().size()
        << " faults more\n";
}

std::string fault_of_look(int status) {
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (signal == SIGSEGV || signal == SIGBUS || signal == SIGABRT)
    return "data.mdb is damaged, its pages lead nowhere; restore the folder from a backup";
  if (signal == 0) return {};
  return "the look at it was ended by signal " + std::to_string(signal) +
         (signal == SIGKILL ? ", perhaps for want of memory" : "") +
         ", so nothing is known of it; look again";
}

void end_by_exception() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (std::signal(signal, take_note) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
}

void throw_if_told_to_end() {
  if (told_to_end != 0) throw std::runtime_error("ended by a signal, before it was done");
}

Progress::Progress(std::ostream& err, std::uint64_t all, std::uint64_t rate)
    : err_(err), all_(all), rate_(rate), is_terminal_(::isatty(STDERR_FILENO) == 1) {
  end_by_exception();
}

Progress::~Progress() {
  if (shown_) err_ << "\r\x1b[K" << std::flush;
}

double Progress::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
}

void Progress::add(std::uint64_t octets) {
  done_ += octets;
  throw_if_told_to_end();
  show();
  if (rate_ == 0) return;
  const double due = static_cast<double>(done_) / static_cast<double>(rate_);
  while (told_to_end == 0 && seconds() < due)
    std::this_thread::sleep_for(std::min<std::chrono::duration<double>>(
        kShowEvery, std::chrono::duration<double>(due - seconds())));
}

void Progress::show() {
  if (!is_terminal_ || std::chrono::steady_clock::now() < next_) return;
  next_ = std::chrono::steady_clock::now() + kShowEvery;
  const double took = std::max(seconds(), 0.001);
  const double each = static_cast<double>(done_) / took;
  err_ << '\r' << octets_text(done_) << " of at most " << octets_text(all_) << ", "
       << octets_text(static_cast<std::uint64_t>(each)) << "/s\x1b[K" << std::flush;
  shown_ = true;
}

AsOwner::AsOwner(std::filesystem::path folder)
    : user_before_(::geteuid()), group_before_(::getegid()) {
  std::error_code absent;
  folder = std::filesystem::absolute(folder, absent);
  struct stat now{};
  while (::stat(folder.c_str(), &now) != 0 && folder.has_relative_path())
    folder = folder.parent_path();
  if (user_before_ != 0 || now.st_uid == 0) return;
  changed_ = ::setegid(now.st_gid) == 0 && ::seteuid(now.st_uid) == 0;
  if (!changed_)
    throw std::runtime_error(folder.string() + ": cannot act as the user that owns it");
}

AsOwner::~AsOwner() {
  if (!changed_) return;
  const bool back = ::seteuid(user_before_) == 0 && ::setegid(group_before_) == 0;
  base::ensure(back, "root is root again");
}

}  // namespace msggw::commands
