// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "storage/store.h"

namespace msggw::storage {
namespace {

constexpr TableNo kA{0};
constexpr TableNo kB{1};

std::string shown(const Batch& batch) {
  std::string text;
  for (const Batch::Change& change : batch.sorted()) {
    text.append(std::to_string(static_cast<int>(change.table))).append("/");
    text.append(std::to_string(change.key)).append(change.erase ? "-" : "=");
    text.append(batch.value(change)).append(" ");
  }
  return text;
}

TEST_CASE("batch: changes come sorted by table and key") {
  Batch batch;
  batch.put(kB, 1, "b1");
  batch.put(kA, 9, "a9");
  batch.put(kA, 3, "a3");
  batch.erase(kB, 0);
  CHECK(shown(batch) == "0/3=a3 0/9=a9 1/0- 1/1=b1 ");
}

TEST_CASE("batch: the last change of a row counts") {
  Batch batch;
  batch.put(kA, 1, "first");
  batch.put(kA, 2, "kept");
  batch.put(kA, 1, "second");
  batch.erase(kA, 2);
  batch.put(kB, 1, "other table");
  batch.erase(kA, 3);
  batch.put(kA, 3, "again");
  CHECK(shown(batch) == "0/1=second 0/2- 0/3=again 1/1=other table ");
  CHECK(batch.size() == 7);
}

TEST_CASE("batch: the same row twice in ascending order counts once") {
  Batch batch;
  batch.put(kA, 1, "old");
  batch.put(kA, 1, "new");
  CHECK(shown(batch) == "0/1=new ");
}

TEST_CASE("batch: put_with appends in place") {
  Batch batch;
  batch.put(kA, 1, "xx");
  batch.put_with(kA, 2, [](std::string& out) { out.append("written"); });
  batch.put_with(kA, 3, [](std::string&) {});
  CHECK(shown(batch) == "0/1=xx 0/2=written 0/3= ");
  CHECK(batch.octets() == 9);
}

TEST_CASE("batch: keys use all 64 bits") {
  Batch batch;
  batch.put(kA, ~std::uint64_t{0}, "top");
  batch.put(kA, std::uint64_t{1} << 32, "middle");
  batch.put(kA, 0, "bottom");
  CHECK(shown(batch) == "0/0=bottom 0/4294967296=middle 0/18446744073709551615=top ");
}

TEST_CASE("batch: clear empties it for another use") {
  Batch batch;
  batch.put(kA, 1, "one");
  batch.clear();
  CHECK(batch.empty());
  CHECK(batch.octets() == 0);
  CHECK(batch.sorted().empty());
  batch.put(kB, 2, "two");
  CHECK(shown(batch) == "1/2=two ");
}

}  // namespace
}  // namespace msggw::storage
