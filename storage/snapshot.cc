// SPDX-License-Identifier: Apache-2.0
#include "storage/snapshot.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "gateway/base/handle.h"
#include "gateway/base/text.h"
#include "storage/data_file.h"
#include "storage/lmdb.h"
#include "storage/store_format.h"

namespace msggw::storage {

namespace {

using lmdb::Access;
using lmdb::Cursor;
using lmdb::Env;
using lmdb::Table;
using lmdb::Txn;

constexpr unsigned kMostTables = 64;
/// Of rows in one commit of a copy.
constexpr std::size_t kStepOctets = std::size_t{8} << 20;
constexpr std::size_t kAroundRow = 16;
constexpr const char* kWrite = "write it";

template <class T>
T must(base::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().detail);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

class LmdbSnapshot final : public Snapshot {
 public:
  LmdbSnapshot(std::filesystem::path folder, const std::vector<std::string>& tables, Writer writer);

  base::Result<void> load(TableNo table, const Visitor& visit) override;
  base::Result<void> apply(const Batch&) override {
    return base::fail(base::Errc::storage, "a snapshot is not written");
  }
  base::Result<std::optional<std::string>> find(TableNo table, std::uint64_t key) override;
  base::Result<void> check() override { return {}; }

  const std::string& format() const noexcept override { return format_; }
  unsigned format_number() const noexcept override { return number_of_format(format_); }
  base::Result<Size> size() const override;
  const std::vector<TableRows>& tables() const noexcept override { return all_; }
  base::Result<void> copy_to(const std::filesystem::path& to, const Progress& progress) override;

 private:
  void look_at_tables();
  base::Result<void> check_that_none_writes() const;
  base::Result<void> copy_into(Env& to, const Progress& progress);
  base::Result<void> copy_table(Env& to, Table from, Table into, const Progress& progress);
  std::optional<Table> table(TableNo no) const { return known_.at(static_cast<std::size_t>(no)); }

  std::filesystem::path folder_;
  bool is_unlocked_ = false;  ///< a writer would not know of this reader
  std::unique_ptr<Env> env_;
  std::optional<Txn> txn_;
  std::string format_;
  std::vector<std::optional<Table>> known_;  ///< by TableNo; none: not in this store
  std::vector<TableRows> all_;
  std::vector<std::pair<std::string, Table>> each_;  ///< with that of the format
};

LmdbSnapshot::LmdbSnapshot(std::filesystem::path folder, const std::vector<std::string>& tables,
                           Writer writer)
    : folder_(std::move(folder)) {
  must(check_data_files(folder_, true));
  env_ = must(Env::open({.folder = folder_,
                         .tables = kMostTables,
                         .read_only = true,
                         .at_rest = writer == Writer::none,
                         .exit_of_damage = 1}));
  is_unlocked_ = writer == Writer::maybe && !env_->has_lock_file();
  txn_ = must(env_->begin(Access::read));
  look_at_tables();
  for (const std::string& name : tables) {
    const auto found = std::find_if(each_.begin(), each_.end(),
                                    [&](const auto& one) { return one.first == name; });
    known_.push_back(found == each_.end() ? std::nullopt : std::optional(found->second));
  }
  if (format_number() == 0)
    throw std::runtime_error("store " + folder_.string() + ": is no store of msggw" +
                             (format_.empty() ? "" : ", but '" + base::printable(format_) + "'"));
}

void LmdbSnapshot::look_at_tables() {
  for (const std::string& name : must(txn_->names())) {
    const auto opened = must(txn_->open_table(name.c_str(), false));
    if (!opened || each_.size() >= kMostTables) continue;
    each_.emplace_back(name, *opened);
    if (name != kFormatTable) all_.push_back({name, must(txn_->rows(*opened))});
    if (name == kFormatTable)
      format_ = std::string(must(txn_->get(*opened, kFormatKey)).value_or(std::string_view()));
  }
}

base::Result<void> LmdbSnapshot::check_that_none_writes() const {
  std::error_code error;
  if (!is_unlocked_ || !std::filesystem::exists(folder_ / "lock.mdb", error)) return {};
  return base::fail(base::Errc::storage,
                    "store " + folder_.string() +
                        ": who owns the store was started while it was read, so what was read may "
                        "be half new; begin once more");
}

base::Result<void> LmdbSnapshot::load(TableNo no, const Visitor& visit) {
  if (!table(no)) return {};
  auto cursor = Cursor::open(*txn_, *table(no));
  if (!cursor) return tl::unexpected(cursor.error());
  auto there = cursor->first();
  for (; there && *there; there = cursor->next()) visit(cursor->key(), cursor->value());
  env_->release_pages();
  if (!there) return tl::unexpected(there.error());
  return check_that_none_writes();
}

base::Result<std::optional<std::string>> LmdbSnapshot::find(TableNo no, std::uint64_t key) {
  if (!table(no)) return std::optional<std::string>();
  const auto value = txn_->get(*table(no), key);
  if (!value) return tl::unexpected(value.error());
  return *value ? std::optional(std::string(**value)) : std::nullopt;
}

base::Result<Snapshot::Size> LmdbSnapshot::size() const {
  const auto pages = txn_->pages();
  if (!pages) return tl::unexpected(pages.error());
  return Size{pages->used * pages->page_octets, pages->free * pages->page_octets};
}

base::Result<void> LmdbSnapshot::copy_to(const std::filesystem::path& to,
                                         const Progress& progress) {
  const auto failed = [&](const std::string& doing) {
    const int code = errno;
    if (doing == kWrite) ::unlink(to.c_str());
    return base::fail(base::Errc::storage,
                      to.string() + ": " + doing + ": " + std::generic_category().message(code));
  };
  const base::UniqueFd fd(
      ::open(to.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return failed("make it");
  auto done = base::Result<void>();
  {
    // By the descriptor, so that nobody can put another file in its place meanwhile.
    auto env = Env::open({.folder = "/proc/self/fd/" + std::to_string(fd.get()),
                          .map_size = env_->map_size(),
                          .tables = kMostTables,
                          .is_file = true});
    if (env)
      done = copy_into(**env, progress);
    else
      done = tl::unexpected(env.error());
  }
  if (done && ::fsync(fd.get()) != 0) return failed(kWrite);
  if (!done) {
    ::unlink(to.c_str());
    const std::string& why = done.error().detail;  // begins with how the file was opened
    return base::fail(base::Errc::storage,
                      to.string() + why.substr(std::min(why.find(": "), why.size())));
  }
  return done;
}

base::Result<void> LmdbSnapshot::copy_into(Env& to, const Progress& progress) {
  auto made = to.begin(Access::write);
  if (!made) return tl::unexpected(made.error());
  std::vector<Table> into;
  for (const auto& [name, from] : each_) {
    const auto opened = made->open_table(name.c_str(), true);
    if (!opened) return tl::unexpected(opened.error());
    into.push_back(**opened);
  }
  if (auto committed = made->commit(); !committed) return committed;
  for (std::size_t i = 0; i < each_.size(); ++i) {
    if (auto copied = copy_table(to, each_[i].second, into[i], progress); !copied) return copied;
    env_->release_pages();
  }
  return check_that_none_writes();
}

base::Result<void> LmdbSnapshot::copy_table(Env& to, Table from, Table into,
                                            const Progress& progress) {
  auto rows = Cursor::open(*txn_, from);
  if (!rows) return tl::unexpected(rows.error());
  std::uint64_t all = 0;
  auto there = rows->first();
  while (there && *there) {
    std::uint64_t count = 0;
    std::uint64_t octets = 0;
    auto step = to.begin(Access::write);
    if (!step) return tl::unexpected(step.error());
    {
      auto writing = Cursor::open(*step, into);
      if (!writing) return tl::unexpected(writing.error());
      for (; there && *there && octets < kStepOctets; there = rows->next()) {
        if (auto put = writing->put(rows->key(), rows->value(), true); !put) return put;
        ++count;
        octets += rows->value().size() + kAroundRow;
      }
    }
    if (auto committed = step->commit(); !committed) return committed;
    all += count;
    if (progress) progress(count, octets);
  }
  if (!there) return tl::unexpected(there.error());
  const auto wanted = txn_->rows(from);
  if (!wanted) return tl::unexpected(wanted.error());
  if (*wanted != all)
    return base::fail(base::Errc::storage, "store: data.mdb is damaged, it holds " +
                                               std::to_string(all) + " rows in place of " +
                                               std::to_string(*wanted));
  return {};
}

}  // namespace

std::unique_ptr<Snapshot> open_snapshot(const std::filesystem::path& folder,
                                        const std::vector<std::string>& tables, Writer writer) {
  return std::make_unique<LmdbSnapshot>(folder, tables, writer);
}

}  // namespace msggw::storage
