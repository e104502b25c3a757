// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/environment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "gateway/base/handle.h"
#include "gateway/base/secrets.h"
#include "gateway/base/text.h"
#include "storage/lmdb_image.h"

namespace msggw::mqtt::access {

namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kDigits = 16;
constexpr const char* kCurrent = "current";
constexpr const char* kData = ".mdb";
constexpr const char* kLog = ".log";
constexpr const char* kKey = ".key";
/// With what a key is written into, and the lock of older versions.
constexpr const char* kKinds[]{kData, kLog, kKey, ".key.new", ".mdb-lock"};
constexpr mode_t kGroupReads = S_IRUSR | S_IWUSR | S_IRGRP;
/// At the end there would be too much to sync at once.
constexpr std::size_t kRowsPerSync = 65'536;

bool is_generation(std::string_view text) noexcept {
  return text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

std::string new_generation() {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::uint64_t number = base::random_number();
  std::string text;
  for (std::size_t i = 0; i < kDigits; ++i, number >>= 4) text.push_back(kHex[number & 15]);
  return text;
}

std::string shown(const std::filesystem::path& path) {
  return base::printable(path.native(), 200);
}

base::Result<void> failed(const std::filesystem::path& path, const char* doing) {
  return fail(Errc::storage, shown(path) + ": " + doing + ": " + std::strerror(errno));
}

/// Whoever else may write there could put another generation in the place of ours.
base::Result<void> check_owner(const std::filesystem::path& folder) {
  struct stat now{};
  if (::stat(folder.c_str(), &now) != 0) return failed(folder, "cannot be used");
  if (!S_ISDIR(now.st_mode)) return fail(Errc::storage, shown(folder) + " is no folder");
  if ((now.st_mode & (S_IWGRP | S_IWOTH)) != 0 || now.st_uid != ::geteuid())
    return fail(Errc::storage, shown(folder) +
                                   " must belong to the gateway's user, and be writable to nobody "
                                   "else (chmod g-w,o-w)");
  return {};
}

void remove_files(const std::filesystem::path& folder, const std::string& generation) {
  for (const char* const kind : kKinds) ::unlink((folder / (generation + kind)).c_str());
}

void remove_others(const std::filesystem::path& folder, const std::string& kept) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename();
    const std::string kind = name.size() > kDigits ? name.substr(kDigits) : "";
    const bool ours = is_generation(std::string_view(name).substr(0, kDigits)) &&
                      std::find(std::begin(kKinds), std::end(kKinds), kind) != std::end(kKinds);
    if (ours && name.substr(0, kDigits) != kept) ::unlink(entry.path().c_str());
  }
}

base::Result<credentials::Sealer::Key> make_key(const std::filesystem::path& path) {
  auto key = credentials::KeyFile(path).make();
  if (key && ::chmod(path.c_str(), kGroupReads) != 0)
    return tl::unexpected(failed(path, "chmod").error());
  return key;
}

/// LMDB maps the file, and a page of it that is not there would end the process that reads it.
base::Result<void> check_data(const std::filesystem::path& path) {
  const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat now{};
  if (!file || ::fstat(file.get(), &now) != 0) return failed(path, "cannot be read");
  if (!S_ISREG(now.st_mode) || (now.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fail(Errc::storage, shown(path) + " is no file that its owner alone may write");
  const storage::lmdb::Image image{
      [&](std::uint64_t offset, char* to, std::size_t size) {
        return ::pread(file.get(), to, size, static_cast<off_t>(offset)) ==
               static_cast<ssize_t>(size);
      },
      [&] {
        struct stat then{};
        return ::fstat(file.get(), &then) == 0 ? static_cast<std::uint64_t>(then.st_size) : 0;
      }};
  if (now.st_size == 0 || storage::lmdb::is_cut_off(image))
    return fail(Errc::storage, shown(path) + " is cut off");
  return {};
}

}  // namespace

base::Result<void> check_folder(const std::filesystem::path& folder) {
  if (auto good = check_owner(folder); !good) return good;
  struct stat now{};
  if (::stat(folder.c_str(), &now) != 0) return failed(folder, "cannot be used");
  if ((now.st_mode & S_ISGID) == 0 && now.st_gid != ::getegid())
    return fail(Errc::storage, shown(folder) +
                                   " needs the set-group-ID bit, so that its group can read what "
                                   "is made there (chmod g+s)");
  return {};
}

Writing::Writing(std::filesystem::path folder, std::string generation, LmdbFile table,
                 ChangeWriter changes, const credentials::Sealer& sealer)
    : folder_(std::move(folder)),
      generation_(std::move(generation)),
      table_(std::move(table)),
      changes_(std::move(changes)),
      sealer_(sealer) {}

std::filesystem::path Writing::path(const char* kind) const {
  return folder_ / (generation_ + kind);
}

base::Result<std::unique_ptr<Writing>> Writing::begin(const std::filesystem::path& folder,
                                                      const Login& login) {
  if (const auto good = check_owner(folder); !good) return tl::unexpected(good.error());
  // One that was killed before it published has left a table.
  std::error_code ignored;
  const std::string current = std::filesystem::read_symlink(folder / kCurrent, ignored).string();
  remove_others(folder, current.substr(0, kDigits));
  const std::string generation = new_generation();
  auto made = make(folder, generation, login);
  if (!made) remove_files(folder, generation);
  return made;
}

base::Result<std::unique_ptr<Writing>> Writing::make(const std::filesystem::path& folder,
                                                     const std::string& generation,
                                                     const Login& login) {
  const auto key = make_key(folder / (generation + kKey));
  if (!key) return tl::unexpected(key.error());
  const credentials::Sealer sealer(*key);
  auto table = LmdbFile::open(folder / (generation + kData), LmdbFile::For::writing);
  if (!table) return tl::unexpected(table.error());
  auto changes = ChangeWriter::make(folder / (generation + kLog), sealer);
  if (!changes) return tl::unexpected(changes.error());
  {
    auto turn = LmdbTurn::begin(*table, LmdbFile::For::writing);
    if (!turn) return tl::unexpected(turn.error());
    std::string row;
    append_login(row, login);
    auto begun = turn->put(kLoginKey, sealer.seal(row, kLoginKey));
    if (begun) begun = turn->commit();
    if (!begun) return tl::unexpected(begun.error());
  }
  return std::unique_ptr<Writing>(
      new Writing(folder, generation, std::move(*table), std::move(*changes), sealer));
}

Writing::~Writing() {
  if (table_) remove_files(folder_, generation_);
}

base::Result<void> Writing::add(std::span<const Row> rows) {
  auto turn = LmdbTurn::begin(*table_, LmdbFile::For::writing);
  if (!turn) return tl::unexpected(turn.error());
  std::string row;
  for (const auto& [no, what] : rows) {
    const std::string key = grant_key(what.name, no);
    row.clear();
    append_grant(row, what.grant);
    if (auto put = turn->put(key, sealer_.seal(row, key)); !put) return put;
  }
  auto done = turn->commit();
  unsynced_ += rows.size();
  if (!done || unsynced_ < kRowsPerSync) return done;
  unsynced_ = 0;
  return table_->sync();
}

base::Result<void> Writing::apply(std::span<const Change> changes) {
  auto done = changes_.append(changes);
  return done && !table_ ? changes_.sync() : done;
}

base::Result<void> Writing::check() const {
  if (auto there = changes_.check(); !there || table_) return there;
  std::error_code error;
  const auto target = std::filesystem::read_symlink(folder_ / kCurrent, error);
  if (error) return fail(Errc::storage, shown(folder_ / kCurrent) + " is not there any more");
  if (target != generation_ + kData)
    return fail(Errc::storage, shown(folder_ / kCurrent) + " names another generation");
  for (const char* const kind : {kData, kKey}) {
    if (::access(path(kind).c_str(), F_OK) != 0) return failed(path(kind), "is not there any more");
  }
  return {};
}

base::Result<void> Writing::publish() {
  auto done = table_->sync();
  if (done) done = changes_.sync();
  if (!done) return done;
  for (const char* const kind : {kData, kLog}) {
    if (::chmod(path(kind).c_str(), kGroupReads) != 0) return failed(path(kind), "chmod");
  }
  const std::filesystem::path beside = folder_ / "current.new";
  ::unlink(beside.c_str());
  if (::symlink((generation_ + kData).c_str(), beside.c_str()) != 0 ||
      ::rename(beside.c_str(), (folder_ / kCurrent).c_str()) != 0)
    return failed(folder_ / kCurrent, "cannot be made");
  // Before the others go: after a power cut the one before would be current, with what was removed.
  const base::UniqueFd here(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!here || ::fsync(here.get()) != 0) return failed(folder_, "cannot be synced");
  table_.reset();
  remove_others(folder_, generation_);
  return {};
}

base::Result<void> Reading::look() {
  std::array<char, kDigits + 8> target;
  const ssize_t octets = ::readlink((folder_ / kCurrent).c_str(), target.data(), target.size());
  if (octets < 0) return failed(folder_ / kCurrent, "cannot be read");
  const std::string_view name(target.data(), static_cast<std::size_t>(octets));
  const std::string generation(name.substr(0, kDigits));
  if (!is_generation(generation) || name.substr(generation.size()) != kData)
    return fail(Errc::storage, shown(folder_ / kCurrent) + " names no generation");
  if (!open_ || generation != generation_) return open(generation);
  return read_changes(*open_);
}

base::Result<void> Reading::open(const std::string& generation) {
  const std::filesystem::path path = folder_ / (generation + kData);
  if (auto good = check_data(path); !good) return good;
  const auto key = credentials::KeyFile(folder_ / (generation + kKey)).read();
  if (!key) return tl::unexpected(key.error());
  if (!*key) return fail(Errc::storage, shown(folder_ / (generation + kKey)) + " is not there");
  const credentials::Sealer sealer(**key);
  auto table = LmdbFile::open(path, LmdbFile::For::reading);
  if (!table) return tl::unexpected(table.error());
  auto log = ChangeReader::open(folder_ / (generation + kLog), sealer);
  if (!log) return tl::unexpected(log.error());
  Open opened{std::move(*table), sealer, std::move(*log), {}, {}, {}};
  std::optional<Login> login;
  {
    const auto turn = LmdbTurn::begin(opened.table, LmdbFile::For::reading);
    if (!turn) return tl::unexpected(turn.error());
    const auto row = turn->get(kLoginKey);
    if (!row) return tl::unexpected(row.error());
    if (const auto in_clear = *row ? sealer.open(**row, kLoginKey) : std::nullopt)
      login = parse_login(*in_clear);
  }
  if (!login)
    return fail(Errc::storage, shown(path) + " is not ours, or of another version of the gateway");
  if (auto read = read_changes(opened); !read) return read;
  opened.news.clear();
  open_ = std::move(opened);
  login_ = std::move(login);
  generation_ = generation;
  ++opened_;
  return {};
}

base::Result<void> Reading::read_changes(Open& open) {
  return open.log.read([&open](Change change) {
    open.news.push_back(change.no);
    std::string& name = open.changed[change.no];
    if (!name.empty()) open.grants.erase({name, change.no});
    name.clear();
    if (!change.now) return;
    name = change.now->name;
    open.grants.insert_or_assign({name, change.no}, std::move(change.now->grant));
  });
}

std::vector<std::uint32_t> Reading::take_changed() {
  return open_ ? std::exchange(open_->news, {}) : std::vector<std::uint32_t>();
}

std::uint64_t Reading::version() const noexcept {
  return open_ ? opened_ << 40 ^ open_->log.count() : 0;
}

const std::vector<Reading::Granted>& Reading::find(std::string_view name) {
  static const std::vector<Granted> nobody;
  // Whoever connects says a name, of up to 65,535 octets: none of those is remembered.
  if (name.empty() || name.size() > credentials::Credential::kMostNameOctets) return nobody;
  if (version() != remembered_version_ || remembered_.size() >= kMostRemembered) {
    remembered_.clear();
    remembered_version_ = version();
  }
  const auto [found, is_new] = remembered_.try_emplace(std::string(name));
  // What cannot be read is not there, and is tried again.
  if (is_new && open_ && !read(name, found->second)) {
    found->second.clear();
    remembered_version_ = 0;
  }
  return found->second;
}

base::Result<void> Reading::read(std::string_view name, std::vector<Granted>& found) const {
  const auto turn = LmdbTurn::begin(open_->table, LmdbFile::For::reading);
  if (!turn) return tl::unexpected(turn.error());
  const auto done =
      turn->walk(grants_begin(name), [&](std::string_view key, std::string_view value) {
        const auto no = number_in(key, name);
        if (!no || found.size() >= kMostOfName) return false;
        const auto row =
            open_->changed.contains(*no) ? std::nullopt : open_->sealer.open(value, key);
        if (auto grant = row ? parse_grant(*row) : std::nullopt)
          found.push_back({*no, std::move(*grant)});
        return true;
      });
  if (!done) return done;
  for (auto at = open_->grants.lower_bound({std::string(name), 0});
       at != open_->grants.end() && at->first.first == name && found.size() < kMostOfName; ++at)
    found.push_back({at->first.second, at->second});
  std::sort(found.begin(), found.end(),
            [](const Granted& a, const Granted& b) { return a.no < b.no; });
  return {};
}

}  // namespace msggw::mqtt::access
