// SPDX-License-Identifier: Apache-2.0
// What the keeper does when more waits than is kept, and when the process ends.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "gateway/broker/test_keeper.h"

namespace msggw::broker::keeper_limits_test {
namespace {

using credentials::Kind;
using keepers::World;

TEST_CASE_FIXTURE(World,
                  "more that is gone than waits: the next generation knows it, and not before") {
  const auto all = add_many(3 * Keeper::kAtOnce);
  begin();
  const std::string generation = keeper->generation();
  const auto& too_many = base::metrics::counter(
      registry, "msggw_broker_access_overflows_total",
      "Times that more waited to be written than is kept, so that all was written anew",
      {{"of", "removals"}});
  book.erase(all[7]);
  store.take_changes();
  keeper->durable({}, std::vector(Keeper::kMostGone, all[7]));
  CHECK(too_many.Value() == 0);
  keeper->durable({}, {all[7]});
  CHECK(too_many.Value() == 1);
  CHECK(current.Value() == 0);
  // What goes meanwhile is told at once, which is not all.
  book.erase(all[8]);
  keeper->durable({}, store.take_changes());
  turn_until([&] {
    const bool told = keeper->has_told_gone();
    if (told) CHECK(find("name-7").empty());
    return told;
  });
  CHECK(keeper->generation() != generation);
  CHECK(find("name-8").empty());
  settle();
  CHECK(current.Value() == 1);
  CHECK(find("name-9").size() == 1);
}

TEST_CASE_FIXTURE(World,
                  "who ends tries at once what has failed, and does not wait when it fails") {
  const auto gone = add(0, {.kind = Kind::certificate});
  begin();
  CHECK(keeper->has_tried());
  CHECK(keeper->is_done());
  ::chmod(folder.path().c_str(), 0770);  // what is open goes on
  keeper->durable({}, std::vector(Keeper::kMostOwed + 1, gone));
  auto& failures = base::metrics::counter(registry, "msggw_broker_access_failures_total",
                                          "Times that they could not be written");
  turn_until([&] { return failures.Value() == 1; });
  book.erase(gone);
  keeper->durable({}, store.take_changes());
  keeper->end_turn(clock.now());
  CHECK_FALSE(keeper->is_done());
  SUBCASE("in vain") {
    keeper->hurry();
    keeper->hurry();
    turn_until([&] { return keeper->is_done(); });
    CHECK(failures.Value() == 2);
    CHECK_FALSE(keeper->has_told_gone());
  }
  SUBCASE("it can be written again") {
    ::chmod(folder.path().c_str(), 0700);
    keeper->hurry();
    turn_until([&] { return keeper->is_done(); });
    CHECK(keeper->has_told_gone());
    CHECK(failures.Value() == 1);
    CHECK(find("d-0").empty());
  }
  ::chmod(folder.path().c_str(), 0700);
}

}  // namespace
}  // namespace msggw::broker::keeper_limits_test
