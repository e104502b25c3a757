// SPDX-License-Identifier: Apache-2.0
#include "storage/handle_key.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "storage/device_record.h"
#include "storage/memory_store.h"

namespace msggw::storage {
namespace {

void put(Store& store, std::string_view row) {
  Batch batch;
  batch.put(kMeta, kHandleKey, row);
  REQUIRE(store.apply(batch));
}

TEST_CASE("the key of the handles is made once for each store, and durable when it is known") {
  std::set<core::HandleKey> keys;
  for (int i = 0; i < 100; ++i) {
    MemoryStore store(gateway_tables().size());
    const auto first = handle_key(store);
    REQUIRE(first);
    const auto row = store.find(kMeta, kHandleKey);
    REQUIRE(row);
    REQUIRE(*row);
    CHECK((*row)->size() == 17);
    CHECK(*handle_key(store) == *first);
    CHECK(*store.find(kMeta, kHandleKey) == *row);
    keys.insert(*first);
  }
  CHECK(keys.size() == 100);
}

TEST_CASE("without a durable key there is none") {
  MemoryStore store(gateway_tables().size());
  store.fail_next_applies(1);
  const auto key = handle_key(store);
  REQUIRE_FALSE(key);
  CHECK(key.error().code == base::Errc::storage);
  CHECK_FALSE(*store.find(kMeta, kHandleKey));
  CHECK(handle_key(store));
}

TEST_CASE("a row that is no key is never replaced") {
  MemoryStore store(gateway_tables().size());
  const std::string good = "\x01" + std::string(16, 'k');
  put(store, good);
  REQUIRE(handle_key(store));
  CHECK(handle_key(store)->front() == 'k');
  for (const std::string& wrong : {std::string(), std::string("\x01"), good.substr(0, 16),
                                   good + "k", "\x02" + good.substr(1)}) {
    CAPTURE(wrong);
    put(store, wrong);
    const auto key = handle_key(store);
    REQUIRE_FALSE(key);
    CHECK(key.error().code == base::Errc::storage);
    CHECK(key.error().detail.starts_with("key of the handles: "));
    CHECK(**store.find(kMeta, kHandleKey) == wrong);
  }
}

}  // namespace
}  // namespace msggw::storage
