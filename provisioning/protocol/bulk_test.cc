// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "gateway/base/document.h"
#include "provisioning/protocol/messages.h"

namespace msggw::protocol {

namespace {

using core::UeType;

constexpr std::array kEncodings{Encoding::json, Encoding::cbor};
constexpr WireLimits kLimits;

std::string body_in(Encoding encoding, std::string_view json) {
  std::string body;
  base::append_document(encoding, body, base::parse_json(json, {}).value());
  return body;
}

std::string list_of(std::string_view name, std::string_view item, std::size_t times) {
  std::string json = "{\"" + std::string(name) + "\":[";
  for (std::size_t i = 0; i < times; ++i) json.append(i == 0 ? "" : ",").append(item);
  return json + "]}";
}

}  // namespace

TEST_CASE("a bulk request goes the way there and back, spliced from single ones") {
  for (const Encoding encoding : kEncodings) {
    const std::string bodies[] = {
        encode_request(encoding, UeType::non_3gpp, "001b638445e6", R"({"v":[1,{"x":null}]})"),
        encode_request(encoding, UeType::as, "as \"7\"", ""),
        encode_request(encoding, UeType::legacy_3gpp, "+491701234567", ""),
    };
    const std::string_view views[] = {bodies[0], bodies[1], bodies[2]};
    const auto decoded = decode_bulk_request(encoding, join_bulk_request(encoding, views), kLimits);
    REQUIRE(decoded.ok());
    REQUIRE(decoded.items.size() == 3);
    for (const auto& item : decoded.items) CHECK(item.ok());
    CHECK(decoded.items[0].request.private_id == "001b638445e6");
    CHECK(decoded.items[0].request.info == R"({"v":[1,{"x":null}]})");
    CHECK(decoded.items[1].request.private_id == "as \"7\"");
    CHECK(decoded.items[2].request.ue_type == UeType::legacy_3gpp);
  }
  const std::string_view one[] = {R"({"ueType":"AS","privateId":"x"})"};
  CHECK(join_bulk_request(Encoding::json, one) ==
        R"({"requests":[{"ueType":"AS","privateId":"x"}]})");
}

TEST_CASE("each item of a bulk request is judged by itself") {
  const char* const json =
      R"({"requests":[{"ueType":"AS","privateId":"a"},7,{"ueType":"AS"},{},)"
      R"({"ueType":"TOASTER","privateId":"b"},{"ueType":"AS","privateId":"c","info":[]},)"
      R"({"ueType":"MSGIN5G_UE","privateId":"d"}],"more":1})";
  for (const Encoding encoding : kEncodings) {
    const auto decoded = decode_bulk_request(encoding, body_in(encoding, json), kLimits);
    REQUIRE(decoded.ok());
    REQUIRE(decoded.items.size() == 7);
    CHECK(decoded.items[0].ok());
    CHECK(decoded.items[1].problem.cause == "INVALID_MSG_FORMAT");
    CHECK(decoded.items[2].problem.cause == "MANDATORY_IE_MISSING");
    CHECK(decoded.items[2].problem.invalid_params.front().param == "/requests/2/privateId");
    CHECK(decoded.items[3].problem.invalid_params.size() == 2);
    CHECK(decoded.items[4].problem.cause == "MANDATORY_IE_INCORRECT");
    CHECK(decoded.items[5].problem.cause == "OPTIONAL_IE_INCORRECT");
    CHECK(decoded.items[6].ok());
    CHECK(decoded.items[6].request.private_id == "d");
  }
}

TEST_CASE("faults of the whole bulk request") {
  struct Case {
    std::string body;
    unsigned status;
    const char* cause;
  };
  const std::string_view request = R"({"ueType":"AS","privateId":"a"})";
  const Case cases[] = {
      {"[]", 400, "INVALID_MSG_FORMAT"},
      {"{}", 400, "MANDATORY_IE_MISSING"},
      {R"({"requests":{}})", 400, "MANDATORY_IE_INCORRECT"},
      {R"({"requests":null})", 400, "MANDATORY_IE_INCORRECT"},
      {R"({"requests":[]})", 400, "MANDATORY_IE_INCORRECT"},
      {list_of("requests", request, 257), 413, "PAYLOAD_TOO_LARGE"},
  };
  for (const Encoding encoding : kEncodings) {
    for (const auto& [body, status, cause] : cases) {
      CAPTURE(body.substr(0, 60));
      const auto decoded = decode_bulk_request(encoding, body_in(encoding, body), kLimits);
      CHECK_FALSE(decoded.ok());
      CHECK(decoded.items.empty());
      CHECK(decoded.problem.status == status);
      CHECK(decoded.problem.cause == cause);
      CHECK_FALSE(decoded.problem.detail.empty());
    }
    const auto most = decode_bulk_request(
        encoding, body_in(encoding, list_of("requests", request, 256)), kLimits);
    CHECK(most.ok());
    CHECK(most.items.size() == 256);
    WireLimits small;
    small.bulk_octets = 100;
    CHECK(decode_bulk_request(encoding, body_in(encoding, list_of("requests", request, 10)), small)
              .problem.status == 413);
  }
  CHECK(decode_bulk_request(Encoding::json, "{\"requests\":[", kLimits).problem.cause ==
        "INVALID_MSG_FORMAT");
}

TEST_CASE("a bulk response goes the way there and back, spliced from single answers") {
  for (const Encoding encoding : kEncodings) {
    const std::string created =
        encode_response(encoding, {"s1", {"m1", "m2"}, R"({"a":{"b":[1]}})", {}});
    const std::string known = encode_response(encoding, {"s2", {"m1"}, "", std::chrono::hours{1}});
    const std::string denied = encode_problem(encoding, {403, "POLICY_DENIED", "not today", {}});
    const std::string busy = encode_problem(encoding, {503, "NF_CONGESTION", "", {}});
    const BulkItem items[] = {
        {201, created}, {200, known}, {403, denied}, {503, busy, std::chrono::seconds{7}}};
    const auto decoded =
        decode_bulk_response(encoding, join_bulk_response(encoding, items), kLimits);
    REQUIRE(decoded.has_value());
    REQUIRE(decoded->size() == 4);
    const auto& answers = *decoded;
    CHECK(answers[0].status == 201);
    REQUIRE(answers[0].response.has_value());
    CHECK(answers[0].response->service_id == "s1");
    CHECK(answers[0].response->service_info == R"({"a":{"b":[1]}})");
    CHECK(answers[0].retry_after.count() == 0);
    CHECK(answers[1].response->lifetime == std::chrono::hours{1});
    CHECK(answers[2].status == 403);
    CHECK(answers[2].problem.cause == "POLICY_DENIED");
    CHECK(answers[2].problem.detail == "not today");
    CHECK(answers[3].retry_after == std::chrono::seconds{7});
  }
  const BulkItem one[] = {{403, R"({"cause":"X"})"}};
  CHECK(join_bulk_response(Encoding::json, one) ==
        R"({"responses":[{"status":403,"problem":{"cause":"X"}}]})");
}

TEST_CASE("an item of a bulk response that is of no use says why, the others count") {
  const char* const json =
      R"({"responses":[{"status":201},{"status":200,"response":{"serviceId":""}},)"
      R"({"status":403},{"status":403,"problem":"no","retryAfter":"soon"},)"
      R"({"status":503,"retryAfter":-5},{"status":503,"retryAfter":999999999},)"
      R"({"status":200,"response":{"serviceId":"s","serverServiceIds":["m"]}}]})";
  for (const Encoding encoding : kEncodings) {
    const auto decoded = decode_bulk_response(encoding, body_in(encoding, json), kLimits);
    REQUIRE(decoded.has_value());
    const auto& items = *decoded;
    REQUIRE(items.size() == 7);
    CHECK(items[0].response.error().code == base::Errc::missing);
    CHECK(items[1].response.error().code == base::Errc::incorrect);
    CHECK(items[2].problem.cause.empty());
    CHECK(items[3].problem.cause.empty());
    CHECK(items[3].retry_after.count() == 0);
    CHECK(items[4].retry_after.count() == 0);
    CHECK(items[5].retry_after == std::chrono::hours{24});
    CHECK(items[6].response->service_id == "s");
  }
}

TEST_CASE("what is no bulk response") {
  struct Case {
    std::string body;
    base::Errc error;
  };
  const Case cases[] = {
      {"[]", base::Errc::malformed},
      {"{}", base::Errc::missing},
      {R"({"responses":{}})", base::Errc::incorrect},
      {R"({"responses":[7]})", base::Errc::incorrect},
      {R"({"responses":[{}]})", base::Errc::incorrect},
      {R"({"responses":[{"status":"201"}]})", base::Errc::incorrect},
      {R"({"responses":[{"status":99}]})", base::Errc::incorrect},
      {R"({"responses":[{"status":600}]})", base::Errc::incorrect},
      {list_of("responses", R"({"status":500})", 257), base::Errc::too_large},
  };
  for (const Encoding encoding : kEncodings) {
    for (const auto& [body, error] : cases) {
      CAPTURE(body.substr(0, 60));
      const auto decoded = decode_bulk_response(encoding, body_in(encoding, body), kLimits);
      REQUIRE_FALSE(decoded.has_value());
      CHECK(decoded.error().code == error);
      CHECK_FALSE(decoded.error().detail.empty());
    }
    CHECK(
        decode_bulk_response(encoding, body_in(encoding, R"({"responses":[]})"), kLimits)->empty());
    const std::string good = body_in(encoding, R"({"responses":[{"status":500}]})");
    for (std::size_t size = 0; size < good.size(); ++size) {
      CHECK(decode_bulk_response(encoding, good.substr(0, size), kLimits).error().code ==
            base::Errc::malformed);
    }
    WireLimits small;
    small.bulk_octets = 10;
    CHECK(decode_bulk_response(encoding, good, small).error().code == base::Errc::too_large);
  }
}

}  // namespace msggw::protocol
