// SPDX-License-Identifier: Apache-2.0
#include "provisioning/client/verdict.h"

#include <doctest/doctest.h>

namespace msggw::client {

namespace {

using namespace std::chrono_literals;
using coap::Code;

constexpr const char* kGood =
    R"({"serviceId":"s","serverServiceIds":["a","b"],"serviceInfo":{"segmentSize":2048},)"
    R"("lifetime":3600})";
constexpr const char* kProblem = R"({"cause":"POLICY_DENIED","detail":"not \u001b[31m listed"})";

Reply reply(Meaning meaning, std::string body) {
  return {meaning, "HTTP 0", protocol::Encoding::json, "application/json", std::move(body), 0s};
}

protocol::DecodedBulkItem item(unsigned status) {
  protocol::DecodedBulkItem made;
  made.status = status;
  made.problem.status = 0;
  return made;
}

}  // namespace

TEST_CASE("a success with a whole body gives the identity") {
  const auto verdict = judge(reply(Meaning::done, kGood), {});
  const auto* answer = std::get_if<core::Provisioned>(&verdict);
  REQUIRE(answer != nullptr);
  CHECK(answer->service_id == "s");
  CHECK(answer->profile.server_service_ids.size() == 2);
  CHECK(answer->profile.service_info == R"({"segmentSize":2048})");
  CHECK(answer->lifetime == 1h);
}

TEST_CASE("a success of no use says why") {
  for (const char* body :
       {"", "{", "[]", R"({"serviceId":"s"})", R"({"serviceId":"","serverServiceIds":["a"]})",
        R"({"serviceId":"s","serverServiceIds":[]})"}) {
    CAPTURE(body);
    const auto verdict = judge(reply(Meaning::done, body), {});
    REQUIRE(std::holds_alternative<Useless>(verdict));
    CHECK_FALSE(std::get<Useless>(verdict).reason.empty());
  }
  Reply html = reply(Meaning::done, kGood);
  html.encoding.reset();
  html.content_type = "text/html\x1b";
  const auto verdict = judge(html, {});
  CHECK(std::get<Useless>(verdict).reason == "a success with content type \"text/html\\x1b\"");
  CHECK(std::holds_alternative<Useless>(judge(reply(Meaning::done_without_body, kGood), {})));
}

TEST_CASE("a refusal has the cause of its problem, else its status") {
  const auto with = judge(reply(Meaning::refused, kProblem), {});
  CHECK(std::get<Refused>(with).cause == "POLICY_DENIED");
  CHECK(std::get<Refused>(with).detail == "not \\x1b[31m listed");
  Reply plain{Meaning::refused, "HTTP 403", {}, "text/plain", "no", 0s};
  CHECK(std::get<Refused>(judge(plain, {})).cause == "HTTP_403");
  CHECK(std::get<Refused>(judge(plain, {})).detail == "the Provisioning Function gave no reason");
  const Reply diagnostic{Meaning::refused, "CoAP 4.03", {}, "", "not today\n", 0s};
  CHECK(std::get<Refused>(judge(diagnostic, {})).cause == "CoAP_4.03");
  CHECK(std::get<Refused>(judge(diagnostic, {})).detail == "not today\\x0a");
}

TEST_CASE("unavailable keeps the pause it asks for") {
  Reply away{Meaning::unavailable, "HTTP 503", {}, "", "", 7s};
  const auto verdict = judge(away, {});
  CHECK(std::get<Unavailable>(verdict).retry_after == 7s);
  CHECK(std::get<Unavailable>(verdict).reason == "HTTP 503");
  Reply unknown = reply(Meaning::useless,
                        R"({"cause":"GATEWAY_UNKNOWN","detail":"only gateways\nthat are known"})");
  unknown.status = "HTTP 401";
  CHECK(std::get<Useless>(judge(unknown, {})).reason ==
        "HTTP 401 GATEWAY_UNKNOWN: only gateways\\x0athat are known");
}

TEST_CASE("a pause that one device is told is that device's") {
  const auto told =
      std::get<Unavailable>(judge({Meaning::not_now, "HTTP 429", {}, "", "", 7s}, {}));
  CHECK(told.of_device);
  CHECK(told.retry_after == 7s);
  CHECK_FALSE(
      std::get<Unavailable>(judge({Meaning::not_now, "HTTP 429", {}, "", "", 0s}, {})).of_device);
  CHECK(std::get<Unavailable>(judge_release({Meaning::not_now, "HTTP 429", {}, "", "", 7s}, {}))
            .of_device);
  protocol::DecodedBulkItem item;
  item.status = 429;
  item.retry_after = 7s;
  CHECK(std::get<Unavailable>(judge(item)).of_device);
  item.status = 503;
  CHECK_FALSE(std::get<Unavailable>(judge(item)).of_device);
}

TEST_CASE("a path that the other side does not know is no refusal of a device") {
  const std::string api = R"({"status":400,"cause":"INVALID_API"})";
  CHECK(std::get<Useless>(judge(reply(Meaning::refused, api), {})).reason.find("INVALID_API") !=
        std::string::npos);
  CHECK(std::holds_alternative<Useless>(judge_release(reply(Meaning::refused, api), {})));
  CHECK(std::holds_alternative<Refused>(
      judge(reply(Meaning::refused, R"({"cause":"MANDATORY_IE_INCORRECT"})"), {})));
}

TEST_CASE("HTTP statuses fall into their kinds") {
  const auto check = [](std::initializer_list<unsigned> statuses, Meaning meaning) {
    for (const unsigned status : statuses) {
      CAPTURE(status);
      CHECK(meaning_of_http(status) == meaning);
    }
  };
  check({200, 201}, Meaning::done);
  check({204}, Meaning::done_without_body);
  check({400, 403, 409, 410, 413, 422}, Meaning::refused);
  check({408, 425, 502, 503, 504}, Meaning::unavailable);
  check({429}, Meaning::not_now);
  check({404}, Meaning::not_found);
  check({405, 501}, Meaning::not_offered);
  check({0, 100, 202, 206, 301, 401, 402, 406, 411, 414, 415, 500, 505, 599, 999},
        Meaning::useless);
}

TEST_CASE("CoAP codes fall into the same kinds") {
  const auto check = [](std::initializer_list<Code> codes, Meaning meaning) {
    for (const Code code : codes) {
      CAPTURE(coap::to_text(code));
      CHECK(meaning_of_coap(code) == meaning);
    }
  };
  check({Code::created, Code::changed, Code::content}, Meaning::done);
  check({Code::deleted}, Meaning::done_without_body);
  check({Code::bad_request, Code::forbidden, Code::conflict, Code::too_large, Code::unprocessable},
        Meaning::refused);
  check({Code::incomplete, Code::bad_gateway, Code::unavailable, Code::gateway_timeout},
        Meaning::unavailable);
  check({Code::too_many_requests}, Meaning::not_now);
  check({Code::not_found}, Meaning::not_found);
  check({Code::method_not_allowed, Code::not_implemented}, Meaning::not_offered);
  check({Code::empty, Code::valid, Code::continue_blocks, Code::unauthorized, Code::bad_option,
         Code::not_acceptable, Code::unsupported_format, Code::internal_error, Code{0x8A},
         Code{0xA5}, Code{0xFF}},
        Meaning::useless);
}

TEST_CASE("a release is done when the Private ID is not there, whoever removed it") {
  const auto released = [](Meaning meaning, std::string body) {
    return std::holds_alternative<Released>(judge_release(reply(meaning, std::move(body)), {}));
  };
  CHECK(released(Meaning::done_without_body, ""));
  CHECK(released(Meaning::done, kGood));
  CHECK(released(Meaning::not_found, R"({"cause":"PRIVATE_ID_NOT_FOUND"})"));
  CHECK(released(Meaning::not_found, R"({"status":404})"));
  CHECK_FALSE(released(Meaning::not_found, R"({"cause":"RESOURCE_URI_STRUCTURE_NOT_FOUND"})"));
  CHECK_FALSE(released(Meaning::not_found, "<html>"));
  CHECK_FALSE(released(Meaning::not_offered, ""));
  CHECK_FALSE(released(Meaning::useless, kGood));
  Reply html = reply(Meaning::not_found, "<html>");
  html.encoding.reset();
  CHECK(std::holds_alternative<Useless>(judge_release(html, {})));
  CHECK(std::get<Refused>(judge_release(reply(Meaning::refused, kProblem), {})).cause ==
        "POLICY_DENIED");
  CHECK(std::holds_alternative<Unavailable>(judge_release(reply(Meaning::unavailable, ""), {})));
}

TEST_CASE("an answer that names its device is only for that one, however it is spelt") {
  const auto about = [](const std::string& private_id) {
    return R"({"privateId":")" + private_id + R"(","serviceId":"s","serverServiceIds":["a"]})";
  };
  const auto is_astray = [&](const std::string& private_id, std::string_view asked) {
    const auto verdict = judge(reply(Meaning::done, about(private_id)), {}, asked);
    const bool astray = std::holds_alternative<Strayed>(verdict);
    CHECK(std::holds_alternative<core::Provisioned>(verdict) == !astray);
    return astray;
  };
  CHECK_FALSE(is_astray("001b638445e6", "001b638445e6"));
  CHECK_FALSE(is_astray("00-1B-63-84-45-E6", "001b638445e6"));
  CHECK(is_astray("001b638445e7", "001b638445e6"));
  CHECK_FALSE(is_astray("001b638445e7", ""));
  CHECK(std::holds_alternative<Useless>(judge(reply(Meaning::done, about("")), {}, "a")));

  auto of_another = item(200);
  of_another.response = protocol::Response{"s", {"m"}, "", {}, "b"};
  CHECK(std::holds_alternative<Strayed>(judge(of_another, "a")));
}

TEST_CASE("items of a bulk answer are judged by the same table") {
  auto good = item(201);
  good.response = protocol::Response{"s", {"m"}, "", 60s};
  const auto verdict = judge(good);
  CHECK(std::get<core::Provisioned>(verdict).service_id == "s");
  CHECK(std::get<core::Provisioned>(verdict).lifetime == 60s);

  auto without = item(200);
  without.response = base::fail(base::Errc::missing, "response is missing");
  CHECK(std::get<Useless>(judge(without)).reason.find("is missing") != std::string::npos);

  auto denied = item(403);
  denied.problem.cause = "POLICY_DENIED";
  CHECK(std::get<Refused>(judge(denied)).cause == "POLICY_DENIED");
  CHECK(std::get<Refused>(judge(item(410))).cause == "HTTP_410");

  auto busy = item(503);
  busy.retry_after = 7s;
  CHECK(std::get<Unavailable>(judge(busy)).retry_after == 7s);
  for (const unsigned status : {204U, 404U, 405U, 500U}) {
    CHECK(std::holds_alternative<Useless>(judge(item(status))));
  }
}

}  // namespace msggw::client
