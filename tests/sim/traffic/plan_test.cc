// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/traffic/plan.h"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

namespace msggw::traffic {
namespace {

TEST_CASE("a plan has what is written, and its defaults") {
  const auto plan = read_plan(boost::json::parse(
      R"({"count":1000,"first":5,"devices":10,"window":64,"rate":1.5,"reportEvery":2,"highEvery":3,"octets":200})"));
  REQUIRE(plan);
  CHECK(plan->count == 1'000);
  CHECK(plan->first == 5);
  CHECK(plan->devices == 10);
  CHECK(plan->window == 64);
  CHECK(plan->rate == 1.5);
  CHECK(plan->octets == 200);
  CHECK(plan->wants_report(4));
  CHECK_FALSE(plan->wants_report(5));
  CHECK(plan->is_high(6));
  CHECK_FALSE(plan->is_high(7));
  CHECK_FALSE(read_plan(boost::json::parse("{}"))->wants_report(1));
}

TEST_CASE("a plan with anything else is none") {
  for (const char* const text : {R"([])", R"({"counts":1})", R"({"count":-1})", R"({"rate":"x"})"})
    CHECK_FALSE(read_plan(boost::json::parse(text)));
}

TEST_CASE("an id is read as it was written") {
  std::string id;
  write_id({17, Instant(123'456'789)}, id);
  CHECK(id == "17-123456789");
  const auto stamp = read_id(id);
  REQUIRE(stamp);
  CHECK(*stamp == Stamp{17, Instant(123'456'789)});
  CHECK_FALSE(*stamp == Stamp{17, Instant(123'456'788)});
  for (const char* const other : {"", "17", "17-", "x-1", "17-x"}) CHECK_FALSE(read_id(other));
}

TEST_CASE("a member is found by its name") {
  constexpr std::string_view kBody =
      R"({"oriAddr":{"addrType":"UE","addr":"a"},"msgId":"7","payload":"msgId"})";
  CHECK(text_in(kBody, "addr") == "a");
  CHECK(text_in(kBody, "msgId") == "7");
  CHECK(text_in(kBody, "payload") == "msgId");
  CHECK(text_in(kBody, "delivSt").empty());
}

}  // namespace
}  // namespace msggw::traffic
