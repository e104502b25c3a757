// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/backoff.h"

#include <doctest/doctest.h>

#include <limits>

using namespace std::chrono_literals;

namespace msggw::base {

namespace {

constexpr std::uint32_t kMostRandom = std::numeric_limits<std::uint32_t>::max();

}  // namespace

TEST_CASE("full jitter: the ceiling doubles with each failure up to the most") {
  const BackoffLimits limits{100ms, 1'000ms};
  const auto ceiling = [&](unsigned failures) {
    Duration most{0};
    for (std::uint32_t random = 0; random <= 5'000; ++random) {
      most = std::max(most, full_jitter(limits, failures, random));
    }
    return most;
  };
  CHECK(ceiling(0) == 100ms);
  CHECK(ceiling(1) == 200ms);
  CHECK(ceiling(3) == 800ms);
  CHECK(ceiling(4) == 1'000ms);
  CHECK(ceiling(31) == 1'000ms);
  CHECK(ceiling(32) == 1'000ms);
  CHECK(ceiling(kMostRandom) == 1'000ms);
}

TEST_CASE("full jitter begins at zero and survives senseless limits") {
  CHECK(full_jitter({100ms, 1'000ms}, 2, 0) == 0ms);
  CHECK(full_jitter({0ms, 0ms}, 0, kMostRandom) <= 1ms);
  CHECK(full_jitter({500ms, 100ms}, 9, kMostRandom) <= 500ms);
}

TEST_CASE("a back-off waits at least what the other side asked for, and forgets on success") {
  Backoff backoff({100ms, 1'000ms}, 7);
  const TimePoint now{1'000'000ms};
  CHECK(backoff.next_try() <= now);

  backoff.failed(now, 5'000ms);
  CHECK(backoff.failures() == 1);
  CHECK(backoff.next_try() >= now + 5'000ms);
  CHECK(backoff.next_try() <= now + 5'100ms);

  backoff.failed(now);
  CHECK(backoff.failures() == 2);
  CHECK(backoff.next_try() >= now);
  CHECK(backoff.next_try() <= now + 200ms);

  backoff.succeeded();
  CHECK(backoff.failures() == 0);
  CHECK(backoff.next_try() <= now);
}

TEST_CASE("two back-offs that fail together do not come back together") {
  unsigned different = 0;
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    Backoff one({10'000ms, 10'000ms}, seed);
    Backoff other({10'000ms, 10'000ms}, seed + 1'000);
    one.failed(TimePoint{});
    other.failed(TimePoint{});
    if (one.next_try() != other.next_try()) ++different;
  }
  CHECK(different > 40);
}

}  // namespace msggw::base
