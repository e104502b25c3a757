// SPDX-License-Identifier: Apache-2.0
#include "storage/replacement.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "storage/folder_lock.h"
#include "storage/lmdb.h"

namespace msggw::storage {

namespace {

namespace fs = std::filesystem;

constexpr const char* kData = "data.mdb";
constexpr unsigned kMostAside = 1'000;

}  // namespace

Replacement::Replacement(fs::path folder, base::UniqueFd lock)
    : folder_(std::move(folder)), lock_(std::move(lock)) {
  ::unlink(made().c_str());  // of one that ended before it was whole
}

Replacement::Replacement(Replacement&& other) noexcept
    : folder_(std::exchange(other.folder_, {})), lock_(std::move(other.lock_)) {}

Replacement::~Replacement() {
  if (!folder_.empty()) ::unlink(made().c_str());
}

base::Result<Replacement> Replacement::begin(const fs::path& folder) {
  const fs::path named = without_slash(folder);
  try {
    base::UniqueFd lock = lock_folder(named);
    return Replacement(named, std::move(lock));
  } catch (const std::runtime_error& error) {
    return base::fail(base::Errc::storage, error.what());
  }
}

bool Replacement::replaces() const {
  std::error_code error;
  return fs::symlink_status(folder_ / kData, error).type() != fs::file_type::not_found;
}

base::Result<Hashed> Replacement::write(int from,
                                        const std::function<void(std::uint64_t octets)>& progress) {
  return copy_file(from, made(), progress);
}

base::Result<void> Replacement::write(Snapshot& snapshot, const Snapshot::Progress& progress) {
  return snapshot.copy_to(made(), progress);
}

bool Replacement::is_waiting() const {
  std::error_code error;
  return fs::exists(made(), error);
}

base::Result<void> Replacement::put(const std::vector<std::string>& tables, const Batch& batch) {
  const auto env = lmdb::Env::open(
      {.folder = made(), .tables = static_cast<unsigned>(tables.size()) + 1, .is_file = true});
  if (!env) return tl::unexpected(env.error());
  auto txn = (*env)->begin(lmdb::Access::write);
  if (!txn) return tl::unexpected(txn.error());
  for (const Batch::Change& change : batch.sorted()) {
    const std::string& name = tables.at(static_cast<std::size_t>(change.table));
    const auto table = txn->open_table(name.c_str(), false);
    if (!table) return tl::unexpected(table.error());
    if (!*table) return base::fail(base::Errc::storage, made().string() + ": has no table " + name);
    if (auto done = txn->put(**table, change.key, batch.value(change)); !done) return done;
  }
  return txn->commit();
}

std::uint64_t Replacement::octets() const {
  std::error_code error;
  const auto octets = fs::file_size(made(), error);
  return error ? 0 : octets;
}

base::Result<fs::path> Replacement::keep_old(const std::string& aside) {
  if (!replaces()) return fs::path();
  fs::path kept = folder_ / aside;
  for (unsigned number = 2; ::mkdir(kept.c_str(), 0700) != 0; ++number) {
    if (errno != EEXIST || number > kMostAside) return failed(kept, "make it");
    kept = folder_ / (aside + "-" + std::to_string(number));
  }
  // A second name: the file itself stays in its place until the new one takes that.
  if (::link((folder_ / kData).c_str(), (kept / kData).c_str()) != 0) {
    const auto why = failed(kept / kData, "make it");
    ::rmdir(kept.c_str());
    return why;
  }
  if (auto synced = sync_entries(kept); !synced) return tl::unexpected(synced.error());
  return kept;
}

base::Result<void> Replacement::take_place() {
  // Whoever looks at the old file goes on with the old lock file: what that says of readers and of
  // the last commit is not true of the new one.
  if (::unlink((folder_ / "lock.mdb").c_str()) != 0 && errno != ENOENT)
    return failed(folder_ / "lock.mdb", "remove it");
  if (::rename(made().c_str(), (folder_ / kData).c_str()) != 0) return failed(made(), "rename it");
  try {
    sync_folder(folder_);
  } catch (const std::runtime_error& error) {
    return base::fail(base::Errc::storage, error.what());
  }
  return {};
}

}  // namespace msggw::storage
