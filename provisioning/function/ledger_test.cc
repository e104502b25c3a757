// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/ledger.h"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "provisioning/function/ledger_bench.h"
#include "storage/memory_store.h"

namespace msggw::function {
namespace {

using What = Verdict::What;

std::size_t rows_in(storage::Store& store) {
  std::size_t rows = 0;
  REQUIRE(store.load(kAssignments, [&](std::uint64_t, std::string_view) { ++rows; }));
  return rows;
}

TEST_CASE("an assignment may be told after its commit, a repetition joins it") {
  storage::MemoryStore store(store_tables().size());
  LedgerBench bench(store);
  const auto first = bench.provision("a");
  CHECK(first.what == What::assigned);
  CHECK(first.due == CommitNo{1});
  const auto repeated = bench.provision("a");
  CHECK(repeated.what == What::known);
  CHECK(repeated.row == first.row);
  CHECK(repeated.due == CommitNo{1});
  CHECK(bench.look_up("a").due == CommitNo{1});
  CHECK(bench->waiting() == 3);
  CHECK(rows_in(store) == 0);

  bench->submit();
  // While the commit is in flight: the same row still waits for it, a new one for the next.
  CHECK(bench.provision("a").due == CommitNo{1});
  const auto other = bench.provision("b");
  CHECK(other.what == What::assigned);
  CHECK(other.due == CommitNo{2});
  bench->submit();  // nothing: one commit at a time
  CHECK(bench.await_commit() == CommitNo{1});
  CHECK(rows_in(store) == 1);
  CHECK(bench->waiting() == 1);
  CHECK(bench.provision("a").due == kNow);
  CHECK(bench.provision("b").due == CommitNo{2});

  bench->submit();
  CHECK(bench.await_commit() == CommitNo{2});
  CHECK(bench.provision("b").due == kNow);
  CHECK(bench.service_id(bench.provision("b")) == bench.service_id(other));
  CHECK(bench->waiting() == 0);
}

TEST_CASE("a store that fails delays and loses nothing") {
  storage::MemoryStore store(store_tables().size());
  LedgerBench bench(store);
  store.fail_next_applies(3);
  const auto verdict = bench.provision("a");
  bench->submit();
  CHECK(bench.await_commit() == verdict.due);
  CHECK(rows_in(store) == 1);
}

TEST_CASE("a restart remembers every assignment") {
  storage::MemoryStore store(store_tables().size());
  std::string a, b;
  {
    LedgerBench bench(store);
    a = bench.service_id(bench.provision("a"));
    b = bench.service_id(bench.provision("b"));
    bench->submit();
    bench.await_commit();
  }
  LedgerBench again(store);
  CHECK(again->assignments() == 2);
  const auto known = again.provision("a");
  CHECK(known.what == What::known);
  CHECK(known.due == kNow);
  CHECK(again.service_id(known) == a);
  CHECK(again.service_id(again.look_up("b")) == b);
  const auto fresh = again.provision("c");
  CHECK(fresh.what == What::assigned);
  again->submit();
  again.await_commit();
  CHECK(rows_in(store) == 3);
}

TEST_CASE("a release is told after its commit, and until then nothing says that it is gone") {
  storage::MemoryStore store(store_tables().size());
  LedgerBench bench(store);
  const auto old_id = bench.service_id(bench.provision("a"));
  bench->submit();
  bench.await_commit();
  CHECK(bench.look_up("nobody").due == kNow);

  const auto released = bench.release("a");
  CHECK(released.what == What::released);
  CHECK(released.due == CommitNo{2});
  CHECK(bench.look_up("a").what == What::absent);
  CHECK(bench.look_up("a").due == CommitNo{2});
  CHECK(bench.release("a").due == CommitNo{2});
  bench->submit();
  CHECK(bench.look_up("a").due == CommitNo{2});
  bench.await_commit();
  CHECK(rows_in(store) == 0);
  CHECK(bench.look_up("a").what == What::absent);
  CHECK(bench.look_up("a").due == kNow);

  const auto anew = bench.provision("a");
  CHECK(anew.what == What::assigned);
  CHECK(bench.service_id(anew) != old_id);
}

TEST_CASE("release and new assignment of one Private ID between two commits") {
  storage::MemoryStore store(store_tables().size());
  LedgerBench bench(store);
  const auto first = bench.provision("a");
  const std::string old_id = bench.service_id(first);
  CHECK(bench.release("a").due == CommitNo{1});
  const auto second = bench.provision("a");
  CHECK(second.what == What::assigned);
  CHECK(second.row != first.row);
  CHECK(bench.service_id(first) == old_id);  // still there for who waits for it
  const std::string new_id = bench.service_id(second);
  CHECK(new_id != old_id);
  bench->submit();
  bench.await_commit();
  CHECK(rows_in(store) == 1);
  CHECK(bench.service_id(bench.look_up("a")) == new_id);
  LedgerBench again(store);
  CHECK(again.service_id(again.look_up("a")) == new_id);
}

TEST_CASE("a release goes with the commit after the one in flight") {
  storage::MemoryStore store(store_tables().size());
  LedgerBench bench(store);
  bench.provision("a");
  bench->submit();
  CHECK(bench.release("a").due == CommitNo{2});
  CHECK(bench.provision("a").due == CommitNo{2});
  CHECK(bench.await_commit() == CommitNo{1});
  CHECK(rows_in(store) == 1);
  bench->submit();
  CHECK(bench.await_commit() == CommitNo{2});
  CHECK(rows_in(store) == 1);
  CHECK(bench->assignments() == 1);
}

TEST_CASE("who would wait is turned away at the limit, who is known is not") {
  storage::MemoryStore store(store_tables().size());
  LedgerBench bench(store, 2);
  bench.provision("old");
  bench->submit();
  bench.await_commit();
  CHECK(bench.provision("a").what == What::assigned);
  CHECK(bench.provision("a").what == What::known);
  CHECK(bench.provision("b").what == What::congested);
  CHECK(bench.provision("a").what == What::congested);
  CHECK(bench.release("old").what == What::congested);
  CHECK(bench.provision("old").what == What::known);
  CHECK(bench.look_up("b").what == What::absent);
  bench->submit();
  bench.await_commit();
  CHECK(bench.provision("b").what == What::assigned);
}

TEST_CASE("a store that is gone: nothing is promised, not to the known either") {
  storage::MemoryStore store(store_tables().size());
  LedgerBench bench(store);
  bench.provision("old");
  bench->submit();
  bench.await_commit();
  store.set_in_place(false);
  while (!bench->failing()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(bench.provision("old").what == What::no_store);
  CHECK(bench.provision("new").what == What::no_store);
  CHECK(bench.look_up("old").what == What::no_store);
  CHECK(bench.look_up("new").what == What::no_store);
  CHECK(bench.release("old").what == What::no_store);
  store.set_in_place(true);
  while (bench->failing()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(bench.provision("old").what == What::known);
}

TEST_CASE("no more assignments than allowed") {
  storage::MemoryStore store(store_tables().size());
  LedgerBench bench(store, 100, 1);
  CHECK(bench.provision("a").what == What::assigned);
  CHECK(bench.provision("b").what == What::full);
  CHECK(bench.provision("a").what == What::known);
  bench.release("a");
  bench->submit();
  bench.await_commit();
  CHECK(bench.provision("b").what == What::assigned);
}

TEST_CASE("a random source that repeats itself is an error of that request") {
  storage::MemoryStore store(store_tables().size());
  LedgerBench bench(store, 100, 100, [](std::span<std::uint8_t> octets) {
    for (auto& octet : octets) octet = 3;
  });
  CHECK(bench.provision("a").what == What::assigned);
  CHECK(bench.provision("b").what == What::exhausted);
  CHECK(bench->waiting() == 1);
}

TEST_CASE("a damaged store is refused at the start") {
  storage::MemoryStore store(store_tables().size());
  storage::Batch batch;
  std::string message;
  SUBCASE("no record") {
    batch.put(kAssignments, 7, "\x01\x00");
    message = "assignment 7";
  }
  SUBCASE("one Private ID twice") {
    batch.put(kAssignments, 1, std::string("\x01\x00\x01p\x01s", 6));
    batch.put(kAssignments, 2, std::string("\x01\x00\x01p\x01t", 6));
    message = "assignment 2";
  }
  REQUIRE(store.apply(batch));
  try {
    LedgerBench bench(store);
    FAIL("loaded");
  } catch (const std::runtime_error& error) {
    CHECK(std::string(error.what()).find(message) != std::string::npos);
  }
}

}  // namespace
}  // namespace msggw::function
