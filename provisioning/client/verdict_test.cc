#include "provisioning/client/verdict.h"

#include <doctest/doctest.h>

#include "provisioning/client/breaker.h"

using msggw::base::TimePoint;
using msggw::client::Breaker;
using msggw::client::judge;
using msggw::client::Options;
using msggw::client::Refused;
using msggw::client::Unavailable;
using msggw::client::Useless;
using msggw::core::Provisioned;
using namespace std::chrono_literals;

namespace {

constexpr const char* kGood =
    R"({"serviceId":"s","serverServiceIds":["a","b"],"serviceInfo":{"segmentSize":2048}})";

msggw::http::ClientResponse response(unsigned status, std::string type, std::string body) {
  msggw::http::ClientResponse made;
  made.status = status;
  made.content_type = std::move(type);
  made.body = std::move(body);
  return made;
}

}  // namespace

TEST_CASE(
    "200 and 201 with a whole body give the identity, whatever the parameters of the content "
    "type") {
  for (const unsigned status : {200U, 201U}) {
    for (const char* type :
         {"application/json", "application/json; charset=utf-8", "application/json ;x=y"}) {
      const auto verdict = judge(response(status, type, kGood), {});
      const auto* answer = std::get_if<Provisioned>(&verdict);
      REQUIRE(answer != nullptr);
      CHECK(answer->service_id == "s");
      CHECK(answer->profile.server_service_ids.size() == 2);
      CHECK(answer->profile.service_info == R"({"segmentSize":2048})");
    }
  }
}

TEST_CASE("a success of no use says why") {
  for (const auto& [type, body] :
       {std::pair{"text/html", kGood},
        {"", kGood},
        {"application/json", ""},
        {"application/json", "{"},
        {"application/json", "[]"},
        {"application/json", R"({"serviceId":"s"})"},
        {"application/json", R"({"serviceId":"","serverServiceIds":["a"]})"},
        {"application/json", R"({"serviceId":"s","serverServiceIds":[]})"},
        {"application/cbor", kGood}}) {
    CAPTURE(type);
    CAPTURE(body);
    const auto verdict = judge(response(201, type, body), {});
    REQUIRE(std::holds_alternative<Useless>(verdict));
    CHECK_FALSE(std::get<Useless>(verdict).reason.empty());
  }
}

TEST_CASE("statuses fall into their kinds") {
  const std::string problem = R"({"cause":"POLICY_DENIED","detail":"not \u001b[31m on the list"})";
  for (const unsigned status : {400U, 403U, 409U, 410U, 413U, 422U}) {
    const auto verdict = judge(response(status, "application/problem+json", problem), {});
    REQUIRE(std::holds_alternative<Refused>(verdict));
    CHECK(std::get<Refused>(verdict).cause == "POLICY_DENIED");
    CHECK(std::get<Refused>(verdict).detail == "not \\x1b[31m on the list");
  }
  CHECK(std::get<Refused>(judge(response(403, "text/plain", "no"), {})).cause == "HTTP_403");
  for (const unsigned status : {408U, 425U, 429U, 502U, 503U, 504U}) {
    auto made = response(status, "", "");
    made.retry_after = 7s;
    const auto verdict = judge(made, {});
    REQUIRE(std::holds_alternative<Unavailable>(verdict));
    CHECK(std::get<Unavailable>(verdict).retry_after == 7s);
  }
  for (const unsigned status : {100U, 204U, 301U, 401U, 404U, 405U, 500U, 501U, 999U}) {
    CHECK(std::holds_alternative<Useless>(judge(response(status, "application/json", kGood), {})));
  }
}

TEST_CASE(
    "a breaker opens after failures in a row, probes one at a time, and closes at the first "
    "success") {
  Options options;
  options.breaker_failures = 3;
  Breaker breaker("http://pf", options, 1);
  const TimePoint now{std::chrono::hours{1}};
  CHECK_FALSE(breaker.failed(now, 0s));
  CHECK_FALSE(breaker.succeeded());
  CHECK_FALSE(breaker.failed(now, 0s));
  CHECK_FALSE(breaker.failed(now, 0s));
  CHECK(breaker.allows(now));
  CHECK(breaker.failed(now, 0s));
  CHECK(breaker.open());
  for (int probe = 0; probe < 50; ++probe) {
    CHECK(breaker.next_probe() <=
          now + options.probe_most);  // served within a second of its return
    const TimePoint then = breaker.next_probe();
    CHECK(breaker.allows(then));
    breaker.sent();
    CHECK_FALSE(breaker.allows(then + 1h));
    CHECK_FALSE(breaker.failed(now, 0s));
  }
  breaker.sent();
  CHECK(breaker.succeeded());
  CHECK(breaker.allows(now));
}

TEST_CASE("an address that asks for a pause gets it at once, within reason") {
  Options options;
  options.retry_after_most = 10s;
  Breaker breaker("http://pf", options, 1);
  const TimePoint now{std::chrono::hours{1}};
  CHECK(breaker.failed(now, 5s));
  CHECK_FALSE(breaker.allows(now + 4'999ms));
  CHECK(breaker.next_probe() <= now + 5s + options.probe_most);
  CHECK_FALSE(breaker.failed(now, 24h));
  CHECK(breaker.next_probe() <= now + 10s + options.probe_most);
}
