// SPDX-License-Identifier: Apache-2.0
#include "provisioning/tester/script.h"

#include <doctest/doctest.h>

#include <array>

#include "gateway/base/json.h"

namespace msggw::tester {
namespace {

std::string wrong(std::string_view json) {
  const auto fault = parse_fault(json);
  REQUIRE_FALSE(fault);
  return fault.error().detail;
}

TEST_CASE("a fault is read with everything that can be said") {
  const auto fault = parse_fault(
      R"({"name":"slow","match":{"channels":["coap","coaps+tcp"],"operations":"message",
          "ueTypes":["LEGACY_3GPP"],"privateId":"+44*","gateway":"gw-?"},
          "when":{"from":2,"to":9,"every":3,"probability":0.5,"seed":42},
          "do":"status","status":429,"cause":"SLOW","retryAfter":7,"carriedOut":true,"delayMs":5})");
  REQUIRE(fault);
  CHECK(fault->name == "slow");
  CHECK(fault->match.channels == std::vector{base::Scheme::coap, base::Scheme::coaps_tcp});
  CHECK(fault->match.operations == std::vector{Operation::message});
  CHECK(fault->match.ue_types == std::vector{core::UeType::legacy_3gpp});
  CHECK(fault->match.private_id == "+44*");
  CHECK(fault->match.gateway == "gw-?");
  CHECK(fault->when.from == 2);
  CHECK(fault->when.to == 9);
  CHECK(fault->when.every == 3);
  CHECK(fault->when.probability == 0.5);
  CHECK(fault->when.seed == 42);
  CHECK(fault->action.kind == Kind::status);
  CHECK(fault->action.status == 429);
  CHECK(fault->action.cause == "SLOW");
  CHECK(fault->action.retry_after_s == 7);
  CHECK(fault->action.delay == base::Duration{5});
  CHECK(fault->action.carried_out);
}

TEST_CASE("where the answer goes wrong the request is carried out") {
  CHECK(parse_fault(R"({"do":"half"})")->action.carried_out);
  CHECK(parse_fault(R"({"do":"lost_ack"})")->action.carried_out);
  CHECK_FALSE(parse_fault(R"({"do":"drop"})")->action.carried_out);
  CHECK(parse_fault(R"({"do":"drop","carriedOut":true})")->action.carried_out);
}

TEST_CASE("a mistake is named with what is allowed") {
  CHECK(wrong("[]") == "a fault is a JSON object");
  CHECK(wrong("{") != "");
  CHECK(wrong(R"({"do":"explode"})").find("do must be one of delay, drop") == 0);
  CHECK(wrong("{}").find("do must be one of") == 0);
  CHECK(wrong(R"({"do":"drop","mach":{}})").find("mach is not known") == 0);
  CHECK(wrong(R"({"do":"drop","match":{"channel":"coap"}})").find("match.channel is not known") ==
        0);
  CHECK(wrong(R"({"do":"drop","match":{"channels":["udp"]}})") ==
        "match.channels does not know \"udp\"");
  CHECK(wrong(R"({"do":"drop","match":{"channels":[]}})").find("match.channels must be") == 0);
  CHECK(wrong(R"({"do":"drop","match":7})") == "match must be an object");
  CHECK(wrong(R"({"do":"drop","when":{"nth":[0]}})").find("when.nth must be") == 0);
  CHECK(wrong(R"({"do":"drop","when":{"nth":1,"from":2}})").find("when.nth cannot go") == 0);
  CHECK(wrong(R"({"do":"drop","when":{"from":5,"to":4}})").find("when.to must be") == 0);
  CHECK(wrong(R"({"do":"drop","when":{"probability":1.5}})").find("when.probability must") == 0);
  CHECK(wrong(R"({"do":"status","status":200})").find("status must be") == 0);
  CHECK(wrong(R"({"do":"status","status":"503"})").find("status must be") == 0);
  CHECK(wrong(R"({"do":"delay"})").find("delayMs is what") == 0);
  CHECK(wrong(R"({"do":"wrong_service_id"})").find("serviceId is missing") == 0);
}

TEST_CASE("what is shown can be given again") {
  for (const char* json :
       {R"({"do":"delay","delayMs":250,"when":{"nth":[1,4]}})",
        R"({"do":"restart","delayMs":10,"loseStore":true,"match":{"privateId":"\"\\*"}})",
        R"({"do":"wrong_body","body":"{\"serviceId\":","when":{"probability":0.125,"seed":9}})",
        R"({"do":"wrong_content_type","contentType":"text/html"})",
        R"({"do":"wrong_service_id","serviceId":"n3g-1@x","carriedOut":false})"}) {
    CAPTURE(json);
    Faults faults;
    REQUIRE(faults.add(*parse_fault(json)));
    std::string once;
    base::append_json(once, show(faults.entries()[0]));
    const auto again = parse_fault(once);
    REQUIRE(again);
    Faults others;
    REQUIRE(others.add(*again));
    std::string twice;
    base::append_json(twice, show(others.entries()[0]));
    CHECK(once == twice);
  }
}

TEST_CASE("a scenario is a list of faults, and a mistake has its place") {
  const auto faults = parse_scenario(R"({"faults":[{"do":"drop"},{"do":"half"}]})");
  REQUIRE(faults);
  CHECK(faults->size() == 2);
  CHECK(parse_scenario(R"({"faults":[{"do":"drop"},{"do":"hlaf"}]})")
            .error()
            .detail.find("faults[1].do must be") == 0);
  CHECK(parse_scenario(R"({"faults":{}})").error().detail == "faults must be a list of faults");
  CHECK_FALSE(parse_scenario(""));
}

TEST_CASE("an entry is one line of JSON") {
  Journal journal(2);
  const std::array<Subject, 1> meter{{{"m\"1", core::UeType::non_3gpp}}};
  journal.arrived({base::Scheme::coap_tcp, Operation::provision, "gw-1", meter}, "f",
                  base::TimePoint(base::Duration(1'700'000'000'123)));
  journal.answered(1, 201, "n3g-1@x", base::TimePoint(base::Duration(1'700'000'000'130)));
  std::string out;
  journal.visit({}, [&](const Entry& entry) { base::append_json(out, show(entry)); });
  CHECK(out == R"({"number":1,"exchange":1,"at":1700000000123,"channel":"coap+tcp",)"
               R"("operation":"provision","ueType":"NON_3GPP","privateId":"m\"1","gateway":"gw-1",)"
               R"("status":201,"tookMs":7,"serviceId":"n3g-1@x","fault":"f"})");
}

}  // namespace
}  // namespace msggw::tester
