// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/smpp/pace.h"

#include <doctest/doctest.h>

namespace msggw::smpp {
namespace {

using namespace std::chrono_literals;

constexpr base::TimePoint kStart{base::Duration{1'700'000'000'000}};

int taken_in(Pace& pace, base::TimePoint& now, base::Duration span) {
  int taken = 0;
  for (const auto end = now + span; now < end; now += 1ms)
    while (pace.take(now)) ++taken;
  return taken;
}

TEST_CASE("a burst, then the configured rate") {
  Pace pace({.rate = 50, .burst = 10}, kStart);
  base::TimePoint now = kStart;
  int burst = 0;
  while (pace.take(now)) ++burst;
  CHECK(burst == 10);
  CHECK(pace.ready_at(now) == now + 20ms);
  CHECK(!pace.take(now + 19ms));
  CHECK(pace.take(now + 20ms));
  now += 20ms;
  const int taken = taken_in(pace, now, 10'000ms);
  CHECK(taken >= 499);
  CHECK(taken <= 500);
  now += 60'000ms;  // a long pause saves up a burst, not more
  burst = 0;
  while (pace.take(now)) ++burst;
  CHECK(burst == 10);
}

TEST_CASE("whoever wakes up at ready_at may send") {
  for (const double rate : {0.3, 1.0, 3.0, 7.0, 33.3, 999.0, 5'000.0}) {
    CAPTURE(rate);
    Pace pace({.rate = rate, .burst = 1, .least = 0.1}, kStart);
    base::TimePoint now = kStart;
    for (int i = 0; i < 1'000; ++i) {
      now = pace.ready_at(now);
      REQUIRE(pace.take(now));
    }
  }
}

TEST_CASE("throttling halves the rate, once for a window of answers; steps bring it back") {
  Pace pace({.rate = 100, .burst = 10, .least = 20, .step = 0.1, .every = 1s}, kStart);
  for (int i = 0; i < 10; ++i) pace.throttled(kStart + base::Duration{i});
  CHECK(pace.rate() == doctest::Approx(50));
  CHECK(!pace.take(kStart + 9ms));  // nothing is left in the bucket
  CHECK(pace.take(kStart + 29ms));
  pace.take(kStart + 1s);
  CHECK(pace.rate() == doctest::Approx(50));  // the last such answer is not yet a second ago
  pace.take(kStart + 1'009ms);
  CHECK(pace.rate() == doctest::Approx(60));
  pace.take(kStart + 3'009ms);
  CHECK(pace.rate() == doctest::Approx(80));
  pace.throttled(kStart + 4'009ms);  // had become 90
  CHECK(pace.rate() == doctest::Approx(45));
  pace.throttled(kStart + 5s);
  CHECK(pace.rate() == doctest::Approx(45));
  pace.take(kStart + 5'999ms);
  CHECK(pace.rate() == doctest::Approx(45));
  pace.take(kStart + 100s);
  CHECK(pace.rate() == doctest::Approx(100));
}

TEST_CASE("an SMSC that throttles all the time is given next to nothing") {
  for (const double rate : {10.0, 50.0, 1'000.0}) {
    CAPTURE(rate);
    Pace pace({.rate = rate, .burst = 10}, kStart);
    base::TimePoint now = kStart;
    const auto throttled_in = [&](base::Duration span) {
      int taken = 0;
      for (const auto end = now + span; now < end; now += 1ms) {
        const int before = taken;
        while (pace.take(now)) ++taken;
        if (taken > before) pace.throttled(now + 1ms);
      }
      return taken;
    };
    CHECK(throttled_in(10s) <= 10 + 2 * rate);  // the burst, and 1 + 1/2 + 1/4 ... of the rate
    CHECK(throttled_in(10s) <= 0.1 * rate * 10);
  }
}

TEST_CASE("the rate never falls below the least") {
  Pace pace({.rate = 100, .least = 20}, kStart);
  for (int i = 0; i < 1'000; ++i) pace.throttled(kStart + i * 999ms);
  CHECK(pace.rate() >= 20);
  Pace slow({.rate = 0.5, .burst = 1, .least = 1}, kStart);  // the least is above the rate
  slow.throttled(kStart);
  CHECK(slow.rate() == doctest::Approx(0.5));
}

}  // namespace
}  // namespace msggw::smpp
