// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/policy.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace msggw::function {
namespace {

using core::UeType;

core::PrivateId id(const std::string& text) {
  return core::PrivateId::parse(text).value();
}

PolicyOptions with(std::vector<RuleOptions> rules) {
  PolicyOptions options = policy_of({});
  options.rules = std::move(rules);
  return options;
}

struct Request {
  std::string private_id = "device";
  UeType type = UeType::non_3gpp;
  std::string info = "";
  std::string gateway = "";
};

std::string decides(const Policy& policy, const Request& request) {
  const auto private_id = id(request.private_id);
  const Asked asked{request.type, private_id, request.info, request.gateway};
  const PolicyRule* rule = policy.rule_for(asked);
  REQUIRE(rule != nullptr);
  const auto steps = policy.explain(asked);
  REQUIRE_FALSE(steps.empty());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    CHECK(steps[i].decides == (i + 1 == steps.size()));
    CHECK_FALSE(steps[i].why.empty());
  }
  CHECK(steps.back().rule == rule);  // the explanation and the decision are one
  return std::string(rule->options().name);
}

std::string why(const Policy& policy, const Request& request) {
  const auto private_id = id(request.private_id);
  return policy.explain({request.type, private_id, request.info, request.gateway}).front().why;
}

protocol::Response answer_of(const Policy& policy, const Request& request) {
  const auto private_id = id(request.private_id);
  const Asked asked{request.type, private_id, request.info, request.gateway};
  protocol::Response answer;
  policy.describe(*policy.rule_for(asked), private_id.text(), answer);
  return answer;
}

std::string fault_of(const PolicyOptions& options, const protocol::WireLimits& limits = {}) {
  try {
    const Policy policy(options, limits);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("without rules the default rule decides and gives what [pf.policy] says") {
  const Policy policy(policy_of({.server_service_ids = {"a", "b"},
                                 .service_info = R"({"plmn":"00101"})",
                                 .lifetime = std::chrono::hours{24}}),
                      {});
  CHECK(decides(policy, {}) == "default");
  CHECK(policy.rules().size() == 1);
  CHECK(policy.rules().front().options().allow);
  CHECK(policy.rules().front().options().quota == 0);
  const auto answer = answer_of(policy, {});
  CHECK(answer.server_service_ids == std::vector<std::string>{"a", "b"});
  CHECK(answer.service_info == R"({"plmn":"00101","segmentSize":2048})");
  CHECK(answer.lifetime == std::chrono::hours{24});
}

TEST_CASE("each condition alone") {
  struct Row {
    const char* what;
    RuleOptions rule;
    Request meets;
    Request fails;
    const char* why;
  };
  const std::vector<Row> table{
      {"ueType",
       {.name = "r", .ue_types = {UeType::as, UeType::msgin5g_ue}},
       {.type = UeType::as},
       {.type = UeType::legacy_3gpp},
       "ueType LEGACY_3GPP is none of AS, MSGIN5G_UE"},
      {"Private ID, pattern",
       {.name = "r", .private_ids = {"x*", "001b63*"}},
       {.private_id = "00:1B:63:84:45:E6"},
       {.private_id = "00:1B:64:84:45:E6"},
       "Private ID \"001b648445e6\" is none of x*, 001b63*"},
      {"Private ID, whole, in any spelling",
       {.name = "r", .private_ids = {"00-1B-63-84-45-E6"}},
       {.private_id = "001b.6384.45e6"},
       {.private_id = "001b638445e7"},
       "Private ID \"001b638445e7\" is none of 001b638445e6"},
      {"Private ID, letter case counts",
       {.name = "r", .private_ids = {"Meter-?"}},
       {.private_id = "Meter-7"},
       {.private_id = "meter-7"},
       "Private ID \"meter-7\" is none of Meter-?"},
      {"kind",
       {.name = "r", .kinds = {"imei", "mac48"}},
       {.private_id = "imei:490154203237518"},
       {.private_id = "device"},
       "the Private ID is of kind opaque, which is none of imei, mac48"},
      {"gateway",
       {.name = "r", .gateways = {"gw-*.example"}},
       {.gateway = "gw-1.example"},
       {.gateway = "other"},
       "gateway \"other\" is none of gw-*.example"},
      {"gateway, none proven",
       {.name = "r", .gateways = {"*"}},
       {.gateway = "g"},
       {.gateway = ""},
       "no gateway is proven, one of * must be"},
      {"information",
       {.name = "r", .info = {{"vendor", "Acme*"}}},
       {.info = R"({"vendor":"Acme Inc"})"},
       {.info = R"({"vendor":"Other"})"},
       "information \"vendor\" is \"Other\", not \"Acme*\""},
      {"information, absent",
       {.name = "r", .info = {{"vendor", "*"}}},
       {.info = R"({"vendor":""})"},
       {.info = R"({"Vendor":"x"})"},
       "the information has no \"vendor\""},
      {"information, none sent",
       {.name = "r", .info = {{"vendor", "*"}}},
       {.info = R"({"vendor":"x"})"},
       {.info = ""},
       "the information has no \"vendor\""},
      {"information, a number",
       {.name = "r", .info = {{"model", "4?"}}},
       {.info = R"({"model":42})"},
       {.info = R"({"model":420})"},
       "information \"model\" is \"420\", not \"4?\""},
      {"information, an object",
       {.name = "r", .info = {{"fw", "*\"v\":2*"}}},
       {.info = R"({"fw":{"v":2}})"},
       {.info = R"({"fw":{"v":3}})"},
       R"(information "fw" is "{\x22v\x22:3}", not "*\x22v\x22:2*")"},
      {"information that is no object",
       {.name = "r", .info = {{"vendor", "*"}}},
       {.info = R"({"vendor":"x"})"},
       {.info = "[1"},
       "the information has no \"vendor\""},
  };
  for (const Row& row : table) {
    CAPTURE(row.what);
    const Policy policy(with({row.rule}), {});
    CHECK(decides(policy, row.meets) == "r");
    CHECK(decides(policy, row.fails) == "default");
    CHECK(why(policy, row.fails) == row.why);
  }
}

TEST_CASE("all conditions of a rule must be met") {
  RuleOptions rule{.name = "r"};
  rule.ue_types = {UeType::non_3gpp};
  rule.private_ids = {"m-*"};
  rule.kinds = {"opaque"};
  rule.gateways = {"gw"};
  rule.info = {{"vendor", "Acme"}, {"deviceType", "meter"}};
  const Policy policy(with({rule}), {});
  const std::string info = R"({"deviceType":"meter","vendor":"Acme"})";
  const Request all{"m-1", UeType::non_3gpp, info, "gw"};
  CHECK(decides(policy, all) == "r");
  CHECK(why(policy, all) ==
        "met: ueType NON_3GPP; kind opaque; gateway gw; Private ID m-*; information \"vendor\" = "
        "\"Acme\"; information \"deviceType\" = \"meter\"");
  for (int i = 0; i < 5; ++i) {
    Request one = all;
    if (i == 0) one.private_id = "n-1";
    if (i == 1) one.type = UeType::as;
    if (i == 2) one.gateway = "gw2";
    if (i == 3) one.info = R"({"vendor":"Acme"})";
    if (i == 4) one.info = R"({"deviceType":"meter","vendor":"acme"})";
    CAPTURE(i);
    CHECK(decides(policy, one) == "default");
  }
}

TEST_CASE("the first rule that matches decides, whatever stands behind it") {
  RuleOptions deny{.name = "no prototypes", .private_ids = {"proto-*"}, .allow = false};
  RuleOptions allow{.name = "all", .private_ids = {"*"}};
  RuleOptions never{.name = "never", .private_ids = {"proto-1"}};
  const Policy policy(with({deny, allow, never}), {});
  CHECK(decides(policy, {.private_id = "proto-1"}) == "no prototypes");
  CHECK(decides(policy, {.private_id = "serial-1"}) == "all");
  const auto& rules = policy.rules();
  REQUIRE(rules.size() == 4);
  CHECK_FALSE(rules[0].options().allow);
  CHECK(rules[0].options().reason ==
        "rule \"no prototypes\" of the service policy does not allow it");
  CHECK(rules[1].options().allow);
  CHECK(rules[3].options().name == "default");
}

TEST_CASE("the default rule may refuse, so that only what rules name gets in") {
  PolicyOptions options = with({{.name = "known", .private_ids = {"a", "b"}}});
  options.otherwise.allow = false;
  options.otherwise.reason = "not on the list";
  options.otherwise.quota = 5;
  const Policy policy(options, {});
  CHECK(decides(policy, {.private_id = "a"}) == "known");
  CHECK(decides(policy, {.private_id = "c"}) == "default");
  CHECK_FALSE(policy.rules().back().options().allow);
  CHECK(policy.rules().back().options().reason == "not on the list");
  CHECK(policy.rules().back().options().quota == 5);
}

TEST_CASE("a rule gives what it says and inherits the rest, each element by itself") {
  PolicyOptions options = policy_of({.service_id_template = "d-{id}",
                                     .server_service_ids = {"d1", "d2"},
                                     .servers_told = 1,
                                     .segment_size = 1'000,
                                     .service_info = R"({"a":1})",
                                     .lifetime = std::chrono::seconds{60}});
  RuleOptions silent{.name = "silent", .private_ids = {"silent"}};
  RuleOptions size{.name = "size", .private_ids = {"size"}};
  size.grant.segment_size = 500;
  RuleOptions no_size{.name = "no size", .private_ids = {"no-size"}};
  no_size.grant.segment_size = 0;
  RuleOptions info{.name = "info", .private_ids = {"info"}};
  info.grant.service_info = R"({"b":2})";
  RuleOptions both{.name = "both", .private_ids = {"both"}};
  both.grant.service_info = R"({"segmentSize":700,"c":3})";
  both.grant.lifetime = std::chrono::seconds{0};
  both.grant.service_id_template = "both-{id}";
  RuleOptions empty{.name = "empty", .private_ids = {"empty"}};
  empty.grant.service_info = "";
  empty.grant.servers = ServerOptions{{{"s1", 1}, {"s0", 0}}, true};
  empty.grant.servers_told = 0;
  options.rules = {silent, size, no_size, info, both, empty};
  const Policy policy(options, {});
  const auto info_for = [&](const char* private_id) {
    return answer_of(policy, {.private_id = private_id}).service_info;
  };
  CHECK(info_for("silent") == R"({"a":1,"segmentSize":1000})");
  CHECK(info_for("size") == R"({"a":1,"segmentSize":500})");
  CHECK(info_for("no-size") == R"({"a":1})");
  CHECK(info_for("info") == R"({"b":2,"segmentSize":1000})");
  CHECK(info_for("both") == R"({"segmentSize":700,"c":3})");
  CHECK(info_for("empty") == R"({"segmentSize":1000})");
  CHECK(answer_of(policy, {.private_id = "silent"}).lifetime.count() == 60);
  CHECK(answer_of(policy, {.private_id = "both"}).lifetime.count() == 0);
  CHECK(answer_of(policy, {.private_id = "silent"}).server_service_ids ==
        std::vector<std::string>{"d1"});
  CHECK(answer_of(policy, {.private_id = "empty"}).server_service_ids ==
        std::vector<std::string>{"s1"});
  CHECK(policy.rules()[0].gives().service_ids.text() == "d-{id}");
  CHECK(policy.rules()[4].gives().service_ids.text() == "both-{id}");
}

TEST_CASE("the segment size of [pf.policy] gives way to one in its service information") {
  const auto info_with = [](const DefaultGrant& grant) {
    return answer_of(Policy(policy_of(grant), {}), {}).service_info;
  };
  CHECK(info_with({}) == R"({"segmentSize":2048})");
  CHECK(info_with({.service_info = R"({"segmentSize":512})"}) == R"({"segmentSize":512})");
  CHECK(info_with({.segment_size = 512, .service_info = R"({"segmentSize":512})"}) ==
        R"({"segmentSize":512})");
  CHECK(info_with({.segment_size = 0}) == "");
  CHECK(info_with({.segment_size = 0, .service_info = "{}"}) == "");
  CHECK(fault_of(policy_of({.segment_size = 9, .service_info = R"({"segmentSize":512})"}))
            .find("differ") != std::string::npos);
}

TEST_CASE("a policy that cannot work is refused with the rule and what is wrong") {
  struct Bad {
    const char* names;
    void (*spoil)(RuleOptions&);
  };
  const std::vector<Bad> table{
      {"it needs a name", [](RuleOptions& r) { r.name = ""; }},
      {"longer than 64", [](RuleOptions& r) { r.name.assign(65, 'x'); }},
      {"control characters", [](RuleOptions& r) { r.name = "a\nb"; }},
      {"another rule has the same name", [](RuleOptions& r) { r.name = "good"; }},
      {"another rule has the same name", [](RuleOptions& r) { r.name = "default"; }},
      {"private_ids: ", [](RuleOptions& r) { r.private_ids = {"a", ""}; }},
      {"exactly once", [](RuleOptions& r) { r.grant.service_id_template = "x"; }},
      {"at most 255",
       [](RuleOptions& r) { r.grant.service_id_template = std::string(240, 'x') + "{id}"; }},
      {"needs at least one", [](RuleOptions& r) { r.grant.servers = ServerOptions{}; }},
      {"needs at least one",
       [](RuleOptions& r) { r.grant.servers = ServerOptions{{{"a", 0}}, true}; }},
      {"serverServiceIds",
       [](RuleOptions& r) { r.grant.servers = ServerOptions{{{"", 1}}, true}; }},
      {"serverServiceIds",
       [](RuleOptions& r) {
         r.grant.servers = ServerOptions{{{"good", 1}, {"a\nb", 1}}, false};
         r.grant.servers_told = 1;
       }},
      {"servers_told",
       [](RuleOptions& r) {
         r.grant.servers.emplace();
         for (int i = 0; i < 17; ++i) r.grant.servers->list.push_back({"s" + std::to_string(i), 1});
       }},
      {"at most 256",
       [](RuleOptions& r) {
         r.grant.servers.emplace();
         r.grant.servers_told = 1;
         for (int i = 0; i < 257; ++i)
           r.grant.servers->list.push_back({"s" + std::to_string(i), 1});
       }},
      {"not a JSON object", [](RuleOptions& r) { r.grant.service_info = "[1]"; }},
      {"service_info: ", [](RuleOptions& r) { r.grant.service_info = "{"; }},
      {"serviceInfo",
       [](RuleOptions& r) {
         r.grant.service_info = R"({"a":")" + std::string(5'000, 'x') + "\"}";
       }},
      {"differ",
       [](RuleOptions& r) {
         r.grant.service_info = R"({"segmentSize":1})";
         r.grant.segment_size = 2;
       }},
      {"lifetime", [](RuleOptions& r) { r.grant.lifetime = std::chrono::hours{24 * 3'651}; }},
      {"lifetime", [](RuleOptions& r) { r.grant.lifetime = std::chrono::seconds{-1}; }},
  };
  for (const Bad& bad : table) {
    CAPTURE(bad.names);
    RuleOptions rule{.name = "bad"};
    bad.spoil(rule);
    const std::string fault = fault_of(with({{.name = "good"}, rule}));
    CHECK(fault.find(bad.names) != std::string::npos);
    CHECK(fault.starts_with("policy rule \"" + (rule.name == "a\nb" ? "a\\x0ab" : rule.name) +
                            "\": "));
  }
  CHECK(fault_of(with({{.name = "good"}})).empty());
  CHECK(fault_of(with(std::vector<RuleOptions>(1'001))).find("1000 rules") != std::string::npos);
  CHECK(fault_of(with({}), {.body_octets = 300}).find("longer than 300") != std::string::npos);
}

TEST_CASE("a policy moved to another place keeps its rules where they are") {
  Policy policy(with({{.name = "r"}}), {});
  const auto private_id = id("x");
  const PolicyRule* rule = policy.rule_for({UeType::as, private_id, {}, {}});
  const Policy moved = std::move(policy);
  CHECK(moved.rule_for({UeType::as, private_id, {}, {}}) == rule);
  CHECK(rule->options().name == "r");
}

}  // namespace
}  // namespace msggw::function
