// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/pacing.h"

#include <doctest/doctest.h>

namespace msggw::fleet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Starts as many as allowed every millisecond from `from` to `to`; nothing stays outstanding.
std::size_t run(Pacer& pacer, Instant from, Instant to) {
  std::size_t count = 0;
  for (Instant now = from; now < to; now += milliseconds(1)) {
    const std::size_t n = pacer.may_start(now, 0);
    pacer.started(n);
    count += n;
  }
  return count;
}

TEST_CASE("without a rate only the window counts") {
  Pacer pacer({.window = 10});
  CHECK(pacer.may_start(seconds(0), 0) == 10);
  CHECK(pacer.may_start(seconds(0), 7) == 3);
  CHECK(pacer.may_start(seconds(0), 10) == 0);
  CHECK(pacer.may_start(seconds(0), 12) == 0);
  CHECK(pacer.next_start(seconds(3)) == seconds(3));
}

TEST_CASE("without a rate the ramp opens the window") {
  Pacer pacer({.window = 101, .ramp = seconds(10)});
  CHECK(pacer.may_start(seconds(0), 0) == 1);
  CHECK(pacer.may_start(seconds(5), 0) == 51);
  CHECK(pacer.may_start(seconds(10), 0) == 101);
}

TEST_CASE("a rate is kept") {
  Pacer pacer({.window = 1000, .rate = 500});
  const std::size_t started = run(pacer, seconds(0), seconds(4));
  CHECK(started >= 1990);
  CHECK(started <= 2001);
}

TEST_CASE("the window bounds what the rate would allow") {
  Pacer pacer({.window = 3, .rate = 1e6});
  CHECK(pacer.may_start(seconds(1), 1) == 2);
}

TEST_CASE("the ramp reaches the rate linearly") {
  Pacer pacer({.window = 100'000, .rate = 1000, .ramp = seconds(2)});
  const std::size_t first = run(pacer, seconds(0), seconds(1));  // 1000/2 * 1^2/2
  const std::size_t second = run(pacer, seconds(1), seconds(2));
  const std::size_t third = run(pacer, seconds(2), seconds(3));
  CHECK(first >= 245);
  CHECK(first <= 255);
  CHECK(second >= 745);
  CHECK(second <= 755);
  CHECK(third >= 995);
  CHECK(third <= 1005);
}

TEST_CASE("after a stall at most a tenth of a second is caught up") {
  Pacer pacer({.window = 100'000, .rate = 1000});
  run(pacer, seconds(0), seconds(1));
  CHECK(pacer.may_start(seconds(60), 0) <= 100);
  CHECK(pacer.may_start(seconds(60), 0) >= 99);
}

TEST_CASE("a low rate starts the first at once and says when the next may start") {
  Pacer pacer({.window = 10, .rate = 2});
  CHECK(pacer.may_start(seconds(0), 0) == 1);
  pacer.started();
  CHECK(pacer.may_start(milliseconds(499), 0) == 0);
  CHECK(pacer.next_start(milliseconds(10)) == milliseconds(500));
  CHECK(pacer.may_start(milliseconds(500), 0) == 1);
}

TEST_CASE("next_start also holds inside the ramp") {
  Pacer pacer({.window = 10, .rate = 100, .ramp = seconds(10)});
  pacer.started(pacer.may_start(seconds(0), 0));
  const Instant next = pacer.next_start(seconds(0));
  CHECK(next > milliseconds(400));  // sqrt(2 * 10 / 100) = 0.447 s
  CHECK(next < milliseconds(450));
  CHECK(pacer.may_start(next, 0) == 1);
}

}  // namespace
}  // namespace msggw::fleet
