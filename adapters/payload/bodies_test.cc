// SPDX-License-Identifier: Apache-2.0
#include "adapters/payload/bodies.h"

#include <doctest/doctest.h>

#include "adapters/payload/test_bodies.h"

namespace msggw::payload {

namespace {

using test::body_in;
using test::json_of;
using test::kEncodings;

std::string info_of(Encoding encoding, std::string_view body, std::size_t most = 512) {
  const auto parsed = parse_register(encoding, body, most);
  return parsed ? parsed->info : base::name_of(parsed.error().code);
}

std::string of_compact_size(std::size_t octets) {
  return R"({"x":")" + std::string(octets - 8, 'y') + "\"}";
}

}  // namespace

TEST_CASE("a registration's information comes out compact, from both encodings") {
  for (const Encoding encoding : kEncodings) {
    CHECK(info_of(encoding, "") == "");
    CHECK(info_of(encoding, body_in(encoding, "{}")) == "");
    const char* info = R"({"deviceType":"meter","vendor":"Ex\"ample","n":[1,2.5,null,{"a":{}}]})";
    CHECK(info_of(encoding, body_in(encoding, info)) == info);
  }
  CHECK(info_of(Encoding::json, " { \"a\" :\n [ 1 ] } ") == R"({"a":[1]})");
  CHECK(info_of(Encoding::cbor,
                "\xBF\x61"
                "a\x9F\x01\xFF\xFF") == R"({"a":[1]})");
}

TEST_CASE("how a device takes messages is read from its information") {
  for (const Encoding encoding : kEncodings) {
    const auto manner_of = [&](const char* json) {
      const auto manner = parse_register(encoding, body_in(encoding, json), 512).value().manner;
      REQUIRE(manner);
      return std::string(manner->plain ? "plain" : "") + (manner->reports ? "+reports" : "");
    };
    CHECK_FALSE(parse_register(encoding, "", 512).value().manner);
    CHECK(manner_of("{}") == "");
    CHECK(manner_of(R"({"format":"plain","reports":true})") == "plain+reports");
    CHECK(manner_of(R"({"format":"structured","reports":false})") == "");
    CHECK(manner_of(R"({"format":7,"reports":"true"})") == "");
  }
}

TEST_CASE("numbers of the information stay what they were") {
  for (const char* info :
       {R"({"iccid":89490200001234567890})", R"({"a":18446744073709551615,"b":[0.1]})",
        R"({"low":-9223372036854775809})", R"({"n":123456789.123456789})"})
    CHECK(info_of(Encoding::json, info) == info);
  const std::string most(8, '\xFF');
  CHECK(info_of(Encoding::cbor, "\xA1\x61n\x1B" + most) == R"({"n":18446744073709551615})");
  CHECK(info_of(Encoding::cbor, "\xA1\x61n\x3B\x80" + std::string(7, '\0')) ==
        R"({"n":-9223372036854775809})");
  CHECK(info_of(Encoding::cbor, "\xA1\x61n\x3B" + most) == R"({"n":-18446744073709551616})");
  // 89490200001234567890 as a bignum: no JSON value, so it is refused rather than changed.
  const std::string bignum("\xC2\x49\x04\xD9\xED\x0E\xC3\x00\x3F\x82\xD2", 11);
  CHECK(info_of(Encoding::cbor, "\xA1\x61n" + bignum) == "malformed");
}

TEST_CASE("a body that is not one object is malformed") {
  for (const Encoding encoding : kEncodings) {
    for (const char* json : {"[]", "\"x\"", "1", "null", "true"}) {
      CAPTURE(std::string(json));
      CHECK(info_of(encoding, body_in(encoding, json)) == "malformed");
    }
    const std::string whole = body_in(encoding, R"({"deviceType":"meter","n":[1,2.5]})");
    for (std::size_t size = 1; size < whole.size(); ++size) {
      CHECK(info_of(encoding, std::string(whole, 0, size)) == "malformed");
    }
    CHECK(info_of(encoding, whole + "{}") == "malformed");
  }
  for (const char* body : {" ", "{", "{\"a\":1,\"a\":1}", "deviceType=meter", "{\"a\":\"\\ud800\"}",
                           "{\"a\":\"\xFF\"}"}) {
    CAPTURE(std::string(body));
    CHECK(info_of(Encoding::json, body) == "malformed");
  }
  // Byte strings, tags, keys that are no text: CBOR, but no information.
  for (const char* body : {"\xA1\x61"
                           "a\x41\xFF",
                           "\xC1\xA1\x61"
                           "a\x01",
                           "\xA1\x01\x02",
                           "\xA1\x61"
                           "a\xF9\x7E\x01"}) {
    CHECK(info_of(Encoding::cbor, body) == "malformed");
  }
}

TEST_CASE("information beyond its limit is too large") {
  for (const Encoding encoding : kEncodings) {
    const std::string longest = of_compact_size(64);
    CHECK(info_of(encoding, body_in(encoding, longest), 64) == longest);
    CHECK(info_of(encoding, body_in(encoding, of_compact_size(65)), 64) == "too_large");
    CHECK(info_of(encoding, body_in(encoding, of_compact_size(500)), 64) == "too_large");
    CHECK(info_of(encoding, std::string(257, ' '), 64) == "too_large");
  }
  CHECK(info_of(Encoding::json, "{\"a\":" + std::string(240, ' ') + "1}", 64) == R"({"a":1})");
  CHECK(info_of(Encoding::json, std::string(64, '['), 512) == "too_large");
  CHECK(info_of(Encoding::cbor, "\xBB\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 64) == "malformed");
}

TEST_CASE("a registration is written with what applies to it") {
  const core::ServiceProfile profile{{"m5s-1@example", "m5s-2@example"}, R"({"segmentSize":2048})"};
  const core::ServiceProfile bare{{"m5s-1@example"}, ""};
  core::RegistrationView view;
  view.private_id = "001b638445e6";
  view.state = core::DeviceState::recorded;
  for (const Encoding encoding : kEncodings) {
    core::RegistrationView at = view;
    CHECK(json_of(encoding, encode_registration(encoding, at)) ==
          R"({"privateId":"001b638445e6","state":"recorded"})");

    at.state = core::DeviceState::provisioned;
    at.service_id = "n3g-1@example";
    at.profile = &profile;
    at.binding = {.until_s = 1'700'003'600, .lifetime_s = 3'600};
    CHECK(
        json_of(encoding, encode_registration(encoding, at)) ==
        R"({"privateId":"001b638445e6","serviceId":"n3g-1@example",)"
        R"("serverServiceIds":["m5s-1@example","m5s-2@example"],"serviceInfo":{"segmentSize":2048},)"
        R"("lifetime":3600,"state":"provisioned"})");

    at.profile = &bare;
    at.binding = {.until_s = core::Binding::kForever, .lifetime_s = 3'600};
    at.state = core::DeviceState::registered;
    CHECK(
        json_of(encoding, encode_registration(encoding, at)) ==
        R"({"privateId":"001b638445e6","serviceId":"n3g-1@example","serverServiceIds":["m5s-1@example"],)"
        R"("state":"registered"})");
  }
}

TEST_CASE("the other answers") {
  using namespace std::chrono_literals;
  for (const Encoding encoding : kEncodings) {
    const auto text = [&](const std::string& body) { return json_of(encoding, body); };
    CHECK(text(encode_pending(encoding, "", 10s)) == R"({"state":"pending","retryAfter":10})");
    CHECK(text(encode_pending(encoding, "a\"b", 0s)) ==
          R"({"privateId":"a\"b","state":"pending","retryAfter":0})");
    CHECK(text(encode_pending(encoding, "", -5s)) == R"({"state":"pending","retryAfter":0})");
    CHECK(text(encode_refused(encoding, "a", "POLICY_DENIED", "not \"here\"")) ==
          R"({"privateId":"a","state":"refused","cause":"POLICY_DENIED","detail":"not \"here\""})");
    CHECK(text(encode_refused(encoding, "", "X", "\xFF")) ==
          "{\"state\":\"refused\",\"cause\":\"X\",\"detail\":\"\xEF\xBF\xBD\"}");
    CHECK(text(encode_deregistered(encoding, "a")) ==
          R"({"privateId":"a","state":"deregistered"})");
    CHECK(text(encode_deregistered(encoding, "")) == R"({"state":"deregistered"})");
  }
}

TEST_CASE("each error of ours has its cause word") {
  using base::Errc;
  CHECK(cause_of(Errc::malformed) == "INVALID_MSG_FORMAT");
  CHECK(cause_of(Errc::missing) == "MANDATORY_IE_MISSING");
  CHECK(cause_of(Errc::incorrect) == "MANDATORY_IE_INCORRECT");
  CHECK(cause_of(Errc::too_large) == "PAYLOAD_TOO_LARGE");
  CHECK(cause_of(Errc::unsupported) == "UNSUPPORTED_MEDIA_TYPE");
  CHECK(cause_of(Errc::unknown_device) == "CONTEXT_NOT_FOUND");
  CHECK(cause_of(Errc::refused) == "POLICY_DENIED");
  CHECK(cause_of(Errc::overloaded) == "NF_CONGESTION");
  CHECK(cause_of(Errc::unavailable) == "UPSTREAM_UNAVAILABLE");
  CHECK(cause_of(Errc::storage) == "INSUFFICIENT_RESOURCES");
}

}  // namespace msggw::payload
