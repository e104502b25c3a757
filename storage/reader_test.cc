// SPDX-License-Identifier: Apache-2.0
#include "storage/reader.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <thread>

#include "storage/memory_store.h"

namespace msggw::storage {
namespace {

TEST_CASE("rows come in the order they were asked for, those that are not there too") {
  MemoryStore store(1);
  Batch batch;
  batch.put(TableNo{0}, 3, "three");
  batch.put(TableNo{0}, 7, "seven");
  REQUIRE(store.apply(batch));
  std::promise<std::vector<Reader::Row>> brought;
  Reader reader(store, TableNo{0},
                [&](std::vector<Reader::Row> rows) { brought.set_value(std::move(rows)); });
  reader.submit({3, 5, 7});
  const auto rows = brought.get_future().get();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].key == 3);
  CHECK(**rows[0].value == "three");
  CHECK_FALSE(*rows[1].value);
  CHECK(**rows[2].value == "seven");
  CHECK_FALSE(reader.busy());
}

TEST_CASE("a reader ends with a request under way, and one after the other is served") {
  MemoryStore store(1);
  for (int i = 0; i < 100; ++i) {
    std::atomic<int> brought{0};
    Reader reader(store, TableNo{0}, [&](auto) {
      ++brought;
      brought.notify_one();
    });
    reader.submit({1});
    if (i % 2 == 0) continue;
    brought.wait(0);
    while (reader.busy()) std::this_thread::yield();
    reader.submit({2});
  }
}

}  // namespace
}  // namespace msggw::storage
