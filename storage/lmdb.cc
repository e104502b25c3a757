// SPDX-License-Identifier: Apache-2.0
#include "storage/lmdb.h"

#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>

namespace msggw::storage::lmdb {

namespace {

constexpr mdb_mode_t kFileMode = 0600;

static_assert(sizeof(std::size_t) == sizeof(std::uint64_t), "MDB_INTEGERKEY compares size_t keys");

MDB_val to_val(std::string_view octets) noexcept {
  return {octets.size(), const_cast<char*>(octets.data())};  // LMDB only reads it
}

MDB_val to_val(std::uint64_t& key) noexcept {
  return {sizeof key, &key};
}

std::string_view to_view(const MDB_val& val) noexcept {
  return {static_cast<const char*>(val.mv_data), val.mv_size};
}

std::size_t whole_pages(std::size_t octets) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return (octets + page - 1) / page * page;
}

/// A disk with less room than this is full: a part of what it took may be given back since.
constexpr std::uint64_t kFullDisk = std::uint64_t{16} << 20;

/// LMDB calls it EIO when the disk took a part of a write and had no room for the rest.
int true_code(int code, const std::filesystem::path& place) {
  struct statvfs disk{};
  if (code != EIO || ::statvfs(place.c_str(), &disk) != 0) return code;
  return std::uint64_t{disk.f_bavail} * disk.f_frsize < kFullDisk ? ENOSPC : code;
}

/// What the operator can do about it; empty if the reason says it all.
std::string way_out(int code, std::size_t map_size) {
  switch (code) {
    case MDB_MAP_FULL:
      return "it has grown to its map_size of " + std::to_string(map_size) +
             " octets; set a larger map_size and restart";
    case ENOSPC:
    case EDQUOT: return "free space on its disk or move the folder to a larger one";
    case EIO:
      return "the disk fails, unless a quota is used up (the kernel's log tells): replace it and "
             "restore the folder from a backup";
    case EROFS: return "its file system is mounted read-only; check the disk and mount it again";
    case EACCES:
    case EPERM: return "run as the user that owns the folder, or change its owner";
    case ENOENT: return "there is no store there; check the path";
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
      return "data.mdb is damaged or not ours; choose another folder or restore a backup";
    case MDB_READERS_FULL: return "too many processes look at it at once; end some of them";
    case MDB_MAP_RESIZED: return "another process has given it a larger map_size; restart this one";
  }
  return {};
}

/// LMDB has no checksums: pages that are not what their place promises end the process, with words.
void damaged(MDB_env* env, const char*) noexcept {
  static_cast<const FaultWords*>(mdb_env_get_userctx(env))->end();
}

std::string words_of_damage(const std::filesystem::path& folder) {
  return "msggw: store " + folder.string() +
         ": data.mdb is damaged, its pages lead nowhere, or its disk cannot be read; look with "
         "`msggw store check`, and restore the folder from the newest backup";
}

}  // namespace

Env::Env(const EnvOptions& options, base::Handle<MDB_env, mdb_env_close> env)
    : folder_(options.folder),
      map_size_(options.map_size),
      words_(words_of_damage(options.folder), options.exit_of_damage),
      env_(std::move(env)) {}

int Env::fd() const noexcept {
  int fd = -1;
  mdb_env_get_fd(env_.get(), &fd);
  return fd;
}

bool Env::has_lock_file() const noexcept {
  unsigned flags = 0;
  return mdb_env_get_flags(env_.get(), &flags) == MDB_SUCCESS && (flags & MDB_NOLOCK) == 0;
}

std::size_t Env::map_size() const noexcept {
  MDB_envinfo info{};
  mdb_env_info(env_.get(), &info);
  return info.me_mapsize;
}

void Env::free_dead_readers() const noexcept {
  mdb_reader_check(env_.get(), nullptr);
}

base::Result<void> write_empty(int fd, std::size_t map_size) {
  MDB_env* raw = nullptr;
  int code = mdb_env_create(&raw);
  const base::Handle<MDB_env, mdb_env_close> env(raw);
  // By the descriptor, so that nobody can put another file in its place meanwhile.
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  if (code == MDB_SUCCESS) code = mdb_env_set_mapsize(raw, whole_pages(map_size));
  if (code == MDB_SUCCESS)
    code = mdb_env_open(raw, path.c_str(), MDB_NOSUBDIR | MDB_NOLOCK, kFileMode);
  if (code == MDB_SUCCESS) return {};
  code = true_code(code, path);
  const std::string advice = way_out(code, map_size);
  return base::fail(base::Errc::storage,
                    mdb_strerror(code) + (advice.empty() ? "" : "; " + advice));
}

void Env::release_pages() noexcept {
  if (!map_.empty()) ::madvise(map_.data(), map_.size(), MADV_DONTNEED);
}

/// LMDB tells the address of its map only if it is a fixed one, so the system is asked for it.
std::span<char> Env::find_map() const noexcept {
  const base::Handle<std::FILE, std::fclose> maps(std::fopen("/proc/self/maps", "re"));
  std::error_code absent;
  const std::string file = std::filesystem::canonical(folder_ / "data.mdb", absent);
  char line[4'096 + 128];
  while (maps && std::fgets(line, sizeof line, maps.get()) != nullptr) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    int path = 0;
    if (std::sscanf(line, "%zx-%zx %*s %*s %*s %*s %n", &begin, &end, &path) != 2) continue;
    const std::string_view name(line + path);
    if (!absent && name.substr(0, name.find('\n')) == file)
      return {reinterpret_cast<char*>(begin), end - begin};
  }
  return {};
}

base::Error Env::error(int told, std::string_view doing) const {
  const int code = true_code(told, folder_);
  std::string detail =
      "store " + folder_.string() + ": " + std::string(doing) + ": " + mdb_strerror(code);
  if (const std::string advice = way_out(code, map_size_); !advice.empty()) detail += "; " + advice;
  return {base::Errc::storage, std::move(detail)};
}

base::Result<void> Env::checked(int code, std::string_view doing) const {
  if (code != MDB_SUCCESS) return tl::unexpected(error(code, doing));
  return {};
}

base::Result<std::unique_ptr<Env>> Env::open(const EnvOptions& options) {
  EnvOptions rounded = options;
  rounded.map_size = whole_pages(options.map_size);
  MDB_env* raw = nullptr;
  int code = mdb_env_create(&raw);
  std::unique_ptr<Env> env(new Env(rounded, base::Handle<MDB_env, mdb_env_close>(raw)));
  const Following following(env->words_);
  // Without MDB_NOTLS a second read transaction of a thread fails (MDB_BAD_RSLOT).
  unsigned flags = MDB_NOTLS;
  if (options.is_file) flags |= MDB_NOSUBDIR | MDB_NOLOCK;
  if (options.read_only) {
    flags |= MDB_RDONLY;
    std::error_code ignored;
    if (options.at_rest || !std::filesystem::exists(options.folder / "lock.mdb", ignored))
      flags |= MDB_NOLOCK;
  }
  if (code == MDB_SUCCESS) code = mdb_env_set_userctx(raw, &env->words_);
  if (code == MDB_SUCCESS) code = mdb_env_set_assert(raw, damaged);
  if (code == MDB_SUCCESS) code = mdb_env_set_maxdbs(raw, options.tables);
  if (code == MDB_SUCCESS && rounded.map_size != 0)
    code = mdb_env_set_mapsize(raw, rounded.map_size);
  if (code == MDB_SUCCESS) code = mdb_env_open(raw, options.folder.c_str(), flags, kFileMode);
  if (code == MDB_SUCCESS && (flags & MDB_NOLOCK) == 0) code = mdb_reader_check(raw, nullptr);
  if (code != MDB_SUCCESS) return tl::unexpected(env->error(code, "open"));
  env->map_ = env->find_map();
  env->words_.set_map(env->map_);
  return env;
}

/// LMDB reads the number of the last commit, and then the page that says where its trees are; that
/// page is the commit's after the next too. A reader that is held up between the two while one
/// commit ends and another is written sees the latter before it is durable, perhaps half a page.
bool Env::was_overtaken(MDB_txn* reader) const {
  MDB_envinfo info;
  mdb_env_info(env_.get(), &info);
  return info.me_last_txnid >= mdb_txn_id(reader) + 2;
}

base::Result<Txn> Env::begin(Access access) const {
  const Following following(words_);
  const unsigned flags = access == Access::read ? MDB_RDONLY : 0;
  for (;;) {
    MDB_txn* raw = nullptr;
    const int code = mdb_txn_begin(env_.get(), nullptr, flags, &raw);
    if (code != MDB_SUCCESS) return tl::unexpected(error(code, "begin"));
    base::Handle<MDB_txn, mdb_txn_abort> txn(raw);
    if (access == Access::write || !was_overtaken(raw)) return Txn(*this, std::move(txn));
  }
}

base::Result<std::optional<Table>> Txn::open_table(const char* name, bool create) {
  const Env::Following following(env_->words());
  MDB_dbi dbi = 0;
  const int code =
      mdb_dbi_open(txn_.get(), name, MDB_INTEGERKEY | (create ? MDB_CREATE : 0u), &dbi);
  if (code == MDB_NOTFOUND) return std::optional<Table>();
  if (code != MDB_SUCCESS) {
    return tl::unexpected(env_->error(code, std::string("open table ") + name));
  }
  return std::optional<Table>(Table{dbi});
}

base::Result<bool> Txn::holds_nothing() const {
  const Env::Following following(env_->words());
  MDB_dbi names = 0;
  MDB_stat stat{};
  int code = mdb_dbi_open(txn_.get(), nullptr, 0, &names);
  if (code == MDB_SUCCESS) code = mdb_stat(txn_.get(), names, &stat);
  if (code != MDB_SUCCESS) return tl::unexpected(env_->error(code, "list tables"));
  return stat.ms_entries == 0;
}

base::Result<std::vector<std::string>> Txn::names() const {
  const Env::Following following(env_->words());
  std::vector<std::string> names;
  MDB_dbi dbi = 0;
  int code = mdb_dbi_open(txn_.get(), nullptr, 0, &dbi);
  MDB_cursor* raw = nullptr;
  if (code == MDB_SUCCESS) code = mdb_cursor_open(txn_.get(), dbi, &raw);
  const base::Handle<MDB_cursor, mdb_cursor_close> cursor(raw);
  MDB_val key{};
  if (code == MDB_SUCCESS) code = mdb_cursor_get(raw, &key, nullptr, MDB_FIRST);
  for (; code == MDB_SUCCESS; code = mdb_cursor_get(raw, &key, nullptr, MDB_NEXT))
    names.emplace_back(to_view(key));
  if (code != MDB_NOTFOUND) return tl::unexpected(env_->error(code, "list tables"));
  return names;
}

base::Result<std::uint64_t> Txn::rows(Table table) const {
  const Env::Following following(env_->words());
  MDB_stat stat{};
  if (const int code = mdb_stat(txn_.get(), static_cast<MDB_dbi>(table), &stat);
      code != MDB_SUCCESS)
    return tl::unexpected(env_->error(code, "count rows"));
  return std::uint64_t{stat.ms_entries};
}

base::Result<Pages> Txn::pages() const {
  const Env::Following following(env_->words());
  constexpr MDB_dbi kFree = 0;  // LMDB's own table of the pages that were given back
  constexpr std::uint64_t kMetaPages = 2;
  MDB_dbi all = 0;
  int code = mdb_dbi_open(txn_.get(), nullptr, 0, &all);
  if (code != MDB_SUCCESS) return tl::unexpected(env_->error(code, "count pages"));
  Pages pages{0, kMetaPages, 0};
  const auto count = [&](MDB_dbi dbi) {
    MDB_stat stat{};
    if (code == MDB_SUCCESS) code = mdb_stat(txn_.get(), dbi, &stat);
    pages.page_octets = stat.ms_psize;
    pages.used += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
  };
  count(kFree);
  count(all);
  const auto tables = names();
  if (!tables) return tl::unexpected(tables.error());
  for (const std::string& name : *tables) {
    MDB_dbi dbi = 0;
    if (code == MDB_SUCCESS) code = mdb_dbi_open(txn_.get(), name.c_str(), 0, &dbi);
    count(dbi);
  }
  MDB_cursor* raw = nullptr;
  if (code == MDB_SUCCESS) code = mdb_cursor_open(txn_.get(), kFree, &raw);
  const base::Handle<MDB_cursor, mdb_cursor_close> cursor(raw);
  MDB_val key{};
  MDB_val list{};  // how many numbers of pages follow, then these
  for (MDB_cursor_op step = MDB_FIRST; code == MDB_SUCCESS; step = MDB_NEXT) {
    code = mdb_cursor_get(raw, &key, &list, step);
    std::size_t listed = 0;
    if (code == MDB_SUCCESS && list.mv_size >= sizeof listed)
      std::memcpy(&listed, list.mv_data, sizeof listed);
    pages.free += listed;
  }
  if (code != MDB_NOTFOUND) return tl::unexpected(env_->error(code, "count pages"));
  return pages;
}

base::Result<std::optional<std::string_view>> Txn::get(Table table, std::uint64_t key) const {
  const Env::Following following(env_->words());
  MDB_val key_val = to_val(key);
  MDB_val value{};
  const int code = mdb_get(txn_.get(), static_cast<MDB_dbi>(table), &key_val, &value);
  if (code == MDB_NOTFOUND) return std::optional<std::string_view>();
  if (code != MDB_SUCCESS) return tl::unexpected(env_->error(code, "read"));
  return std::optional<std::string_view>(to_view(value));
}

base::Result<void> Txn::put(Table table, std::uint64_t key, std::string_view value) {
  const Env::Following following(env_->words());
  MDB_val key_val = to_val(key);
  MDB_val value_val = to_val(value);
  return env_->checked(mdb_put(txn_.get(), static_cast<MDB_dbi>(table), &key_val, &value_val, 0),
                       "write");
}

base::Result<void> Txn::commit() {
  const Env::Following following(env_->words());
  return env_->checked(mdb_txn_commit(txn_.release()), "commit");  // frees it also when it fails
}

base::Result<Cursor> Cursor::open(const Txn& txn, Table table) {
  const Env::Following following(txn.env_->words());
  MDB_cursor* raw = nullptr;
  const int code = mdb_cursor_open(txn.txn_.get(), static_cast<MDB_dbi>(table), &raw);
  if (code != MDB_SUCCESS) return tl::unexpected(txn.env_->error(code, "open a cursor"));
  return Cursor(*txn.env_, base::Handle<MDB_cursor, mdb_cursor_close>(raw));
}

base::Result<bool> Cursor::move(MDB_cursor_op operation) {
  const Env::Following following(env_->words());
  MDB_val key{};
  MDB_val value{};
  const int code = mdb_cursor_get(cursor_.get(), &key, &value, operation);
  if (code == MDB_NOTFOUND) return false;
  if (code != MDB_SUCCESS) return tl::unexpected(env_->error(code, "read"));
  if (key.mv_size != sizeof key_) return tl::unexpected(env_->error(MDB_CORRUPTED, "read"));
  std::memcpy(&key_, key.mv_data, sizeof key_);  // keys are aligned to 2 octets only
  value_ = to_view(value);
  return true;
}

base::Result<void> Cursor::put(std::uint64_t key, std::string_view value, bool append) {
  const Env::Following following(env_->words());
  MDB_val key_val = to_val(key);
  MDB_val value_val = to_val(value);
  return env_->checked(
      mdb_cursor_put(cursor_.get(), &key_val, &value_val, append ? MDB_APPEND : 0u), "write");
}

base::Result<void> Cursor::erase(std::uint64_t key) {
  const Env::Following following(env_->words());
  MDB_val key_val = to_val(key);
  MDB_val value{};
  int code = mdb_cursor_get(cursor_.get(), &key_val, &value, MDB_SET);
  if (code == MDB_NOTFOUND) return {};
  if (code == MDB_SUCCESS) code = mdb_cursor_del(cursor_.get(), 0);
  return env_->checked(code, "erase");
}

}  // namespace msggw::storage::lmdb
