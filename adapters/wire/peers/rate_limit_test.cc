// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/peers/rate_limit.h"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

namespace msggw::peers {

namespace {

using namespace std::chrono_literals;

const base::TimePoint kStart{std::chrono::hours{400'000}};

}  // namespace

TEST_CASE("without a rate there is no limit") {
  RateLimit limit(0, 1);
  CHECK(limit.available(kStart) == std::numeric_limits<std::size_t>::max());
  limit.take(1'000'000);
  CHECK(limit.available(kStart) == std::numeric_limits<std::size_t>::max());
  CHECK(limit.when(5, kStart) == kStart);
}

TEST_CASE("in no stretch of time more than the burst and what the rate gives meanwhile") {
  struct Case {
    std::size_t rate;
    std::size_t burst;
  };
  for (const auto& [rate, burst] :
       {Case{1, 1}, Case{7, 3}, Case{100, 1}, Case{1'000, 256}, Case{33'333, 100}}) {
    CAPTURE(rate);
    RateLimit limit(rate, burst);
    std::vector<std::size_t> taken;  // in each millisecond
    std::size_t total = 0;
    for (int ms = 0; ms < 3'000; ++ms) {
      const std::size_t there = limit.available(kStart + ms * 1ms);
      // Greedy, but for a pause in the middle in which a bucket fills up and no more.
      const std::size_t now = ms > 1'000 && ms < 1'700 ? 0 : there;
      limit.take(now);
      taken.push_back(now);
      total += now;
    }
    for (const std::size_t window : {1U, 10U, 100U, 1'000U}) {
      std::size_t sum = 0;
      for (std::size_t end = 0; end < taken.size(); ++end) {
        sum += taken[end];
        if (end >= window) sum -= taken[end - window];
        CHECK(sum <= burst + rate * window / 1'000 + 1);
      }
    }
    CHECK(total <= burst + rate * 3);
    CHECK(total >= rate * 2);  // and it is not more careful than it must be
  }
}

TEST_CASE("it says when so many are there") {
  RateLimit limit(1'000, 50);
  CHECK(limit.available(kStart) == 50);
  limit.take(50);
  CHECK(limit.available(kStart) == 0);
  CHECK(limit.when(1, kStart) == kStart + 1ms);
  CHECK(limit.when(20, kStart) == kStart + 20ms);
  CHECK(limit.when(1'000, kStart) == kStart + 50ms);  // never more than the burst
  CHECK(limit.available(kStart + 19ms) == 19);
  CHECK(limit.when(20, kStart + 19ms) == kStart + 20ms);
  CHECK(limit.available(kStart + 20ms) == 20);
  CHECK(limit.available(kStart + 10h) == 50);

  RateLimit slow(1, 1);
  slow.take(slow.available(kStart));
  CHECK(slow.when(1, kStart) == kStart + 1s);
  CHECK(slow.available(kStart + 999ms) == 0);
  CHECK(slow.available(kStart + 1s) == 1);
}

}  // namespace msggw::peers
