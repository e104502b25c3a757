// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/campaign.h"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>
#include <set>

namespace msggw::smsc {
namespace {

using namespace std::chrono_literals;

base::Result<Campaign> campaign(const char* json) {
  return Campaign::parse(boost::json::parse(json).as_object());
}

}  // namespace

TEST_CASE("numbers and back") {
  const auto range = NumberRange::parse("+4915{:09}", 7, 1'000'000);
  REQUIRE(range);
  CHECK(range->ton() == 1);
  std::string number;
  range->write(0, number);
  CHECK(number == "4915000000007");
  for (const std::uint32_t index : {0u, 1u, 999'999u}) {
    range->write(index, number);
    CHECK(range->index_of(number) == index);
  }
  for (const char* other : {"4915000000006", "4915001000007", "4916000000007", "491500000007",
                            "4915", "", "49150000000071", "4915-00000007"}) {
    CAPTURE(other);
    CHECK_FALSE(range->index_of(other));
  }
  const auto plain = NumberRange::parse("7{}9", 0, 100);
  REQUIRE(plain);
  plain->write(5, number);
  CHECK(number == "759");
  CHECK(plain->index_of("759") == 5);
  CHECK_FALSE(plain->index_of("7059"));
  for (const char* wrong :
       {"", "+4915", "{}{}", "+4915{:9}", "{:021}", "123456789012345678{:09}"}) {
    CAPTURE(wrong);
    CHECK_FALSE(NumberRange::parse(wrong, 0, 10));
  }
  CHECK_FALSE(NumberRange::parse("{}", 0, 0));
}

TEST_CASE("wrong bodies say what is allowed") {
  for (const char* wrong :
       {"{}", R"({"count":1})", R"({"to":"1"})", R"({"count":1,"to":"1","rate":"fast"})",
        R"({"count":1,"to":"1","tpyo":1})", R"({"count":1,"to":"1","ramp":"1s"})",
        R"({"count":1,"to":"1","rounds":0})", R"({"count":-1,"to":"1"})"}) {
    CAPTURE(wrong);
    CHECK_FALSE(campaign(wrong));
  }
  const std::string too_long = R"({"count":1,"to":"1","text":")" + std::string(161, 'x') + "\"}";
  CHECK(campaign(too_long.c_str()).error().code == base::Errc::too_large);
}

TEST_CASE("a whole run: every number once, then it is over") {
  auto run = campaign(R"({"count":100,"to":"1"})");
  REQUIRE(run);
  std::set<std::uint32_t> seen;
  while (const auto index = run->next(1ms)) {
    CHECK(seen.insert(*index).second);
    run->sent(*index, false, 1ms);
  }
  CHECK(seen.size() == 100);
  for (int i = 0; i < 99; ++i) run->answered(status::ok, 2ms, 3ms);
  run->answered(status::temporary, 2ms, 3ms);
  CHECK_FALSE(run->over(3ms));
  CHECK(run->is_open());
  run->sent(5, true, 4ms);
  run->answered(status::ok, 2ms, 5ms);
  CHECK(run->over(5ms));
  CHECK_FALSE(run->is_open());
  CHECK(run->is_success());
  const auto report = run->report(1);
  CHECK(report.at("accepted") == 100);
  CHECK(report.at("redelivered") == 1);
  CHECK(report.at("temporary") == 1);
  CHECK(report.at("statuses").at("ESME_RX_T_APPN") == 1);
  CHECK(report.at("state") == "done");
}

TEST_CASE("answers, receipts and rounds") {
  auto run = campaign(R"({"count":2,"to":"1","rounds":2,"expectAnswer":true})");
  REQUIRE(run);
  const auto round = [&](Instant now) {
    for (std::uint32_t i = 0; i < 2; ++i) {
      REQUIRE(run->next(now) == i);
      run->sent(i, false, now);
    }
    CHECK_FALSE(run->next(now));
    run->answered(status::ok, 1ms, now);
    run->answered(status::ok, 1ms, now);
    CHECK_FALSE(run->next(now));  // not before the answers of this round
    CHECK(run->submitted("4915000000001", now + 10ms));
    CHECK_FALSE(run->next(now));
    CHECK(run->submitted("4915000000000", now + 10ms));
    CHECK(run->submitted("4915000000000", now + 11ms));  // a second part of the answer
    CHECK_FALSE(run->submitted("4915000000002", now));
  };
  round(1ms);
  round(100ms);
  run->receipt_due();
  CHECK_FALSE(run->over(120ms));
  run->receipt_sent();
  run->receipt_answered(status::ok, 121ms);
  CHECK(run->over(121ms));
  CHECK(run->is_success());
  const auto report = run->report(1);
  CHECK(report.at("answers") == 4);
  CHECK(report.at("submits") == 6);
  CHECK(report.at("answerMs").at("max").as_double() == doctest::Approx(10).epsilon(0.01));
}

TEST_CASE("a refused number expects no answer, and the campaign has missed its goal") {
  auto run = campaign(R"({"count":1,"to":"1","expectAnswer":true})");
  REQUIRE(run->next(1ms));
  run->sent(0, false, 1ms);
  run->answered(0x65, 1ms, 2ms);
  CHECK(run->over(2ms));
  CHECK_FALSE(run->is_success());
  CHECK(run->report(1).at("state") == "incomplete");
}

TEST_CASE("silence ends it") {
  auto run = campaign(R"({"count":1,"to":"1","expectAnswer":true,"patience":"2s"})");
  CHECK_FALSE(run->over(1h));  // it has not begun
  REQUIRE(run->next(1h));
  run->sent(0, false, 1h);
  run->answered(status::ok, 1ms, 1h);
  CHECK_FALSE(run->over(1h + 2s));
  CHECK(run->over(1h + 2001ms));
  CHECK_FALSE(run->is_success());
  CHECK_FALSE(run->next(1h + 3s));
}

TEST_CASE("a rate holds it up and says until when") {
  auto run = campaign(R"({"count":100,"to":"1","rate":10})");
  REQUIRE(run->next(5ms));
  CHECK_FALSE(run->next(5ms));
  REQUIRE(run->next_start(5ms));
  CHECK(*run->next_start(5ms) == 105ms);
  CHECK(run->next(106ms));
}

}  // namespace msggw::smsc
