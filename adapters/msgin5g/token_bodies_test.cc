// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/token_bodies.h"

#include <doctest/doctest.h>

#include <string>

namespace msggw::msgin5g::token_bodies_test {
namespace {

using base::Errc;
using std::chrono::seconds;

http::ClientResponse answer(unsigned status, std::string body) {
  http::ClientResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

TokenOptions options() {
  TokenOptions token;
  token.endpoint.uri = base::parse_uri("https://nrf.example/oauth2/token").value();
  return token;
}

TEST_CASE("a request to an NRF is as TS 29.510 has it, and shows no Authorization field") {
  TokenOptions token = options();
  token.nf_instance_id = "4947a69a-f61b-4bc1-b9da-47c9c5d14b64";
  token.nf_type = "AF";
  token.target_nf_type = "NEF";
  token.scope = "msgs-msgdelivery msgs-ueregistration";
  const auto request = token_request(token);
  CHECK(request.method == "POST");
  CHECK(base::to_string(request.url) == "https://nrf.example/oauth2/token");
  CHECK(request.content_type == "application/x-www-form-urlencoded");
  CHECK(request.accept == "application/json");
  CHECK(request.authorization.empty());
  CHECK(request.body ==
        "grant_type=client_credentials&nfInstanceId=4947a69a-f61b-4bc1-b9da-47c9c5d14b64"
        "&nfType=AF&targetNfType=NEF&scope=msgs-msgdelivery%20msgs-ueregistration");
}

TEST_CASE("a client without a secret says its name in the body, one with a secret in the field") {
  TokenOptions token = options();
  token.client_id = "gw-1 & co";
  CHECK(token_request(token).body ==
        "grant_type=client_credentials&scope=msgs-msgdelivery&client_id=gw-1%20%26%20co");
  token.client_secret = "p:\xc3\xa4 ";
  const auto request = token_request(token);
  CHECK(request.body == "grant_type=client_credentials&scope=msgs-msgdelivery");
  CHECK(request.authorization == "Basic Z3ctMSUyMCUyNiUyMGNvOnAlM0ElQzMlQTQlMjA=");
}

TEST_CASE("a token and its lifetime") {
  const auto lifetime = [](const std::string& more) {
    const auto grant = read_token_answer(answer(200, R"({"access_token":"a.b-c_d")" + more + "}"));
    REQUIRE(grant.has_value());
    CHECK(grant->authorization == "Bearer a.b-c_d");
    return grant->lifetime;
  };
  CHECK(lifetime(R"(,"token_type":"Bearer","expires_in":3600)") == seconds{3'600});
  CHECK(lifetime(R"(,"token_type":"bearer","expires_in":"3599")") == seconds{3'599});
  CHECK(lifetime(R"(,"expires_in":1.5e3)") == seconds{1'500});
  CHECK(lifetime("") == kUntoldLifetime);
  CHECK(lifetime(R"(,"expires_in":1e300)") == kLongestLifetime);
}

TEST_CASE("what is no token is told as it came, safe to print") {
  const auto why = [](unsigned status, const std::string& body) {
    const auto grant = read_token_answer(answer(status, body));
    REQUIRE_FALSE(grant.has_value());
    return grant.error();
  };
  const auto refused =
      why(400, R"({"error":"invalid_client","error_description":"unknown\u001b client"})");
  CHECK(refused.code == Errc::refused);
  CHECK(refused.detail == "HTTP 400 invalid_client: unknown\\x1b client");
  CHECK(why(403, R"({"cause":"NF_NOT_ALLOWED","detail":"no"})").detail ==
        "HTTP 403 NF_NOT_ALLOWED: no");
  CHECK(why(404, "<html>").code == Errc::unavailable);
  CHECK(why(404, "<html>").detail == "HTTP 404");
  CHECK(why(429, "{}").code == Errc::unavailable);
  CHECK(why(503, R"({"error":"x"})").code == Errc::unavailable);
  CHECK(why(307, "").code == Errc::unavailable);
  for (const char* body :
       {"", "<html>", "[]", "{}", R"({"access_token":""})", R"({"access_token":7})",
        R"({"access_token":"a b"})", R"({"access_token":"a\r\nx: y"})",
        R"({"access_token":"\u00e4"})", R"({"access_token":"a","token_type":"mac"})",
        R"({"access_token":"a","expires_in":0})", R"({"access_token":"a","expires_in":-1})",
        R"({"access_token":"a","expires_in":"soon"})",
        R"({"access_token":"a","expires_in":null})"}) {
    CAPTURE(body);
    CHECK(why(200, body).code == Errc::malformed);
  }
  CHECK(why(200, R"({"access_token":")" + std::string(kMostTokenOctets + 1, 'a') + "\"}").code ==
        Errc::malformed);
  const auto long_one = why(400, R"({"error":")" + std::string(10'000, 'x') + "\"}");
  CHECK(long_one.detail.size() < 300);
}

}  // namespace
}  // namespace msggw::msgin5g::token_bodies_test
