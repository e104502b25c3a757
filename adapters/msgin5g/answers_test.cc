// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/answers.h"

#include <doctest/doctest.h>

#include <string>

namespace msggw::msgin5g {
namespace {

using namespace std::chrono_literals;

http::ClientResponse answer(unsigned status, std::string body = "",
                            std::string type = "application/problem+json") {
  http::ClientResponse response;
  response.status = status;
  response.content_type = std::move(type);
  response.body = std::move(body);
  return response;
}

Meaning meaning(const http::ClientResponse& response) {
  return meaning_of(response, "m-1", {});
}
Meaning ack(const std::string& members) {
  return meaning(answer(200,
                        R"({"oriAddr":{"addrType":"UE","addr":"u"},"msgId":"m-1")" + members + "}",
                        "application/json"));
}
template <class T>
bool is(const Meaning& meaning) {
  return std::holds_alternative<T>(meaning);
}

TEST_CASE("a success is done, stored or the end, as its status says") {
  CHECK(is<Done>(ack("")));
  CHECK(is<Done>(ack(R"(,"status":"DELY_ON_A_LATER_DAY")")));
  CHECK(is<Done>(ack(R"(,"status":"")")));
  CHECK(is<Stored>(ack(R"(,"status":"DELY_STORED")")));
  const auto failed = ack(R"(,"status":"DELY_FAILED","failureCause":"no\nUE")");
  REQUIRE(is<Ended>(failed));
  CHECK(std::get<Ended>(failed).cause == "no\\x0aUE");
  const auto unsaid = ack(R"(,"status":"DELY_FAILED")");
  REQUIRE(is<Ended>(unsaid));
  CHECK(std::get<Ended>(unsaid).cause == "DELY_FAILED");
}

TEST_CASE("a success without a status is done also where the answer is short of the schema") {
  CHECK(is<Done>(meaning(answer(200))));
  CHECK(is<Done>(meaning(answer(204))));
  CHECK(is<Done>(meaning(answer(200, "{}", ""))));
  CHECK(is<Done>(meaning(answer(200, R"({"oriAddr":null})", "text/plain"))));
}

TEST_CASE("a success that is no ack, or that of another message, tells nothing of the message") {
  for (const char* body : {"<html>", "[]", "OK", R"({"msgId":7})", R"({"status":null})",
                           R"({"msgId":"m-2"})", R"({"msgId":"m-2","status":"DELY_FAILED"})"}) {
    CAPTURE(body);
    const auto verdict = meaning(answer(200, body, "application/json"));
    REQUIRE(is<ServerTrouble>(verdict));
    CHECK_FALSE(std::get<ServerTrouble>(verdict).reason.empty());
  }
  CHECK(is<Done>(meaning_of(answer(200, R"({"msgId":"m-2"})"), "", {})));
}

TEST_CASE("the message ends where it is at fault") {
  for (const unsigned status : {400u, 413u, 422u}) {
    const auto bare = meaning(answer(status, "<html>", "text/html"));
    REQUIRE(is<Ended>(bare));
    CHECK(std::get<Ended>(bare).cause == "HTTP_" + std::to_string(status));
    CHECK(std::get<Ended>(bare).detail.empty());
  }
  for (const unsigned status : {400u, 403u, 404u, 413u, 422u}) {
    const auto told =
        meaning(answer(status, R"({"cause":"RECIPIENT_NOT_FOUND","detail":"no\u001b such UE"})"));
    REQUIRE(is<Ended>(told));
    CHECK(std::get<Ended>(told).cause == "RECIPIENT_NOT_FOUND");
    CHECK(std::get<Ended>(told).detail == "no\\x1b such UE");
  }
}

TEST_CASE("what is not about the message is the server's, and nothing ends") {
  for (const unsigned status :
       {201u, 202u, 206u, 301u, 304u, 307u, 308u, 401u, 402u, 405u, 406u, 408u, 409u, 410u,
        411u, 415u, 425u, 429u, 431u, 500u, 501u, 502u, 503u, 504u, 511u, 599u, 999u}) {
    CAPTURE(status);
    for (const char* body : {"", "<html>", R"({"cause":"RECIPIENT_NOT_FOUND"})"})
      CHECK(is<ServerTrouble>(meaning(answer(status, body))));
  }
  for (const unsigned status : {403u, 404u}) {
    CHECK(is<ServerTrouble>(meaning(answer(status))));
    CHECK(is<ServerTrouble>(meaning(answer(status, "{}"))));
    CHECK(is<ServerTrouble>(meaning(answer(status, R"({"detail":"no"})"))));
    CHECK(is<ServerTrouble>(meaning(answer(status, R"({"cause":"X"})", "text/html"))));
    CHECK(is<ServerTrouble>(meaning(answer(status, R"({"cause":"X"})", ""))));
    for (const char* cause : {"RESOURCE_URI_STRUCTURE_NOT_FOUND", "INVALID_API",
                              "CCA_VERIFICATION_FAILURE", "ACCESS_TOKEN_CLAIM_MISSING"})
      CHECK(is<ServerTrouble>(
          meaning(answer(status, R"({"cause":")" + std::string(cause) + R"("})"))));
  }
  CHECK(is<ServerTrouble>(meaning(answer(400, R"({"cause":"INVALID_API"})"))));
}

TEST_CASE("a reason says what came, and when to ask again") {
  auto busy = answer(503, R"({"cause":"NF_CONGESTION","detail":"too\tmany"})");
  busy.retry_after = 7s;
  const auto trouble = std::get<ServerTrouble>(meaning(busy));
  CHECK(trouble.reason == "HTTP 503 NF_CONGESTION: too\\x09many");
  CHECK(trouble.retry_after == 7s);
  CHECK(std::get<ServerTrouble>(meaning(answer(502))).reason == "HTTP 502");
  const auto silence = meaning_of(base::Error{base::Errc::unavailable, "no route to \x1b"});
  CHECK(std::get<ServerTrouble>(silence).reason == "no route to \\x1b");
  const auto long_one = std::get<ServerTrouble>(
      meaning(answer(500, R"({"detail":")" + std::string(10'000, 'x') + R"("})")));
  CHECK(long_one.reason.size() < 300);
}

TEST_CASE("an originator that is not known is told by its cause or by its element") {
  for (const char* body :
       {R"({"cause":"ORIGINATOR_NOT_FOUND"})", R"({"cause":"ORIGINATOR_NOT_REGISTERED"})",
        R"({"cause":"UE_NOT_FOUND","invalidParams":[{"param":"/oriAddr/addr"}]})",
        R"({"invalidParams":[{"param":"/x"},{"param":"/oriAddr"}]})"}) {
    CAPTURE(body);
    CHECK(is<OriginatorUnknown>(meaning(answer(404, body))));
    CHECK_FALSE(is<OriginatorUnknown>(meaning(answer(403, body))));
  }
  const auto recipient =
      meaning(answer(404, R"({"cause":"UE_NOT_FOUND","invalidParams":[{"param":"/oriAddress"}]})"));
  CHECK(is<Ended>(recipient));
}

}  // namespace
}  // namespace msggw::msgin5g
