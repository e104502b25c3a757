// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lmdb.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/handle.h"
#include "gateway/base/result.h"
#include "storage/fault_words.h"

/// The little of LMDB that the store needs, with owners instead of pointers: tables with 64-bit
/// keys, read and write transactions, one cursor at a time. "Not there" is a value; every other
/// failure is Errc::storage with a sentence that names the folder, LMDB's reason and, where there
/// is one, the way out.
namespace msggw::storage::lmdb {

enum class Table : MDB_dbi {};
enum class Access { read, write };

struct EnvOptions {
  std::filesystem::path folder;  ///< must exist
  std::size_t map_size = 0;      ///< octets, rounded up to whole pages; 0: what the file says
  unsigned tables = 1;           ///< at most so many are opened
  bool read_only = false;
  /// Nobody writes: LMDB's lock file is neither looked at nor made.
  bool at_rest = false;
  /// Of the process, when pages lead nowhere, which LMDB notices deep within.
  int exit_of_damage = 2;
  /// `folder` is a data file, which this process alone has: there is no lock file.
  bool is_file = false;
};

/// How many pages there are, as of one transaction.
struct Pages {
  std::size_t page_octets = 0;
  std::uint64_t used = 0;  ///< of all tables, and what leads to them
  std::uint64_t free = 0;  ///< given back, to be used again
};

class Txn;

/// An open environment. A folder may be open once in a process (LMDB's own file locks end at the
/// first close), and a process that forks must do so before. Safe from any thread; outlives its
/// transactions.
class Env {
 public:
  using Following = FaultWords::Following;

  /// Also frees the reader slots of processes that died. With read_only nothing is created: LMDB's
  /// lock file is used if it is there (somebody may be writing) and done without if not (a copy at
  /// rest).
  static base::Result<std::unique_ptr<Env>> open(const EnvOptions& options);

  /// One write transaction at a time in all processes; it waits for its turn, and must end on the
  /// thread that began it. Read transactions see the state of their begin; keep them short, since
  /// pages they see cannot be reused.
  base::Result<Txn> begin(Access access) const;

  /// Of the data file.
  int fd() const noexcept;
  /// Whether a writer knows of its readers.
  bool has_lock_file() const noexcept;
  /// The address space that it was opened with, octets.
  std::size_t map_size() const noexcept;

  /// Frees the reader slots of processes that have died since: as long as there is one, pages that
  /// it could see are not used again, and the file grows with each commit. Costs no system call
  /// while no other process looks.
  void free_dead_readers() const noexcept;

  /// Gives back the memory through which pages of the file were read; they stay in the system's
  /// cache and come back when touched. LMDB reads by its memory map and would otherwise keep every
  /// page ever touched in the process, though the tables are in RAM already. One thread at a time.
  void release_pages() noexcept;

  const FaultWords& words() const noexcept { return words_; }
  base::Error error(int code, std::string_view doing) const;
  /// Nothing if `code` is MDB_SUCCESS, else error().
  base::Result<void> checked(int code, std::string_view doing) const;

 private:
  Env(const EnvOptions& options, base::Handle<MDB_env, mdb_env_close> env);

  bool was_overtaken(MDB_txn* reader) const;
  std::span<char> find_map() const noexcept;

  std::filesystem::path folder_;
  std::size_t map_size_;
  std::span<char> map_;  ///< the file in memory
  FaultWords words_;     ///< of its damage
  base::Handle<MDB_env, mdb_env_close> env_;
};

/// Writes an environment without a table to the empty file behind `fd`, not synced. Errors:
/// storage.
base::Result<void> write_empty(int fd, std::size_t map_size);

/// A transaction; aborted by its destructor unless committed. Its cursors must be gone before
/// commit() and before it.
class Txn {
 public:
  /// No value: the environment has no such table and `create` is false. The number stays valid for
  /// the life of the environment once this transaction is committed; tables are opened in the first
  /// transaction only.
  base::Result<std::optional<Table>> open_table(const char* name, bool create);
  /// Whether the environment holds no table at all.
  base::Result<bool> holds_nothing() const;
  /// The names of all tables.
  base::Result<std::vector<std::string>> names() const;
  base::Result<std::uint64_t> rows(Table table) const;
  base::Result<Pages> pages() const;

  /// The value lives until the transaction ends or writes.
  base::Result<std::optional<std::string_view>> get(Table table, std::uint64_t key) const;
  base::Result<void> put(Table table, std::uint64_t key, std::string_view value);

  /// Returns once everything is on stable storage. Ends the transaction either way. After a failure
  /// the environment may be of no more use (MDB_PANIC): open it again before the next write.
  base::Result<void> commit();

 private:
  friend class Env;
  friend class Cursor;
  Txn(const Env& env, base::Handle<MDB_txn, mdb_txn_abort> txn)
      : env_(&env), txn_(std::move(txn)) {}

  const Env* env_;
  base::Handle<MDB_txn, mdb_txn_abort> txn_;
};

/// A place in one table. Ascending keys make each step and each write cheap, since they hit the
/// page at hand.
class Cursor {
 public:
  static base::Result<Cursor> open(const Txn& txn, Table table);

  /// Each returns whether there is such a row; if so key() and value() show it until the next call.
  base::Result<bool> first() { return move(MDB_FIRST); }
  base::Result<bool> next() { return move(MDB_NEXT); }
  base::Result<bool> last() { return move(MDB_LAST); }
  std::uint64_t key() const noexcept { return key_; }
  std::string_view value() const noexcept { return value_; }

  /// `append`: the key is known to be above every key of the table; several times cheaper, and
  /// fills pages.
  base::Result<void> put(std::uint64_t key, std::string_view value, bool append);
  /// Nothing happens if there is no such row.
  base::Result<void> erase(std::uint64_t key);

 private:
  Cursor(const Env& env, base::Handle<MDB_cursor, mdb_cursor_close> cursor)
      : env_(&env), cursor_(std::move(cursor)) {}
  base::Result<bool> move(MDB_cursor_op operation);

  const Env* env_;
  base::Handle<MDB_cursor, mdb_cursor_close> cursor_;
  std::uint64_t key_ = 0;
  std::string_view value_;
};

}  // namespace msggw::storage::lmdb
