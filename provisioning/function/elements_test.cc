// SPDX-License-Identifier: Apache-2.0
// Every information element of the provisioning request and response (the contribution, tables
// 6.X.1.3-1, 6.X.1.3-2, 6.X.1.4-1 and 6.X.1.4-2), for all kinds of endpoint and over all bindings.
#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <vector>

#include "provisioning/function/desk_bench.h"

namespace msggw::function {
namespace {

constexpr const char* kTypes[] = {"NON_3GPP", "LEGACY_3GPP", "MSGIN5G_UE", "AS"};

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

struct RequestRow {
  const char* what;
  std::string body;  ///< TYPE and # stand for the kind of endpoint and a Private ID of its own
  unsigned status;
  const char* cause;
  const char* param;
};

std::vector<RequestRow> request_rows() {
  const std::string long_info(2'048, 'i');
  return {
      {"all elements", R"({"ueType":"TYPE","privateId":"#","info":{"vendor":"v","n":[1,{}]}})", 201,
       "", ""},
      {"no info", R"({"ueType":"TYPE","privateId":"#"})", 201, "", ""},
      {"empty info", R"({"ueType":"TYPE","privateId":"#","info":{}})", 201, "", ""},
      {"unknown members", R"({"x":1,"ueType":"TYPE","privateId":"#","y":{"z":null}})", 201, "", ""},
      {"longest Private ID", R"({"ueType":"TYPE","privateId":"#-)" + std::string(200, 'p') + "\"}",
       201, "", ""},
      {"no Private ID", R"({"ueType":"TYPE"})", 400, "MANDATORY_IE_MISSING", "/privateId"},
      {"Private ID null", R"({"ueType":"TYPE","privateId":null})", 400, "MANDATORY_IE_INCORRECT",
       "/privateId"},
      {"Private ID a number", R"({"ueType":"TYPE","privateId":7})", 400, "MANDATORY_IE_INCORRECT",
       "/privateId"},
      {"Private ID an object", R"({"ueType":"TYPE","privateId":{"a":1}})", 400,
       "MANDATORY_IE_INCORRECT", "/privateId"},
      {"Private ID empty", R"({"ueType":"TYPE","privateId":""})", 400, "MANDATORY_IE_INCORRECT",
       "/privateId"},
      {"Private ID too long", R"({"ueType":"TYPE","privateId":")" + std::string(256, 'p') + "\"}",
       400, "MANDATORY_IE_INCORRECT", "/privateId"},
      {"Private ID with a control", R"({"ueType":"TYPE","privateId":"a\u0001b"})", 400,
       "MANDATORY_IE_INCORRECT", "/privateId"},
      {"no ueType", R"({"privateId":"#"})", 400, "MANDATORY_IE_MISSING", "/ueType"},
      {"ueType a number", R"({"ueType":1,"privateId":"#"})", 400, "MANDATORY_IE_INCORRECT",
       "/ueType"},
      {"ueType unknown", R"({"ueType":"TYPE_","privateId":"#"})", 400, "MANDATORY_IE_INCORRECT",
       "/ueType"},
      {"info null", R"({"ueType":"TYPE","privateId":"#","info":null})", 400,
       "OPTIONAL_IE_INCORRECT", "/info"},
      {"info text", R"({"ueType":"TYPE","privateId":"#","info":"v"})", 400, "OPTIONAL_IE_INCORRECT",
       "/info"},
      {"info a list", R"({"ueType":"TYPE","privateId":"#","info":[{}]})", 400,
       "OPTIONAL_IE_INCORRECT", "/info"},
      {"info too long", R"({"ueType":"TYPE","privateId":"#","info":{"v":")" + long_info + "\"}}",
       400, "OPTIONAL_IE_INCORRECT", "/info"},
      {"a list", R"(["TYPE","#"])", 400, "", ""},
  };
}

void check_refusal(const RequestRow& row, const Binding& binding, const Reply& reply) {
  const auto problem = object_of(reply);
  CHECK(reply.is_problem);
  const auto* status = problem.if_contains("status");
  REQUIRE(status != nullptr);
  CHECK(boost::json::serialize(*status) == "400");
  // A message cannot carry a payload that is no object: there it is the message that is wrong.
  if (row.cause[0] != '\0') {
    CHECK(text_in(problem, "cause") == row.cause);
  } else {
    CHECK(
        text_in(problem, "cause") ==
        (binding.kind == Binding::Kind::message ? "MANDATORY_IE_INCORRECT" : "INVALID_MSG_FORMAT"));
  }
  CHECK_FALSE(text_in(problem, "detail").empty());
  if (row.param[0] == '\0') return;
  const auto& params = problem.at("invalidParams").as_array();
  REQUIRE(params.size() == 1);
  CHECK(text_in(params[0].as_object(), "param") == row.param);
}

TEST_CASE("each element of the request: present, absent, of a wrong type, too long") {
  DeskBench bench;
  unsigned number = 0;
  for (const Binding& binding : kBindings) {
    for (const char* type : kTypes) {
      for (const RequestRow& row : request_rows()) {
        CAPTURE(name_of(binding));
        CAPTURE(type);
        CAPTURE(row.what);
        const std::string body =
            replaced(replaced(row.body, "TYPE", type), "#", "ID-" + std::to_string(number++));
        const std::size_t before = bench.ledger().assignments();
        const Reply reply = bench.ask(binding, body);
        CHECK(reply.status == row.status);
        CHECK(reply.encoding == binding.encoding);
        CHECK(bench.ledger().assignments() == before + (row.status == 201 ? 1 : 0));
        if (row.status != 201) {
          check_refusal(row, binding, reply);
        } else {
          CHECK(reply.location.empty() == (binding.kind == Binding::Kind::message));
          CHECK_FALSE(text_in(object_of(reply), "serviceId").empty());
          const Reply again = bench.ask(binding, body);
          CHECK(again.status == 200);
          CHECK(again.body == reply.body);
        }
      }
    }
  }
}

struct ResponseRow {
  const char* what;
  DefaultGrant grant;
  const char* rest;  ///< of the body, behind the Service ID
};

TEST_CASE("each element of the response: present and absent") {
  const ResponseRow rows[] = {
      {"mandatory alone",
       {.service_id_template = "{id}@x", .server_service_ids = {"s1"}, .segment_size = 0},
       R"(,"serverServiceIds":["s1"]})"},
      {"several servers",
       {.service_id_template = "{id}@x", .server_service_ids = {"s1", "s2"}, .segment_size = 0},
       R"(,"serverServiceIds":["s1","s2"]})"},
      {"service information",
       {.service_id_template = "{id}@x",
        .server_service_ids = {"s1"},
        .segment_size = 0,
        .service_info = R"({"a":{"b":[1,2]}})"},
       R"(,"serverServiceIds":["s1"],"serviceInfo":{"a":{"b":[1,2]}}})"},
      {"segment size",
       {.service_id_template = "{id}@x", .server_service_ids = {"s1"}, .segment_size = 500},
       R"(,"serverServiceIds":["s1"],"serviceInfo":{"segmentSize":500}})"},
      {"lifetime",
       {.service_id_template = "{id}@x",
        .server_service_ids = {"s1"},
        .segment_size = 0,
        .lifetime = std::chrono::seconds(86'400)},
       R"(,"serverServiceIds":["s1"],"lifetime":86400})"},
  };
  for (const ResponseRow& row : rows) {
    PolicyOptions policy = policy_of(row.grant);
    policy.otherwise.grant.segment_size = row.grant.segment_size;
    DeskBench bench(policy);
    for (const Binding& binding : kBindings) {
      for (const char* type : kTypes) {
        CAPTURE(row.what);
        CAPTURE(name_of(binding));
        const Reply reply = bench.ask(
            binding, std::string(R"({"ueType":")") + type + R"(","privateId":")" + type + "\"}");
        const auto answer = object_of(reply);
        const std::string expected = std::string(R"({"privateId":")") + type +
                                     R"(","serviceId":")" + text_in(answer, "serviceId") + "\"" +
                                     row.rest;
        CHECK(boost::json::serialize(answer) == expected);
      }
    }
    // One Private ID, one Service ID, whatever the binding and the encoding.
    CHECK(bench.ledger().assignments() == 4);
  }
}

TEST_CASE("the members of a message: present, absent, of a wrong type") {
  struct Row {
    const char* what;
    const char* body;
    unsigned status;
    const char* cause;
    const char* param;
  };
  const Row rows[] = {
      {"with oriAddr",
       R"({"msgType":"MSG","oriAddr":{"addrType":"UE","addr":"u"},"destAddr":{"addrType":"AS","addr":"p"},"msgId":"7","appId":"msgin5g-provisioning","payload":{"ueType":"AS","privateId":"a"}})",
       201, "", ""},
      {"without",
       R"({"msgType":"MSG","destAddr":{"addrType":"AS","addr":"p"},"msgId":"7","appId":"msgin5g-provisioning","payload":{"ueType":"AS","privateId":"b"}})",
       201, "", ""},
      {"a refused request without oriAddr",
       R"({"msgType":"MSG","destAddr":{"addrType":"AS","addr":"p"},"msgId":"7","appId":"msgin5g-provisioning","payload":{"ueType":"CAR","privateId":"c"}})",
       400, "MANDATORY_IE_INCORRECT", "/ueType"},
      {"no destAddr",
       R"({"msgType":"MSG","msgId":"7","appId":"msgin5g-provisioning","payload":{"ueType":"AS","privateId":"d"}})",
       400, "MANDATORY_IE_MISSING", "/destAddr"},
      {"another application",
       R"({"msgType":"MSG","destAddr":{"addrType":"AS","addr":"p"},"msgId":"7","appId":"chat","payload":{"ueType":"AS","privateId":"d"}})",
       400, "MANDATORY_IE_INCORRECT", "/appId"},
      {"no payload",
       R"({"msgType":"MSG","destAddr":{"addrType":"AS","addr":"p"},"msgId":"7","appId":"msgin5g-provisioning"})",
       400, "MANDATORY_IE_MISSING", "/payload"},
  };
  DeskBench bench;
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const Reply reply = bench.settle(
        DeskBench::call(base::Scheme::coap, Method::post, {Target::Kind::message, {}}, row.body));
    CHECK(reply.status == row.status);
    const auto message = object_of(reply);
    CHECK(text_in(message, "msgType") == "MSG");
    CHECK(text_in(message, "msgId") == "7");
    CHECK(text_in(message, "appId") == "msgin5g-provisioning");
    CHECK(boost::json::serialize(message.at("oriAddr")) ==
          R"({"addrType":"AS","addr":"prov@msgin5g.example"})");
    const auto& payload = message.at("payload").as_object();
    const std::string to = boost::json::serialize(message.at("destAddr"));
    if (row.what == std::string("with oriAddr")) CHECK(to == R"({"addrType":"UE","addr":"u"})");
    if (row.what == std::string("without"))
      CHECK(to == R"({"addrType":"AS","addr":")" + text_in(payload, "serviceId") + "\"}");
    if (row.status == 201) continue;
    CHECK(text_in(payload, "cause") == row.cause);
    CHECK(text_in(payload.at("invalidParams").as_array()[0].as_object(), "param") == row.param);
  }
  // Without a msgId there is no message to answer.
  const Reply bare = bench.settle(DeskBench::call(
      base::Scheme::coap, Method::post, {Target::Kind::message, {}}, R"({"msgType":"MSG"})"));
  CHECK(bare.status == 400);
  CHECK(text_in(object_of(bare), "cause") == "MANDATORY_IE_MISSING");
}

}  // namespace
}  // namespace msggw::function
