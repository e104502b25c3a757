// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/segments.h"

#include <doctest/doctest.h>

namespace msggw::m5s {

namespace {

Message text(std::string payload) {
  Message out;
  out.from = {"AS", "a"};
  out.to = {"UE", "d"};
  out.id = "m";
  out.wants_report = true;
  out.payload = std::move(payload);
  return out;
}

Message segment(std::int64_t number, std::string payload, bool last = false,
                std::optional<std::int64_t> total = {}) {
  Message out = text(std::move(payload));
  out.is_segment = true;
  out.segment = SegmentPlace{"s", total, number, {}};
  if (last) out.segment->last = true;
  return out;
}

}  // namespace

TEST_CASE("a message is whole when nothing is missing, in whatever order it came") {
  using Taken = Segments::Taken;
  const Instant now(0);
  for (const bool by_total : {false, true}) {
    CAPTURE(by_total);
    Segments segments;
    Message whole;
    const auto total = by_total ? std::optional<std::int64_t>(3) : std::nullopt;
    CHECK(segments.add(segment(3, "c", !by_total), now, whole) == Taken::waits);
    CHECK(segments.add(segment(1, "a", false, total), now, whole) == Taken::waits);
    CHECK(segments.add(segment(1, "a", false, total), now, whole) == Taken::waits);
    CHECK(segments.add(segment(2, "b"), now, whole) == Taken::whole);
    CHECK(whole.payload == "abc");
    CHECK_FALSE(whole.segment);
    CHECK_FALSE(whole.is_segment);
  }
  Segments segments;
  Message whole;
  CHECK(segments.add(segment(0, "a"), now, whole) == Taken::waits);
  CHECK(segments.add(segment(1, "b", true), now, whole) == Taken::whole);
  CHECK(segments.add(text("x"), now, whole) == Taken::refused);
}

TEST_CASE("what is not completed is dropped, and limits hold") {
  using Taken = Segments::Taken;
  Segments segments;
  Message whole;
  CHECK(segments.add(segment(1, "a"), Instant(0), whole) == Taken::waits);
  CHECK(segments.add(segment(2, "b", true), Instant(60'000), whole) == Taken::waits);
  CHECK(segments.dropped() == 1);
  CHECK(segments.add(segment(1, std::string(Segments::kMostOctets, 'x')), Instant(60'000), whole) ==
        Taken::refused);
  CHECK(segments.dropped() == 2);
  for (std::size_t i = 0; i < Segments::kMostSets; ++i) {
    Message one = segment(1, "a");
    one.segment->set = std::to_string(i);
    CHECK(segments.add(one, Instant(60'000), whole) == Taken::waits);
  }
  CHECK(segments.add(segment(1, "a"), Instant(60'000), whole) == Taken::refused);
}

TEST_CASE("cuts stand at whole characters, and where base64 can be cut") {
  CHECK(cut(text("abcd"), 4).size() == 1);
  CHECK_FALSE(cut(text("abcd"), 4)[0].segment);
  const auto parts = cut(text("abcdefghijkl"), 7);
  REQUIRE(parts.size() == 3);
  CHECK(parts[0].payload == "abcd");
  CHECK(parts[1].payload == "efgh");
  CHECK(parts[2].payload == "ijkl");
  CHECK(parts[0].segment->total == 3);
  CHECK(parts[0].wants_report == true);
  CHECK_FALSE(parts[1].segment->total);
  CHECK_FALSE(parts[1].wants_report);
  CHECK_FALSE(parts[0].segment->last);
  CHECK(parts[2].segment->last == true);
  CHECK(parts[2].segment->number == 3);
  const auto euro = cut(text("\u20ac\u20ac"), 4);
  REQUIRE(euro.size() == 2);
  CHECK(euro[0].payload == "\u20ac");
  CHECK(cut(text("\u20ac"), 1).size() == 1);  // a character is never cut
  Segments segments;
  Message whole;
  const std::string long_text = "gr\u00fc\u00dfe an alle, die das lesen";
  for (const Message& one : cut(text(long_text), 5)) segments.add(one, Instant(0), whole);
  CHECK(whole.payload == long_text);
}

}  // namespace msggw::m5s
