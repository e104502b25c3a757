// SPDX-License-Identifier: Apache-2.0
#include "storage/lmdb_store.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "gateway/base/handle.h"
#include "gateway/base/log.h"
#include "gateway/base/text.h"
#include "storage/data_file.h"
#include "storage/files.h"
#include "storage/folder_lock.h"
#include "storage/lmdb.h"
#include "storage/store_format.h"

namespace msggw::storage {

namespace {

using lmdb::Access;
using lmdb::Cursor;
using lmdb::Env;
using lmdb::Table;
using lmdb::Txn;

constexpr std::size_t kMostTables = 16;

void check_names(const std::vector<std::string>& names) {
  base::ensure(names.size() <= kMostTables, "storage: too many tables");
  for (const std::string& name : names) {
    base::ensure(!name.empty() && name.front() != '_', "storage: a table's name is reserved");
    base::ensure(std::count(names.begin(), names.end(), name) == 1, "storage: a table twice");
  }
}

class LmdbStore final : public Store {
 public:
  explicit LmdbStore(LmdbOptions options);
  ~LmdbStore() override = default;

  base::Result<void> load(TableNo table, const Visitor& visit) override;
  base::Result<void> apply(const Batch& batch) override;
  base::Result<std::optional<std::string>> find(TableNo table, std::uint64_t key) override;
  base::Result<void> check() override { return file_.check(); }

 private:
  base::Result<void> open_env();
  base::Result<void> reopen();
  base::Result<void> check_owner(const Txn& txn) const;
  base::Result<void> check_format(Txn& txn) const;
  bool is_older(std::string_view found) const;
  base::Result<void> write(const std::vector<Batch::Change>& changes, const Batch& batch);
  base::Result<void> write_table(Txn& txn, const Batch& batch, const Batch::Change* begin,
                                 const Batch::Change* end);
  base::Result<Txn> begin(Access access) const;
  Table table(TableNo no) const;
  base::Error error(std::string reason) const {
    return {base::Errc::storage, "store " + options_.folder.string() + ": " + std::move(reason)};
  }

  /// Of rows written, each with what is around it: rare enough to cost nothing, often enough that
  /// the map holds a few megabytes.
  static constexpr std::size_t kOctetsPerRelease = std::size_t{1} << 20;
  static constexpr std::size_t kAroundRow = 64;

  LmdbOptions options_;
  std::size_t written_ = 0;  ///< octets since pages were released
  base::UniqueFd lock_;
  DataFile file_;
  /// Held shared by whoever uses env_, and alone by the writer thread while it opens it again.
  mutable std::shared_mutex env_mutex_;
  std::unique_ptr<Env> env_;
  std::vector<Table> tables_;
};

LmdbStore::LmdbStore(LmdbOptions options) : options_(std::move(options)) {
  check_names(options_.tables);
  options_.folder = without_slash(options_.folder);
  if (!options_.read_only) lock_ = lock_folder(options_.folder);
  if (const auto opened = open_env(); !opened) throw std::runtime_error(opened.error().detail);
  if (!options_.read_only) sync_folder(options_.folder);
}

/// Requires env_mutex_ alone (or no other thread yet). After a failure the store is closed.
base::Result<void> LmdbStore::open_env() {
  env_.reset();  // first: a folder is open once in a process
  if (!options_.read_only && !file_.known()) {
    if (auto made = make_data_file(options_.folder, options_.map_size); !made) return made;
  }
  if (auto good = check_data_files(options_.folder, options_.read_only); !good) return good;
  auto env = Env::open({.folder = options_.folder,
                        .map_size = options_.read_only ? 0 : options_.map_size,
                        .tables = static_cast<unsigned>(options_.tables.size()) + 1,
                        .read_only = options_.read_only});
  if (!env) return tl::unexpected(std::move(env.error()));
  if (auto same = file_.opened(options_.folder, (*env)->fd()); !same) return same;
  auto txn = (*env)->begin(options_.read_only ? Access::read : Access::write);
  if (!txn) return tl::unexpected(std::move(txn.error()));
  if (auto checked = check_format(*txn); !checked) return checked;
  std::vector<Table> tables;
  for (const std::string& name : options_.tables) {
    const auto table = txn->open_table(name.c_str(), !options_.read_only);
    if (!table) return tl::unexpected(table.error());
    if (!*table) {
      return tl::unexpected(error("has no table '" + name + "' yet; start its owner once"));
    }
    tables.push_back(**table);
  }
  if (auto committed = txn->commit(); !committed) return committed;
  env_ = std::move(*env);
  tables_ = std::move(tables);
  return {};
}

/// The format says nothing of it: each owner counts its own. A store without a table is anybody's.
base::Result<void> LmdbStore::check_owner(const Txn& txn) const {
  const auto names = txn.names();
  if (!names) return tl::unexpected(names.error());
  const auto has = [&](const std::string& name) {
    return std::find(names->begin(), names->end(), name) != names->end();
  };
  const bool is_bare = names->size() == 1;
  if (options_.tables.empty() || is_bare || has(options_.tables.front())) return {};
  return tl::unexpected(error("is not that of a " + options_.owner + "; choose another folder"));
}

base::Result<void> LmdbStore::check_format(Txn& txn) const {
  const auto empty = txn.holds_nothing();
  if (!empty) return tl::unexpected(empty.error());
  const bool create = *empty && !options_.read_only;
  const auto table = txn.open_table(kFormatTable, create);
  if (!table) return tl::unexpected(table.error());
  if (!*table) {
    return tl::unexpected(
        error("holds an LMDB environment that is not a msggw store; choose another folder"));
  }
  const std::string own = format_of(options_.format);
  if (create) return txn.put(**table, kFormatKey, own);
  if (auto owned = check_owner(txn); !owned) return owned;
  const auto format = txn.get(**table, kFormatKey);
  if (!format) return tl::unexpected(format.error());
  const std::string found(format->value_or("nothing"));
  if (found == own) return {};
  if (!is_older(found))
    return tl::unexpected(error("its format is '" + base::printable(found) +
                                "', this program reads '" + own +
                                "'; run the version that wrote it, or choose another folder"));
  if (options_.read_only) return {};
  base::log::info("store_upgraded",
                  {{"folder", options_.folder.string()}, {"before", found}, {"format", own}});
  return txn.put(**table, kFormatKey, own);
}

/// Whether `found` is a format that came before the one that the program writes.
bool LmdbStore::is_older(std::string_view found) const {
  const unsigned number = number_of_format(found);
  return number != 0 && number < options_.format;
}

base::Result<void> LmdbStore::load(TableNo no, const Visitor& visit) {
  const std::shared_lock lock(env_mutex_);
  const auto txn = begin(Access::read);
  if (!txn) return tl::unexpected(txn.error());
  auto cursor = Cursor::open(*txn, table(no));
  if (!cursor) return tl::unexpected(cursor.error());
  auto there = cursor->first();
  for (; there && *there; there = cursor->next()) visit(cursor->key(), cursor->value());
  env_->release_pages();
  if (!there) return tl::unexpected(there.error());
  return {};
}

base::Result<void> LmdbStore::apply(const Batch& batch) {
  if (options_.read_only) return tl::unexpected(error("opened for reading only"));
  if (batch.empty()) return {};
  if (auto there = check(); !there) return there;  // and stays open: /proc/PID/fd has its octets
  if (!env_) {
    if (auto opened = reopen(); !opened) return opened;
  }
  auto written = write(batch.sorted(), batch);
  // A commit that fails at its last write makes LMDB refuse everything until it is opened again
  // (MDB_PANIC). Which ones did cannot be asked, so it is opened again after any failure; if that
  // fails too, at the next try.
  if (!written) {
    static_cast<void>(reopen());
    return written;
  }
  written_ += batch.octets() + batch.size() * kAroundRow;
  if (written_ >= kOctetsPerRelease) {
    env_->release_pages();
    written_ = 0;
  }
  return check();
}

base::Result<void> LmdbStore::reopen() {
  const std::unique_lock lock(env_mutex_);
  return open_env();
}

/// Leaves nothing behind unless the commit succeeds: the transaction aborts itself. Needs no lock
/// on env_, which only this thread changes.
base::Result<void> LmdbStore::write(const std::vector<Batch::Change>& changes, const Batch& batch) {
  env_->free_dead_readers();
  auto txn = begin(Access::write);
  if (!txn) return tl::unexpected(txn.error());
  const Batch::Change* const end = changes.data() + changes.size();
  for (const Batch::Change* from = changes.data(); from != end;) {
    const Batch::Change* to = from;
    while (to != end && to->table == from->table) ++to;
    if (auto written = write_table(*txn, batch, from, to); !written) return written;
    from = to;
  }
  return txn->commit();
}

/// The changes of one table, in ascending key order. The cursor must be gone before the transaction
/// ends.
base::Result<void> LmdbStore::write_table(Txn& txn, const Batch& batch, const Batch::Change* begin,
                                          const Batch::Change* end) {
  auto cursor = Cursor::open(txn, table(begin->table));
  if (!cursor) return tl::unexpected(cursor.error());
  const auto filled = cursor->last();
  if (!filled) return tl::unexpected(filled.error());
  const std::uint64_t last = cursor->key();
  for (const Batch::Change* change = begin; change != end; ++change) {
    const bool append = !*filled || change->key > last;
    auto done = change->erase ? cursor->erase(change->key)
                              : cursor->put(change->key, batch.value(*change), append);
    if (!done) return done;
  }
  return {};
}

base::Result<std::optional<std::string>> LmdbStore::find(TableNo no, std::uint64_t key) {
  const std::shared_lock lock(env_mutex_);
  const auto txn = begin(Access::read);
  if (!txn) return tl::unexpected(txn.error());
  const auto value = txn->get(table(no), key);
  if (!value) return tl::unexpected(value.error());
  if (!*value) return std::optional<std::string>();
  return std::optional<std::string>(**value);
}

base::Result<Txn> LmdbStore::begin(Access access) const {
  if (const auto there = file_.check(); !there) return tl::unexpected(there.error());
  if (!env_) return tl::unexpected(error("closed after a failure; the next write opens it again"));
  return env_->begin(access);
}

Table LmdbStore::table(TableNo no) const {
  const auto index = static_cast<std::size_t>(no);
  base::ensure(index < tables_.size(), "storage: table number out of range");
  return tables_[index];
}

}  // namespace

base::Result<void> check_lmdb_folder(LmdbOptions options) {
  const std::filesystem::path folder = without_slash(options.folder);
  const auto fail = [&](const std::filesystem::path& what, const std::string& why) {
    return base::fail(base::Errc::storage, "store " + folder.string() + ": " + what.string() + why);
  };
  std::error_code absent;
  std::filesystem::path there = std::filesystem::absolute(folder, absent);
  while (there.has_relative_path() && !std::filesystem::exists(there, absent))
    there = there.parent_path();
  if (!std::filesystem::is_directory(there, absent)) return fail(there, " is no folder");
  if (::access(there.c_str(), W_OK | X_OK) != 0)
    return fail(there, std::string(" cannot be written: ") +
                           std::generic_category().message(errno) +
                           "; run as the user that owns it, or change its owner");
  if (auto good = check_data_files(folder, false); !good) return good;
  if (!std::filesystem::exists(folder / "data.mdb", absent)) return {};
  if (options.tables.size() > 1) options.tables.resize(1);  // an older format lacks some
  options.read_only = true;
  try {
    open_lmdb_store(std::move(options));
  } catch (const std::runtime_error& error) {
    return base::fail(base::Errc::storage, error.what());
  }
  return {};
}

std::unique_ptr<Store> open_lmdb_store(LmdbOptions options) {
  return std::make_unique<LmdbStore>(std::move(options));
}

}  // namespace msggw::storage
