// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/gateways.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace msggw::function::gateways_test {
namespace {

using core::UeType;
using Standing = Asker::Standing;

using Names = std::vector<std::string>;
const Names kMeters = {"gw-meters.example"};
const Names kMetersAmongOthers = {"10.1.2.3", "somebody", "gw-meters.example"};
const Names kSomebody = {"somebody", "somebody.example"};
const Names kLamps = {"lamps"};
const Names kMetersName = {"harmless", "meters"};
const Names kTwoGateways = {"gw-meters.example", "gw-servers.example"};

Gateways three() {
  return Gateways({{.name = "meters",
                    .certificate = "gw-meters.example",
                    .token = "t0ken-of-meters",
                    .ue_types = {UeType::non_3gpp, UeType::legacy_3gpp},
                    .private_ids = {"001b63*", "meter-??"}},
                   {.name = "lamps", .psk_identity = "lamps-psk", .psk_key = "secret"},
                   {.name = "servers",
                    .certificate = "gw-servers.example",
                    .token = "another",
                    .ue_types = {UeType::as}}});
}

TEST_CASE("each proof names its gateway") {
  const Gateways gateways = three();
  struct Row {
    Proof proof;
    Standing standing;
    const char* name;
  };
  const Row rows[] = {
      {{}, Standing::nobody, ""},
      {{.certificate = kMeters}, Standing::gateway, "meters"},
      {{.psk_identity = "lamps-psk"}, Standing::gateway, "lamps"},
      {{.authorization = "Bearer t0ken-of-meters"}, Standing::gateway, "meters"},
      {{.authorization = "bearer   another "}, Standing::gateway, "servers"},
      {{.certificate = kMeters, .authorization = "Bearer t0ken-of-meters"},
       Standing::gateway,
       "meters"},
      {{.certificate = kMetersAmongOthers}, Standing::gateway, "meters"},
      {{.certificate = kTwoGateways}, Standing::refused, ""},
      {{.certificate = kSomebody}, Standing::named, "somebody"},
      {{.certificate = kSomebody, .authorization = "Bearer another"}, Standing::gateway, "servers"},
      {{.certificate = kMeters, .authorization = "Bearer another"}, Standing::refused, ""},
      {{.certificate = kLamps}, Standing::refused, ""},  // a name alone is no proof
      {{.certificate = kMetersName}, Standing::refused, ""},
      {{.psk_identity = "gone"}, Standing::refused, ""},
      {{.authorization = "Bearer"}, Standing::refused, ""},
      {{.authorization = "Bearer  "}, Standing::refused, ""},
      {{.authorization = "Bearer t0ken-of-meter"}, Standing::refused, ""},
      {{.authorization = "Bearer T0ken-of-meters"}, Standing::refused, ""},
      {{.authorization = "Basic t0ken-of-meters"}, Standing::refused, ""},
  };
  for (const Row& row : rows) {
    const Asker asker = gateways.who(row.proof);
    CAPTURE(row.proof.certificate.size());
    CAPTURE(row.proof.authorization);
    CHECK(asker.standing == row.standing);
    CHECK(asker.name == row.name);
    CHECK((asker.gateway != nullptr) == (row.standing == Standing::gateway));
    CHECK((std::string(asker.why).empty()) == (row.standing != Standing::refused));
  }
}

TEST_CASE("without gateways nobody is refused and tokens mean nothing") {
  const Gateways none;
  CHECK(none.who({.authorization = "Bearer x"}).standing == Standing::nobody);
  CHECK(none.who({.certificate = kSomebody}).standing == Standing::named);
  CHECK(none.who({}).may_ask_for(UeType::as));
  CHECK(none.who({}).may_ask_for("anything"));
  CHECK_FALSE(none.has_psk());
}

TEST_CASE("a gateway is kept to its types and Private IDs") {
  const Gateways gateways = three();
  const Asker meters = gateways.who({.certificate = kMeters});
  CHECK(meters.may_ask_for(UeType::legacy_3gpp));
  CHECK_FALSE(meters.may_ask_for(UeType::as));
  CHECK(meters.may_ask_for("001b638445e6"));
  CHECK(meters.may_ask_for("meter-07"));
  CHECK_FALSE(meters.may_ask_for("meter-7"));
  CHECK_FALSE(meters.may_ask_for("a001b63"));
  const Asker lamps = gateways.who({.psk_identity = "lamps-psk"});
  CHECK(lamps.may_ask_for(UeType::as));
  CHECK(lamps.may_ask_for(""));
}

TEST_CASE("the key of a PSK identity") {
  const Gateways gateways = three();
  CHECK(gateways.has_psk());
  CHECK(gateways.psk_key("lamps-psk") == "secret");
  CHECK_FALSE(gateways.psk_key("lamps").has_value());
  CHECK_FALSE(gateways.psk_key("").has_value());
}

TEST_CASE("gateways that cannot be told apart are refused") {
  const auto fault = [](std::vector<GatewayOptions> all) -> std::string {
    try {
      const Gateways made(std::move(all));
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return {};
  };
  const auto names = [](const std::string& text, const char* word) {
    CAPTURE(text);
    CHECK(text.find(word) != std::string::npos);
  };
  CHECK(fault({{.name = "a", .token = "1"}, {.name = "b", .token = "2"}}).empty());
  names(fault({{.name = "", .token = "1"}}), "needs a name");
  names(fault({{.name = "a"}}), "to be known by");
  names(fault({{.name = "a", .psk_identity = "i"}}), "psk_key");
  names(fault({{.name = "a", .token = "1", .psk_key = "k"}}), "psk_key");
  names(fault({{.name = "a", .token = "1"}, {.name = "a", .token = "2"}}), "twice");
  names(fault({{.name = "a", .token = "1"}, {.name = "b", .token = "1"}}), "\"b\"");
  names(fault({{.name = "a", .certificate = "1"}, {.name = "b", .certificate = "1"}}),
        "certificate");
  names(fault({{.name = "a", .psk_identity = "1", .psk_key = "k"},
               {.name = "b", .psk_identity = "1", .psk_key = "l"}}),
        "psk_identity");
}

}  // namespace
}  // namespace msggw::function::gateways_test
