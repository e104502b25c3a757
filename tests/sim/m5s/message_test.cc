// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/message.h"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

namespace msggw::m5s {

namespace {

boost::json::object object(const char* text) {
  return boost::json::parse(text).as_object();
}

constexpr const char* kWhole = R"({
  "oriAddr":{"addrType":"UE","addr":"d"},"destAddr":{"addrType":"AS","addr":"a"},"msgId":"m",
  "appId":"app","delivStReqInd":true,"payload":"p","segInd":true,
  "segParams":{"segId":"s","totalSegCount":2,"segNumb":1},"stoAndFwInd":true,
  "stoAndFwParams":{"exprTime":"2030-01-01T00:00:00Z"},"secCred":"of release 17","priority":"HIGH"})";

}  // namespace

TEST_CASE("what is read is given on as TS 29.538 has it") {
  Message message;
  REQUIRE_FALSE(read_message(object(kWhole), Originator::ue, message));
  CHECK(message.stores);
  CHECK_FALSE(message.priority);  // a UE has none
  CHECK(for_gateway(message) ==
        object(R"({"oriAddr":{"addrType":"UE","addr":"d"},"destAddr":{"addrType":"AS","addr":"a"},
                   "msgId":"m","appId":"app","delivStReqInd":true,"payload":"p","segInd":true,
                   "segParams":{"segId":"s","totalSegCount":2,"segNumb":1}})"));
  REQUIRE_FALSE(read_message(object(kWhole), Originator::as, message));
  const auto out = for_server(message);
  CHECK(out.at("priority") == "HIGH");
  CHECK(out.at("stoAndFwInd") == true);
  CHECK(out.at("stoAndFwParams").at("exprTime") == "2030-01-01T00:00:00.000Z");
}

TEST_CASE("mistakes are named with their place and cause") {
  struct Case {
    const char* member;
    const char* value;  // null: left out
    const char* cause;
    const char* param;
  };
  for (const Case& one :
       {Case{"oriAddr", nullptr, "MANDATORY_IE_MISSING", "/oriAddr"},
        {"destAddr", "7", "MANDATORY_IE_INCORRECT", "/destAddr"},
        {"destAddr", R"({"addr":"a"})", "MANDATORY_IE_MISSING", "/destAddr/addrType"},
        {"destAddr", R"({"addr":"","addrType":"UE"})", "MANDATORY_IE_INCORRECT", "/destAddr/addr"},
        {"msgId", "1", "MANDATORY_IE_INCORRECT", "/msgId"},
        {"msgId", "\"\"", "MANDATORY_IE_INCORRECT", "/msgId"},
        {"stoAndFwInd", nullptr, "MANDATORY_IE_MISSING", "/stoAndFwInd"},
        {"stoAndFwInd", "\"yes\"", "MANDATORY_IE_INCORRECT", "/stoAndFwInd"},
        {"payload", "{}", "OPTIONAL_IE_INCORRECT", "/payload"},
        {"segParams", R"({"segNumb":"1"})", "OPTIONAL_IE_INCORRECT", "/segParams/segNumb"},
        {"stoAndFwParams", R"({"exprTime":"soon"})", "OPTIONAL_IE_INCORRECT",
         "/stoAndFwParams/exprTime"}}) {
    CAPTURE(one.member);
    boost::json::object body = object(kWhole);
    body.erase(one.member);
    if (one.value != nullptr) body[one.member] = boost::json::parse(one.value);
    Message message;
    const auto problem = read_message(body, Originator::ue, message);
    REQUIRE(problem);
    CHECK(problem->status == 400);
    CHECK(problem->cause == one.cause);
    CHECK(problem->param == one.param);
  }
}

TEST_CASE("a report is read and written") {
  const auto body = object(R"({"oriAddr":{"addrType":"UE","addr":"d"},
      "destAddr":{"addrType":"AS","addr":"a"},"msgId":"m","failureCause":"why",
      "delivSt":"REPT_DELY_FAILED"})");
  Report report;
  REQUIRE_FALSE(read_report(body, report));
  CHECK(to_json(report) == body);
  boost::json::object without = body;
  without.erase("delivSt");
  CHECK(read_report(without, report)->param == "/delivSt");
}

}  // namespace msggw::m5s
