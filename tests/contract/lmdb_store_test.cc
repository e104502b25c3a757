// SPDX-License-Identifier: Apache-2.0
#include "storage/lmdb_store.h"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>

#include "storage/data_file.h"
#include "storage/lmdb.h"
#include "tests/contract/disk_faults.h"
#include "tests/contract/lmdb_opening.h"
#include "tests/contract/store_contract.h"
#include "tests/support/temp_folder.h"

namespace msggw::test {
namespace {

namespace fs = std::filesystem;

struct LmdbFixture {
  TempFolder folder;
  std::unique_ptr<storage::Store> lmdb = storage::open_lmdb_store(options_for(folder.path()));

  storage::Store& store() { return *lmdb; }
  base::Result<void> apply_on_a_broken_disk(const storage::Batch& batch) {
    const DiskFaults faults(EIO, 0);
    return lmdb->apply(batch);
  }
};

TEST_CASE("lmdb store: keeps the contract of stores") {
  check_store_contract<LmdbFixture>();
}

TEST_CASE("lmdb store: everything is there after closing and opening again") {
  const TempFolder folder;
  const auto options = options_for(folder.path() / "made" / "on" / "demand" / "");
  storage::Batch batch;
  batch.put(kA, 5, "five");
  batch.put(kC, 1, "one");
  apply(*storage::open_lmdb_store(options), batch);
  {
    const auto store = storage::open_lmdb_store(options);
    CHECK(rows_of(*store, kA) == Rows{{5, "five"}});
    CHECK(rows_of(*store, kB).empty());
    CHECK(found(*store, kC, 1) == "one");
    batch.clear();
    batch.put(kA, 6, "six");
    batch.erase(kC, 1);
    apply(*store, batch);
  }
  auto wider = options;
  wider.tables.push_back("added later");
  const auto store = storage::open_lmdb_store(wider);
  CHECK(rows_of(*store, kA) == Rows{{5, "five"}, {6, "six"}});
  CHECK(rows_of(*store, kC).empty());
  CHECK(rows_of(*store, storage::TableNo{3}).empty());
}

TEST_CASE("lmdb store: folder and files are the owner's alone") {
  const TempFolder parent;
  const auto folder = parent.path() / "state";
  const auto store = storage::open_lmdb_store(options_for(folder));
  const auto mode = [](const fs::path& path) { return fs::status(path).permissions(); };
  CHECK(mode(folder) == fs::perms::owner_all);
  for (const char* file : {"data.mdb", "lock.mdb", "lock"}) {
    CHECK(mode(folder / file) == (fs::perms::owner_read | fs::perms::owner_write));
  }
}

TEST_CASE("lmdb store: the file grows with its rows, not with map_size") {
  const LmdbFixture fixture;
  CHECK(fs::file_size(fixture.folder.path() / "data.mdb") < 200'000);
}

enum class Afterwards { goes_on, starts_again };

/// Breaks the disk at write number `after` of a commit. False if the commit needs no more writes
/// than that.
bool check_fault(int code, const char* advice, unsigned after, Afterwards afterwards) {
  const TempFolder folder;
  auto store = storage::open_lmdb_store(options_for(folder.path()));
  storage::Batch batch;
  for (std::uint64_t key = 0; key < 400; ++key) batch.put(kA, key, std::string(100, 'o'));
  apply(*store, batch);

  batch.clear();
  for (std::uint64_t key = 0; key < 500; key += 2) batch.put(kA, key, std::string(120, 'n'));
  batch.put(kB, 1, std::string(20'000, 'n'));
  for (int tries = 0; tries < 2; ++tries) {
    const DiskFaults faults(code, after);
    const auto applied = store->apply(batch);
    if (faults.hits() == 0) {
      CHECK(applied);
      return false;
    }
    REQUIRE_FALSE(applied);
    CHECK(contains(applied.error().detail, folder.path().string()));
    CHECK(contains(applied.error().detail, advice));
    CHECK(found(*store, kB, 1) == "none");  // reads go on while the disk is bad
  }
  if (afterwards == Afterwards::starts_again) {
    store.reset();
    store = storage::open_lmdb_store(options_for(folder.path()));
  }
  CHECK(rows_of(*store, kA).size() == 400);
  CHECK(found(*store, kA, 0) == std::string(100, 'o'));
  CHECK(found(*store, kB, 1) == "none");

  apply(*store, batch);
  CHECK(rows_of(*store, kA).size() == 450);
  CHECK(found(*store, kA, 0) == std::string(120, 'n'));
  CHECK(found(*store, kA, 1) == std::string(100, 'o'));
  CHECK(found(*store, kB, 1) == std::string(20'000, 'n'));
  return true;
}

void check_every_fault(int code, const char* advice) {
  for (const auto afterwards : {Afterwards::goes_on, Afterwards::starts_again}) {
    unsigned after = 0;
    while (check_fault(code, advice, after, afterwards)) ++after;
    CHECK(after >= 3);  // the data, the sync and the meta page at least
  }
}

TEST_CASE("lmdb store: a full disk at any step of a commit") {
  check_every_fault(ENOSPC, "free space on its disk");
}

TEST_CASE("lmdb store: a failing disk at any step of a commit") {
  check_every_fault(EIO, "the disk fails");
}

TEST_CASE("lmdb store: a write that a full disk took a part of is no fault of the disk") {
  const TempFolder folder;
  const auto store = storage::open_lmdb_store(options_for(folder.path()));
  storage::Batch batch;
  batch.put(kA, 1, "one");
  const DiskFaults faults(EIO, 0, true);
  const auto applied = store->apply(batch);
  REQUIRE_FALSE(applied);
  CHECK(contains(applied.error().detail, "No space left on device; free space on its disk"));
  CHECK_FALSE(contains(applied.error().detail, "the disk fails"));
}

TEST_CASE("lmdb store: that of another owner is refused and left alone, whatever its format") {
  const TempFolder folder;
  auto theirs = options_for(folder.path());
  storage::open_lmdb_store(theirs);
  auto ours = theirs;
  ours.tables = {"devices", "meta"};
  ours.owner = "gateway";
  for (const unsigned format : {1u, 4u}) {
    for (const bool read_only : {false, true}) {
      ours.format = format;
      ours.read_only = read_only;
      CHECK(contains(refusal(ours), "is not that of a gateway; choose another folder"));
    }
    const auto checked = storage::check_lmdb_folder(ours);
    REQUIRE_FALSE(checked);
    CHECK(contains(checked.error().detail, "is not that of a gateway"));
  }
  CHECK(refusal(theirs) == "opened");
  CHECK(storage::check_lmdb_folder(theirs));
  CHECK(storage::table_names(folder.path()) == std::vector<std::string>{"_format", "a", "b", "c"});
  std::ofstream(folder.path() / "data.mdb") << "something else";
  CHECK(storage::table_names(folder.path()).empty());
}

TEST_CASE("lmdb store: a full map names the option, and nothing of the batch stays") {
  const TempFolder folder;
  auto options = options_for(folder.path());
  options.map_size = 1'000'000;  // no multiple of the page size
  const auto store = storage::open_lmdb_store(options);
  storage::Batch small;
  small.put(kA, 1, "small");
  apply(*store, small);

  storage::Batch batch;
  batch.put(kA, 1, "changed");
  for (std::uint64_t key = 2; key < 30; ++key) batch.put(kB, key, std::string(100'000, 'x'));
  const auto applied = store->apply(batch);
  REQUIRE_FALSE(applied);
  CHECK(applied.error().code == base::Errc::storage);
  CHECK(contains(applied.error().detail, "MDB_MAP_FULL"));
  CHECK(contains(applied.error().detail, "set a larger map_size and restart"));
  CHECK(contains(applied.error().detail, folder.path().string()));
  CHECK(rows_of(*store, kA) == Rows{{1, "small"}});
  CHECK(rows_of(*store, kB).empty());

  small.put(kA, 2, "still works");
  apply(*store, small);
  CHECK(found(*store, kA, 2) == "still works");
}

TEST_CASE("lmdb store: a larger map_size takes what did not fit") {
  const TempFolder folder;
  auto options = options_for(folder.path());
  options.map_size = 1 << 20;
  storage::Batch batch;
  for (std::uint64_t key = 0; key < 30; ++key) batch.put(kB, key, std::string(100'000, 'x'));
  CHECK_FALSE(storage::open_lmdb_store(options)->apply(batch));
  options.map_size = 16 << 20;
  const auto store = storage::open_lmdb_store(options);
  apply(*store, batch);
  CHECK(rows_of(*store, kB).size() == 30);
}

TEST_CASE("lmdb store: octets that are no LMDB file are refused") {
  const TempFolder folder;
  std::ofstream(folder.path() / "data.mdb") << std::string(20'000, 'j');
  const std::string reason = refusal(options_for(folder.path()));
  CHECK(contains(reason, folder.path().string()));
  CHECK(contains(reason, "damaged or not ours"));
}

/// An LMDB environment that some other program made: one table with one row.
void make_foreign_env(const fs::path& folder, const char* table, std::uint64_t key,
                      std::string_view value) {
  auto env = storage::lmdb::Env::open({.folder = folder, .map_size = 1 << 20, .tables = 1});
  REQUIRE(env);
  auto txn = (*env)->begin(storage::lmdb::Access::write);
  REQUIRE(txn);
  const auto opened = txn->open_table(table, true);
  REQUIRE(opened);
  REQUIRE(*opened);
  REQUIRE(txn->put(**opened, key, value));
  REQUIRE(txn->commit());
}

TEST_CASE("lmdb store: an environment of another program is refused and left alone") {
  const TempFolder folder;
  make_foreign_env(folder.path(), "theirs", 1, "data");
  const std::string reason = refusal(options_for(folder.path()));
  CHECK(contains(reason, "not a msggw store"));
  CHECK(contains(reason, folder.path().string()));
  const auto env =
      storage::lmdb::Env::open({.folder = folder.path(), .tables = 4, .read_only = true});
  REQUIRE(env);
  auto txn = (*env)->begin(storage::lmdb::Access::read);
  REQUIRE(txn);
  const auto ours = txn->open_table("a", false);
  REQUIRE(ours);
  CHECK_FALSE(*ours);
}

TEST_CASE("lmdb store: another format version is refused, naming both") {
  const TempFolder folder;
  make_foreign_env(folder.path(), "_format", 1, "msggw store 999");
  auto options = options_for(folder.path());
  for (const bool read_only : {false, true}) {
    options.read_only = read_only;
    const std::string reason = refusal(options);
    CHECK(contains(reason, "'msggw store 999'"));
    CHECK(contains(reason, "'msggw store 1'"));
  }
}

TEST_CASE(
    "lmdb store: an older format is taken over once it is opened for writing, and then kept") {
  const TempFolder folder;
  auto options = options_for(folder.path());
  storage::Batch batch;
  batch.put(kA, 5, "five");
  apply(*storage::open_lmdb_store(options), batch);
  options.format = 2;
  options.tables.push_back("of format 2");
  options.read_only = true;
  CHECK(contains(refusal(options), "has no table 'of format 2' yet"));
  options.tables.pop_back();
  CHECK(rows_of(*storage::open_lmdb_store(options), kA) == Rows{{5, "five"}});
  options.read_only = false;
  CHECK(rows_of(*storage::open_lmdb_store(options), kA) == Rows{{5, "five"}});
  options.format = 1;
  for (const bool read_only : {false, true}) {
    options.read_only = read_only;
    CHECK(contains(refusal(options),
                   "its format is 'msggw store 2', this program reads 'msggw store 1'"));
  }
}

TEST_CASE("lmdb store: a folder that cannot be made is named") {
  const TempFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  const auto below = folder.path() / "file" / "state";
  CHECK(contains(refusal(options_for(below)), below.string()));
  CHECK(contains(refusal(options_for(folder.path() / "file")), "Not a directory"));
}

TEST_CASE("lmdb store: read-only creates nothing") {
  const TempFolder parent;
  auto options = options_for(parent.path() / "absent");
  options.read_only = true;
  CHECK(contains(refusal(options), "check the path"));
  CHECK_FALSE(fs::exists(options.folder));

  fs::create_directory(options.folder);
  CHECK(contains(refusal(options), "check the path"));
  CHECK(fs::is_empty(options.folder));
}

TEST_CASE("lmdb store: a copy at rest can be read without a trace, but not written") {
  const TempFolder folder;
  storage::Batch batch;
  batch.put(kA, 1, "x");
  apply(*storage::open_lmdb_store(options_for(folder.path() / "live")), batch);
  fs::create_directory(folder.path() / "copy");
  fs::copy_file(folder.path() / "live" / "data.mdb", folder.path() / "copy" / "data.mdb");

  auto options = options_for(folder.path() / "copy");
  options.read_only = true;
  options.map_size = 1 << 16;  // smaller than the file: not used
  const auto store = storage::open_lmdb_store(options);
  CHECK(rows_of(*store, kA) == Rows{{1, "x"}});
  const auto applied = store->apply(batch);
  REQUIRE_FALSE(applied);
  CHECK(contains(applied.error().detail, "reading only"));
  CHECK_FALSE(fs::exists(options.folder / "lock.mdb"));
  CHECK_FALSE(fs::exists(options.folder / "lock"));
}

TEST_CASE("lmdb store: read-only misses a table") {
  const TempFolder folder;
  storage::open_lmdb_store(options_for(folder.path()));
  auto options = options_for(folder.path());
  options.read_only = true;
  options.tables.push_back("newer");
  CHECK(contains(refusal(options), "no table 'newer'"));
}

}  // namespace
}  // namespace msggw::test
