// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/http2_client_session.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "adapters/wire/http/test_http2_server.h"

namespace msggw::http {
namespace {

using namespace std::string_literals;
using namespace test;
using base::Errc;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("a request and its answer") {
  Http2Server server;
  CHECK(server.session().room() == 0);  // nobody knows how many before SETTINGS
  server.settle();
  CHECK(server.session().room() > 1'000'000);
  const auto first = server.ask();
  CHECK(server.heard_body() == "hello");
  CHECK(server.session().room() > 1'000'000);
  server.say(answer(1, literal("content-type", "a/b") + literal("retry-after", "7"), "world"));
  REQUIRE(server.response(first) != nullptr);
  CHECK(server.response(first)->status == 200);
  CHECK(server.response(first)->content_type == "a/b");
  CHECK(server.response(first)->retry_after == seconds(7));
  CHECK(server.response(first)->body == "world");
  CHECK(server.response(first)->version == 20);
  CHECK(server.context().in_flight == 0);
  CHECK_FALSE(server.session().over());
}

TEST_CASE("answers in any order, and in pieces of an octet") {
  Http2Server server;
  server.settle();
  const auto first = server.ask();
  const auto second = server.ask();
  for (const char octet : answer(3, "", "two") + answer(1, "", "one")) server.say({octet});
  CHECK(server.response(first)->body == "one");
  CHECK(server.response(second)->body == "two");
}

TEST_CASE("no more requests at a time than the server takes") {
  Http2Server server;
  server.settle(setting(3, 1));
  CHECK(server.session().room() == 1);
  const auto first = server.ask();
  CHECK(server.session().room() == 0);
  server.say(answer(1));
  CHECK(server.response(first) != nullptr);
  CHECK(server.session().room() == 1);
  server.say(frame(kSettings, 0, 0, setting(3, 0)));
  CHECK(server.session().room() == 0);
}

TEST_CASE("GOAWAY: what was not processed can go elsewhere, what was goes on") {
  Http2Server server;
  server.settle();
  const auto first = server.ask();
  const auto second = server.ask();
  server.say(frame(kGoaway, 0, 0, number(1) + number(0)));
  CHECK(server.session().room() == 0);
  CHECK(server.error(first).empty());
  CHECK(server.error(second).empty());
  CHECK(server.context().unprocessed.size() == 1);
  CHECK(server.context().in_flight == 2);
  CHECK_FALSE(server.session().over());
  server.say(answer(1, "", "late"));
  CHECK(server.response(first)->body == "late");
  CHECK(server.session().over());
}

TEST_CASE("GOAWAY with a reason") {
  Http2Server server;
  server.settle();
  const auto only = server.ask();
  server.say(frame(kReset, 0, 1, number(7)));
  CHECK(server.ask_again() == 1);
  server.say(frame(kGoaway, 0, 0, number(0) + number(11) + "debug"));
  CHECK(server.error(only).find("not processed: the server ends the connection "
                                "(ENHANCE_YOUR_CALM)") != std::string::npos);
  CHECK(server.session().over());
}

TEST_CASE("requests that the server resets") {
  Http2Server server;
  server.settle();
  const auto refused = server.ask();
  const auto reset = server.ask();
  const auto half = server.ask();
  server.say(frame(kReset, 0, 1, number(7)));
  server.say(frame(kReset, 0, 3, number(2)));
  server.say(frame(kHeaders, kEndHeaders, 5, "\x88") + frame(kReset, 0, 5, number(0)));
  CHECK(server.error(refused).empty());
  CHECK(server.error(reset).starts_with("unavailable: the server reset the request (INTERNAL"));
  CHECK(server.error(half).starts_with("unavailable: the server reset the request (NO_ERROR"));
  const auto next = server.ask();
  server.say(answer(7));
  CHECK(server.response(next) != nullptr);
  CHECK(server.ask_again() == 1);
  server.say(frame(kReset, 0, 9, number(7)));
  CHECK(server.error(refused).starts_with("unavailable: not processed: the server refused"));
  CHECK(server.ask_again() == 0);
}

TEST_CASE("what goes again is what it was, with nothing of the answer that was begun") {
  Http2Server server;
  server.settle();
  ClientRequest request;
  request.url = base::parse_uri("http://h.example/a").value();
  request.query = "b=c";
  request.content_type = "text/plain";
  request.body = "hello";
  const auto number_of = server.ask(request);
  const auto before = server.header_of(1);
  server.say(frame(kHeaders, kEndHeaders, 1, "\x8d" + literal("retry-after", "9")) +
             frame(kData, 0, 1, "half") + frame(kReset, 0, 1, number(7)));
  CHECK(server.ask_again() == 1);
  CHECK(server.header_of(3) == before);
  CHECK(server.heard_body() == "hellohello");
  server.say(answer(3, "", "whole"));
  REQUIRE(server.response(number_of) != nullptr);
  CHECK(server.response(number_of)->status == 200);
  CHECK(server.response(number_of)->body == "whole");
  CHECK(server.response(number_of)->retry_after == base::Duration{0});
}

TEST_CASE("an answer before the request is out, and its reset after that") {
  Http2Server server;
  server.settle();
  const auto large = server.ask("POST", std::string(100'000, 'x'));
  CHECK(server.heard_body().size() == 65'535);
  server.say(answer(1, "", "enough") + frame(kReset, 0, 1, number(0)));
  CHECK(server.response(large)->body == "enough");
  const auto other = server.ask("POST", std::string(100, 'x'));
  server.say(answer(3, "", "enough"));
  CHECK(server.response(other)->body == "enough");
  CHECK(server.has_reset(3));
}

TEST_CASE("a window of none") {
  ClientOptions options;
  options.request_timeout = milliseconds(2'000);
  Http2Server server(options);
  server.settle(setting(4, 0));
  const auto first = server.ask();
  const auto second = server.ask();
  CHECK(server.heard_body().empty());
  server.say(frame(kWindowUpdate, 0, 1, number(3)));
  CHECK(server.heard_body() == "hel");
  server.say(frame(kWindowUpdate, 0, 1, number(9)));
  CHECK(server.heard_body() == "hello");
  server.say(answer(1));
  CHECK(server.response(first) != nullptr);
  server.pass(milliseconds(2'100));
  CHECK(server.error(second).starts_with("unavailable: no answer in time"));
  CHECK(server.has_reset(3));
}

TEST_CASE("requests have their time, and late answers are nobody's") {
  Http2Server server;
  server.settle();
  const auto first = server.ask();
  server.pass(milliseconds(2'000));
  server.say(frame(kPing, 0, 0, "12345678"));
  const auto second = server.ask();
  server.pass(milliseconds(3'100));
  CHECK(server.error(first) == "unavailable: no answer in time (http://h.example)");
  CHECK(server.error(second).empty());
  CHECK(server.has_reset(1));
  server.say(answer(1, "", "late") + answer(3, "", "good"));
  CHECK(server.response(second)->body == "good");
  CHECK_FALSE(server.session().over());
}

TEST_CASE("a server that says nothing is asked by PING, and then given up") {
  for (const bool answers : {false, true}) {
    Http2Server server;
    server.settle();
    const auto only = server.ask();
    server.pass(milliseconds(1'200));
    CHECK(server.heard(kPing) == 0);
    server.pass(milliseconds(100));
    CHECK(server.heard(kPing) == 1);
    if (answers) server.say(frame(kPing, kAck, 0, std::string(8, '\0')));
    server.pass(milliseconds(1'300));
    CHECK(server.session().over().has_value() == !answers);
    if (!answers) {
      CHECK(server.error(only).starts_with("unavailable: the connection is lost: no answer to a"));
      CHECK(server.heard(kGoaway) == 1);
    }
  }
}

TEST_CASE("a request in whose time nothing was heard is reason for a PING too") {
  ClientOptions options;
  options.request_timeout = milliseconds(100);
  Http2Server server(options);
  server.settle();
  server.pass(milliseconds(10));
  server.ask();
  server.pass(milliseconds(150));
  CHECK(server.heard(kPing) == 1);
  server.pass(milliseconds(1'100));  // nobody asks any more
  CHECK(server.session().over());
}

TEST_CASE("a connection that nobody uses is closed") {
  Http2Server server;
  server.settle();
  server.pass(seconds(59));
  server.ask();
  server.say(answer(1));
  server.pass(seconds(59));
  CHECK_FALSE(server.session().over());
  server.pass(seconds(2));
  CHECK(server.session().over());
  CHECK(server.heard(kPing) == 0);
  CHECK(server.heard(kGoaway) == 1);

  Http2Server unused;
  unused.settle();
  CHECK_FALSE(unused.session().was_of_use());
  unused.pass(seconds(61));
  CHECK(unused.session().over());
  CHECK(unused.session().was_of_use());  // nobody has waited for it in vain
}

TEST_CASE("the connection is gone") {
  Http2Server server;
  server.settle();
  const auto first = server.ask();
  const auto second = server.ask();
  const auto third = server.ask();
  server.session().fail(Errc::unavailable, "gone");
  CHECK(server.error(first) == "unavailable: gone (http://h.example)");
  for (const auto other : {second, third})
    CHECK(server.error(other) == "unavailable: with others: gone (http://h.example)");
  CHECK(server.context().in_flight == 0);
}

TEST_CASE("fields of a request") {
  Http2Server server;
  server.settle();
  ClientRequest request;
  request.method = "PUT";
  request.url = base::parse_uri("http://h.example/a/b").value();
  request.query = "c=d";
  request.accept = "e/f";
  request.content_type = "g/h";
  request.authorization = "Bearer i";
  server.ask(std::move(request));
  const auto header = server.header_of(1);
  const std::vector<std::string> expected = {
      ":method=PUT",      ":scheme=http",     ":authority=h.example", ":path=/a/b?c=d",
      "content-type=g/h", "content-length=0", "accept=e/f",           "authorization=Bearer i"};
  CHECK(header == expected);
  server.ask("GET");
  CHECK(server.header_of(3) ==
        std::vector<std::string>{":method=GET", ":scheme=http", ":authority=h.example", ":path=/"});
}

TEST_CASE("the authority of a request is its host, with the port if it is not the scheme's") {
  for (const auto& [root, authority] : std::initializer_list<std::pair<const char*, const char*>>{
           {"http://h.example", "h.example"},
           {"http://h.example:80", "h.example"},
           {"http://h.example:443", "h.example:443"},
           {"https://h.example:443", "h.example"},
           {"http://192.0.2.7:8080", "192.0.2.7:8080"},
           {"http://[2001:db8::7]", "[2001:db8::7]"},
           {"http://[2001:DB8:0::7]:8080", "[2001:db8::7]:8080"},
           {"https://[2001:db8::7]:443", "[2001:db8::7]"}}) {
    CAPTURE(root);
    Http2Server server(base::parse_uri(root).value());
    server.settle();
    server.ask("GET");
    const auto header = server.header_of(1);
    CHECK(std::find(header.begin(), header.end(), ":authority=" + std::string(authority)) !=
          header.end());
  }
}

TEST_CASE("the final header counts, not what comes before and behind it") {
  const std::string fields = literal("retry-after", "100") + literal("content-type", "a/b") +
                             literal("location", "/elsewhere") + literal("x", "y");
  const std::string hints = frame(kHeaders, kEndHeaders, 1,
                                  "\x08\x03"
                                  "103" +
                                      fields);
  const std::string created = frame(kHeaders, kEndHeaders, 1,
                                    "\x08\x03"
                                    "201");
  const std::string body = frame(kData, 0, 1, "hi");
  for (const std::string& octets :
       {hints + created + frame(kData, kEndStream, 1, "hi"),
        hints + hints + created + body + frame(kData, kEndStream, 1),
        created + body + frame(kHeaders, kEndHeaders | kEndStream, 1, fields)}) {
    Http2Server server;
    server.settle();
    const auto only = server.ask();
    server.say(octets);
    REQUIRE(server.response(only) != nullptr);
    CHECK(server.response(only)->status == 201);
    CHECK(server.response(only)->body == "hi");
    CHECK(server.response(only)->content_type.empty());
    CHECK(server.response(only)->location.empty());
    CHECK(server.response(only)->retry_after == base::Duration(0));
  }
}

TEST_CASE("answers to HEAD, and such that have no body") {
  Http2Server server;
  server.settle();
  const auto head = server.ask("HEAD");
  const auto unchanged = server.ask("GET");
  const std::string length = literal("content-length", "70000");
  server.say(frame(kHeaders, kEndHeaders | kEndStream, 1, "\x88" + length));
  server.say(frame(kHeaders, kEndHeaders | kEndStream, 3, "\x8b" + length));
  CHECK(server.response(head)->status == 200);
  CHECK(server.response(unchanged)->status == 304);
}

}  // namespace
}  // namespace msggw::http
