// SPDX-License-Identifier: Apache-2.0
#include "adapters/payload/messages.h"

#include <doctest/doctest.h>

#include "adapters/payload/test_bodies.h"

namespace msggw::payload {
namespace {

using messages::AddressType;
using messages::Answer;
using messages::Message;
using messages::Priority;
using messages::Refusal;
using messages::Report;

using test::body_in;
using test::json_of;
using test::kEncodings;

constexpr std::size_t kMost = 1'000;

/// "CAUSE detail" of what is refused, with "msgId: " in front if it is told; "taken" of what is
/// not.
template <class T>
std::string fault_of(const Checked<T>& read) {
  if (read) return "taken";
  const Answer& answer = read.error();
  REQUIRE(answer.refusal.has_value());
  return (answer.message_id.empty() ? "" : answer.message_id + ": ") +
         std::string(answer.refusal->cause) + " " + answer.refusal->error.detail;
}
std::string fault_of_message(Encoding encoding, std::string_view body) {
  return fault_of(parse_message(encoding, body, kMost));
}

constexpr std::string_view kWhole =
    R"({"destAddr":{"addrType":"AS","addr":"as-1","x":1},"appId":"app","msgId":"m1",)"
    R"("delivStReqInd":true,"payload":"21 \u00b0C\n","priority":"HIGH","lifetime":60,"more":null})";

TEST_CASE("a message is read in JSON and in CBOR, and what is not known is ignored") {
  for (const Encoding encoding : kEncodings) {
    const auto read = parse_message(encoding, body_in(encoding, kWhole), kMost);
    REQUIRE(read);
    CHECK(read->to == messages::Address{AddressType::as, "as-1"});
    CHECK(read->application == "app");
    CHECK(read->message_id == "m1");
    CHECK(read->wants_report);
    CHECK(read->content == std::string("21 \xC2\xB0") + "C\n");
    CHECK(read->priority == Priority::high);
    CHECK(read->lifetime == std::chrono::seconds{60});
  }
}

TEST_CASE("each member may be left out") {
  for (const Encoding encoding : kEncodings) {
    const auto read = parse_message(encoding, body_in(encoding, "{}"), kMost);
    REQUIRE(read);
    CHECK_FALSE(read->to);
    CHECK(read->message_id.empty());
    CHECK(read->application.empty());
    CHECK(read->content.empty());
    CHECK_FALSE(read->wants_report);
    CHECK(read->priority == Priority::normal);
    CHECK_FALSE(read->lifetime);
  }
  const auto priority = [](const char* body) {
    return parse_message(Encoding::json, body, kMost)->priority;
  };
  CHECK(priority(R"({"priority":"MIDDLE"})") == Priority::normal);
  CHECK(priority(R"({"priority":""})") == Priority::normal);
  CHECK(priority(R"({"priority":"LOW"})") == Priority::low);
}

TEST_CASE("a wrong message is refused with its cause, its element and its msgId") {
  struct Case {
    const char* body;
    const char* fault;
  };
  const std::array cases{
      Case{"[1]", "INVALID_MSG_FORMAT the body is not an object"},
      Case{R"({"payload":1})", "OPTIONAL_IE_INCORRECT /payload is not a string"},
      Case{R"({"payload":null})", "OPTIONAL_IE_INCORRECT /payload is not a string"},
      Case{R"({"destAddr":"as-1"})", "OPTIONAL_IE_INCORRECT /destAddr is not an object"},
      Case{R"({"destAddr":{"addrType":"AS"}})", "MANDATORY_IE_MISSING /destAddr/addr is missing"},
      Case{R"({"destAddr":{"addr":"as-1"}})", "MANDATORY_IE_MISSING /destAddr/addrType is missing"},
      Case{R"({"destAddr":{"addrType":"AS","addr":""}})",
           "MANDATORY_IE_INCORRECT /destAddr/addr is empty"},
      Case{R"({"destAddr":{"addrType":"AS","addr":"a\nb"}})",
           "MANDATORY_IE_INCORRECT /destAddr/addr holds control characters"},
      Case{R"({"msgId":"7","destAddr":{"addrType":"as","addr":"a"}})",
           "7: ADDR_TYPE_NOT_SUPPORTED /destAddr/addrType is none of UE, AS, GROUP, BC, TOPIC"},
      Case{R"({"msgId":"a\nb"})", "OPTIONAL_IE_INCORRECT /msgId holds control characters"},
      Case{R"({"msgId":7})", "OPTIONAL_IE_INCORRECT /msgId is not a string"},
      Case{R"({"msgId":"7","appId":[]})", "7: OPTIONAL_IE_INCORRECT /appId is not a string"},
      Case{R"({"delivStReqInd":"true"})",
           "OPTIONAL_IE_INCORRECT /delivStReqInd is neither true nor false"},
      Case{R"({"priority":"high"})",
           "OPTIONAL_IE_INCORRECT /priority is none of HIGH, MIDDLE, LOW"},
      Case{R"({"lifetime":0})",
           "OPTIONAL_IE_INCORRECT /lifetime is not a whole number from 1 to 4294967295"},
      Case{R"({"lifetime":-1})", "OPTIONAL_IE_INCORRECT /lifetime is not a whole number"},
      Case{R"({"lifetime":4294967296})", "OPTIONAL_IE_INCORRECT /lifetime is not a whole number"},
      Case{R"({"lifetime":1.5})", "OPTIONAL_IE_INCORRECT /lifetime is not a whole number"},
      Case{R"({"lifetime":0,"destAddr":{"addrType":"PLANET"}})",
           "MANDATORY_IE_MISSING /destAddr/addr is missing"}};
  for (const Encoding encoding : kEncodings) {
    for (const auto& [body, fault] : cases) {
      CAPTURE(body);
      CHECK(fault_of_message(encoding, body_in(encoding, body)).starts_with(fault));
    }
  }
}

TEST_CASE("what is no object in its encoding is malformed") {
  for (const Encoding encoding : kEncodings) {
    const std::string whole = body_in(encoding, R"({"msgId":"7","payload":"x"})");
    for (std::size_t size = 0; size < whole.size(); ++size)
      CHECK(fault_of_message(encoding, whole.substr(0, size)).starts_with("INVALID_MSG_FORMAT"));
  }
  for (const std::string& body :
       {std::string(R"({"payload":"a","payload":"b"})"), std::string("{\"payload\":\"\xC3\x28\"}"),
        std::string(64, '[')}) {
    CAPTURE(body);
    CHECK(fault_of_message(Encoding::json, body).starts_with("INVALID_MSG_FORMAT"));
  }
  // Octets, which have no JSON value.
  CHECK(fault_of_message(Encoding::cbor, "\xA1\x67payload\x41x").starts_with("INVALID_MSG_FORMAT"));
}

TEST_CASE("what is too long is refused") {
  const auto with = [](const char* name, std::size_t octets) {
    return std::string("{\"") + name + "\":\"" + std::string(octets, 'x') + "\"}";
  };
  const auto fault = [](const std::string& body) { return fault_of_message(Encoding::json, body); };
  CHECK(fault(with("payload", kMost - 14)) == "taken");
  CHECK(fault(with("payload", kMost - 13)).starts_with("PAYLOAD_TOO_LARGE"));
  CHECK(fault(with("msgId", elements::kMostMessageIdOctets)) == "taken");
  CHECK(fault(with("msgId", elements::kMostMessageIdOctets + 1)) ==
        "OPTIONAL_IE_INCORRECT /msgId has more than 128 octets");
  CHECK(fault(with("appId", elements::kMostApplicationOctets + 1)) ==
        "OPTIONAL_IE_INCORRECT /appId has more than 255 octets");
  const std::string address = R"({"addrType":"AS",)" + with("addr", 256).substr(1);
  CHECK(fault(R"({"destAddr":)" + address + "}") ==
        "MANDATORY_IE_INCORRECT /destAddr/addr has more than 255 octets");
}

TEST_CASE("a report is read, and a wrong one refused") {
  for (const Encoding encoding : kEncodings) {
    const auto parsed = [&](const char* json) {
      return parse_report(encoding, body_in(encoding, json), kMost);
    };
    const auto read =
        parsed(R"({"msgId":"m1","delivSt":"REPT_DELY_FAILED","failureCause":"valve stuck"})");
    REQUIRE(read);
    CHECK(read->message_id == "m1");
    CHECK_FALSE(read->delivered);
    CHECK(read->failure_cause == "valve stuck");
    CHECK(parsed(R"({"msgId":"m1","delivSt":"REPT_DELY_SUCCESS"})")->delivered);
    CHECK(fault_of(parsed("{}")) == "MANDATORY_IE_MISSING /msgId is missing");
    CHECK(fault_of(parsed(R"({"msgId":"","delivSt":"REPT_DELY_SUCCESS"})")) ==
          "MANDATORY_IE_INCORRECT /msgId is empty");
    CHECK(fault_of(parsed(R"({"msgId":"m"})")) == "m: MANDATORY_IE_MISSING /delivSt is missing");
    CHECK(fault_of(parsed(R"({"msgId":"m","delivSt":"DONE"})"))
              .starts_with("m: DELIVERY_STATUS_NOT_SUPPORTED /delivSt "));
  }
}

TEST_CASE("a message for a device is written with what applies, and content that is no text not") {
  Message message;
  message.from = {AddressType::as, "as-1"};
  message.to = {AddressType::ue, "sid-0"};
  for (const Encoding encoding : kEncodings) {
    const auto text = [&] { return json_of(encoding, encode_carried(encoding, message).value()); };
    message.message_id = "m1";
    message.application.clear();
    message.wants_report = false;
    message.segment.reset();
    message.content = "OPEN\n";
    CHECK(text() ==
          R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"msgId":"m1","payload":"OPEN\n"})");
    message.application = "valves";
    message.wants_report = true;
    message.segment = messages::Segment{"s1", 1, 2, false};
    message.content.clear();
    CHECK(text() ==
          R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"msgId":"m1","appId":"valves",)"
          R"("delivStReqInd":true,"segInd":true,"segParams":{"segId":"s1","totalSegCount":2,)"
          R"("segNumb":1},"payload":""})");
    message.content = "\xFF";
    CHECK(encode_carried(encoding, message).error().code == base::Errc::unsupported);
  }
}

TEST_CASE("a report for a device alone has delivSt") {
  const Report failed{
      {AddressType::as, "as-1"}, {AddressType::ue, "sid-0"}, "m1", false, "EXPIRED"};
  const Report good{{AddressType::as, "as-1"}, {AddressType::ue, "sid-0"}, "m1", true, ""};
  for (const Encoding encoding : kEncodings) {
    const auto text = [&](const Report& report) {
      return json_of(encoding, encode_carried(encoding, report).value());
    };
    CHECK(text(failed) ==
          R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"msgId":"m1","delivSt":"REPT_DELY_FAILED",)"
          R"("failureCause":"EXPIRED"})");
    CHECK(
        text(good) ==
        R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"msgId":"m1","delivSt":"REPT_DELY_SUCCESS"})");
  }
}

TEST_CASE("what became of a message is told, with when to come again") {
  for (const Encoding encoding : kEncodings) {
    const auto text = [&](const Answer& answer) {
      return json_of(encoding, encode_ack(encoding, answer));
    };
    CHECK(json_of(encoding, encode_accepted(encoding, "m1")) == R"({"msgId":"m1"})");
    CHECK(text({{}, "m", {}}) == R"({"msgId":"m","state":"accepted"})");
    const Refusal full{
        {base::Errc::overloaded, "come \"back\""}, "QUEUE_FULL", base::Duration{1'500}};
    CHECK(text({{}, "m", full}) ==
          R"({"msgId":"m","state":"refused","cause":"QUEUE_FULL","detail":"come \"back\"",)"
          R"("retryAfter":2})");
    const Refusal wrong{{base::Errc::malformed, "no"}, "INVALID_MSG_FORMAT", {}};
    CHECK(text({{}, "", wrong}) ==
          R"({"state":"refused","cause":"INVALID_MSG_FORMAT","detail":"no"})");
  }
}

TEST_CASE("a msgId or an appId beside a body is one line of text") {
  CHECK(is_line("", 6));
  CHECK(is_line("valves", 6));
  CHECK_FALSE(is_line("valves1", 6));
  CHECK_FALSE(is_line("a\nb", 6));
  CHECK_FALSE(is_line("\xC3\x28", 6));
}

}  // namespace
}  // namespace msggw::payload
