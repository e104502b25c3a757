// SPDX-License-Identifier: Apache-2.0
#include "adapters/payload/message_bodies.h"

#include <doctest/doctest.h>

#include <array>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

namespace msggw::payload {

namespace {

using messages::AddressType;
using messages::Priority;

constexpr std::array kEncodings{Encoding::json, Encoding::cbor};
constexpr std::size_t kMostContent = 64;

std::string body_in(Encoding encoding, std::string_view json) {
  std::string body;
  base::append_document(encoding, body, base::parse_json(json, {}).value());
  return body;
}

std::string json_of(Encoding encoding, std::string_view body) {
  std::string out;
  base::append_json(out,
                    base::parse_document(encoding, body, {}, boost::json::storage_ptr()).value());
  return out;
}

/// "CAUSE /pointer sentence", with "msgId: " in front if the refusal has one.
template <class T>
std::string told(const Checked<T>& checked) {
  if (checked) return "good";
  const auto& answer = checked.error();
  REQUIRE(answer.refusal);
  return (answer.message_id.empty() ? "" : answer.message_id + ": ") +
         std::string(answer.refusal->cause) + " " + answer.refusal->error.detail;
}

std::string sent(Encoding encoding, const char* json) {
  return told(parse_send(encoding, body_in(encoding, json), kMostContent));
}
std::string reported(Encoding encoding, const char* json) {
  return told(parse_report(encoding, body_in(encoding, json)));
}

}  // namespace

TEST_CASE("all of a message is read, from both encodings, and what is not known is ignored") {
  for (const Encoding encoding : kEncodings) {
    const auto body = parse_send(
        encoding,
        body_in(encoding,
                R"({"destAddr":{"addrType":"AS","addr":"as-1@x","x":1},"appId":"meter",)"
                R"("msgId":"m-1","delivStReqInd":true,"payload":"l\n2","priority":"HIGH",)"
                R"("lifetime":60,"later":null})"),
        kMostContent);
    REQUIRE(body);
    CHECK(body->to == messages::Address{AddressType::as, "as-1@x"});
    CHECK(body->application == "meter");
    CHECK(body->message_id == "m-1");
    CHECK(body->content == "l\n2");
    CHECK(body->wants_report);
    CHECK(body->priority == Priority::high);
    CHECK(body->lifetime == std::chrono::seconds(60));

    const auto least = parse_send(encoding, body_in(encoding, "{}"), kMostContent);
    REQUIRE(least);
    CHECK_FALSE(least->to);
    CHECK(least->message_id.empty());
    CHECK(least->content.empty());
    CHECK_FALSE(least->wants_report);
    CHECK(least->priority == Priority::normal);
    CHECK_FALSE(least->lifetime);
  }
}

TEST_CASE("a wrong message is refused with its cause, its member and its msgId") {
  struct Case {
    const char* json;
    const char* refusal;
  };
  const std::array cases{
      Case{"[]", "INVALID_MSG_FORMAT the body is not an object"},
      Case{R"({"destAddr":"as-1"})", "MANDATORY_IE_INCORRECT /destAddr is not an object"},
      Case{R"({"destAddr":null})", "MANDATORY_IE_INCORRECT /destAddr is not an object"},
      Case{R"({"destAddr":{"addr":"x"}})", "MANDATORY_IE_MISSING /destAddr/addrType is missing"},
      Case{R"({"destAddr":{"addrType":"AS"}})", "MANDATORY_IE_MISSING /destAddr/addr is missing"},
      Case{R"({"destAddr":{"addrType":"AS","addr":""}})",
           "MANDATORY_IE_INCORRECT /destAddr/addr is empty"},
      Case{R"({"destAddr":{"addrType":"AS","addr":"a\nb"}})",
           "MANDATORY_IE_INCORRECT /destAddr/addr holds control characters"},
      Case{R"({"msgId":"7","destAddr":{"addrType":"PLANET","addr":"x"}})",
           "7: ADDR_TYPE_NOT_SUPPORTED /destAddr/addrType is none of UE, AS, GROUP, BC, TOPIC"},
      Case{R"({"msgId":7})", "OPTIONAL_IE_INCORRECT /msgId is not a string"},
      Case{R"({"msgId":"7","appId":[]})", "7: OPTIONAL_IE_INCORRECT /appId is not a string"},
      Case{R"({"delivStReqInd":"yes"})",
           "OPTIONAL_IE_INCORRECT /delivStReqInd is neither true nor false"},
      Case{R"({"priority":"high"})",
           "OPTIONAL_IE_INCORRECT /priority is none of HIGH, MIDDLE, LOW"},
      Case{R"({"lifetime":0})",
           "OPTIONAL_IE_INCORRECT /lifetime is no whole number from 1 to 4294967295"},
      Case{R"({"lifetime":1.5})",
           "OPTIONAL_IE_INCORRECT /lifetime is no whole number from 1 to 4294967295"},
      Case{R"({"payload":{}})", "OPTIONAL_IE_INCORRECT /payload is not a string"}};
  for (const Encoding encoding : kEncodings) {
    for (const auto& [json, refusal] : cases) CHECK(sent(encoding, json) == refusal);
    const std::string whole = body_in(encoding, R"({"msgId":"7","payload":"x"})");
    for (std::size_t size = 0; size < whole.size(); ++size)
      CHECK(told(parse_send(encoding, whole.substr(0, size), kMostContent))
                .starts_with("INVALID_MSG_FORMAT"));
  }
  CHECK(sent(Encoding::json, R"({"a":1})") == "good");
  CHECK(told(parse_send(Encoding::json, R"({"a":1,"a":1})", kMostContent))
            .starts_with("INVALID_MSG_FORMAT"));
}

TEST_CASE("what is too long is refused") {
  const auto with_payload = [](std::size_t octets) {
    return R"({"msgId":"7","payload":")" + std::string(octets, 'x') + "\"}";
  };
  CHECK(told(parse_send(Encoding::json, with_payload(kMostContent), kMostContent)) == "good");
  CHECK(told(parse_send(Encoding::json, with_payload(kMostContent + 1), kMostContent)) ==
        "7: PAYLOAD_TOO_LARGE /payload has more than 64 octets");
  CHECK(told(parse_send(Encoding::json, with_payload(5'000), kMostContent))
            .starts_with("PAYLOAD_TOO_LARGE"));
  const std::string id(kMostMessageIdOctets + 1, 'x');
  CHECK(told(parse_send(Encoding::json, R"({"msgId":")" + id + "\"}", kMostContent)) ==
        "OPTIONAL_IE_INCORRECT /msgId has more than 128 octets");
  CHECK(told(parse_send(Encoding::json, std::string(64, '['), kMostContent))
            .starts_with("PAYLOAD_TOO_LARGE"));
}

TEST_CASE("a device's report is read, and a wrong one refused") {
  for (const Encoding encoding : kEncodings) {
    const auto body =
        parse_report(encoding, body_in(encoding, R"({"msgId":"m","delivSt":"REPT_DELY_FAILED",)"
                                                 R"("failureCause":"no valve"})"));
    REQUIRE(body);
    CHECK(body->message_id == "m");
    CHECK_FALSE(body->delivered);
    CHECK(body->failure_cause == "no valve");
    CHECK(
        parse_report(encoding, body_in(encoding, R"({"msgId":"m","delivSt":"REPT_DELY_SUCCESS"})"))
            ->delivered);
    CHECK(reported(encoding, "{}") == "MANDATORY_IE_MISSING /msgId is missing");
    CHECK(reported(encoding, R"({"msgId":"","delivSt":"REPT_DELY_SUCCESS"})") ==
          "MANDATORY_IE_INCORRECT /msgId is empty");
    CHECK(reported(encoding, R"({"msgId":"m"})") == "m: MANDATORY_IE_MISSING /delivSt is missing");
    CHECK(reported(encoding, R"({"msgId":"m","delivSt":"OK"})")
              .starts_with("m: DELIVERY_STATUS_NOT_SUPPORTED /delivSt "));
  }
}

TEST_CASE("what devices are told is written in both encodings") {
  for (const Encoding encoding : kEncodings) {
    const auto text = [&](const std::string& body) { return json_of(encoding, body); };
    CHECK(text(encode_ack(encoding, {{}, "m", {}})) == R"({"msgId":"m","state":"accepted"})");
    const messages::Refusal full{
        {base::Errc::overloaded, "come \"back\""}, "QUEUE_FULL", base::Duration{1'500}};
    CHECK(text(encode_ack(encoding, {{}, "m", full})) ==
          R"({"msgId":"m","state":"refused","cause":"QUEUE_FULL","detail":"come \"back\"",)"
          R"("retryAfter":2})");
    const messages::Refusal wrong{{base::Errc::malformed, "no"}, "INVALID_MSG_FORMAT", {}};
    CHECK(text(encode_ack(encoding, {{}, "", wrong})) ==
          R"({"state":"refused","cause":"INVALID_MSG_FORMAT","detail":"no"})");

    messages::Message message;
    message.from = {AddressType::as, "as-1"};
    message.message_id = "m";
    CHECK(text(encode_message(encoding, message, false).value()) ==
          R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"msgId":"m"})");
    message.application = "valve";
    message.content = "open\n";
    CHECK(text(encode_message(encoding, message, true).value()) ==
          R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"appId":"valve","msgId":"m",)"
          R"("delivStReqInd":true,"payload":"open\n"})");
    message.content = "\xFF";
    CHECK(encode_message(encoding, message, true).error().code == base::Errc::unsupported);

    const messages::Report report{{AddressType::as, "as-1"}, {AddressType::ue, "d"}, "m", true, ""};
    CHECK(
        text(encode_report(encoding, report)) ==
        R"({"msgId":"m","delivSt":"REPT_DELY_SUCCESS","oriAddr":{"addrType":"AS","addr":"as-1"}})");
    messages::Report failed = report;
    failed.delivered = false;
    failed.failure_cause = "EXPIRED";
    CHECK(text(encode_report(encoding, failed)) ==
          R"({"msgId":"m","delivSt":"REPT_DELY_FAILED","failureCause":"EXPIRED",)"
          R"("oriAddr":{"addrType":"AS","addr":"as-1"}})");
  }
}

}  // namespace msggw::payload
