// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/bodies.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "adapters/msgin5g/test_schemas.h"

namespace msggw::msgin5g {
namespace {

using messages::AddressType;
using messages::Message;
using messages::Report;
using messages::Segment;
using test::json::value;

Message whole_message() {
  Message message;
  message.from = {AddressType::as, "as-77@example"};
  message.to = {AddressType::ue, "ue-1@example"};
  message.message_id = "m-1";
  message.application = "metering";
  message.content = "READ";
  message.segment = Segment{"s-1", 1, 3, false};
  message.wants_report = true;
  return message;
}

Checked<Message> read(const value& body, PayloadEncoding encoding = PayloadEncoding::text) {
  return read_message(test::json::serialize(body), [encoding](const Message&) { return encoding; },
                      {});
}

TEST_CASE("a message is read as it was sent") {
  const auto message = read_message(test::kWholeMessage, {}, {});
  REQUIRE(message.has_value());
  CHECK(*message == whole_message());
  const auto least = read_message(
      R"({"oriAddr":{"addrType":"GROUP","addr":"g"},"destAddr":{"addrType":"UE","addr":"u"},)"
      R"("msgId":"1"})",
      {}, {});
  REQUIRE(least.has_value());
  CHECK(*least == Message{{AddressType::group, "g"}, {AddressType::ue, "u"}, "1", "", "", {}});
}

TEST_CASE("what the schemas do not know is ignored, whatever it is") {
  value body = test::message_body();
  for (const char* name : {"/secCred", "/priority", "/stoAndFwInd", "/latency", "/x~1y",
                           "/oriAddr/x", "/destAddr/null", "/segParams/x"}) {
    for (const char* other : {"null", "7", "[[]]", R"({"addr":null})", R"("")"})
      body = test::with(std::move(body), name, test::parsed(other));
  }
  const auto message = read(body);
  REQUIRE(message.has_value());
  CHECK(*message == whole_message());
  const auto report =
      read_report(test::json::serialize(test::with(test::report_body(), "/secCred", nullptr)), {});
  CHECK(report.has_value());
}

TEST_CASE("an empty optional text says nothing") {
  value body = test::with(test::message_body(), "/appId", "");
  CHECK(read(body)->application.empty());
  body = test::with(test::report_body(), "/failureCause", "");
  CHECK(read_report(test::json::serialize(body), {})->failure_cause.empty());
}

TEST_CASE("texts are as long as their limits allow, in octets") {
  std::string longest;
  for (int i = 0; i < 64; ++i) longest += "\xC3\xA9";
  CHECK(read(test::with(test::message_body(), "/msgId", test::text(longest)))->message_id ==
        longest);
  CHECK_FALSE(
      read(test::with(test::message_body(), "/msgId", test::text(longest + "x"))).has_value());
}

TEST_CASE("a type of address that is not known, or is no device's, is not supported") {
  for (const char* pointer : {"/oriAddr/addrType", "/destAddr/addrType"}) {
    for (const char* type : {"ue", "UE ", "DRONE"}) {
      const auto refused = read(test::with(test::message_body(), pointer, type));
      REQUIRE_FALSE(refused.has_value());
      CHECK(refused.error().why == Refusal::address_type);
      CHECK(refused.error().invalid_params[0].param == pointer);
    }
  }
  for (const char* type : {"AS", "GROUP", "BC", "TOPIC"}) {
    CHECK(read(test::with(test::message_body(), "/oriAddr/addrType", type)).has_value());
    const auto refused = read(test::with(test::message_body(), "/destAddr/addrType", type));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().why == Refusal::address_type);
    CHECK(refused.error().invalid_params[0].param == "/destAddr/addrType");
  }
  // What is wrong goes before what is not supported.
  value both = test::with(test::message_body(), "/oriAddr/addrType", "DRONE");
  both = test::without(std::move(both), "/msgId");
  CHECK(read(both).error().why == Refusal::missing);
}

TEST_CASE("segInd decides whether there is a segment, and without it a segId does") {
  const value whole = test::message_body();
  CHECK(read(test::without(whole, "/segInd"))->segment == whole_message().segment);
  CHECK_FALSE(read(test::with(whole, "/segInd", false))->segment.has_value());
  value unsaid = test::without(whole, "/segInd");
  unsaid = test::without(std::move(unsaid), "/segParams/segId");
  CHECK_FALSE(read(unsaid)->segment.has_value());
  unsaid = test::without(whole, "/segInd");
  unsaid = test::without(std::move(unsaid), "/segParams/segNumb");
  CHECK(read(unsaid).error().invalid_params[0].param == "/segParams/segNumb");
  CHECK_FALSE(read(test::with(unsaid, "/segParams", test::json::object()))->segment.has_value());
  const value none = test::without(whole, "/segParams");
  CHECK(read(none).error().why == Refusal::missing);
  CHECK(read(none).error().invalid_params[0].param == "/segParams");
  CHECK_FALSE(read(test::with(none, "/segInd", false))->segment.has_value());
}

TEST_CASE("numbers of segments") {
  const value whole = test::message_body();
  for (const int number : {0, 1, 3})
    CHECK(read(test::with(whole, "/segParams/segNumb", number))->segment->number ==
          static_cast<unsigned>(number));
  const auto beyond = read(test::with(whole, "/segParams/segNumb", 4));
  REQUIRE_FALSE(beyond.has_value());
  CHECK(beyond.error().why == Refusal::optional_incorrect);
  CHECK(beyond.error().invalid_params[0].param == "/segParams/segNumb");
  const value last =
      test::with(test::without(whole, "/segParams/totalSegCount"), "/segParams/lastSegFlag", true);
  CHECK(read(last)->segment == Segment{"s-1", 1, std::nullopt, true});
}

TEST_CASE("content is what its encoding says, and no longer than the limit") {
  const value text = test::with(test::message_body(), "/payload", "QUJD\x01\xC3\xA9");
  CHECK(read(text)->content == "QUJD\x01\xC3\xA9");
  const auto wrong = read(text, PayloadEncoding::base64);
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().why == Refusal::optional_incorrect);
  CHECK(wrong.error().invalid_params[0].param == "/payload");
  const value coded = test::with(test::message_body(), "/payload", "AP8=");
  CHECK(read(coded, PayloadEncoding::base64)->content == std::string("\0\xff", 2));
  const Limits limits;
  const value full = test::with(test::message_body(), "/payload",
                                test::text(std::string(limits.content_octets, 'x')));
  CHECK(read(full)->content.size() == limits.content_octets);
  const auto large = read(test::with(test::message_body(), "/payload",
                                     test::text(std::string(limits.content_octets + 1, 'x'))));
  REQUIRE_FALSE(large.has_value());
  CHECK(large.error().why == Refusal::too_large);
  CHECK(large.error().invalid_params[0].param == "/payload");
  // The limit is of octets, not of their base64.
  const std::string many(limits.content_octets / 3 * 4, 'A');
  CHECK(
      read(test::with(test::message_body(), "/payload", test::text(many)), PayloadEncoding::base64)
          .has_value());
}

TEST_CASE("the encoding is asked for when the rest of the message is known") {
  std::optional<Message> asked;
  const auto message = read_message(test::kWholeMessage,
                                    [&](const Message& known) {
                                      asked = known;
                                      return PayloadEncoding::text;
                                    },
                                    {});
  Message expected = whole_message();
  expected.content.clear();
  CHECK(asked == expected);
  CHECK(message.has_value());
}

TEST_CASE("a report is read as it was sent") {
  const auto report = read_report(test::kWholeReport, {});
  REQUIRE(report.has_value());
  CHECK(*report == Report{{AddressType::as, "as-77@example"},
                          {AddressType::ue, "ue-1@example"},
                          "m-1",
                          false,
                          "EXPIRED"});
  value body = test::with(test::report_body(), "/delivSt", "REPT_DELY_SUCCESS");
  CHECK(read_report(test::json::serialize(body), {})->delivered);
  body = test::with(test::report_body(), "/delivSt", "REPT_DELY_READ");
  const auto unknown = read_report(test::json::serialize(body), {});
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().why == Refusal::delivery_status);
  CHECK(unknown.error().invalid_params[0].param == "/delivSt");
}

/// Whether `body` has the members of the schema, those that it must, and no others.
void check_schema(const value& body, const test::Schema& schema) {
  const bool segmented = body.as_object().contains("segInd");
  const auto find = [&](const std::string& pointer) -> const value* {
    boost::system::error_code none;
    return body.find_pointer(pointer, none);
  };
  for (const test::Member& member : schema) {
    CAPTURE(member.pointer);
    const value* found = find(member.pointer);
    const bool needed = member.presence == test::Presence::mandatory ||
                        (member.presence == test::Presence::conditional && segmented);
    CHECK((found != nullptr || !needed));
    if (found == nullptr) continue;
    switch (member.type) {
      case test::Type::object: CHECK(found->is_object()); break;
      case test::Type::flag: CHECK(found->is_bool()); break;
      case test::Type::count:
      case test::Type::number: CHECK(found->is_int64()); break;
      case test::Type::word:
      case test::Type::line:
      case test::Type::text:
      case test::Type::date_time: CHECK(found->is_string()); break;
    }
  }
  const auto known = [&](const std::string& pointer) {
    return std::any_of(schema.begin(), schema.end(),
                       [&](const auto& member) { return member.pointer == pointer; });
  };
  for (const auto& member : body.as_object()) {
    const std::string pointer = "/" + std::string(member.key());
    CHECK(known(pointer));
    if (!member.value().is_object()) continue;
    for (const auto& inner : member.value().as_object())
      CHECK(known(pointer + "/" + std::string(inner.key())));
  }
}

TEST_CASE("a written message has the members of the schema, and says what it is to say") {
  using namespace std::chrono;
  const sys_seconds until = sys_days{2030y / January / 2} + 3h + 4min + 5s;
  const auto written = write_message(whole_message(), PayloadEncoding::text, {true, until});
  REQUIRE(written.has_value());
  const value body = test::parsed(*written);
  check_schema(body, test::ue_message_schema());
  value expected = test::message_body();
  expected = test::without(std::move(expected), "/segParams/lastSegFlag");
  expected = test::with(std::move(expected), "/stoAndFwInd", true);
  expected = test::with(std::move(expected), "/stoAndFwParams",
                        test::parsed(R"({"exprTime":"2030-01-02T03:04:05Z"})"));
  CHECK(body == expected);
}

TEST_CASE("what a message has not is not written, but for the flag of store and forward") {
  const Message least{{AddressType::ue, "u"}, {AddressType::topic, "t"}, "1", "", "", {}};
  for (const bool wanted : {false, true}) {
    const auto written = write_message(least, PayloadEncoding::base64, {wanted});
    REQUIRE(written.has_value());
    check_schema(test::parsed(*written), test::ue_message_schema());
    CHECK(*written ==
          R"({"oriAddr":{"addrType":"UE","addr":"u"},"destAddr":{"addrType":"TOPIC","addr":"t"},)"
          R"("msgId":"1","stoAndFwInd":)" +
              std::string(wanted ? "true}" : "false}"));
  }
}

TEST_CASE("content of any octets is written in base64 only") {
  Message message = whole_message();
  message.content = std::string("\0\xff", 2);
  const auto text = write_message(message, PayloadEncoding::text, {});
  REQUIRE_FALSE(text.has_value());
  CHECK(text.error().code == base::Errc::unsupported);
  const auto coded = write_message(message, PayloadEncoding::base64, {});
  REQUIRE(coded.has_value());
  CHECK(test::parsed(*coded).at("payload").as_string() == "AP8=");
}

TEST_CASE("an expiry is written in four digits of a year or not at all") {
  using namespace std::chrono;
  const Message message = whole_message();
  const auto at = [&](sys_seconds until) {
    return write_message(message, PayloadEncoding::text, {true, until});
  };
  const sys_seconds last = sys_days{9999y / December / 31} + 23h + 59min + 59s;
  CHECK(at(last)->find("9999-12-31T23:59:59Z") != std::string::npos);
  REQUIRE_FALSE(at(last + 1s).has_value());
  CHECK(at(last + 1s).error().code == base::Errc::incorrect);
  CHECK(write_message(message, PayloadEncoding::text, {false, last + 1s}).has_value());
}

TEST_CASE("a written report has the members of the schema, and is read as it was written") {
  Report report{
      {AddressType::ue, "u\"\\/\xF0\x9F\x98\x80"}, {AddressType::ue, "a"}, "1", false, "x"};
  for (const bool delivered : {false, true}) {
    report.delivered = delivered;
    if (delivered) report.failure_cause.clear();
    const std::string written = write_report(report);
    check_schema(test::parsed(written), test::report_schema());
    CHECK(test::parsed(written).at("delivSt").as_string() ==
          (delivered ? "REPT_DELY_SUCCESS" : "REPT_DELY_FAILED"));
    CHECK(read_report(written, {}).value() == report);
  }
}

TEST_CASE("types of addresses have the words of TS 29.538") {
  for (std::size_t i = 0; i < messages::kAddressTypes; ++i) {
    const auto type = static_cast<AddressType>(i);
    CHECK(messages::address_type_of(messages::name_of(type)) == type);
  }
  CHECK(messages::name_of(AddressType::broadcast) == "BC");
  CHECK_FALSE(messages::address_type_of("").has_value());
  CHECK(messages::name_of(messages::Priority::normal) == "normal");
}

TEST_CASE("of an ack its message, status and cause are read, and nothing else is asked for") {
  const auto ack = read_ack(
      R"({"oriAddr":7,"msgId":"m","status":"DELY_FAILED","failureCause":"gone","x":null})", {});
  REQUIRE(ack.has_value());
  CHECK(ack->message_id == "m");
  CHECK(ack->status == "DELY_FAILED");
  CHECK(ack->failure_cause == "gone");
  CHECK(read_ack("{}", {})->status.empty());
  CHECK(read_ack("[]", {}).error().code == base::Errc::malformed);
  CHECK(read_ack(R"({"status":null})", {}).error().code == base::Errc::incorrect);
  Limits limits;
  limits.body_octets = 1;
  CHECK(read_ack("{}", limits).error().code == base::Errc::too_large);
}

}  // namespace
}  // namespace msggw::msgin5g
