// SPDX-License-Identifier: Apache-2.0
#include "provisioning/protocol/envelope.h"

#include <doctest/doctest.h>

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace msggw::protocol::envelope_test {

namespace {

constexpr std::array kEncodings{Encoding::json, Encoding::cbor};
constexpr WireLimits kLimits;

std::string body_in(Encoding encoding, std::string_view json) {
  std::string body;
  base::append_document(encoding, body, base::parse_json(json, {}).value());
  return body;
}

std::string names_of(const Problem& problem) {
  std::string names;
  for (const auto& [param, reason] : problem.invalid_params) {
    CHECK_FALSE(reason.empty());
    REQUIRE(param.starts_with('/'));
    names.append(names.empty() ? "" : ",").append(param.substr(1));
  }
  return names;
}

}  // namespace

TEST_CASE("an envelope goes the way there and back with its payload in the same encoding") {
  for (const Encoding encoding : kEncodings) {
    for (const char* from : {"", R"({"addrType":"UE","addr":"ue-1@x"})"}) {
      const std::string request =
          encode_request(encoding, core::UeType::msgin5g_ue, "imei:490154203237518", R"({"v":1})");
      const Envelope envelope{from, R"({"addrType":"AS","addr":"pf"})", "m \"1\"",
                              std::string(kProvisioningAppId), request};
      const auto decoded = decode_envelope(encoding, encode_envelope(encoding, envelope), kLimits);
      REQUIRE(decoded.ok());
      CHECK(decoded.envelope.ori_addr == envelope.ori_addr);
      CHECK(decoded.envelope.dest_addr == envelope.dest_addr);
      CHECK(decoded.envelope.msg_id == envelope.msg_id);
      CHECK(decoded.envelope.app_id == envelope.app_id);
      CHECK(decoded.envelope.payload == request);
    }
  }
  CHECK(encode_envelope(Encoding::json, {"", R"({"addrType":"AS","addr":"pf"})", "1",
                                         std::string(kProvisioningAppId), "{}"}) ==
        R"({"msgType":"MSG","destAddr":{"addrType":"AS","addr":"pf"},"msgId":"1",)"
        R"("appId":"msgin5g-provisioning","payload":{}})");
}

TEST_CASE("an envelope's faults are named by cause and element, and its msgId is repeated") {
  struct Case {
    const char* body;
    const char* cause;
    const char* params;
    const char* msg_id;
  };
  const Case cases[] = {
      {"[]", "INVALID_MSG_FORMAT", "", ""},
      {"{}", "MANDATORY_IE_MISSING", "msgId,msgType,appId,destAddr,payload", ""},
      {R"({"msgType":"MSG","msgId":"7","appId":"msgin5g-provisioning",)"
       R"("destAddr":{"addrType":"AS","addr":"pf"}})",
       "MANDATORY_IE_MISSING", "payload", "7"},
      {R"({"msgType":"REPORT","msgId":"7","appId":"other","payload":[],)"
       R"("destAddr":{"addrType":"AS"}})",
       "MANDATORY_IE_INCORRECT", "msgType,appId,destAddr,payload", "7"},
      {R"({"msgType":"MSG","msgId":7,"appId":"msgin5g-provisioning","payload":{},)"
       R"("destAddr":{"addrType":"AS","addr":"pf"}})",
       "MANDATORY_IE_INCORRECT", "msgId", ""},
      {R"({"msgType":"MSG","msgId":"","appId":"msgin5g-provisioning","payload":{},)"
       R"("destAddr":"pf"})",
       "MANDATORY_IE_INCORRECT", "msgId,destAddr", ""},
      {R"({"msgType":"MSG","msgId":"7","appId":"msgin5g-provisioning","payload":{},)"
       R"("destAddr":{"addrType":"AS","addr":"pf"},"oriAddr":null})",
       "OPTIONAL_IE_INCORRECT", "oriAddr", "7"},
      {R"({"msgType":"MSG","msgId":"7","appId":"msgin5g-provisioning","payload":{},)"
       R"("destAddr":{"addrType":"AS","addr":"pf"},"oriAddr":{"addrType":"UE","addr":"a\n"}})",
       "OPTIONAL_IE_INCORRECT", "oriAddr", "7"},
  };
  for (const Encoding encoding : kEncodings) {
    for (const auto& [body, cause, params, msg_id] : cases) {
      CAPTURE(body);
      const auto decoded = decode_envelope(encoding, body_in(encoding, body), kLimits);
      CHECK_FALSE(decoded.ok());
      CHECK(decoded.problem.status == 400);
      CHECK(decoded.problem.cause == cause);
      CHECK(names_of(decoded.problem) == params);
      CHECK(decoded.envelope.msg_id == msg_id);
    }
    const std::string too_long(kLimits.body_octets * 2, ' ');
    CHECK(decode_envelope(encoding, too_long, kLimits).problem.status == 413);
  }
}

TEST_CASE("a payload as long and as deep as a request may be fits into an envelope") {
  std::string deep = "{}";
  for (int depth = 0; depth < 14; ++depth) deep = R"({"a":)" + deep + "}";
  for (const Encoding encoding : kEncodings) {
    std::string payload = encode_request(encoding, core::UeType::as, "x", deep);
    REQUIRE(decode_request(encoding, payload, kLimits).ok());
    const Envelope envelope{"", R"({"addrType":"AS","addr":"pf"})", "1",
                            std::string(kProvisioningAppId), payload};
    CHECK(decode_envelope(encoding, encode_envelope(encoding, envelope), kLimits).ok());
  }
  const std::string fill(kLimits.body_octets - 100, 'x');
  const Envelope longest{"", R"({"addrType":"AS","addr":"pf"})", std::string(255, 'm'),
                         std::string(kProvisioningAppId), R"({"x":")" + fill + "\"}"};
  CHECK(decode_envelope(Encoding::json, encode_envelope(Encoding::json, longest), kLimits).ok());
}

}  // namespace msggw::protocol::envelope_test
