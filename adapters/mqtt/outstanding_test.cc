// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/outstanding.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace msggw::mqtt {

namespace {

void add(Outstanding& outstanding, const std::string& topic) {
  Outgoing& message = outstanding.add();
  message.topic = topic;
}

std::vector<std::string> sent(Outstanding& outstanding) {
  std::vector<std::string> found;
  while (outstanding.has_due()) {
    const auto next = outstanding.take_due();
    found.push_back(next.message.topic + std::to_string(next.id) + (next.again ? "!" : ""));
  }
  return found;
}

using Sent = std::vector<std::string>;

}  // namespace

TEST_CASE("publications go once, in order, as many at a time as the broker takes") {
  Outstanding outstanding;
  outstanding.rewind(2);
  for (const char* topic : {"a", "b", "c", "d"}) add(outstanding, topic);
  CHECK(sent(outstanding) == Sent{"a1", "b2"});
  CHECK_FALSE(outstanding.done(3));
  CHECK_FALSE(outstanding.done(0));
  CHECK(outstanding.done(2));
  CHECK_FALSE(outstanding.done(2));
  CHECK(sent(outstanding) == Sent{"c3"});
  CHECK(outstanding.done(1));
  CHECK(outstanding.done(3));
  CHECK(sent(outstanding) == Sent{"d4"});
  CHECK(outstanding.done(4));
  CHECK(outstanding.size() == 0);
}

TEST_CASE("what is not acknowledged goes again on the next connection, and nothing else") {
  Outstanding outstanding;
  for (const char* topic : {"a", "b", "c", "d"}) add(outstanding, topic);
  outstanding.rewind(3);
  CHECK(sent(outstanding) == Sent{"a1", "b2", "c3"});
  CHECK(outstanding.done(2));
  outstanding.rewind(9);
  CHECK(sent(outstanding) == Sent{"a1!", "c3!", "d4"});
  CHECK_FALSE(outstanding.done(2));
  CHECK(outstanding.done(1));
  outstanding.rewind(1);
  CHECK(sent(outstanding) == Sent{"c3!"});
  CHECK(outstanding.done(3));
  CHECK(sent(outstanding) == Sent{"d4!"});
}

TEST_CASE("one acknowledged out of its order on an earlier connection is not waited for") {
  Outstanding outstanding;
  outstanding.rewind(9);
  for (const char* topic : {"a", "b", "c"}) add(outstanding, topic);
  sent(outstanding);
  CHECK(outstanding.done(2));
  outstanding.rewind(1);
  REQUIRE(outstanding.has_due());
  CHECK(outstanding.take_due().message.topic == "a");
  CHECK(outstanding.done(1));
  CHECK(sent(outstanding) == Sent{"c3!"});
}

TEST_CASE("packet identifiers go round without 0, whatever was there before") {
  Outstanding outstanding;
  outstanding.rewind(Outstanding::kMost);
  std::uint16_t last = 0;
  for (std::size_t i = 0; i < 70'000; ++i) {
    add(outstanding, "t");
    REQUIRE(outstanding.has_due());
    const std::uint16_t id = outstanding.take_due().id;
    REQUIRE(id == (last == Outstanding::kLastId ? 1 : last + 1));
    if (i % 2 == 1) {
      REQUIRE(outstanding.done(id));
      REQUIRE(outstanding.done(last));
    }
    last = id;
  }
  CHECK(outstanding.size() == 0);
  for (std::size_t i = 0; i < Outstanding::kMost; ++i) add(outstanding, "t");
  CHECK(outstanding.is_full());
}

TEST_CASE("what is perishable is taken out, wherever it stands, and the window is free of it") {
  Outstanding outstanding;
  outstanding.rewind(2);
  for (std::uint64_t tag = 1; tag <= 4; ++tag) {
    Outgoing& added = outstanding.add();
    added.tag = tag;
    added.perishable = tag != 2;
  }
  CHECK(outstanding.take_due().message.tag == 1);
  const std::uint16_t second = outstanding.take_due().id;
  CHECK_FALSE(outstanding.has_due());
  CHECK(outstanding.drop_perishable() == std::vector<std::uint64_t>{1, 3, 4});
  CHECK(outstanding.size() == 3);  // the places behind the one that stays
  CHECK(outstanding.done(second) == 2);
  CHECK(outstanding.size() == 0);
  CHECK(outstanding.drop_perishable().empty());
}

}  // namespace msggw::mqtt
