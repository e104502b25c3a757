// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/lmdb_file.h"

#include "gateway/base/text.h"

namespace msggw::mqtt::access {

namespace {

/// Of addresses, while it is written: the file grows as it is used.
constexpr std::size_t kMapOctets = std::size_t{16} << 30;
constexpr mdb_mode_t kFileMode = 0600;

MDB_val to_val(std::string_view octets) noexcept {
  return {octets.size(), const_cast<char*>(octets.data())};  // LMDB only reads it
}

}  // namespace

base::Result<LmdbFile> LmdbFile::open(const std::filesystem::path& path, For what) {
  MDB_env* raw = nullptr;
  int code = mdb_env_create(&raw);
  LmdbFile file(path, base::Handle<MDB_env, mdb_env_close>(raw));
  // Without MDB_NOTLS a second read transaction of a thread fails (MDB_BAD_RSLOT).
  const unsigned flags =
      MDB_NOSUBDIR | MDB_NOTLS | MDB_NOLOCK | (what == For::reading ? MDB_RDONLY : MDB_NOSYNC);
  // LMDB makes the map as large as the file at least, and so for reading no larger.
  if (code == MDB_SUCCESS) code = mdb_env_set_mapsize(raw, what == For::writing ? kMapOctets : 1);
  if (code == MDB_SUCCESS) code = mdb_env_open(raw, path.c_str(), flags, kFileMode);
  if (const auto opened = file.checked(code, "open"); !opened)
    return tl::unexpected(opened.error());
  return file;
}

base::Result<void> LmdbFile::sync() {
  return checked(mdb_env_sync(env_.get(), 1), "sync");
}

base::Result<void> LmdbFile::checked(int code, std::string_view doing) const {
  if (code == MDB_SUCCESS) return {};
  return base::fail(base::Errc::storage, base::printable(path_.native(), 200) + ": " +
                                             std::string(doing) + ": " + mdb_strerror(code));
}

base::Result<LmdbTurn> LmdbTurn::begin(const LmdbFile& file, LmdbFile::For what) {
  MDB_txn* raw = nullptr;
  int code = mdb_txn_begin(file.env_.get(), nullptr,
                           what == LmdbFile::For::reading ? MDB_RDONLY : 0U, &raw);
  base::Handle<MDB_txn, mdb_txn_abort> txn(raw);
  MDB_dbi table = 0;
  if (code == MDB_SUCCESS) code = mdb_dbi_open(raw, nullptr, 0, &table);
  if (const auto begun = file.checked(code, "begin"); !begun) return tl::unexpected(begun.error());
  return LmdbTurn(file, std::move(txn), table);
}

base::Result<std::optional<std::string_view>> LmdbTurn::get(std::string_view key) const {
  MDB_val key_val = to_val(key);
  MDB_val value{};
  const int code = mdb_get(txn_.get(), table_, &key_val, &value);
  if (code == MDB_NOTFOUND) return std::optional<std::string_view>();
  if (const auto read = file_->checked(code, "read"); !read) return tl::unexpected(read.error());
  return std::optional<std::string_view>(view(value));
}

base::Result<void> LmdbTurn::put(std::string_view key, std::string_view value) {
  MDB_val key_val = to_val(key);
  MDB_val value_val = to_val(value);
  return file_->checked(mdb_put(txn_.get(), table_, &key_val, &value_val, 0), "write");
}

base::Result<LmdbTurn::Cursor> LmdbTurn::open_cursor() const {
  MDB_cursor* raw = nullptr;
  const int code = mdb_cursor_open(txn_.get(), table_, &raw);
  Cursor cursor(raw);
  if (const auto opened = file_->checked(code, "read"); !opened)
    return tl::unexpected(opened.error());
  return cursor;
}

base::Result<void> LmdbTurn::commit() {
  return file_->checked(mdb_txn_commit(txn_.release()), "commit");  // frees it also when it fails
}

}  // namespace msggw::mqtt::access
