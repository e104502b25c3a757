// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/timeline.h"

#include <doctest/doctest.h>

namespace msggw::core {
namespace {

using std::chrono::hours;

constexpr base::TimePoint kNow{hours{24 * 20'000}};
constexpr std::chrono::seconds kLongest{hours{24 * 30}};

base::TimePoint resumed(const Moment& last, base::TimePoint wall) {
  Timeline timeline;
  timeline.resume(last, wall, wall, kLongest);
  return timeline.at(wall);
}

TEST_CASE("it begins as the time of the process, and goes there and back") {
  const Timeline timeline;
  CHECK(timeline.at(kNow) == kNow);
  CHECK(timeline.process_time(timeline.seconds(kNow)) == kNow);
}

TEST_CASE("the time away counts, as far as the machine's clock can be believed") {
  const Moment last{kNow, kNow};
  CHECK(resumed(last, kNow) == kNow);
  CHECK(resumed(last, kNow + hours{1}) == kNow + hours{1});
  CHECK(resumed(last, kNow + kLongest) == kNow + kLongest);
  CHECK(resumed(last, kNow + kLongest + hours{1}) == kNow);
  CHECK(resumed(last, kNow - hours{1}) == kNow);
  CHECK(resumed(last, base::TimePoint{}) == kNow);
  CHECK(resumed(last, kNow + hours{24 * 365 * 10}) == kNow);
}

TEST_CASE("what counts is how far the machine's clock moved, not what it shows") {
  const Moment set_right{base::TimePoint{hours{5}}, kNow};  // begun in 1970, then set
  CHECK(resumed(set_right, kNow + hours{2}) == base::TimePoint{hours{7}});
}

TEST_CASE("seconds stay within 32 bits") {
  const Timeline timeline;
  CHECK(timeline.seconds(base::TimePoint{hours{-1}}) == 0);
  CHECK(timeline.seconds(base::TimePoint{hours{24 * 365 * 200}}) == 0xffffffff);
}

}  // namespace
}  // namespace msggw::core
