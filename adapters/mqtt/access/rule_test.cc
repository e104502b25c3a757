// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/rule.h"

#include <doctest/doctest.h>

#include <vector>

namespace msggw::mqtt::access {
namespace {

const std::vector<std::string> kMeter{"meter-42"};
const std::vector<std::string> kJoined{"001b638445e6", "+15551234567"};

bool writes(const std::vector<std::string>& ids, std::string_view topic) {
  return is_its_own(ids, "msgin5g", Act::write, topic);
}
bool hears(const std::vector<std::string>& ids, std::string_view topic) {
  const bool reads = is_its_own(ids, "msgin5g", Act::read, topic);
  CHECK(reads == is_its_own(ids, "msgin5g", Act::subscribe, topic));
  return reads;
}

TEST_CASE("a device says what devices say, and hears what they are told, below its own ID") {
  for (const char* const word : {"register", "deregister", "status", "send", "up", "report"}) {
    CAPTURE(word);
    CHECK(writes(kMeter, std::string("msgin5g/meter-42/") + word));
    CHECK_FALSE(hears(kMeter, std::string("msgin5g/meter-42/") + word));
    CHECK_FALSE(writes(kMeter, std::string("msgin5g/meter-43/") + word));
  }
  for (const char* const word :
       {"registration", "ack", "down", "reports", "answers/1", "answers/#", "answers/+/x"}) {
    CAPTURE(word);
    CHECK(hears(kMeter, std::string("msgin5g/meter-42/") + word));
    CHECK_FALSE(writes(kMeter, std::string("msgin5g/meter-42/") + word));
    CHECK_FALSE(hears(kMeter, std::string("msgin5g/meter-43/") + word));
  }
}

TEST_CASE("all spellings of an own Private ID are its own, and no other's") {
  for (const char* const id :
       {"00-1B-63-84-45-E6", "00:1b:63:84:45:e6", "001b.6384.45e6", "001B638445E6"}) {
    CAPTURE(id);
    CHECK(writes(kJoined, std::string("msgin5g/") + id + "/up"));
    CHECK_FALSE(writes(kMeter, std::string("msgin5g/") + id + "/up"));
  }
  for (const char* const id : {"00-1B-63-84-45-E7", "Meter-42", "meter-42 ", " meter-42", "meter-4",
                               "meter-422", "meter_42"}) {
    CAPTURE(id);
    CHECK_FALSE(writes(kMeter, std::string("msgin5g/") + id + "/up"));
    CHECK_FALSE(writes(kJoined, std::string("msgin5g/") + id + "/up"));
  }
}

TEST_CASE("no wildcard, no other level, no other prefix") {
  for (const char* const topic : {"#",
                                  "+",
                                  "+/+/down",
                                  "msgin5g/#",
                                  "msgin5g/+/down",
                                  "msgin5g/meter-42/#",
                                  "msgin5g/meter-42/+",
                                  "msgin5g/meter-42",
                                  "msgin5g/meter-42/",
                                  "msgin5g//down",
                                  "msgin5g/meter-42/down/x",
                                  "msgin5g/meter-42//down",
                                  "/msgin5g/meter-42/down",
                                  "msgin5g/x/meter-42/down",
                                  "msgin5gx/meter-42/down",
                                  "msgin5/meter-42/down",
                                  "msgin5g",
                                  "msgin5g/",
                                  "",
                                  "$SYS/broker/uptime",
                                  "$SYS/#",
                                  "$share/g/msgin5g/meter-42/down",
                                  "$share/g/msgin5g/+/down",
                                  "$CONTROL/dynamic-security/v1",
                                  "MSGIN5G/meter-42/down",
                                  "msgin5g/meter-42/Down",
                                  "msgin5g/meter-42/down ",
                                  "msgin5g/meter-42/answers"}) {
    CAPTURE(topic);
    CHECK_FALSE(hears(kMeter, topic));
    CHECK_FALSE(writes(kMeter, topic));
  }
  CHECK_FALSE(hears({}, "msgin5g/meter-42/down"));
  CHECK_FALSE(writes({"+15551234567"}, "msgin5g/+15551234567/up"));
  CHECK(is_its_own(kMeter, "a/b", Act::write, "a/b/meter-42/up"));
  CHECK_FALSE(is_its_own(kMeter, "a/b", Act::write, "a/meter-42/up"));
}

}  // namespace
}  // namespace msggw::mqtt::access
