// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/problem.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "adapters/msgin5g/test_schemas.h"

namespace msggw::msgin5g {
namespace {

using namespace std::chrono_literals;

std::string header(const http::Response& response, std::string_view name) {
  for (const auto& [field, value] : response.headers) {
    if (field == name) return value;
  }
  return {};
}

TEST_CASE("each refusal has the status and the cause that the standard has for it, or ours") {
  const struct {
    Refusal refusal;
    unsigned status;
    const char* cause;
  } cases[] = {
      {Refusal::uri, 404, "RESOURCE_URI_STRUCTURE_NOT_FOUND"},
      {Refusal::api, 400, "INVALID_API"},
      {Refusal::method, 405, ""},
      {Refusal::unknown_method, 501, ""},
      {Refusal::client, 403, ""},
      {Refusal::token, 401, ""},
      {Refusal::token_claim, 401, "ACCESS_TOKEN_CLAIM_MISSING"},
      {Refusal::scope, 403, ""},
      {Refusal::media_type, 415, ""},
      {Refusal::format, 400, "INVALID_MSG_FORMAT"},
      {Refusal::missing, 400, "MANDATORY_IE_MISSING"},
      {Refusal::incorrect, 400, "MANDATORY_IE_INCORRECT"},
      {Refusal::optional_incorrect, 400, "OPTIONAL_IE_INCORRECT"},
      {Refusal::too_large, 413, "PAYLOAD_TOO_LARGE"},
      {Refusal::address_type, 403, "ADDR_TYPE_NOT_SUPPORTED"},
      {Refusal::delivery_status, 403, "DELIVERY_STATUS_NOT_SUPPORTED"},
      {Refusal::recipient, 404, "RECIPIENT_NOT_FOUND"},
      {Refusal::congestion_risk, 429, "NF_CONGESTION_RISK"},
      {Refusal::congestion, 503, "NF_CONGESTION"},
      {Refusal::store, 500, "SYSTEM_FAILURE"},
  };
  CHECK(std::size(cases) == kRefusals);
  std::set<std::string> outcomes;
  for (const auto& c : cases) {
    CAPTURE(c.cause);
    const http::Response response = response_of({c.refusal, "a \"reason\""});
    CHECK(response.status == c.status);
    CHECK(response.content_type == "application/problem+json");
    const auto problem = test::parsed(response.body);
    CHECK(problem.at("status").as_int64() == c.status);
    CHECK(problem.at("detail").as_string() == "a \"reason\"");
    CHECK_FALSE(problem.at("title").as_string().empty());
    CHECK((problem.at("title").as_string() == "Internal Server Error") == (c.status == 500));
    CHECK(problem.as_object().contains("cause") == (*c.cause != '\0'));
    if (*c.cause != '\0') CHECK(problem.at("cause").as_string() == c.cause);
    CHECK_FALSE(problem.as_object().contains("invalidParams"));
    CHECK(header(response, "allow") == (c.status == 405 ? "POST" : ""));
    CHECK(header(response, "accept") == (c.status == 415 ? "application/json" : ""));
    outcomes.insert(text_of(c.refusal).outcome);
  }
  CHECK(outcomes.size() == kRefusals);
}

TEST_CASE("a problem tells its elements, when to come again and what token is wanted") {
  Problem problem{Refusal::congestion, "full", {{"/a", "is \"x\""}, {"header b", "is y"}}, 1'001ms};
  const http::Response busy = response_of(problem);
  CHECK(header(busy, "retry-after") == "2");
  CHECK(header(busy, "www-authenticate").empty());
  CHECK(
      test::parsed(busy.body).at("invalidParams") ==
      test::parsed(R"([{"param":"/a","reason":"is \"x\""},{"param":"header b","reason":"is y"}])"));
  problem = {Refusal::token, "no token"};
  problem.challenge = "Bearer error=\"invalid_token\"";
  CHECK(header(response_of(problem), "www-authenticate") == problem.challenge);
  CHECK(header(response_of(problem), "retry-after").empty());
}

TEST_CASE("a problem of a server is read as far as it can be") {
  const auto problem = read_problem(
      R"({"status":404,"cause":"X","detail":7,"invalidParams":[{"param":"/oriAddr"},5,)"
      R"({"param":"/b","reason":"r"}]})",
      {});
  REQUIRE(problem.has_value());
  CHECK(problem->cause == "X");
  CHECK(problem->detail.empty());
  CHECK(problem->invalid_params ==
        std::vector<InvalidParam>{{"/oriAddr", ""}, {"", ""}, {"/b", "r"}});
  Limits limits;
  limits.invalid_params = 1;
  CHECK(read_problem(R"({"invalidParams":[{"param":"/a"},{"param":"/b"}]})", limits)
            ->invalid_params.size() == 1);
  CHECK(read_problem(R"({"invalidParams":{}})", limits)->invalid_params.empty());
  CHECK(read_problem("[]", {}).error().code == base::Errc::malformed);
  CHECK(read_problem("<html>", {}).error().code == base::Errc::malformed);
  limits.body_octets = 1;
  CHECK(read_problem("{}", limits).error().code == base::Errc::too_large);
}

}  // namespace
}  // namespace msggw::msgin5g
