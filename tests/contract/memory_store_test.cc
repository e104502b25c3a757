// SPDX-License-Identifier: Apache-2.0
#include "storage/memory_store.h"

#include "tests/contract/store_contract.h"

namespace msggw::test {
namespace {

struct MemoryFixture {
  storage::MemoryStore memory{kContractTables};

  storage::Store& store() { return memory; }
  base::Result<void> apply_on_a_broken_disk(const storage::Batch& batch) {
    memory.fail_next_applies(1);
    return memory.apply(batch);
  }
};

TEST_CASE("memory store: keeps the contract of stores") {
  check_store_contract<MemoryFixture>();
}

TEST_CASE("memory store: fails as often as it was told to") {
  storage::MemoryStore store(1);
  storage::Batch batch;
  batch.put(kA, 1, "x");
  store.fail_next_applies(2);
  CHECK_FALSE(store.apply(batch));
  CHECK_FALSE(store.apply(batch));
  CHECK(rows_of(store, kA).empty());
  CHECK(store.apply(batch));
  CHECK(rows_of(store, kA) == Rows{{1, "x"}});
}

}  // namespace
}  // namespace msggw::test
