// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/http2.h"

#include <doctest/doctest.h>

namespace msggw::m5s {

namespace {

const Fields kRequest{
    {":method", "POST"}, {":scheme", "http"}, {":authority", "x"}, {":path", "/p"}};

/// Both sides, and what goes between them until both are silent.
struct Wire {
  Http2 client{Http2::Side::client};
  Http2 server{Http2::Side::server};

  void flow() {
    for (bool moved = true; moved;) {
      const std::string there = client.take_output();
      if (!there.empty()) REQUIRE(server.receive(there));
      const std::string back = server.take_output();
      if (!back.empty()) REQUIRE(client.receive(back));
      moved = !there.empty() || !back.empty();
    }
  }
};

}  // namespace

TEST_CASE("requests side by side, answered in any order") {
  Wire wire;
  const auto first = wire.client.ask(kRequest, "one");
  const auto second = wire.client.ask(kRequest, std::string(300'000, 'x'));
  wire.flow();
  auto heard = wire.server.take_heard();
  REQUIRE(heard.size() == 2);
  CHECK(heard[0].body == "one");
  CHECK(field(heard[0].fields, ":path") == "/p");
  CHECK(heard[1].body.size() == 300'000);
  wire.server.answer(heard[1].stream, {{":status", "200"}, {"a", "b"}}, "two", false);
  wire.flow();
  auto answers = wire.client.take_heard();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].stream == second);
  CHECK(answers[0].body == "two");
  CHECK(field(answers[0].fields, "a") == "b");
  wire.server.answer(heard[0].stream, {{":status", "204"}}, "", false);
  wire.flow();
  answers = wire.client.take_heard();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].stream == first);
  CHECK(wire.client.take_lost().empty());
}

TEST_CASE("half an answer is none") {
  Wire wire;
  const auto stream = wire.client.ask(kRequest, "");
  wire.flow();
  const auto heard = wire.server.take_heard();
  REQUIRE(heard.size() == 1);
  wire.server.answer(heard[0].stream, {{":status", "200"}}, "0123456789", true);
  wire.flow();
  CHECK(wire.client.take_heard().empty());
  CHECK(wire.client.take_lost() == std::vector<std::int32_t>{stream});
}

TEST_CASE("a body above the limit is said to be so, and not kept") {
  Wire wire;
  wire.client.ask(kRequest, std::string(kMostBody + 1, 'x'));
  wire.flow();
  const auto heard = wire.server.take_heard();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].too_large);
  CHECK(heard[0].body.empty());
}

TEST_CASE("what is no HTTP/2 ends the connection") {
  Http2 server(Http2::Side::server);
  CHECK_FALSE(server.receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  server.take_output();
  CHECK(server.is_over());
}

TEST_CASE("a stream that is given up takes no answer") {
  Wire wire;
  const auto stream = wire.client.ask(kRequest, "");
  wire.flow();
  const auto heard = wire.server.take_heard();
  wire.client.reset(stream);
  wire.flow();
  wire.server.answer(heard.at(0).stream, {{":status", "200"}}, "late", false);
  wire.flow();
  CHECK(wire.client.take_heard().empty());
}

}  // namespace msggw::m5s
