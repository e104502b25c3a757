// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/partial_drops.h"

#include <doctest/doctest.h>

#include "tests/support/events.h"

namespace sms = msggw::sms;
using namespace std::chrono_literals;

TEST_CASE("each message that was given up is told by its cause, once a second at most") {
  msggw::test::Events events;
  msggw::base::metrics::Registry registry;
  const msggw::base::TimePoint start{std::chrono::seconds{1'800'000'000}};
  msggw::sms_text::ReassemblyCounters counters;
  {
    sms::PartialDrops drops(registry);
    drops.tick(counters, start);
    CHECK(events.text().empty());
    CHECK_FALSE(drops.next_deadline());
    counters.expired = 1;
    drops.tick(counters, start);
    CHECK(events.count("sms_partial_dropped messages=1 expired=1 superseded=0") == 1);
    // What is held back comes with the next line, not never.
    counters.expired = 3;
    counters.above_sender = 4;
    drops.tick(counters, start + 999ms);
    CHECK(events.count("sms_partial") == 1);
    CHECK(drops.next_deadline() == start + 1s);
    counters.superseded = 5;
    drops.tick(counters, start + 1s);
    CHECK(events.count("sms_partial_dropped messages=7 expired=2 superseded=5") == 1);
    CHECK(events.count("sms_partial_full parts=4 above_messages=0 above_octets=0 "
                       "above_per_sender=4") == 1);
    counters.above_messages = 6;
    counters.above_octets = 7;
    drops.tick(counters, start + 1s);
    CHECK(events.count("sms_partial_dropped") == 2);
    CHECK(events.count("sms_partial_full") == 1);
  }
  CHECK(events.count("sms_partial_full parts=13 above_messages=6 above_octets=7 "
                     "above_per_sender=0") == 1);
  CHECK(events.count("sms_partial_dropped") == 2);
  const auto total = [&](const char* name) {
    return msggw::base::metrics::counter(registry, name, "").Value();
  };
  CHECK(total("msggw_sms_partial_dropped_total") == 8);
  CHECK(total("msggw_sms_partial_put_off_total") == 17);
}
