// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/explanation.h"

#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <sstream>
#include <string>
#include <utility>

#include "gateway/base/json.h"

namespace msggw::commands {
namespace {

constexpr const char* kServiceId = "gold-0@x";

/// Two rules and the default one: "proto" refuses application servers, "gold" gives at most two
/// Service IDs to gold-*.
function::PolicyOptions rules() {
  function::PolicyOptions options = function::policy_of({});
  function::RuleOptions proto{.name = "proto", .ue_types = {core::UeType::as}};
  proto.allow = false;
  proto.reason = "no servers here";
  function::RuleOptions gold{.name = "gold", .private_ids = {"gold-*"}};
  gold.quota = 2;
  gold.grant.service_id_template = "gold-{id}@x";
  gold.grant.lifetime = std::chrono::hours{48};
  options.rules = {proto, gold};
  return options;
}

/// One question, its answer, and what both are made of.
struct Fixture {
  explicit Fixture(const std::string& text = "gold-1") : Fixture(text, {}) {}
  Fixture(const std::string& text, Stored in_store)
      : id(core::PrivateId::parse(text, 255).value()), stored(std::move(in_store)) {
    stored.exists = true;
    pf.folder = "/pf";
  }

  Explanation explain() const { return {command, id, {pf, policy, gateways}, stored}; }
  std::string outcome() const { return explain().outcome(); }
  std::string because() const { return explain().because(); }
  std::string text() const {
    std::ostringstream out;
    explain().print_text(out);
    return out.str();
  }
  boost::json::object json() const {
    std::ostringstream out;
    explain().print_json(out);
    const std::string line = out.str();
    REQUIRE(line.ends_with("}\n"));
    return base::parse_json(line, {}).value().as_object();
  }

  cli::Explain command{};
  core::PrivateId id;
  function::Options pf;
  function::Policy policy{rules(), pf.wire};
  std::vector<function::GatewayOptions> gateways;
  Stored stored;
};

Stored::Known known() {
  return {kServiceId, "gold", core::UeType::non_3gpp};
}

TEST_CASE("a device that nothing stands against gets a new Service ID") {
  Fixture f;
  f.stored.assignments = 1;
  f.stored.by_rule["gold"] = 1;
  CHECK(f.outcome() == "new");
  CHECK(f.text() == R"(Private ID    gold-1 (opaque)
asked as      NON_3GPP, no gateway proven, no information
store         /pf, 1 assignments as of its last commit

rules, in order
  proto  no       ueType NON_3GPP is none of AS
  gold   decides  met: Private ID gold-*

answer        201 with a new Service ID
quota         1 of 2 in use
Service ID    like gold-{id}@x
servers       m5s-1@msgin5g.example
service info  {"segmentSize":2048}
lifetime      2d
)");
  const auto json = f.json();
  CHECK(json.at("outcome") == "new");
  CHECK(json.at("rule") == "gold");
  CHECK(json.at("template") == "gold-{id}@x");
  CHECK(json.at("lifetime") == 172'800);
  CHECK(json.at("quota") == 2);
  CHECK(json.at("inUse") == 1);
  CHECK(json.at("rules").as_array().size() == 2);
  CHECK_FALSE(json.contains("serviceId"));
}

TEST_CASE("one that has a Service ID keeps it, also above the quota and with the table full") {
  Fixture f;
  f.stored.assignments = 5;
  f.stored.by_rule["gold"] = 5;
  f.stored.known = known();
  f.pf.max_assignments = 5;
  CHECK(f.outcome() == "known");
  CHECK(f.text().find("\nService ID    gold-0@x, given by rule \"gold\" to NON_3GPP\n") !=
        std::string::npos);
  const auto json = f.json();
  CHECK(json.at("serviceId") == kServiceId);
  CHECK(json.at("givenByRule") == "gold");
  CHECK(json.at("givenToUeType") == "NON_3GPP");
}

TEST_CASE("a refusal of the rule comes before what the store knows, and gives nothing") {
  Fixture f;
  f.command.type = core::UeType::as;
  CHECK(f.outcome() == "denied");
  CHECK(f.because() == "403 POLICY_DENIED: no servers here");
  CHECK(f.text().find("\nService ID    none\n") != std::string::npos);
  CHECK(f.text().find("\nservers ") == std::string::npos);
  CHECK_FALSE(f.json().contains("serverServiceIds"));
  f.stored.known = known();
  CHECK(f.outcome() == "denied");
  CHECK(f.json().at("serviceId") == kServiceId);
}

TEST_CASE("the quota of the rule comes before the size of the table") {
  Fixture f;
  f.stored.assignments = 2;
  f.stored.by_rule["gold"] = 2;
  f.pf.max_assignments = 2;
  CHECK(f.outcome() == "over quota");
  CHECK(f.because() == "403 QUOTA_EXCEEDED: the quota of the rule is used up");
  f.stored.by_rule["gold"] = 1;
  CHECK(f.outcome() == "full");
  CHECK(f.because() == "403 QUOTA_EXCEEDED: max_assignments is reached");
  f.pf.max_assignments = 3;
  CHECK(f.outcome() == "new");
}

TEST_CASE("a gateway that may not ask comes before all else") {
  Fixture f;
  f.stored.known = known();
  function::GatewayOptions meters;
  meters.name = "meters";
  meters.ue_types = {core::UeType::non_3gpp};
  meters.private_ids = {"gold-*"};
  f.gateways = {meters};
  f.command.gateway = "meters";
  CHECK(f.outcome() == "known");
  f.gateways[0].private_ids = {"silver-*"};
  CHECK(f.outcome() == "not authorized");
  CHECK(f.because() == "403 GATEWAY_NOT_AUTHORIZED: this gateway may not ask for this Private ID");
  f.command.type = core::UeType::as;
  CHECK(f.because() == "403 GATEWAY_NOT_AUTHORIZED: this gateway may not ask for AS");
  f.command.type = core::UeType::non_3gpp;
  f.command.gateway = "other";
  CHECK(f.outcome() == "known");
  f.pf.gateways_file = "gateways.toml";
  CHECK(f.because() == "401: only gateways of the gateways_file may ask");
  f.pf.allow_unknown_gateways = true;
  CHECK(f.outcome() == "known");
}

TEST_CASE("it says who asked and with what, and what the store is") {
  Fixture f("other");
  f.command.gateway = "gw\n1";
  f.command.info = R"({"vendor":"Acme"})";
  CHECK(
      f.text().find(R"(asked as      NON_3GPP, gateway gw\x0a1, information {"vendor":"Acme"})") !=
      std::string::npos);
  CHECK(f.text().find("\nquota         none; 0 in use\n") != std::string::npos);
  CHECK(f.text().find("\nlifetime      for ever\n") != std::string::npos);
  CHECK(f.json().at("info").as_object().at("vendor") == "Acme");
  f.stored.fault = "locked";
  CHECK(f.text().find("\nstore         cannot be read: locked\n") != std::string::npos);
  CHECK(f.json().at("storeFault") == "locked");
  f.stored = {};
  CHECK(f.text().find("\nstore         /pf, nothing was given out yet\n") != std::string::npos);
  f.pf.volatile_store = true;
  CHECK(f.text().find("\nstore         in memory only, not to be seen from here\n") !=
        std::string::npos);
}

TEST_CASE("rules are told in one line each, with what they ask for and give") {
  const Fixture f;
  std::ostringstream out;
  print_rules(out, f.policy);
  CHECK(out.str() == R"(
policy, the first rule that matches decides
  proto: ueType AS -> refused, no servers here
  gold: Private ID gold-* -> gold-{id}@x, at most 2, 1 of 1 servers, {"segmentSize":2048}, for 2d
  default: everything -> {type}-{id}@msgin5g.example, 1 of 1 servers, {"segmentSize":2048}
)");
}

}  // namespace
}  // namespace msggw::commands
