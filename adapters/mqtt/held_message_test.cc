// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/held_message.h"

#include <doctest/doctest.h>

namespace msggw::mqtt {

TEST_CASE("a message that waits for a Service ID is kept with all that it came with") {
  HeldMessage message;
  message.structured = true;
  message.sender = {"d", "msgin5g/d/answers", std::string_view("c\0x", 3)};
  message.incoming.payload = R"({"payload":"20.5"})";
  message.incoming.properties = std::string_view("\x26\0\1a\0\1b", 7);
  message.incoming.expiry_s = 4'294'967'295U;
  message.origin = "packet 7";
  const std::string record = record_of(message);
  const auto read = held_message_of(record);
  REQUIRE(read);
  CHECK(read->structured);
  CHECK(read->sender.id == "d");
  CHECK(read->sender.response_topic == "msgin5g/d/answers");
  CHECK(read->sender.correlation == message.sender.correlation);
  CHECK(read->incoming.payload == message.incoming.payload);
  CHECK(read->incoming.properties == message.incoming.properties);
  CHECK(read->incoming.expiry_s == message.incoming.expiry_s);
  CHECK(read->origin == "packet 7");
  CHECK(record_of(*read) == record);
}

TEST_CASE("a record that is cut, has more behind it or says what none says is no message") {
  HeldMessage message;
  message.sender.id = "d";
  message.incoming.payload = "20.5";
  const std::string record = record_of(message);
  for (std::size_t size = 0; size < record.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(held_message_of(record.substr(0, size)));
  }
  CHECK_FALSE(held_message_of(record + 'x'));
  CHECK_FALSE(held_message_of('\2' + record.substr(1)));
}

}  // namespace msggw::mqtt
