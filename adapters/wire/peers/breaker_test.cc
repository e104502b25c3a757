// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/peers/breaker.h"

#include <doctest/doctest.h>

namespace msggw::peers {

namespace {

using namespace std::chrono_literals;

const base::TimePoint kNow{std::chrono::hours{1}};
constexpr BreakerLimits kLimits{
    .most_failures = 3, .probe_first = 50ms, .probe_most = 800ms, .most_retry_after = 1min};

Breaker opened(const BreakerLimits& limits) {
  Breaker breaker(limits, 1);
  for (unsigned i = 0; i < limits.most_failures; ++i) breaker.failed(kNow, 0s, false);
  REQUIRE(breaker.open());
  return breaker;
}

}  // namespace

TEST_CASE("a breaker opens after failures in a row and closes at the first answer") {
  BreakerLimits limits = kLimits;
  limits.most_failures = 3;
  Breaker breaker(limits, 1);
  CHECK_FALSE(breaker.failed(kNow, 0s, false));
  CHECK_FALSE(breaker.answered(false));
  CHECK_FALSE(breaker.failed(kNow, 0s, false));
  CHECK_FALSE(breaker.failed(kNow, 0s, false));
  CHECK(breaker.allows(kNow));
  CHECK_FALSE(breaker.sent(kNow));  // no probe while closed
  CHECK(breaker.failed(kNow, 0s, false));
  CHECK(breaker.open());
  for (int probe = 0; probe < 50; ++probe) {
    const base::TimePoint then = breaker.next_probe();
    CHECK(then <= kNow + limits.probe_most);  // served within a second of its return
    CHECK(breaker.allows(then));
    CHECK(breaker.sent(then));
    CHECK_FALSE(breaker.allows(then + 1h));  // one at a time
    CHECK_FALSE(breaker.failed(kNow, 0s, true));
  }
  breaker.sent(kNow + 1h);
  CHECK(breaker.answered(true));
  CHECK(breaker.allows(kNow));
}

TEST_CASE("requests from before it opened neither end its probe nor lengthen its back-off") {
  BreakerLimits limits = kLimits;
  Breaker breaker = opened(limits);
  const base::TimePoint due = breaker.next_probe();
  for (int i = 0; i < 100; ++i) breaker.failed(kNow, 0s, false);
  CHECK(breaker.next_probe() == due);
  breaker.sent(due);
  breaker.failed(due, 0s, false);
  CHECK(breaker.probing());
  breaker.failed(due, 0s, true);
  CHECK_FALSE(breaker.probing());
}

TEST_CASE("a late answer to a request from before closes it") {
  BreakerLimits limits = kLimits;
  Breaker breaker = opened(limits);
  CHECK(breaker.answered(false));
  CHECK(breaker.allows(kNow));
}

TEST_CASE("a pause that the peer asked for is kept, whatever it answers meanwhile") {
  BreakerLimits limits = kLimits;
  limits.most_retry_after = 10s;
  Breaker breaker(limits, 1);
  CHECK(breaker.failed(kNow, 5s, false));
  CHECK_FALSE(breaker.answered(false));  // to a request from before
  CHECK(breaker.open());
  CHECK_FALSE(breaker.failed(kNow + 1s, 0s, false));
  CHECK_FALSE(breaker.answered(false));
  CHECK_FALSE(breaker.allows(kNow + 4'999ms));
  const base::TimePoint due = breaker.next_probe();
  CHECK(breaker.allows(due));
  CHECK(breaker.sent(due));
  CHECK(breaker.answered(true));
  CHECK_FALSE(breaker.open());
  CHECK_FALSE(breaker.answered(false));
}

TEST_CASE("a pause may be asked for by a probe, and by another request during one") {
  BreakerLimits limits = kLimits;
  limits.most_retry_after = 10s;
  Breaker breaker = opened(limits);
  base::TimePoint now = breaker.next_probe();
  breaker.sent(now);
  CHECK_FALSE(breaker.failed(now, 5s, true));
  CHECK_FALSE(breaker.allows(now + 4'999ms));
  now = breaker.next_probe();
  breaker.sent(now);
  CHECK_FALSE(breaker.failed(now, 5s, false));
  CHECK_FALSE(breaker.answered(true));  // the probe was sent before
  CHECK_FALSE(breaker.allows(now + 4'999ms));
}

TEST_CASE("while another peer serves it is probed once each probe_most at most") {
  BreakerLimits limits = kLimits;
  Breaker breaker = opened(limits);
  base::TimePoint last{};
  base::TimePoint now = kNow;
  for (int probe = 0; probe < 20; ++probe) {
    now = std::max(now, breaker.next_probe(true));
    CHECK(breaker.allows(now, true));
    if (probe > 0) CHECK(now - last >= limits.probe_most);
    breaker.sent(now);
    breaker.failed(now, 0s, true);
    CHECK_FALSE(breaker.allows(now, true));
    last = now;
  }
}

TEST_CASE("a peer that asks for a pause gets it at once, within reason") {
  BreakerLimits limits = kLimits;
  limits.most_retry_after = 10s;
  Breaker breaker(limits, 1);
  CHECK(breaker.failed(kNow, 5s, false));
  CHECK_FALSE(breaker.allows(kNow + 4'999ms));
  CHECK(breaker.next_probe() <= kNow + 5s + limits.probe_most);
  CHECK_FALSE(breaker.failed(kNow, 24h, false));
  CHECK_FALSE(breaker.allows(kNow + 9'999ms));
  CHECK(breaker.next_probe() <= kNow + 10s + limits.probe_most);
}

}  // namespace msggw::peers
