// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/trace.h"

#include <doctest/doctest.h>

#include <chrono>

namespace msggw::base {
namespace {

using namespace std::chrono_literals;

struct Event {
  TimePoint at{};
  int what = 0;
};

TEST_CASE("the newest are kept, and what was added since the last time is given its time") {
  Trace<Event> trace(3);
  CHECK(trace.size() == 0);
  trace.stamp(TimePoint{1s});
  trace.add({{}, 1});
  trace.add({{}, 2});
  CHECK(trace[0].at == TimePoint{});
  trace.stamp(TimePoint{2s});
  trace.add({{}, 3});
  trace.stamp(TimePoint{3s});
  REQUIRE(trace.size() == 3);
  CHECK(trace[0].at == TimePoint{2s});
  CHECK(trace[1].at == TimePoint{2s});
  CHECK(trace[2].at == TimePoint{3s});
  for (int what = 4; what <= 11; ++what) trace.add({{}, what});
  trace.stamp(TimePoint{4s});
  REQUIRE(trace.size() == 3);
  CHECK(trace.total() == 11);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(trace[i].what == static_cast<int>(9 + i));
    CHECK(trace[i].at == TimePoint{4s});
  }
}

TEST_CASE("what is taken back was not") {
  Trace<Event> trace(3);
  trace.add({{}, 1});
  trace.add({{}, 2});
  trace.take_back();
  trace.stamp(TimePoint{1s});
  REQUIRE(trace.size() == 1);
  CHECK(trace[0].what == 1);
  for (int what = 2; what <= 4; ++what) trace.add({{}, what});
  trace.stamp(TimePoint{2s});
  for (int times = 0; times < 5; ++times) {
    trace.add({{}, 99});
    trace.take_back();
    trace.stamp(TimePoint{3s});
    REQUIRE(trace.size() == 2);
    CHECK(trace[0].what == 3);
    CHECK(trace[1].what == 4);
    CHECK(trace[1].at == TimePoint{2s});
  }
  trace.add({{}, 5});
  REQUIRE(trace.size() == 3);
  CHECK(trace[0].what == 3);
  CHECK(trace[2].what == 5);
}

TEST_CASE("a text that is too long is cut, and still known") {
  const CutText<4> cut("abcdef");
  CHECK(cut.view() == "abcd");
  CHECK(cut.is_of("abcdef"));
  CHECK(cut.is_of("abcd"));
  CHECK_FALSE(cut.is_of("abc"));
  CHECK(CutText<4>("ab").is_of("ab"));
  CHECK_FALSE(CutText<4>("ab").is_of("abc"));
  CHECK(CutText<4>().view().empty());
}

}  // namespace
}  // namespace msggw::base
