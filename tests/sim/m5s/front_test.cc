// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/front.h"

#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>

#include "tests/sim/m5s/test_double.h"

namespace msggw::m5s {

namespace {

constexpr const char* kDeliver = "/msgs-msgdelivery/v1/deliver-ue-message";

std::string message(const std::string& id, const std::string& from = "d") {
  return R"({"oriAddr":{"addrType":"UE","addr":")" + from +
         R"("},"destAddr":{"addrType":"AS","addr":"as-1@msgin5g.example"},"msgId":")" + id +
         R"(","stoAndFwInd":true,"payload":"hello"})";
}

std::size_t inbox_size(TestDouble& twin) {
  return twin.control("GET", "/inbox").json().at("entries").as_array().size();
}

/// A double with a device behind a gateway, and one fault for the next message.
struct Bench {
  TestGateway gateway;
  TestDouble twin;

  Bench() { REQUIRE(twin.put_device("d", gateway.port()) == 201); }
  TestDouble::Answer meet(const char* fault) {
    twin.control("POST", "/reset");
    CHECK(twin.control("POST", "/faults", fault).status == 201);
    return twin.ask("POST", kDeliver, message("1"));
  }
};

}  // namespace

TEST_CASE("messages go both ways, over HTTP/2 and HTTP/1.1") {
  for (const unsigned version : {20u, 11u}) {
    CAPTURE(version);
    TestGateway gateway;
    Options options;
    options.version = version;
    TestDouble twin(options);
    REQUIRE(twin.put_device("d", gateway.port()) == 201);
    CHECK(twin.ask("POST", kDeliver, message("1")).status == 200);
    CHECK(inbox_size(twin) == 1);
    for (int i = 0; i < 20; ++i) {
      const auto sent = twin.control("POST", "/send", R"({"to":"d","text":"READ","report":true})");
      CHECK(sent.status == 202);
    }
    TestDouble::wait_for([&] { return gateway.count() == 20; }, "twenty messages");
    const auto asked = gateway.asked();
    CHECK(asked[0].target == "/msgg-n3gdelivery/v1/deliver-message");
    CHECK(asked[0].version == version);
    CHECK(asked[0].body.at("payload") == "READ");
    CHECK(asked[0].priority.empty());
    for (const char* const word : {"HIGH", "MIDDLE", "LOW", "high", "8"}) {
      const std::string body = std::string(R"({"to":"d","text":"x","priority":")") + word + R"("})";
      CHECK(twin.control("POST", "/send", body).status ==
            (word[1] >= 'A' && word[1] <= 'Z' ? 202 : 400));
    }
    TestDouble::wait_for([&] { return gateway.count() == 23; }, "three of some priority");
    const auto urgent = gateway.asked();
    CHECK(urgent[20].priority == "8");
    CHECK(urgent[21].priority == "24");
    CHECK(urgent[22].priority == "28");
    const auto ended = twin.control("GET", "/messages/21?wait=30");
    CHECK(ended.json().at("state") == "delivered");
  }
}

TEST_CASE("a gateway that says later gets it later, under the same msgId") {
  TestGateway gateway;
  Options options;
  options.relay.retry = Span(20);
  TestDouble twin(options);
  REQUIRE(twin.put_device("d", gateway.port(), "L3G") == 201);
  gateway.answer_next({{503, {}, ""}, {429, {}, ""}});
  twin.control("POST", "/send", R"({"to":"d","text":"x","msgId":"one"})");
  const auto ended = twin.control("GET", "/messages/1?wait=30").json();
  CHECK(ended.at("state") == "delivered");
  CHECK(ended.at("attempts") == 3);
  const auto asked = gateway.asked();
  REQUIRE(asked.size() == 3);
  CHECK(asked[2].target == "/msgg-l3gdelivery/v1/deliver-message");
  CHECK(asked[2].body.at("msgId") == "one");
}

TEST_CASE("a gateway that is not there is asked until it is") {
  Options options;
  options.relay.retry = Span(20);
  TestDouble twin(options);
  std::uint16_t port = 0;
  {
    const TestGateway gone;
    port = gone.port();
  }
  REQUIRE(twin.put_device("d", port) == 201);
  twin.control("POST", "/send", R"({"to":"d","text":"x"})");
  TestDouble::wait_for(
      [&] { return twin.control("GET", "/counters").json().at("again").to_number<int>() > 1; },
      "attempts");
  TestGateway gateway;
  REQUIRE(twin.put_device("d", gateway.port()) == 204);
  CHECK(twin.control("GET", "/messages/1?wait=30").json().at("state") == "delivered");
}

TEST_CASE("faults of answers") {
  Bench bench;
  const auto busy =
      bench.meet(R"({"do":"status","status":429,"cause":"NF_CONGESTION_RISK","retryAfter":3})");
  CHECK(busy.status == 429);
  CHECK(busy.head.find("retry-after: 3") != std::string::npos);
  CHECK(busy.json().at("cause") == "NF_CONGESTION_RISK");
  CHECK(inbox_size(bench.twin) == 0);
  const auto page = bench.meet(
      R"({"do":"status","status":404,"body":"<html>no</html>","contentType":"text/html"})");
  CHECK(page.status == 404);
  CHECK(page.head.find("content-type: text/html") != std::string::npos);
  CHECK(page.body == "<html>no</html>");
  const auto failed = bench.meet(R"({"do":"ack_status","ackStatus":"DELY_FAILED","cause":"NO"})");
  CHECK(failed.status == 200);
  CHECK(failed.json().at("status") == "DELY_FAILED");
  CHECK(failed.json().at("oriAddr").at("addr") == "d");
  CHECK(bench.meet(R"({"do":"reset"})").status == 0);
  CHECK(inbox_size(bench.twin) == 0);
  const auto wrong = bench.meet(R"({"do":"wrong_body","when":{"nth":1}})");
  CHECK(wrong.status == 200);
  CHECK(wrong.body == "{");
  CHECK(inbox_size(bench.twin) == 1);  // carried out
}

TEST_CASE("an answer that is lost leaves the message delivered once") {
  Bench bench;
  CHECK(bench.meet(R"({"do":"lost_ack","when":{"nth":1}})").status == 0);
  CHECK(inbox_size(bench.twin) == 1);
  CHECK(bench.twin.ask("POST", kDeliver, message("1")).status == 200);
  CHECK(inbox_size(bench.twin) == 1);
  const auto half = bench.twin.control("POST", "/faults", R"({"do":"half","name":"h"})");
  CHECK(half.status == 201);
  const auto answer = bench.twin.ask("POST", kDeliver, message("2"));
  CHECK(answer.status == 200);
  CHECK_THROWS(answer.json());
  const auto entries =
      bench.twin.control("GET", "/journal?fault=h").json().at("entries").as_array();
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].at("operation") == "deliver-ue-message");
}

TEST_CASE("an answer that is late comes late") {
  Bench bench;
  const auto begin = std::chrono::steady_clock::now();
  CHECK(bench.meet(R"({"do":"delay","delayMs":150})").status == 200);
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(150));
}

TEST_CASE("a restart cuts everybody and may forget who was registered") {
  Bench bench;
  CHECK(bench.meet(R"({"do":"restart","delayMs":50,"loseStore":true,"when":{"nth":1}})").status ==
        0);
  TestDouble::wait_for(
      [&] {
        try {
          return bench.twin.ask("POST", kDeliver, message("1")).status == 404;
        } catch (const boost::system::system_error&) {
          return false;  // not there yet
        }
      },
      "the listener");
}

TEST_CASE("faults of what the double asks") {
  Options options;
  options.answer_within = Span(100);
  options.relay.retry = Span(20);
  TestGateway gateway;
  TestDouble twin(options);
  REQUIRE(twin.put_device("d", gateway.port()) == 201);
  const auto send = [&](const char* fault, const char* number) {
    CHECK(twin.control("POST", "/faults", fault).status == 201);
    twin.control("POST", "/send", R"({"to":"d","text":"x"})");
    const auto ended = twin.control("GET", std::string("/messages/") + number + "?wait=30");
    CHECK(ended.json().at("state") == "delivered");
    twin.control("DELETE", "/faults");
  };
  send(R"({"do":"duplicate","match":{"operations":"give-message"}})", "1");
  TestDouble::wait_for([&] { return gateway.count() == 2; }, "the repetition");
  send(R"({"do":"lost_ack","match":{"operations":"give-message"},"when":{"nth":1}})", "2");
  CHECK(gateway.count() == 4);
  send(R"({"do":"drop","match":{"operations":"give-message"},"when":{"nth":1}})", "3");
  CHECK(gateway.count() == 5);
  send(R"({"do":"delay","delayMs":30,"match":{"operations":"give-message"}})", "4");
  CHECK(gateway.count() == 6);
  const auto asked = gateway.asked();
  CHECK(asked[2].body == asked[3].body);
}

}  // namespace msggw::m5s
