// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lmdb.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/handle.h"
#include "gateway/base/result.h"

namespace msggw::mqtt::access {

/// The little of LMDB that an environment of one table with keys of octets needs. Every failure is
/// Errc::storage with a sentence that names the file.
class LmdbFile {
 public:
  enum class For { writing, reading };

  /// For writing the file is made, and must not be there. Without LMDB's lock, in which readers are
  /// noted: one process writes, and nobody may read before it has closed the file for ever.
  static base::Result<LmdbFile> open(const std::filesystem::path& path, For what);

  /// Commits are not durable before this.
  base::Result<void> sync();

 private:
  friend class LmdbTurn;
  LmdbFile(std::filesystem::path path, base::Handle<MDB_env, mdb_env_close> env)
      : path_(std::move(path)), env_(std::move(env)) {}
  base::Result<void> checked(int code, std::string_view doing) const;

  std::filesystem::path path_;
  base::Handle<MDB_env, mdb_env_close> env_;
};

/// One transaction; ended without effect by its destructor unless committed. The file outlives it.
class LmdbTurn {
 public:
  static base::Result<LmdbTurn> begin(const LmdbFile& file, LmdbFile::For what);

  // Views live until the transaction ends or writes.

  base::Result<std::optional<std::string_view>> get(std::string_view key) const;
  base::Result<void> put(std::string_view key, std::string_view value);
  /// Shows the rows from `key` on in their order, until `visit(key, value)` says false.
  template <class Visit>
  base::Result<void> walk(std::string_view key, Visit&& visit) const {
    auto cursor = open_cursor();
    if (!cursor) return tl::unexpected(cursor.error());
    MDB_val at{key.size(), const_cast<char*>(key.data())};  // LMDB only reads it
    MDB_val value{};
    int code = mdb_cursor_get(cursor->get(), &at, &value, MDB_SET_RANGE);
    while (code == MDB_SUCCESS && visit(view(at), view(value)))
      code = mdb_cursor_get(cursor->get(), &at, &value, MDB_NEXT);
    return code == MDB_NOTFOUND ? base::Result<void>() : file_->checked(code, "read");
  }
  base::Result<void> commit();

 private:
  using Cursor = base::Handle<MDB_cursor, mdb_cursor_close>;
  LmdbTurn(const LmdbFile& file, base::Handle<MDB_txn, mdb_txn_abort> txn, MDB_dbi table)
      : file_(&file), txn_(std::move(txn)), table_(table) {}
  static std::string_view view(const MDB_val& value) noexcept {
    return {static_cast<const char*>(value.mv_data), value.mv_size};
  }
  base::Result<Cursor> open_cursor() const;

  const LmdbFile* file_;
  base::Handle<MDB_txn, mdb_txn_abort> txn_;
  MDB_dbi table_;
};

}  // namespace msggw::mqtt::access
