// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/traffic/sender.h"

#include <doctest/doctest.h>

#include <vector>

namespace msggw::traffic {
namespace {

constexpr Instant kStart{1'000};

Plan plan_of(std::uint64_t count, std::size_t window) {
  Plan plan;
  plan.count = count;
  plan.window = window;
  return plan;
}

TEST_CASE("devices send in turn, one message each at a time, no more than the window") {
  Sender sender;
  for (int i = 0; i < 3; ++i) sender.add_device();
  sender.begin(plan_of(5, 2), kStart);
  const auto first = sender.next(kStart);
  const auto second = sender.next(kStart);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->device == 0);
  CHECK(first->stamp.number == 1);
  CHECK(second->device == 1);
  CHECK_FALSE(sender.next(kStart));
  sender.taken(*second, kStart);
  CHECK(sender.next(kStart)->device == 2);
  sender.taken(*first, kStart);
  const auto again = sender.next(kStart);
  REQUIRE(again);
  CHECK(again->device == 1);
  CHECK(again->stamp.number == 2);
}

TEST_CASE("a run ends when all are taken") {
  Sender sender;
  sender.add_device();
  sender.begin(plan_of(2, 8), kStart);
  for (int i = 0; i < 2; ++i) {
    CHECK_FALSE(sender.take_result());
    const auto what = sender.next(kStart);
    REQUIRE(what);
    CHECK_FALSE(sender.next(kStart));
    sender.taken(*what, kStart + std::chrono::seconds(1));
  }
  const auto result = sender.take_result();
  REQUIRE(result);
  CHECK(result->at("count").as_uint64() == 2);
  CHECK(result->at("rate").as_double() == 2.0);
  CHECK_FALSE(sender.take_result());
}

TEST_CASE("a run goes on after a crash where it was") {
  Sender sender;
  for (int i = 0; i < 2; ++i) sender.add_device();
  sender.was_sent(0, 1);
  sender.was_sent(0, 2);
  sender.was_sent(1, 1);
  sender.goes_on(0);
  sender.begin(plan_of(4, 8), kStart);
  const auto next = sender.next(kStart);
  REQUIRE(next);
  CHECK(next->device == 1);
  CHECK(next->stamp.number == 2);
  sender.taken(*next, kStart);
  CHECK_FALSE(sender.next(kStart));
  CHECK_FALSE(sender.take_result());
  sender.taken({0, {2, kStart}}, kStart);
  CHECK(sender.take_result());
}

TEST_CASE("only the devices of the plan send") {
  Sender sender;
  for (int i = 0; i < 4; ++i) sender.add_device();
  Plan plan = plan_of(10, 10);
  plan.first = 1;
  plan.devices = 2;
  sender.begin(plan, kStart);
  std::vector<std::uint32_t> devices;
  while (const auto what = sender.next(kStart)) devices.push_back(what->device);
  CHECK(devices == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE("a rate lets as many go as its time has") {
  Sender sender;
  for (int i = 0; i < 100; ++i) sender.add_device();
  Plan plan = plan_of(100, 100);
  plan.rate = 1'000;
  sender.begin(plan, kStart);
  const auto sent_until = [&](Instant now) {
    int count = 0;
    while (sender.next(now)) ++count;
    return count;
  };
  CHECK(sent_until(kStart) == 1);
  CHECK(sent_until(kStart + std::chrono::milliseconds(10)) == 10);
  CHECK(sender.next_start(kStart + std::chrono::milliseconds(10)) ==
        kStart + std::chrono::milliseconds(11));
}

TEST_CASE("what arrives is counted with its time on the way") {
  Arrivals arrivals;
  arrivals.add(Instant(0), std::chrono::milliseconds(2));
  arrivals.add(Instant(0), std::chrono::milliseconds(4));
  CHECK(arrivals.show().at("count").as_uint64() == 2);
  CHECK(arrivals.show().at("transitMs").at("max").as_double() == 4.0);
  arrivals.forget();
  CHECK(arrivals.show().at("count").as_uint64() == 0);
}

}  // namespace
}  // namespace msggw::traffic
