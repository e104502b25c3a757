// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/log.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace msggw::base::log {

TEST_CASE("a limit lets its burst pass in each second and counts the rest") {
  Limit limit(3);
  const TimePoint now{1'700'000'000'000ms};
  for (int i = 0; i < 3; ++i) CHECK(limit.pass(now));
  CHECK_FALSE(limit.pass(now));
  CHECK_FALSE(limit.pass(now + 999ms));
  CHECK(limit.take_suppressed() == 2);
  CHECK(limit.take_suppressed() == 0);

  CHECK(limit.pass(now + 1'000ms));
  CHECK(limit.pass(now + 1'500ms));
  CHECK(limit.pass(now + 1'999ms));
  CHECK_FALSE(limit.pass(now + 1'999ms));
  CHECK(limit.take_suppressed() == 1);
}

TEST_CASE("a limit of none lets nothing pass") {
  Limit limit(0);
  CHECK_FALSE(limit.pass(TimePoint{}));
  CHECK_FALSE(limit.pass(TimePoint{5'000ms}));
  CHECK(limit.take_suppressed() == 2);
}

}  // namespace msggw::base::log
