// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "storage/store.h"

/// What every Store promises (storage/store.h), checked against any of them. To add a store, write
/// a fixture
///
///   struct Fixture {
///     storage::Store& store();                      // fresh and empty, kContractTables tables
///     base::Result<void> apply_on_a_broken_disk(const storage::Batch&);  // fails; the next
///     apply() works again
///   };
///
/// and call check_store_contract<Fixture>() from a TEST_CASE.
namespace msggw::test {

inline constexpr std::size_t kContractTables = 3;
inline constexpr storage::TableNo kA{0};
inline constexpr storage::TableNo kB{1};
inline constexpr storage::TableNo kC{2};

using Rows = std::vector<std::pair<std::uint64_t, std::string>>;

inline Rows rows_of(storage::Store& store, storage::TableNo table) {
  Rows rows;
  const auto loaded = store.load(table, [&](std::uint64_t key, std::string_view value) {
    rows.emplace_back(key, std::string(value));
  });
  CHECK_MESSAGE(loaded, (loaded ? "" : loaded.error().detail));
  return rows;
}

inline std::string found(storage::Store& store, storage::TableNo table, std::uint64_t key) {
  const auto value = store.find(table, key);
  if (!value) return "error: " + value.error().detail;
  return *value ? **value : "none";
}

inline void apply(storage::Store& store, const storage::Batch& batch) {
  const auto applied = store.apply(batch);
  REQUIRE_MESSAGE(applied, (applied ? "" : applied.error().detail));
}

inline void check_empty(storage::Store& store) {
  for (const auto table : {kA, kB, kC}) CHECK(rows_of(store, table).empty());
  CHECK(found(store, kA, 0) == "none");
  apply(store, storage::Batch{});
  CHECK(rows_of(store, kA).empty());
}

inline void check_load_order(storage::Store& store) {
  storage::Batch batch;
  batch.put(kA, 300, "c");
  batch.put(kA, 0, "first");
  batch.put(kA, 255, "a");
  batch.put(kA, ~std::uint64_t{0}, "last");
  batch.put(kA, 256, "b");
  batch.put(kB, 7, "");
  apply(store, batch);
  CHECK(rows_of(store, kA) ==
        Rows{{0, "first"}, {255, "a"}, {256, "b"}, {300, "c"}, {~std::uint64_t{0}, "last"}});
  CHECK(rows_of(store, kB) == Rows{{7, ""}});
  CHECK(rows_of(store, kC).empty());
  CHECK(found(store, kA, 256) == "b");
  CHECK(found(store, kB, 7) == "");
  CHECK(found(store, kC, 256) == "none");
}

inline void check_last_write_wins(storage::Store& store) {
  storage::Batch batch;
  batch.put(kA, 1, "old");
  batch.put(kA, 2, "stays");
  batch.put(kA, 1, "new");
  batch.put(kA, 3, "gone");
  batch.erase(kA, 3);
  batch.erase(kA, 4);
  batch.put(kA, 4, "back");
  apply(store, batch);
  CHECK(rows_of(store, kA) == Rows{{1, "new"}, {2, "stays"}, {4, "back"}});
}

inline void check_replace_and_erase(storage::Store& store) {
  storage::Batch batch;
  for (std::uint64_t key = 1; key <= 4; ++key) batch.put(kA, key, "value");
  apply(store, batch);
  batch.clear();
  batch.put(kA, 2, "a longer value than before");
  batch.put(kA, 3, "");
  batch.erase(kA, 1);
  batch.erase(kA, 4);  // the highest of the table, and a new highest beside it
  batch.put(kA, 5, "appended");
  batch.erase(kA, 99);
  batch.erase(kB, 1);  // in a table without rows
  apply(store, batch);
  CHECK(rows_of(store, kA) == Rows{{2, "a longer value than before"}, {3, ""}, {5, "appended"}});
  CHECK(found(store, kA, 1) == "none");
  CHECK(found(store, kA, 2) == "a longer value than before");
}

template <class Fixture>
void check_failed_batch(Fixture& fixture) {
  storage::Store& store = fixture.store();
  storage::Batch batch;
  batch.put(kA, 1, "before");
  batch.put(kA, 2, "before");
  apply(store, batch);

  batch.clear();
  batch.put(kA, 1, "after");
  batch.erase(kA, 2);
  batch.put(kA, 3, "after");
  batch.put(kB, 1, "after");
  const auto applied = fixture.apply_on_a_broken_disk(batch);
  REQUIRE_FALSE(applied);
  CHECK(applied.error().code == base::Errc::storage);
  CHECK_FALSE(applied.error().detail.empty());
  CHECK(rows_of(store, kA) == Rows{{1, "before"}, {2, "before"}});
  CHECK(rows_of(store, kB).empty());
  CHECK(found(store, kA, 3) == "none");

  apply(store, batch);  // the very same batch again
  CHECK(rows_of(store, kA) == Rows{{1, "after"}, {3, "after"}});
  CHECK(rows_of(store, kB) == Rows{{1, "after"}});
}

inline void check_big_values(storage::Store& store) {
  const std::string big(100'000, 'b');
  std::string every_octet;
  for (int octet = 0; octet < 256; ++octet) every_octet.push_back(static_cast<char>(octet));
  storage::Batch batch;
  batch.put(kA, 1, "small");
  batch.put(kA, 2, big);
  batch.put(kA, 3, every_octet);
  apply(store, batch);
  CHECK(rows_of(store, kA) == Rows{{1, "small"}, {2, big}, {3, every_octet}});
  batch.clear();
  batch.put(kA, 2, "shrunk");
  batch.put(kA, 1, big);
  apply(store, batch);
  CHECK(rows_of(store, kA) == Rows{{1, big}, {2, "shrunk"}, {3, every_octet}});
}

/// Random batches against a plain map that does the same.
inline void check_random_changes(storage::Store& store) {
  std::mt19937 random(7);
  std::map<std::uint64_t, std::string> expected;
  for (int round = 0; round < 50; ++round) {
    storage::Batch batch;
    const auto changes = 1 + random() % 200;
    for (unsigned i = 0; i < changes; ++i) {
      const std::uint64_t key = random() % 2'000;
      if (random() % 3 == 0) {
        batch.erase(kA, key);
        expected.erase(key);
      } else {
        const std::string value(random() % 300, static_cast<char>('a' + random() % 26));
        batch.put(kA, key, value);
        expected[key] = value;
      }
    }
    apply(store, batch);
  }
  CHECK(rows_of(store, kA) == Rows(expected.begin(), expected.end()));
}

inline void check_many_keys(storage::Store& store) {
  constexpr std::uint64_t kKeys = 50'000;
  storage::Batch batch;
  for (std::uint64_t key = 0; key < kKeys; key += 2) batch.put(kA, key, std::to_string(key));
  apply(store, batch);
  batch.clear();
  for (std::uint64_t key = 1; key < kKeys; key += 2) batch.put(kA, key, std::to_string(key));
  apply(store, batch);
  std::uint64_t next = 0;
  bool right = true;
  const auto loaded = store.load(kA, [&](std::uint64_t key, std::string_view value) {
    right = right && key == next && value == std::to_string(key);
    ++next;
  });
  REQUIRE(loaded);
  CHECK(right);
  CHECK(next == kKeys);
}

template <class Fixture>
void check_store_contract() {
  Fixture fixture;
  SUBCASE("a fresh store is empty, and so is an empty batch") {
    check_empty(fixture.store());
  }
  SUBCASE("rows are loaded in ascending key order") {
    check_load_order(fixture.store());
  }
  SUBCASE("the last change of a row in a batch wins") {
    check_last_write_wins(fixture.store());
  }
  SUBCASE("rows are replaced and erased") {
    check_replace_and_erase(fixture.store());
  }
  SUBCASE("a failed batch leaves nothing and may be applied again") {
    check_failed_batch(fixture);
  }
  SUBCASE("values may be big, and hold any octet") {
    check_big_values(fixture.store());
  }
  SUBCASE("random changes add up") {
    check_random_changes(fixture.store());
  }
  SUBCASE("many keys") {
    check_many_keys(fixture.store());
  }
}

}  // namespace msggw::test
