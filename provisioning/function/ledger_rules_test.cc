// SPDX-License-Identifier: Apache-2.0
// Rules and their quotas in the ledger: what counts, and that it survives restart and reload.
#include "provisioning/function/ledger_rules.h"

#include <doctest/doctest.h>

#include <map>
#include <stdexcept>
#include <string>

#include "provisioning/function/ledger_bench.h"
#include "storage/memory_store.h"

namespace msggw::function {
namespace {

using What = Verdict::What;

storage::MemoryStore fresh_store() {
  return storage::MemoryStore(store_tables().size());
}

std::map<std::uint64_t, std::string> rules_in(storage::Store& store) {
  std::map<std::uint64_t, std::string> rows;
  REQUIRE(store.load(kRules, [&](std::uint64_t no, std::string_view name) { rows[no] = name; }));
  return rows;
}

void commit(LedgerBench& bench) {
  bench->submit();
  bench.await_commit();
}

bool has(const std::string& metrics, const std::string& line) {
  return metrics.find(line + "\n") != std::string::npos;
}

TEST_CASE("a quota counts the Service IDs in use that its rule has given") {
  auto store = fresh_store();
  LedgerBench bench(store);
  bench.use(LedgerBench::rules_with({2, 0}));
  CHECK(bench.provision("0-a").what == What::assigned);
  CHECK(bench.provision("0-b").what == What::assigned);
  CHECK(bench.provision("0-c").what == What::over_quota);
  CHECK(bench.provision("0-c").due == kNow);
  CHECK(bench.provision("0-a").what == What::known);  // who is known is answered
  CHECK(bench.provision("1-a").what == What::assigned);
  CHECK(bench.provision("other").what == What::assigned);
  CHECK(bench->assignments_of("rule-0") == 2);
  CHECK(bench->assignments_of("rule-1") == 1);
  CHECK(bench->assignments_of("default") == 1);
  CHECK(bench->assignments_of("nobody") == 0);

  CHECK(bench.release("0-a").what == What::released);  // gives the place back
  CHECK(bench->assignments_of("rule-0") == 1);
  CHECK(bench.provision("0-c").what == What::assigned);
  CHECK(bench.provision("0-a").what == What::over_quota);
  commit(bench);
  CHECK(rules_in(store) == std::map<std::uint64_t, std::string>{{1, "rule-0"}, {2, "rule-1"}});
}

TEST_CASE("a quota holds across a restart") {
  auto store = fresh_store();
  {
    LedgerBench bench(store);
    bench.use(LedgerBench::rules_with({1, 1}));
    bench.provision("1-a");
    bench.provision("x");
    commit(bench);
  }
  LedgerBench bench(store);
  bench.use(LedgerBench::rules_with({1, 1}));
  CHECK(bench->assignments_of("rule-1") == 1);
  CHECK(bench->assignments_of("default") == 1);
  CHECK(bench.provision("1-b").what == What::over_quota);
  CHECK(bench.provision("0-a").what == What::assigned);
  CHECK(has(bench.metrics(), "msggw_pf_rule_assignments{rule=\"rule-1\"} 1"));
  bench.release("1-a");
  CHECK(bench.provision("1-b").what == What::assigned);
}

TEST_CASE("a reload changes the rule of new assignments and disturbs no old one") {
  auto store = fresh_store();
  LedgerBench bench(store);
  bench.use(LedgerBench::rules_with({3, 3}));
  const auto old = bench.service_id(bench.provision("1-a"));
  CHECK(old.starts_with("r1-"));
  commit(bench);

  bench.use(LedgerBench::rules_with({1}));  // rule-1 is gone: the default rule decides
  CHECK(bench.service_id(bench.provision("1-a")) == old);
  CHECK_FALSE(bench.service_id(bench.provision("1-b")).starts_with("r1-"));
  CHECK(bench->assignments_of("rule-1") == 1);
  CHECK(bench->assignments_of("default") == 1);

  bench.use(LedgerBench::rules_with({1, 1}));  // it is back, and has not forgotten
  CHECK(bench.provision("1-c").what == What::over_quota);
  CHECK(bench.service_id(bench.provision("1-a")) == old);
  bench.release("1-a");
  CHECK(bench.provision("1-c").what == What::assigned);
  CHECK(bench->assignments_of("rule-1") == 1);

  bench.use(LedgerBench::rules_with({1, 9}));
  CHECK(bench.provision("1-d").what == What::assigned);
}

TEST_CASE(
    "asking again after a release gives a new Service ID, and no Private ID gets the old one") {
  auto store = fresh_store();
  LedgerBench bench(store, 1'000, 1'000);
  const auto old = bench.service_id(bench.provision("a"));
  commit(bench);
  bench.release("a");
  commit(bench);
  CHECK(bench.service_id(bench.provision("a")) != old);
  for (int i = 0; i < 500; ++i) {
    CHECK(bench.service_id(bench.provision("other-" + std::to_string(i))) != old);
  }
}

TEST_CASE("records that know of no rules count as the default rule's") {
  auto store = fresh_store();
  storage::Batch batch;
  batch.put(kAssignments, 1, std::string("\x01\x00\x01p\x01s", 6));
  batch.put(kAssignments, 2, std::string("\x01\x00\x01q\x01t", 6));
  REQUIRE(store.apply(batch));
  LedgerBench bench(store);
  CHECK(bench->assignments_of("default") == 2);
  CHECK(bench.service_id(bench.provision("p")) == "s");
}

TEST_CASE("a number is used again once no assignment has its rule") {
  auto store = fresh_store();
  {
    LedgerBench bench(store);
    bench.use(LedgerBench::rules_with({0, 0, 0}));
    for (const char* id : {"0-a", "1-a", "2-a"}) bench.provision(id);
    commit(bench);
    bench.release("0-a");
    bench.release("1-a");
    commit(bench);
  }
  const std::map<std::uint64_t, std::string> three{{1, "rule-0"}, {2, "rule-1"}, {3, "rule-2"}};
  CHECK(rules_in(store) == three);
  {
    LedgerBench bench(store);
    bench.use(LedgerBench::rules_with({0, 0, 0, 0, 0}));
    for (const char* id : {"4-a", "3-a", "2-b"}) bench.provision(id);
    commit(bench);
  }
  auto rows = rules_in(store);
  CHECK(rows.size() == 3);
  CHECK(rows[3] == "rule-2");
  CHECK(((rows[1] == "rule-3" && rows[2] == "rule-4") ||
         (rows[1] == "rule-4" && rows[2] == "rule-3")));
  LedgerBench again(store);
  CHECK(again->assignments_of("rule-2") == 2);
  CHECK(again->assignments_of("rule-3") == 1);
  CHECK(again->assignments_of("rule-4") == 1);
  CHECK(again->assignments_of("rule-0") == 0);
}

TEST_CASE("a name that stands under two numbers is counted under the one that is used") {
  auto store = fresh_store();
  storage::Batch batch;
  batch.put(kRules, 1, "a");
  batch.put(kRules, 2, "a");
  SUBCASE("the first") {
    batch.put(kAssignments, 1, std::string("\x02\x00\x01p\x01s\x01", 7));
  }
  SUBCASE("the second") {
    batch.put(kAssignments, 1, std::string("\x02\x00\x01p\x01s\x02", 7));
  }
  REQUIRE(store.apply(batch));
  LedgerBench bench(store);
  CHECK(bench->assignments_of("a") == 1);
}

TEST_CASE("an assignment that failed leaves no number without a name behind") {
  auto store = fresh_store();
  {
    LedgerBench bench(store, 100, 1);
    bench.use(LedgerBench::rules_with({0}));
    bench.provision("x");
    CHECK(bench.provision("0-a").what == What::full);
    bench.release("x");
    commit(bench);
    CHECK(bench.provision("0-a").what == What::assigned);
    commit(bench);
  }
  LedgerBench bench(store);
  CHECK(bench->assignments_of("rule-0") == 1);
}

TEST_CASE("requests are counted by rule and result, names up to a limit") {
  auto store = fresh_store();
  LedgerBench bench(store, 100'000, 100'000);
  bench.use(LedgerBench::rules_with({1}));
  bench.provision("0-a");
  bench.provision("0-a");
  bench.provision("0-b");
  const Policy policy(LedgerBench::rules_with({1}), {});
  bench->denied(policy.rules().front());
  const std::string metrics = bench.metrics();
  for (const char* result : {"assigned", "known", "over_quota", "denied"}) {
    CAPTURE(result);
    CHECK(has(metrics, "msggw_pf_rule_requests_total{result=\"" + std::string(result) +
                           "\",rule=\"rule-0\"} 1"));
  }
  CHECK(has(metrics, "msggw_pf_rule_assignments{rule=\"rule-0\"} 1"));

  base::metrics::Registry registry;
  LedgerRules rules(registry);
  for (int i = 0; i < 2'000; ++i) {
    auto& rule = rules.of("name-" + std::to_string(i));
    rules.count(rule, LedgerRules::Result::known);
    static_cast<void>(rules.number(rule));
    rules.add(rule);
  }
  const std::string text = base::metrics::expose(registry);
  CHECK(has(text, "msggw_pf_rule_requests_total{result=\"known\",rule=\"name-999\"} 1"));
  CHECK_FALSE(has(text, "msggw_pf_rule_requests_total{result=\"known\",rule=\"name-1000\"} 1"));
  CHECK(has(text, "msggw_pf_rule_requests_total{result=\"known\",rule=\"(others)\"} 1000"));
  CHECK(has(text, "msggw_pf_rule_assignments{rule=\"(others)\"} 1000"));
}

TEST_CASE("a store whose rules cannot be ours is refused at the start") {
  auto store = fresh_store();
  storage::Batch batch;
  std::string message;
  SUBCASE("a rule without a name") {
    batch.put(kAssignments, 7, std::string("\x02\x00\x01p\x01s\x01", 7));
    message = "assignment 7 in the store: its rule has no name";
  }
  SUBCASE("one rule under two numbers") {
    batch.put(kRules, 1, "a");
    batch.put(kRules, 2, "a");
    batch.put(kAssignments, 1, std::string("\x02\x00\x01p\x01s\x01", 7));
    batch.put(kAssignments, 2, std::string("\x02\x00\x01q\x01t\x02", 7));
    message = "assignment 2 in the store: its rule has another number";
  }
  SUBCASE("an empty name") {
    batch.put(kRules, 1, "");
    message = "rule 1 in the store";
  }
  SUBCASE("the number of the default rule") {
    batch.put(kRules, 0, "default");
    message = "rule 0 in the store";
  }
  SUBCASE("a number that is too large") {
    batch.put(kRules, std::uint64_t{1} << 32, "a");
    message = "rule 4294967296 in the store: the number is too large";
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
