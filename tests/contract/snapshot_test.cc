// SPDX-License-Identifier: Apache-2.0
// A store looked at and copied beside its writer, and what takes the place of its file.
#include "storage/snapshot.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "storage/replacement.h"
#include "tests/contract/child.h"
#include "tests/contract/disk_faults.h"
#include "tests/contract/lmdb_opening.h"
#include "tests/contract/store_contract.h"
#include "tests/support/temp_folder.h"

namespace msggw::test::snapshot_test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kRows = 20'000;

const std::vector<std::string> kTables{"a", "b", "c"};

void put_all(storage::Store& store, const std::string& value) {
  storage::Batch batch;
  for (std::uint64_t key = 0; key < kRows; ++key) batch.put(kA, key, value);
  batch.put(kC, 0, value);
  REQUIRE(store.apply(batch));
}

/// Puts a copy in the place of a store's file.
void install(const fs::path& copy, const fs::path& folder) {
  fs::create_directories(folder);
  fs::copy_file(copy, folder / "data.mdb");
}

TEST_CASE("snapshot: a copy beside a writer is one state, of the size that was said before") {
  const TempFolder folder;
  Child writer([&](Line& line) {
    const auto store = storage::open_lmdb_store(options_for(folder.path() / "store"));
    for (std::uint64_t number = 0; !line.gone(); ++number) {
      storage::Batch batch;
      for (std::uint64_t key = 0; key < 200; ++key)
        batch.put(kA, key + number * 100, std::to_string(number));
      batch.put(kB, 0, std::to_string(number));
      if (!store->apply(batch)) throw std::runtime_error("apply");
      line.say(number);
    }
  });
  REQUIRE(writer.line().hear());
  for (int round = 0; round < 5; ++round) {
    CAPTURE(round);
    const fs::path copy = folder.path() / ("copy-" + std::to_string(round));
    std::uint64_t used = 0;
    std::uint64_t rows = 0;
    {
      const auto snapshot = storage::open_snapshot(folder.path() / "store", kTables);
      CHECK(snapshot->format_number() == 1);
      used = snapshot->size().value().used;
      REQUIRE(writer.line().hear());  // it goes on meanwhile
      REQUIRE(snapshot->copy_to(copy, [&](std::uint64_t count, std::uint64_t) { rows += count; }));
      for (const auto& table : snapshot->tables()) rows -= table.rows;
    }
    CHECK(rows == 1);  // that of the format
    CHECK(fs::file_size(copy) <= used + (256u << 10));
    CHECK((fs::status(copy).permissions() & fs::perms::mask) == fs::perms(0600));
    install(copy, folder.path() / std::to_string(round));
    const auto store = storage::open_lmdb_store(options_for(folder.path() / std::to_string(round)));
    const std::uint64_t last = std::stoull(found(*store, kB, 0));
    std::uint64_t next = 0;
    REQUIRE(store->load(kA, [&](std::uint64_t key, std::string_view value) {
      CHECK(key == next);
      CHECK(value == std::to_string(std::min(key / 100, last)));
      ++next;
    }));
    CHECK(next == last * 100 + 200);
  }
}

TEST_CASE("snapshot: what lies free is told, and not copied") {
  const TempFolder folder;
  {
    const auto store = storage::open_lmdb_store(options_for(folder.path() / "store"));
    put_all(*store, std::string(500, 'x'));
    storage::Batch batch;
    for (std::uint64_t key = 100; key < kRows; ++key) batch.erase(kA, key);
    REQUIRE(store->apply(batch));
  }
  const auto before = fs::file_size(folder.path() / "store/data.mdb");
  {
    const auto snapshot = storage::open_snapshot(folder.path() / "store", kTables);
    const auto size = snapshot->size().value();
    CHECK(size.free > before / 2);
    CHECK(size.used < before / 10);
    auto target = storage::Replacement::begin(folder.path() / "store").value();
    REQUIRE(target.write(*snapshot, {}));
    CHECK(contains(refusal(options_for(folder.path() / "store")), "in use by process"));
    CHECK(target.octets() <= size.used + (256u << 10));
  }
  CHECK_FALSE(fs::exists(folder.path() / "store/data.mdb.made"));  // it was not wanted
  CHECK(fs::file_size(folder.path() / "store/data.mdb") == before);
}

TEST_CASE("snapshot: a full disk leaves no part of a copy") {
  const TempFolder folder;
  put_all(*storage::open_lmdb_store(options_for(folder.path() / "store")), std::string(500, 'x'));
  const auto snapshot = storage::open_snapshot(folder.path() / "store", kTables);
  for (const unsigned after : {0u, 1u, 5u, 20u}) {
    CAPTURE(after);
    const DiskFaults faults(ENOSPC, after);
    const auto copied = snapshot->copy_to(folder.path() / "copy", {});
    REQUIRE_FALSE(copied);
    CHECK(faults.hits() > 0);
    CHECK(contains(copied.error().detail, "No space left"));
    CHECK_FALSE(fs::exists(folder.path() / "copy"));
  }
  REQUIRE(snapshot->copy_to(folder.path() / "copy", {}));
  CHECK_FALSE(snapshot->copy_to(folder.path() / "copy", {}));  // it takes no file's place
}

TEST_CASE("snapshot: a writer that does not know of it is noticed") {
  const TempFolder folder;
  const fs::path where = folder.path() / "store";
  put_all(*storage::open_lmdb_store(options_for(where)), "old");
  fs::remove(where / "lock.mdb");  // as after a restore
  const auto snapshot = storage::open_snapshot(where, kTables);
  const auto backup = storage::open_snapshot(where, kTables, storage::Writer::none);
  const auto ignore = [](std::uint64_t, std::string_view) {};
  CHECK(snapshot->load(kA, ignore));
  CHECK_FALSE(fs::exists(where / "lock.mdb"));
  Child writer([&](Line& line) {
    const auto store = storage::open_lmdb_store(options_for(where));
    line.say(1);
    line.hear();
  });
  REQUIRE(writer.line().hear());
  CHECK_FALSE(snapshot->load(kA, ignore));
  CHECK_FALSE(snapshot->copy_to(folder.path() / "copy", {}));
  CHECK_FALSE(fs::exists(folder.path() / "copy"));
  CHECK(backup->load(kA, ignore));
}

TEST_CASE("snapshot: what is no store of ours is refused") {
  const TempFolder folder;
  CHECK_THROWS(storage::open_snapshot(folder.path() / "nothing", kTables));
  fs::create_directories(folder.path() / "other");
  std::ofstream(folder.path() / "other/data.mdb") << "something else";
  CHECK_THROWS(storage::open_snapshot(folder.path() / "other", kTables));
}

TEST_CASE("lmdb store: a reader that was killed does not let the file grow") {
  const TempFolder folder;
  const auto write = [](storage::Store& store, std::uint64_t number) {
    storage::Batch batch;
    for (std::uint64_t key = 0; key < 50; ++key)
      batch.put(kA, key * 97 % 2'000, std::string(200, 'x') + std::to_string(number));
    REQUIRE(store.apply(batch));
  };
  put_all(*storage::open_lmdb_store(options_for(folder.path())), std::string(200, 'x'));
  Child reader([&](Line& line) {
    const auto snapshot = storage::open_snapshot(folder.path(), kTables);
    line.say(1);
    line.hear();
  });
  REQUIRE(reader.line().hear());
  const auto store = storage::open_lmdb_store(options_for(folder.path()));
  for (std::uint64_t number = 0; number < 50; ++number) write(*store, number);
  const auto watched = fs::file_size(folder.path() / "data.mdb");
  reader.kill_it();
  for (std::uint64_t number = 0; number < 10; ++number) write(*store, number);
  const auto after = fs::file_size(folder.path() / "data.mdb");
  for (std::uint64_t number = 0; number < 300; ++number) write(*store, number);
  CHECK(fs::file_size(folder.path() / "data.mdb") <= after);
  CHECK(after <= watched + (4u << 20));
}

TEST_CASE("replacement: the old file stays until the new one is whole, and is kept") {
  const TempFolder folder;
  const fs::path store = folder.path() / "store";
  put_all(*storage::open_lmdb_store(options_for(store)), "old");
  put_all(*storage::open_lmdb_store(options_for(folder.path() / "other")), "new");
  const auto value = [](const fs::path& where) {
    return found(*storage::open_lmdb_store(options_for(where, true)), kC, 0);
  };
  const auto from = storage::open_file(folder.path() / "other/data.mdb").value();
  {
    auto target = storage::Replacement::begin(store).value();
    CHECK(target.replaces());
    REQUIRE(target.write(from.get(), [](std::uint64_t) {}));
  }
  CHECK(value(store) == "old");
  CHECK_FALSE(fs::exists(store / "data.mdb.made"));
  REQUIRE(::lseek(from.get(), 0, SEEK_SET) == 0);
  fs::path kept;
  {
    auto target = storage::Replacement::begin(store).value();
    REQUIRE(target.write(from.get(), [](std::uint64_t) {}));
    storage::Batch more;
    more.put(kB, 7, "more");
    REQUIRE(target.put(kTables, more));
    CHECK_FALSE(target.put({"a", "none"}, more));
    kept = target.keep_old("before").value();
    CHECK(value(store) == "old");
    REQUIRE(target.take_place());
    CHECK(target.keep_old("before").value() == store / "before-2");
  }
  CHECK(value(store) == "new");
  CHECK(found(*storage::open_lmdb_store(options_for(store, true)), kB, 7) == "more");
  CHECK(kept == store / "before");
  CHECK(value(kept) == "old");
  put_all(*storage::open_lmdb_store(options_for(store)), "newer");
  CHECK(value(kept) == "old");
}

}  // namespace
}  // namespace msggw::test::snapshot_test
