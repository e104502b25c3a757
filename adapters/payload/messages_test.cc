// SPDX-License-Identifier: Apache-2.0
#include "adapters/payload/messages.h"

#include <doctest/doctest.h>

#include <boost/json/value.hpp>

namespace msggw::payload {
namespace {

using base::Errc;
using messages::AddressType;
using messages::Message;
using messages::Priority;
using messages::Report;

const MessageLimits kLimits{
    .body_octets = 1'000, .address_octets = 20, .message_id_octets = 10, .application_octets = 10};

/// "code: detail" of what is refused; "taken" of what is not.
template <class T>
std::string fault_of(const base::Result<T>& result) {
  if (result) return "taken";
  return base::name_of(result.error().code) + std::string(": ") + result.error().detail;
}
std::string fault_of_message(std::string_view body) {
  return fault_of(parse_message(Encoding::json, body, kLimits));
}

std::string as_cbor(std::string_view json) {
  std::string out;
  base::append_document(Encoding::cbor, out, base::parse_json(json, {}).value());
  return out;
}

constexpr std::string_view kWhole =
    R"({"destAddr":{"addrType":"AS","addr":"as-1"},"appId":"app","msgId":"m1","delivStReqInd":true,)"
    R"("payload":"21 \u00b0C","priority":"HIGH","lifetime":60,"more":[1]})";

TEST_CASE("a message is read in JSON and in CBOR") {
  for (const bool cbor : {false, true}) {
    const std::string octets = cbor ? as_cbor(kWhole) : std::string(kWhole);
    const auto read = parse_message(cbor ? Encoding::cbor : Encoding::json, octets, kLimits);
    REQUIRE(read);
    CHECK(read->to == messages::Address{AddressType::as, "as-1"});
    CHECK(read->application == "app");
    CHECK(read->message_id == "m1");
    CHECK(read->wants_report);
    CHECK(read->content ==
          "21 \xC2\xB0"
          "C");
    CHECK(read->priority == Priority::high);
    CHECK(read->lifetime == std::chrono::seconds{60});
  }
}

TEST_CASE("each member may be left out") {
  const auto read = parse_message(Encoding::json, "{}", kLimits);
  REQUIRE(read);
  CHECK_FALSE(read->to);
  CHECK(read->message_id.empty());
  CHECK(read->content.empty());
  CHECK_FALSE(read->wants_report);
  CHECK(read->priority == Priority::normal);
  CHECK_FALSE(read->lifetime);
  CHECK(parse_message(Encoding::json, R"({"priority":"MIDDLE"})", kLimits)->priority ==
        Priority::normal);
  CHECK(parse_message(Encoding::json, R"({"priority":"LOW"})", kLimits)->priority == Priority::low);
}

TEST_CASE("what is wrong with a message is named") {
  struct Case {
    const char* body;
    const char* fault;
  };
  const std::vector<Case> cases{
      {"", "malformed"},
      {"[1]", "malformed: the body is not an object"},
      {R"({"payload":"a","payload":"b"})", "malformed"},
      {"{\"payload\":\"\xC3\x28\"}", "malformed"},
      {R"({"payload":1})", "incorrect: payload must be a string"},
      {R"({"payload":null})", "incorrect: payload must be a string"},
      {R"({"destAddr":"as-1"})", "incorrect: destAddr must be an object"},
      {R"({"destAddr":{"addrType":"AS"}})", "missing: destAddr.addr is missing"},
      {R"({"destAddr":{"addr":"as-1"}})", "missing: destAddr.addrType is missing"},
      {R"({"destAddr":{"addrType":"as","addr":"a"}})", "incorrect: destAddr.addrType must be UE"},
      {R"({"destAddr":{"addrType":"AS","addr":""}})", "incorrect: destAddr.addr is empty"},
      {R"({"destAddr":{"addrType":"AS","addr":"012345678901234567890"}})",
       "incorrect: destAddr.addr has more than 20 octets"},
      {R"({"msgId":"01234567890"})", "incorrect: msgId has more than 10 octets"},
      {R"({"msgId":"a\nb"})", "incorrect: msgId holds control characters"},
      {R"({"appId":7})", "incorrect: appId must be a string"},
      {R"({"delivStReqInd":"true"})", "incorrect: delivStReqInd must be true or false"},
      {R"({"priority":"URGENT"})", "incorrect: priority must be HIGH, MIDDLE or LOW"},
      {R"({"lifetime":0})", "incorrect: lifetime must be a whole number"},
      {R"({"lifetime":-1})", "incorrect: lifetime must be a whole number"},
      {R"({"lifetime":4294967296})", "incorrect: lifetime must be a whole number"},
      {R"({"lifetime":1.5})", "incorrect: lifetime must be a whole number"}};
  for (const Case& one : cases) {
    CAPTURE(one.body);
    CHECK(fault_of_message(one.body).starts_with(one.fault));
  }
  CHECK(fault_of_message(R"({"payload":")" + std::string(1'000, 'x') + "\"}")
            .starts_with("too_large"));
  CHECK(fault_of(parse_message(Encoding::cbor, "\xA1\x67payload\x41x", kLimits))
            .starts_with("malformed"));  // octets, which have no JSON value
}

TEST_CASE("a report is read") {
  const auto read = parse_report(
      Encoding::json, R"({"msgId":"m1","delivSt":"REPT_DELY_FAILED","failureCause":"valve stuck"})",
      kLimits);
  REQUIRE(read);
  CHECK(read->message_id == "m1");
  CHECK_FALSE(read->delivered);
  CHECK(read->failure_cause == "valve stuck");
  CHECK(parse_report(Encoding::json, R"({"msgId":"m1","delivSt":"REPT_DELY_SUCCESS"})", kLimits)
            ->delivered);
  const auto fault = [](std::string_view body) {
    return fault_of(parse_report(Encoding::json, body, kLimits));
  };
  CHECK(fault(R"({"delivSt":"REPT_DELY_SUCCESS"})") == "missing: msgId is missing");
  CHECK(fault(R"({"msgId":"m1"})") == "missing: delivSt is missing");
  CHECK(fault(R"({"msgId":"","delivSt":"REPT_DELY_SUCCESS"})") == "incorrect: msgId is empty");
  CHECK(fault(R"({"msgId":"m1","delivSt":"DONE"})").starts_with("incorrect: delivSt must be"));
}

TEST_CASE("a message for a device is written with what applies, and content that is no text not") {
  Message message;
  message.from = {AddressType::as, "as-1"};
  message.to = {AddressType::ue, "sid-0"};
  message.message_id = "m1";
  message.content = "OPEN";
  CHECK(encode_carried(Encoding::json, message).value() ==
        R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"msgId":"m1","payload":"OPEN"})");
  message.application = "valves";
  message.wants_report = true;
  message.segment = messages::Segment{"s1", 1, 2, false};
  message.content.clear();
  CHECK(encode_carried(Encoding::json, message).value() ==
        R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"msgId":"m1","appId":"valves",)"
        R"("delivStReqInd":true,"segInd":true,"segParams":{"segId":"s1","totalSegCount":2,)"
        R"("segNumb":1},"payload":""})");
  CHECK(
      base::parse_document(Encoding::cbor, encode_carried(Encoding::cbor, message).value(), {}, {})
          .value() ==
      base::parse_json(encode_carried(Encoding::json, message).value(), {}).value());
  message.content = "\xFF";
  CHECK(fault_of(encode_carried(Encoding::json, message)).starts_with("unsupported"));
  CHECK(fault_of(encode_carried(Encoding::cbor, message)).starts_with("unsupported"));
}

TEST_CASE("a report for a device alone has delivSt") {
  const Report report{
      {AddressType::as, "as-1"}, {AddressType::ue, "sid-0"}, "m1", false, "EXPIRED"};
  CHECK(encode_carried(Encoding::json, report).value() ==
        R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"msgId":"m1","delivSt":"REPT_DELY_FAILED",)"
        R"("failureCause":"EXPIRED"})");
  const Report good{{AddressType::as, "as-1"}, {AddressType::ue, "sid-0"}, "m1", true, ""};
  CHECK(
      encode_carried(Encoding::json, good).value() ==
      R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"msgId":"m1","delivSt":"REPT_DELY_SUCCESS"})");
  CHECK(encode_accepted(Encoding::json, "m1") == R"({"msgId":"m1"})");
}

TEST_CASE("plain is who said so at its registration") {
  CHECK(wants_plain(R"({"vendor":"Acme","format":"plain"})"));
  for (const char* const info : {"", R"({"vendor":"plain"})", R"({"format":"json"})",
                                 R"({"x":{"format":"plain"}})", R"({"format":["plain"]})"}) {
    CAPTURE(info);
    CHECK_FALSE(wants_plain(info));
  }
}

TEST_CASE("an appId beside a body is one line of text") {
  CHECK(is_application("", kLimits));
  CHECK(is_application("valves", kLimits));
  CHECK_FALSE(is_application("0123456789a", kLimits));
  CHECK_FALSE(is_application("a\nb", kLimits));
  CHECK_FALSE(is_application("\xC3\x28", kLimits));
}

}  // namespace
}  // namespace msggw::payload
