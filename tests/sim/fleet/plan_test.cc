// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/plan.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

namespace msggw::fleet {
namespace {

constexpr Instant kNow{0};

TEST_CASE("every device asks once, in order, then nobody") {
  Plan plan(3, 1);
  CHECK(plan.next(kNow) == 0u);
  CHECK(plan.next(kNow) == 1u);
  CHECK(plan.next(kNow) == 2u);
  CHECK_FALSE(plan.next(kNow));
  CHECK_FALSE(plan.complete());
  for (const std::uint32_t device : {1u, 0u, 2u}) plan.finished(device);
  CHECK(plan.complete());
}

TEST_CASE("a device never has two requests under way, and no round is lost") {
  Plan plan(4, 10);
  std::map<std::uint32_t, int> asked;
  std::vector<std::uint32_t> busy;
  std::uint32_t pick = 7;
  while (!plan.complete()) {
    while (const auto device = plan.next(kNow)) {
      REQUIRE(std::find(busy.begin(), busy.end(), *device) == busy.end());
      busy.push_back(*device);
      ++asked[*device];
    }
    REQUIRE_FALSE(busy.empty());
    pick = pick * 1664525 + 1013904223;  // answers come in any order
    const auto at = busy.begin() + static_cast<std::ptrdiff_t>((pick >> 8) % busy.size());
    plan.finished(*at);
    busy.erase(at);
  }
  CHECK(asked == std::map<std::uint32_t, int>{{0, 10}, {1, 10}, {2, 10}, {3, 10}});
  CHECK(plan.ended() == 40);
}

TEST_CASE("one silent device does not hold up the others") {
  Plan plan(3, 5);
  REQUIRE(plan.next(kNow) == 0u);  // never answered
  int others = 0;
  for (;;) {
    const auto device = plan.next(kNow);
    if (!device) break;
    REQUIRE(*device != 0u);
    plan.finished(*device);
    ++others;
  }
  CHECK(others == 10);
  plan.finished(0);
  int rest = 0;
  while (const auto device = plan.next(kNow)) plan.finished(*device), ++rest;
  CHECK(rest == 4);
  CHECK(plan.complete());
}

TEST_CASE("a device that is told to come again is due before anything new") {
  Plan plan(3, 1);
  REQUIRE(plan.next(kNow) == 0u);
  plan.again(0, std::chrono::seconds(5));
  CHECK(plan.next_again() == Instant(std::chrono::seconds(5)));
  CHECK(plan.next(std::chrono::seconds(4)) == 1u);
  CHECK(plan.next(std::chrono::seconds(5)) == 0u);
  CHECK(plan.next(std::chrono::seconds(5)) == 2u);
}

TEST_CASE("a device that was answered before it came again does not come") {
  Plan plan(1, 1);
  REQUIRE(plan.next(kNow) == 0u);
  plan.again(0, std::chrono::seconds(5));
  plan.finished(0);
  CHECK_FALSE(plan.next(std::chrono::seconds(9)));
  CHECK(plan.complete());
}

TEST_CASE("after stop() only what is under way is still to end") {
  Plan plan(10, 3);
  REQUIRE(plan.next(kNow) == 0u);
  REQUIRE(plan.next(kNow) == 1u);
  plan.finished(0);
  plan.stop();
  CHECK(plan.goal() == 2);
  CHECK_FALSE(plan.next(kNow));
  CHECK_FALSE(plan.complete());
  plan.finished(1);
  CHECK(plan.complete());
}

TEST_CASE("stop() forgets owed rounds") {
  Plan plan(1, 100);
  REQUIRE(plan.next(kNow) == 0u);
  CHECK_FALSE(plan.next(kNow));
  plan.finished(0);
  plan.stop();
  CHECK(plan.goal() == 1);
  CHECK(plan.complete());
  CHECK_FALSE(plan.next(kNow));
}

}  // namespace
}  // namespace msggw::fleet
