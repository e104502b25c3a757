// SPDX-License-Identifier: Apache-2.0
// What a client's session makes of servers that keep to no rule.
#include <doctest/doctest.h>

#include <string>

#include "adapters/wire/http/test_http2_server.h"

namespace msggw::http {
namespace {

using namespace std::string_literals;
using namespace test;

constexpr std::uint8_t kPadded = 8;

TEST_CASE("frames that bring nothing end the connection") {
  const std::string open = frame(kHeaders, kEndHeaders, 1, "\x88");
  const struct {
    const char* what;
    std::string before;
    std::string again;
  } cases[] = {
      {"PRIORITY", "", frame(kPriority, 0, 3, number(0) + "\x01")},
      {"WINDOW_UPDATE", "", frame(kWindowUpdate, 0, 0, number(1))},
      {"WINDOW_UPDATE of a stream", open, frame(kWindowUpdate, 0, 1, number(1))},
      {"PING", "", frame(kPing, 0, 0, "12345678")},
      {"answer to a PING that was not sent", "", frame(kPing, kAck, 0, "12345678")},
      {"SETTINGS", "", frame(kSettings, 0, 0, setting(4, 100))},
      {"empty SETTINGS", "", frame(kSettings, 0, 0)},
      {"empty DATA", open, frame(kData, 0, 1)},
      {"padding", open, frame(kData, kPadded, 1, "\xc8" + std::string(200, '\0'))},
      {"unknown", "", frame(0xfa, 0, 0)},
      {"unknown on a stream", open, frame(0xfa, 0xff, 1, "what?")},
  };
  for (const auto& c : cases) {
    CAPTURE(std::string(c.what));
    Http2Server server;
    server.settle();
    const auto only = server.ask();
    server.say(c.before);
    CHECK(server.flood(c.again) < 2'600);
    CHECK(server.error(only).find("the server floods the connection") != std::string::npos);
    CHECK(server.heard(kGoaway) == 1);
    CHECK(server.written < 64 * 1024);
    CHECK(server.flood("more") == 0);
  }
}

TEST_CASE("a header without an end ends the connection") {
  Http2Server server;
  server.settle();
  const auto only = server.ask();
  server.say(frame(kHeaders, 0, 1, "\x88"));
  CHECK(server.flood(frame(kContinuation, 0, 1)) < 2'100);
  CHECK_FALSE(server.error(only).empty());
}

TEST_CASE("interim answers without an end are too much") {
  Http2Server server;
  server.settle();
  const auto only = server.ask();
  int taken = 0;
  while (server.error(only).empty() && taken < 10'000)
    ++taken, server.say(frame(kHeaders, kEndHeaders, 1,
                              "\x08\x03"
                              "103"));
  CHECK(taken < 2'000);
  CHECK(server.error(only).starts_with("too_large: "));
}

TEST_CASE("a header, or a trailer, that is too long") {
  for (const bool trailer : {false, true}) {
    CAPTURE(trailer);
    Http2Server server;
    server.settle();
    const auto only = server.ask();
    std::string fields;
    while (fields.size() < 16'300) fields += literal("x-line", std::string(100, 'x'));
    if (trailer) server.say(frame(kHeaders, kEndHeaders, 1, "\x88"));
    server.say(frame(kHeaders, 0, 1, (trailer ? "" : "\x88") + fields.substr(0, 16'000)));
    server.say(frame(kContinuation, kEndHeaders, 1, fields.substr(16'000) + fields));
    CHECK(server.error(only).starts_with("too_large: "));
    CHECK(server.has_reset(1));
    const auto next = server.ask();  // the connection is as good as before
    server.say(answer(3));
    CHECK(server.response(next) != nullptr);
  }
}

TEST_CASE("a little HPACK that means a lot") {
  // A field of 4,000 octets goes into the table; from then on an octet each names it.
  const std::string large = "\x40\x01n\x7f\xa1\x1e"s + std::string(4'000, 'v');
  Http2Server server;
  server.settle();
  const auto first = server.ask();
  server.say(frame(kHeaders, kEndHeaders | kEndStream, 1, "\x88" + large));
  CHECK(server.response(first) != nullptr);
  int asked = 0;
  while (!server.session().over() && ++asked < 1'000) {
    const auto next = server.ask();
    const auto stream = static_cast<std::uint32_t>(1 + 2 * asked);
    server.say(
        frame(kHeaders, kEndHeaders | kEndStream, stream, "\x88" + std::string(8'000, '\xbe')));
    CHECK_FALSE(server.error(next).empty());
  }
  CHECK(asked < 30);
}

TEST_CASE("bodies that are too long") {
  ClientOptions options;
  options.max_response_octets = 1'000;
  Http2Server server(options);
  server.settle();
  const auto whole = server.ask();
  server.say(answer(1, literal("content-length", "1000"), std::string(1'000, 'x')));
  CHECK(server.response(whole)->body.size() == 1'000);
  const auto announced = server.ask();
  server.say(frame(kHeaders, kEndHeaders, 3, "\x88" + literal("content-length", "1001")));
  CHECK(server.error(announced).starts_with("too_large: "));
  const auto grown = server.ask();
  server.say(answer(5, "", std::string(1'001, 'x')));
  CHECK(server.error(grown).starts_with("too_large: "));
  CHECK(server.has_reset(3));
}

TEST_CASE("DATA of a request that is over: as much as its window had, and no more") {
  Http2Server server;
  server.settle();
  const auto first = server.ask();
  server.say(frame(kHeaders, kEndHeaders, 1, "\x88"));
  server.pass(base::Duration(5'100));
  CHECK_FALSE(server.error(first).empty());
  const std::string piece = frame(kData, 0, 1, std::string(16'000, 'x'));
  CHECK(server.flood(piece, 4) == 4);
  CHECK_FALSE(server.session().over());
  CHECK(server.flood(piece) == 1);
  CHECK(server.session().over());
}

TEST_CASE("DATA behind the end of an answer") {
  Http2Server server;
  server.settle();
  const auto only = server.ask();
  server.say(answer(1));
  CHECK(server.response(only) != nullptr);
  CHECK(server.flood(frame(kData, 0, 1, "more")) == 1);
}

TEST_CASE("what is no HTTP/2") {
  for (const char* octets : {"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
                             "garbage garbage garbage garbage"}) {
    Http2Server server;
    server.say(octets);
    REQUIRE(server.session().over());
    CHECK(server.session().over()->code == base::Errc::malformed);
    CHECK(server.session().over()->detail == "the server does not speak HTTP/2");
    CHECK_FALSE(server.session().was_of_use());
  }
}

TEST_CASE("answers that are none cost their request, and not the connection") {
  const std::string bodies = frame(kData, kEndStream, 1, "four");
  const struct {
    const char* what;
    std::string octets;
  } cases[] = {
      {"no status", frame(kHeaders, kEndHeaders | kEndStream, 1, literal("a", "b"))},
      {"two of them", frame(kHeaders, kEndHeaders | kEndStream, 1, "\x88\x88")},
      {"a status of no digits", frame(kHeaders, kEndHeaders | kEndStream, 1,
                                      "\x08\x03"
                                      "abc")},
      {"one of two digits", frame(kHeaders, kEndHeaders | kEndStream, 1,
                                  "\x08\x02"
                                  "20")},
      {"099", frame(kHeaders, kEndHeaders | kEndStream, 1,
                    "\x08\x03"
                    "099")},
      {"101", frame(kHeaders, kEndHeaders, 1,
                    "\x08\x03"
                    "101")},
      {"an end behind 103", frame(kHeaders, kEndHeaders | kEndStream, 1,
                                  "\x08\x03"
                                  "103")},
      {"capitals", frame(kHeaders, kEndHeaders | kEndStream, 1, "\x88" + literal("A", "b"))},
      {"a line break", frame(kHeaders, kEndHeaders, 1, "\x88" + literal("a", "b\r\nc: d"))},
      {"a coding", frame(kHeaders, kEndHeaders, 1, "\x88" + literal("transfer-encoding", "gzip"))},
      {"a pseudo-field too late", frame(kHeaders, kEndHeaders, 1, literal("a", "b") + "\x88")},
      {"too short",
       frame(kHeaders, kEndHeaders, 1, "\x88" + literal("content-length", "5")) + bodies},
      {"too long",
       frame(kHeaders, kEndHeaders, 1, "\x88" + literal("content-length", "3")) + bodies},
      {"no number",
       frame(kHeaders, kEndHeaders, 1, "\x88" + literal("content-length", "x")) + bodies},
      {"body behind 103", frame(kHeaders, kEndHeaders, 1,
                                "\x08\x03"
                                "103") +
                              bodies},
      {"a second header",
       frame(kHeaders, kEndHeaders, 1, "\x88") + frame(kHeaders, kEndHeaders, 1, "\x88")},
  };
  for (const auto& c : cases) {
    CAPTURE(std::string(c.what));
    Http2Server server;
    server.settle();
    const auto first = server.ask("GET");
    const auto second = server.ask("GET");
    server.say(c.octets + answer(3));
    CHECK(server.error(first).starts_with("malformed: "));
    CHECK(server.has_reset(1));
    CHECK(server.response(second) != nullptr);
    CHECK_FALSE(server.session().over());
  }
}

TEST_CASE("frames that break the rules cost the connection") {
  const struct {
    const char* what;
    std::string octets;
  } cases[] = {
      {"an answer that nobody asked for", answer(3)},
      {"a body before its header", frame(kData, kEndStream, 1, "four")},
      {"a request", frame(kHeaders, kEndHeaders | kEndStream, 2, "\x82\x86\x84\x01\x01x"s)},
      {"a window of nothing", frame(kWindowUpdate, 0, 0, number(0))},
      {"a window beyond all", frame(kWindowUpdate, 0, 0, number(0x7fff'ffff))},
      {"PING of 7 octets", frame(kPing, 0, 0, "1234567")},
      {"GOAWAY with a number that grows",
       frame(kGoaway, 0, 0, number(1) + number(0)) + frame(kGoaway, 0, 0, number(3) + number(0))},
      {"no HPACK", frame(kHeaders, kEndHeaders | kEndStream, 1, "\xff\xff\xff\xff\xff\xff\xff")},
      {"a frame of more than 16 KiB", frame(kData, 0, 1, std::string(16'385, 'x'))},
      {"ENABLE_PUSH of 1", frame(kSettings, 0, 0, setting(2, 1))},
  };
  for (const auto& c : cases) {
    CAPTURE(std::string(c.what));
    Http2Server server;
    server.settle();
    const auto only = server.ask("GET");
    server.say(c.octets);
    CHECK(server.session().over());
    CHECK(server.error(only).starts_with("malformed: the server breaks the rules of HTTP/2 ("));
    CHECK(server.heard(kGoaway) == 1);
  }
}

TEST_CASE("nothing is pushed") {
  const std::string push =
      frame(kPushPromise, kEndHeaders, 1, number(2) + "\x82\x86\x84\x01\x01x"s);
  Http2Server server;
  server.settle();
  const auto first = server.ask();
  server.say(push);  // before the client's SETTINGS are acknowledged it may be
  CHECK(server.has_reset(2));
  server.say(answer(1));
  CHECK(server.response(first) != nullptr);
}

TEST_CASE("a server that answers need not count frames") {
  Http2Server server;
  server.settle();
  for (std::uint32_t id = 1; id < 20'000; id += 2) {
    const auto asked = server.ask();
    server.say(frame(kWindowUpdate, 0, 0, number(5)) + frame(kWindowUpdate, 0, id, number(5)) +
               frame(kHeaders, kEndHeaders, id, "\x88") + frame(kData, 0, id, "a") +
               frame(kData, 0, id, "b") + frame(kData, kEndStream, id) +
               frame(kPing, 0, 0, "12345678"));
    REQUIRE(server.response(asked) != nullptr);
  }
  CHECK_FALSE(server.session().over());
}

}  // namespace
}  // namespace msggw::http
