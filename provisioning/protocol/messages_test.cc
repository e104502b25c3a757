// SPDX-License-Identifier: Apache-2.0
#include "provisioning/protocol/messages.h"

#include <doctest/doctest.h>

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "gateway/base/cbor.h"

namespace msggw::protocol::messages_test {

namespace {

using core::UeType;

constexpr std::array kEncodings{Encoding::json, Encoding::cbor};
constexpr WireLimits kLimits;

/// `json` written in `encoding`.
std::string body_in(Encoding encoding, std::string_view json) {
  std::string body;
  base::append_document(encoding, body, base::parse_json(json, {}).value());
  return body;
}

std::string faulty_params(const Problem& problem) {
  std::string names;
  for (const auto& [param, reason] : problem.invalid_params) {
    CHECK_FALSE(reason.empty());
    if (!names.empty()) names += ',';
    REQUIRE(param.starts_with('/'));
    names += param.substr(1);
  }
  return names;
}

std::string in_quotes(std::size_t octets) {
  return std::string(1, '"').append(octets, 'x').append("\"");
}

std::string error_of(const base::Result<Response>& response) {
  return response ? "" : base::name_of(response.error().code);
}

}  // namespace

TEST_CASE("requests go the way there and back in both encodings") {
  struct Case {
    UeType type;
    const char* id;
    const char* info;
  };
  const Case cases[] = {
      {UeType::non_3gpp, "00:1b:63:84:45:e6", R"({"deviceType":"meter","n":[1,2.5,null]})"},
      {UeType::legacy_3gpp, "+491701234567", ""},
      {UeType::msgin5g_ue, "z\xC3\xA4hler \"7\" \\ /", R"({"\"":"\\"})"},
      {UeType::as, "a", R"({"a":{"b":{"c":{}}}})"},
  };
  for (const Encoding encoding : kEncodings) {
    for (const auto& [type, id, info] : cases) {
      CAPTURE(std::string(id));
      const auto decoded =
          decode_request(encoding, encode_request(encoding, type, id, info), kLimits);
      REQUIRE(decoded.ok());
      CHECK(decoded.request.ue_type == type);
      CHECK(decoded.request.private_id == id);
      CHECK(decoded.request.info == info);
    }
  }
}

TEST_CASE("a request is written with the names of the interface") {
  CHECK(encode_request(Encoding::json, UeType::non_3gpp, "a\"b", R"({"v":1})") ==
        R"({"ueType":"NON_3GPP","privateId":"a\"b","info":{"v":1}})");
  CHECK(encode_request(Encoding::json, UeType::as, "x", "") ==
        R"({"ueType":"AS","privateId":"x"})");
  CHECK(encode_request(Encoding::cbor, UeType::as, "x", "") ==
        "\xA2\x66ueType\x62"
        "AS\x69privateId\x61x");
}

TEST_CASE("a request's faults are named by cause and element") {
  struct Case {
    std::string body;
    const char* cause;
    const char* params;
  };
  const Case cases[] = {
      {"{}", "MANDATORY_IE_MISSING", "ueType,privateId"},
      {R"({"ueType":"AS"})", "MANDATORY_IE_MISSING", "privateId"},
      {R"({"privateId":"a","info":7})", "MANDATORY_IE_MISSING", "ueType"},
      {R"({"uetype":"AS","privateId":"a"})", "MANDATORY_IE_MISSING", "ueType"},
      {R"({"ueType":"TOASTER","privateId":"a"})", "MANDATORY_IE_INCORRECT", "ueType"},
      {R"({"ueType":"as","privateId":"a"})", "MANDATORY_IE_INCORRECT", "ueType"},
      {R"({"ueType":null,"privateId":null})", "MANDATORY_IE_INCORRECT", "ueType,privateId"},
      {R"({"ueType":3,"privateId":["a"],"info":7})", "MANDATORY_IE_INCORRECT", "ueType,privateId"},
      {R"({"ueType":"AS","privateId":""})", "MANDATORY_IE_INCORRECT", "privateId"},
      {R"({"ueType":"AS","privateId":17})", "MANDATORY_IE_INCORRECT", "privateId"},
      {R"({"ueType":"AS","privateId":"a\u0000"})", "MANDATORY_IE_INCORRECT", "privateId"},
      {R"({"ueType":"AS","privateId":"a\nb"})", "MANDATORY_IE_INCORRECT", "privateId"},
      {R"({"ueType":"AS","privateId":"\u0085"})", "MANDATORY_IE_INCORRECT", "privateId"},
      {R"({"ueType":"AS","privateId":)" + in_quotes(256) + "}", "MANDATORY_IE_INCORRECT",
       "privateId"},
      {R"({"ueType":"AS","privateId":"a","info":null})", "OPTIONAL_IE_INCORRECT", "info"},
      {R"({"ueType":"AS","privateId":"a","info":"x"})", "OPTIONAL_IE_INCORRECT", "info"},
      {R"({"ueType":"AS","privateId":"a","info":[{}]})", "OPTIONAL_IE_INCORRECT", "info"},
      {R"({"ueType":"AS","privateId":"a","info":{"x":)" + in_quotes(2'041) + "}}",
       "OPTIONAL_IE_INCORRECT", "info"},
      {"[]", "INVALID_MSG_FORMAT", ""},
      {"\"NON_3GPP\"", "INVALID_MSG_FORMAT", ""},
      {"null", "INVALID_MSG_FORMAT", ""},
  };
  for (const Encoding encoding : kEncodings) {
    for (const auto& [body, cause, params] : cases) {
      CAPTURE(body.substr(0, 80));
      const auto decoded = decode_request(encoding, body_in(encoding, body), kLimits);
      CHECK_FALSE(decoded.ok());
      CHECK(decoded.problem.status == 400);
      CHECK(decoded.problem.cause == cause);
      CHECK(faulty_params(decoded.problem) == params);
      CHECK_FALSE(decoded.problem.detail.empty());
    }
  }
}

TEST_CASE("a request at its limits is good, unknown members are ignored, empty info is none") {
  const std::string bodies[] = {
      R"({"ueType":"AS","privateId":)" + in_quotes(255) + "}",
      R"({"ueType":"AS","privateId":"a","info":{"x":)" + in_quotes(2'040) + "}}",
      R"({"later":{"x":[null]},"ueType":"AS","more":1,"privateId":"a","info":{},"":0})",
  };
  for (const Encoding encoding : kEncodings) {
    for (const std::string& body : bodies) {
      CAPTURE(body.substr(0, 80));
      CHECK(decode_request(encoding, body_in(encoding, body), kLimits).ok());
    }
    CHECK(decode_request(encoding, body_in(encoding, bodies[2]), kLimits).request.info.empty());
  }
}

TEST_CASE("info is kept compact and exact") {
  const auto decoded = decode_request(Encoding::json,
                                      "{\"ueType\" : \"AS\", \"privateId\": \"a\", \"info\": { "
                                      "\"v\" : 0.30 , \"u\":\"\\u00e4\" } }",
                                      kLimits);
  REQUIRE(decoded.ok());
  CHECK(decoded.request.info == "{\"v\":0.3,\"u\":\"\xC3\xA4\"}");
}

TEST_CASE("what is no document is an invalid format, what is too long is told so") {
  for (const std::string_view body :
       {"", " ", "{", "{}x", "{\"ueType\":\"AS\",\"ueType\":\"AS\"}", "<html>"}) {
    CAPTURE(std::string(body));
    CHECK(decode_request(Encoding::json, body, kLimits).problem.cause == "INVALID_MSG_FORMAT");
  }
  const std::string_view items[] = {"",
                                    "\xA1",
                                    "\xBF",
                                    "\xA1\x01\x02",
                                    "\xA1\x61\x61\x41\x01",
                                    "\xFF",
                                    "\xBB\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"};
  for (const std::string_view body : items) {
    CHECK(decode_request(Encoding::cbor, body, kLimits).problem.cause == "INVALID_MSG_FORMAT");
  }
  CHECK(decode_request(Encoding::json, std::string(10'000, '['), kLimits).problem.cause ==
        "INVALID_MSG_FORMAT");

  const std::string long_body =
      R"({"ueType":"AS","privateId":"a","x":)" + in_quotes(kLimits.body_octets) + "}";
  for (const Encoding encoding : kEncodings) {
    const auto decoded = decode_request(encoding, body_in(encoding, long_body), kLimits);
    CHECK(decoded.problem.status == 413);
    CHECK(decoded.problem.cause == "PAYLOAD_TOO_LARGE");
  }
}

TEST_CASE("no prefix of a request or response passes for one") {
  for (const Encoding encoding : kEncodings) {
    const std::string request = encode_request(encoding, UeType::as, "abc", R"({"a":[1,"b"]})");
    for (std::size_t size = 0; size < request.size(); ++size) {
      CHECK_FALSE(decode_request(encoding, std::string(request, 0, size), kLimits).ok());
    }
    const std::string response =
        encode_response(encoding, {"s@x", {"m1", "m2"}, R"({"segmentSize":2048})"});
    for (std::size_t size = 0; size < response.size(); ++size) {
      CHECK(error_of(decode_response(encoding, std::string(response, 0, size), kLimits)) ==
            "malformed");
    }
  }
}

TEST_CASE("responses go the way there and back in both encodings") {
  const Response responses[] = {
      {"n3g-k3j9x@msgin5g.example", {"m5s-1@msgin5g.example"}, R"({"segmentSize":2048})"},
      {"a", {"b", "c \"\xC3\xA4\""}, ""},
      {"t", {"b"}, "", std::chrono::seconds{86'400}},
      {"u", {"b"}, R"({"x":1})", kMostLifetime, "001b638445e6"},
      {"s", std::vector<std::string>(16, std::string(255, 'm')), R"({"p":{"q":[1,-1,0.5]}})"},
  };
  for (const Encoding encoding : kEncodings) {
    for (const Response& response : responses) {
      const auto decoded = decode_response(encoding, encode_response(encoding, response), kLimits);
      REQUIRE(decoded.has_value());
      CHECK(decoded->service_id == response.service_id);
      CHECK(decoded->server_service_ids == response.server_service_ids);
      CHECK(decoded->service_info == response.service_info);
      CHECK(decoded->lifetime == response.lifetime);
      CHECK(decoded->private_id == response.private_id);
    }
  }
  CHECK(encode_response(Encoding::json, responses[2]) ==
        R"({"serviceId":"t","serverServiceIds":["b"],"lifetime":86400})");
  CHECK(encode_response(Encoding::json, responses[3])
            .starts_with(R"({"privateId":"001b638445e6","serviceId":"u",)"));
  CHECK(encode_response(Encoding::json, responses[0]) ==
        R"({"serviceId":"n3g-k3j9x@msgin5g.example","serverServiceIds":["m5s-1@msgin5g.example"],)"
        R"("serviceInfo":{"segmentSize":2048}})");
}

TEST_CASE("a response's faults are named") {
  struct Case {
    std::string body;
    const char* error;
    const char* element;
  };
  const std::string many =
      R"(["1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","16","17"])";
  const Case cases[] = {
      {"[]", "malformed", "object"},
      {"{}", "missing", "serviceId"},
      {R"({"serverServiceIds":["m"]})", "missing", "serviceId"},
      {R"({"serviceId":"s"})", "missing", "serverServiceIds"},
      {R"({"serviceId":"","serverServiceIds":["m"]})", "incorrect", "serviceId"},
      {R"({"serviceId":5,"serverServiceIds":["m"]})", "incorrect", "serviceId"},
      {R"({"serviceId":null,"serverServiceIds":["m"]})", "incorrect", "serviceId"},
      {R"({"serviceId":"a\u007f","serverServiceIds":["m"]})", "incorrect", "serviceId"},
      {R"({"serviceId":)" + in_quotes(256) + R"(,"serverServiceIds":["m"]})", "incorrect",
       "serviceId"},
      {R"({"privateId":"","serviceId":"s","serverServiceIds":["m"]})", "incorrect", "privateId"},
      {R"({"privateId":1,"serviceId":"s","serverServiceIds":["m"]})", "incorrect", "privateId"},
      {R"({"privateId":)" + in_quotes(256) + R"(,"serviceId":"s","serverServiceIds":["m"]})",
       "incorrect", "privateId"},
      {R"({"serviceId":"s","serverServiceIds":[]})", "incorrect", "serverServiceIds"},
      {R"({"serviceId":"s","serverServiceIds":"m"})", "incorrect", "serverServiceIds"},
      {R"({"serviceId":"s","serverServiceIds":{"0":"m"}})", "incorrect", "serverServiceIds"},
      {R"({"serviceId":"s","serverServiceIds":["m",""]})", "incorrect", "serverServiceIds"},
      {R"({"serviceId":"s","serverServiceIds":["m",1]})", "incorrect", "serverServiceIds"},
      {R"({"serviceId":"s","serverServiceIds":)" + many + "}", "too_large", "serverServiceIds"},
      {R"({"serviceId":"s","serverServiceIds":["m"],"serviceInfo":[]})", "incorrect",
       "serviceInfo"},
      {R"({"serviceId":"s","serverServiceIds":["m"],"serviceInfo":null})", "incorrect",
       "serviceInfo"},
      {R"({"serviceId":"s","serverServiceIds":["m"],"serviceInfo":{"x":)" + in_quotes(4'096) + "}}",
       "too_large", "serviceInfo"},
      {R"({"serviceId":"s","serverServiceIds":["m"],"lifetime":null})", "incorrect", "lifetime"},
      {R"({"serviceId":"s","serverServiceIds":["m"],"lifetime":"60"})", "incorrect", "lifetime"},
      {R"({"serviceId":"s","serverServiceIds":["m"],"lifetime":1.5})", "incorrect", "lifetime"},
      {R"({"serviceId":"s","serverServiceIds":["m"],"lifetime":-1})", "incorrect", "lifetime"},
      {R"({"serviceId":"s","serverServiceIds":["m"],"lifetime":315360001})", "incorrect",
       "lifetime"},
      {R"({"serviceId":"s","serverServiceIds":["m"],"lifetime":18446744073709551615})", "incorrect",
       "lifetime"},
  };
  for (const Encoding encoding : kEncodings) {
    for (const auto& [body, error, element] : cases) {
      CAPTURE(body.substr(0, 80));
      const auto response = decode_response(encoding, body_in(encoding, body), kLimits);
      REQUIRE_FALSE(response.has_value());
      CHECK(error_of(response) == error);
      CHECK(response.error().detail.find(element) != std::string::npos);
    }
  }
}

TEST_CASE("a response that is no document, or too long, or has no JSON value") {
  CHECK(error_of(decode_response(Encoding::json, "<html>", kLimits)) == "malformed");
  CHECK(error_of(decode_response(Encoding::json, "", kLimits)) == "malformed");
  CHECK(error_of(decode_response(Encoding::cbor, "\xA1\x01\x02", kLimits)) == "malformed");
  CHECK(error_of(decode_response(Encoding::json, std::string(kLimits.body_octets + 1, ' '),
                                 kLimits)) == "too_large");
  const auto unknown = decode_response(
      Encoding::json, R"({"x":1,"serviceId":"s","serverServiceIds":["m"],"serviceInfo":{},"y":[]})",
      kLimits);
  REQUIRE(unknown.has_value());
  CHECK(unknown->service_info.empty());
}

TEST_CASE("problems go the way there and back, with the status phrase as title") {
  const Problem problem{400,
                        "MANDATORY_IE_MISSING",
                        "privateId \"is\" missing",
                        {{"privateId", "is missing"}, {"ueType", ""}}};
  CHECK(
      encode_problem(Encoding::json, problem) ==
      R"({"title":"Bad Request","status":400,"detail":"privateId \"is\" missing",)"
      R"("cause":"MANDATORY_IE_MISSING","invalidParams":[{"param":"privateId","reason":"is missing"},)"
      R"({"param":"ueType"}]})");
  CHECK(encode_problem(Encoding::json, {503, "", "", {}}) ==
        R"({"title":"Service Unavailable","status":503})");
  for (const Encoding encoding : kEncodings) {
    const auto decoded = decode_problem(encoding, encode_problem(encoding, problem), kLimits);
    REQUIRE(decoded.has_value());
    CHECK(decoded->status == 400);
    CHECK(decoded->cause == problem.cause);
    CHECK(decoded->detail == problem.detail);
    REQUIRE(decoded->invalid_params.size() == 2);
    CHECK(decoded->invalid_params[0].param == "privateId");
    CHECK(decoded->invalid_params[0].reason == "is missing");
    CHECK(decoded->invalid_params[1].param == "ueType");
    CHECK(decoded->invalid_params[1].reason.empty());
  }
}

TEST_CASE("a problem of a careless peer is read as far as it goes") {
  const auto read = [](std::string_view json) {
    return decode_problem(Encoding::json, json, kLimits);
  };
  const auto odd =
      read(R"({"status":"400","cause":7,"detail":null,"invalidParams":[1,{"reason":2}],"x":[]})");
  REQUIRE(odd.has_value());
  CHECK(odd->status == 0);
  CHECK(odd->cause.empty());
  CHECK(odd->detail.empty());
  REQUIRE(odd->invalid_params.size() == 1);
  CHECK(odd->invalid_params[0].param.empty());

  CHECK(read("{}").value().status == 0);
  CHECK(read(R"({"status":-1})").value().status == 0);
  CHECK(read(R"({"status":1000})").value().status == 0);
  CHECK(read(R"({"status":429})").value().status == 429);

  std::string many = R"({"invalidParams":[{})";
  for (int i = 0; i < 100; ++i) many += ",{}";
  CHECK(read(many + "]}").value().invalid_params.size() == 32);

  for (const char* body : {"", "[]", "\"x\"", "<html>"}) {
    CHECK(read(body).error().code == base::Errc::malformed);
  }
  CHECK(read(std::string(kLimits.body_octets + 1, ' ')).error().code == base::Errc::too_large);
}

TEST_CASE("media types") {
  CHECK(media_type(Encoding::json) == "application/json");
  CHECK(media_type(Encoding::cbor) == "application/cbor");
  for (const Encoding encoding : kEncodings) {
    CHECK(encoding_of(media_type(encoding)) == encoding);
    CHECK(encoding_of(problem_media_type(encoding)) == encoding);
  }
  for (const char* type :
       {"application/json; charset=utf-8", "Application/JSON", " application/json ;x",
        "application/problem+json", "APPLICATION/PROBLEM+JSON;charset=UTF-8"}) {
    CAPTURE(std::string(type));
    CHECK(encoding_of(type) == Encoding::json);
  }
  CHECK(encoding_of("application/cbor;v=1") == Encoding::cbor);
  for (const char* type : {"", ";", "text/html", "application/jsonp", "application/json+x",
                           "application/jso", "text/json", "application/cbor-seq", "json"}) {
    CAPTURE(std::string(type));
    CHECK_FALSE(encoding_of(type).has_value());
  }
}

}  // namespace msggw::protocol::messages_test
