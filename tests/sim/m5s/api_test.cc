// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/api.h"

#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

namespace msggw::m5s {

namespace {

struct Bench {
  World world{Options{}};
  Api api{world};

  Response ask(std::string method, std::string target, std::string body = {},
               const char* type = "application/json") {
    Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    request.fields.emplace_back("content-type", type);
    return api.carry_out(api.read(request));
  }
  Response put(const std::string& id, const char* body) {
    return ask("PUT", "/msgs-ueregistration/v1/registrations/" + id, body);
  }
};

boost::json::value body_of(const Response& response) {
  return boost::json::parse(response.body);
}

constexpr const char* kGood = R"({"gwType":"N3G","targetUri":"http://127.0.0.1:1","lifetime":60})";

}  // namespace

TEST_CASE("a device is registered, renewed and deregistered") {
  Bench bench;
  CHECK(bench.put("d%40x", kGood).status == 201);
  CHECK(bench.put("d%40x", kGood).status == 204);
  CHECK(bench.world.registry.find("d@x", bench.world.now()) != nullptr);
  const std::string target = "/msgs-ueregistration/v1/registrations/d%40x";
  CHECK(bench.ask("DELETE", target).status == 204);
  const auto again = bench.ask("DELETE", target);
  CHECK(again.status == 404);
  CHECK(body_of(again).at("cause") == "CONTEXT_NOT_FOUND");
  CHECK(bench.put("d%40x", kGood).status == 201);
}

TEST_CASE("what is wrong with a registration is named") {
  Bench bench;
  struct Case {
    const char* body;
    const char* cause;
    const char* param;
  };
  for (const Case& one :
       {Case{R"({"gwType":"N3G","lifetime":60})", "MANDATORY_IE_MISSING", "/targetUri"},
        {R"({"gwType":"BG","targetUri":"http://h","lifetime":60})", "MANDATORY_IE_INCORRECT",
         "/gwType"},
        {R"({"gwType":"N3G","targetUri":"https://h","lifetime":60})", "MANDATORY_IE_INCORRECT",
         "/targetUri"},
        {R"({"gwType":"N3G","targetUri":"http://h","lifetime":0})", "MANDATORY_IE_INCORRECT",
         "/lifetime"},
        {R"({"gwType":"N3G","targetUri":"http://h","lifetime":60,"segSize":0})",
         "OPTIONAL_IE_INCORRECT", "/segSize"}}) {
    CAPTURE(one.body);
    const auto answer = bench.put("d", one.body);
    CHECK(answer.status == 400);
    CHECK(body_of(answer).at("cause") == one.cause);
    CHECK(body_of(answer).at("invalidParams").at(0).at("param") == one.param);
    CHECK(field(answer.fields, "content-type") == "application/problem+json");
  }
  const auto bad_id = bench.put("a%0ab", kGood);
  CHECK(bad_id.status == 400);
  CHECK(body_of(bad_id).at("invalidParams").at(0).at("param") == "{ueSvcId}");
}

TEST_CASE("a bulk request has a result for each, in order") {
  Bench bench;
  bench.put("b", kGood);
  const auto answer = bench.ask("POST", "/msgs-ueregistration/v1/registrations/bulk",
                                R"({"registrations":[
      {"ueSvcId":"a","gwType":"N3G","targetUri":"http://h","lifetime":60},
      {"ueSvcId":"b","gwType":"L3G","targetUri":"http://h","lifetime":60},
      {"ueSvcId":"c","gwType":"N3G","targetUri":"http://h"},
      7]})");
  CHECK(answer.status == 200);
  CHECK(body_of(answer) == boost::json::parse(R"({"results":[
      {"ueSvcId":"a","status":201},{"ueSvcId":"b","status":204},
      {"ueSvcId":"c","status":400,"cause":"MANDATORY_IE_MISSING"},
      {"ueSvcId":"","status":400,"cause":"MANDATORY_IE_INCORRECT"}]})"));
  CHECK(bench.world.registry.find("b", bench.world.now())->kind == GatewayKind::l3g);
  for (const char* wrong : {"{}", R"({"registrations":[]})", R"({"registrations":1})"}) {
    CHECK(bench.ask("POST", "/msgs-ueregistration/v1/registrations/bulk", wrong).status == 400);
  }
}

TEST_CASE("an Application Server is registered and removed") {
  Bench bench;
  const auto answer = bench.ask("POST", "/msgs-asregistration/v1/registrations",
                                R"({"asSvcId":"as","targetUri":"http://h","asProf":{}})");
  CHECK(answer.status == 201);
  CHECK(body_of(answer).at("asSvcId") == "as");
  CHECK(body_of(answer).at("result").is_object());
  const std::string location(field(answer.fields, "location"));
  REQUIRE(location.starts_with("/msgs-asregistration/v1/registrations/"));
  CHECK(bench.world.registry.server("as") != nullptr);
  CHECK(bench.ask("DELETE", location).status == 204);
  CHECK(bench.ask("DELETE", location).status == 404);
  CHECK(bench.world.registry.server("as") == nullptr);
  CHECK(bench.ask("POST", "/msgs-asregistration/v1/registrations", "{}").status == 400);
}

TEST_CASE("a message is acknowledged by its originator and msgId") {
  Bench bench;
  bench.put("d", kGood);
  const char* const message = R"({"oriAddr":{"addrType":"UE","addr":"d"},
      "destAddr":{"addrType":"AS","addr":"as-1@msgin5g.example"},"msgId":"1","stoAndFwInd":true})";
  const auto answer = bench.ask("POST", "/msgs-msgdelivery/v1/deliver-ue-message", message);
  CHECK(answer.status == 200);
  CHECK(body_of(answer) ==
        boost::json::parse(R"({"oriAddr":{"addrType":"UE","addr":"d"},"msgId":"1"})"));
  // an AS has its own operation
  CHECK(bench.ask("POST", "/msgs-msgdelivery/v1/deliver-as-message", message).status == 400);
  const auto unknown = bench.ask("POST", "/msgs-msgdelivery/v1/deliver-report",
                                 R"({"oriAddr":{"addrType":"UE","addr":"d"},"msgId":"1",
      "destAddr":{"addrType":"UE","addr":"nobody"},"delivSt":"REPT_DELY_SUCCESS"})");
  CHECK(unknown.status == 404);
  CHECK(body_of(unknown).at("cause") == "RECIPIENT_NOT_FOUND");
}

TEST_CASE("what is no request of ours") {
  Bench bench;
  const auto cause = [&](const Response& answer) {
    const auto body = body_of(answer).as_object();
    return body.contains("cause") ? std::string(body.at("cause").as_string()) : "";
  };
  CHECK(cause(bench.ask("POST", "/")) == "RESOURCE_URI_STRUCTURE_NOT_FOUND");
  CHECK(cause(bench.ask("POST", "/msgs-msgdelivery/v2/deliver-report")) == "INVALID_API");
  const auto method = bench.ask("GET", "/msgs-ueregistration/v1/registrations/d");
  CHECK(method.status == 405);
  CHECK(field(method.fields, "allow") == "PUT, DELETE");
  const std::string target = "/msgs-msgdelivery/v1/deliver-report";
  CHECK(bench.ask("POST", target, "{}", "text/plain").status == 415);
  CHECK(bench.ask("POST", target, "{}", "application/json; charset=utf-8").status == 400);
  CHECK(cause(bench.ask("POST", target, "{")) == "INVALID_MSG_FORMAT");
  CHECK(cause(bench.ask("POST", target, "[]")) == "INVALID_MSG_FORMAT");
  Request request;
  request.method = "POST";
  request.target = target;
  request.no_length = true;
  CHECK(bench.api.carry_out(bench.api.read(request)).status == 411);
  request.no_length = false;
  request.too_large = true;
  CHECK(bench.api.carry_out(bench.api.read(request)).status == 413);
  request.target = "/%zz";
  CHECK(bench.api.carry_out(bench.api.read(request)).status == 400);
}

}  // namespace msggw::m5s
