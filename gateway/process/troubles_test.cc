// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/troubles.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

namespace msggw::process {
namespace {

using namespace std::chrono_literals;

constexpr base::TimePoint kStart{1'700'000'000s};

admin::Status well() {
  admin::Status status;
  status.broker_connected = true;
  status.provisioning_functions.push_back({"https://pf", "configured"});
  status.servers.push_back({"m5s", "m5s@example", 0, {{"https://m5s", ""}}});
  status.smscs.push_back({"main", "smsc:2775", "transceiver", "bound", kStart, ""});
  return status;
}

TEST_CASE("a gateway that is well has no trouble, nor one without SMS, MQTT and messages") {
  CHECK(troubles_in(well(), kStart).empty());
  CHECK(troubles_in({}, kStart).empty());
}

TEST_CASE("each part that is not well says so, with the reason") {
  admin::Status status = well();
  status.store_healthy = false;
  status.store_reason = "the disk is full";
  status.broker_connected = false;
  status.broker_reason = "refused";
  status.provisioning_functions[0].up = false;
  status.provisioning_functions[0].reason = "cannot connect";
  status.provisioning_functions.push_back({"https://pf2", "", true, "HTTP status 401"});
  status.servers[0].addresses[0].up = false;
  status.servers[0].addresses[0].reason = "no answer";
  status.smscs[0].state = "waiting";
  status.smscs.push_back({"main", "smsc:2775", "receiver", "connecting", kStart, "bad password"});
  std::string told;
  for (const Trouble& each : troubles_in(status, kStart))
    told += each.part + "|" + each.name + "|" + (each.down ? "down" : "limited") + "|" + each.why +
            "\n";
  CHECK(told ==
        "store||down|the disk is full\n"
        "broker||down|refused\n"
        "provisioningFunction|https://pf|down|cannot connect\n"
        "provisioningFunction|https://pf2|limited|it answers, and not as it should: HTTP status "
        "401\n"
        "server|https://m5s|down|no answer\n"
        "smsc|main, transceiver|down|waiting at smsc:2775\n"
        "smsc|main, receiver|down|bad password\n");
  status = well();
  status.broker_lacks = "MQTT 5";
  REQUIRE(troubles_in(status, kStart).size() == 1);
  CHECK_FALSE(troubles_in(status, kStart)[0].down);
  status.broker_connected = false;
  REQUIRE(troubles_in(status, kStart).size() == 1);
  CHECK(troubles_in(status, kStart)[0].why == "not connected yet");
}

TEST_CASE("an answer that was of no use is forgotten when nothing was asked since") {
  admin::Status status = well();
  status.provisioning_functions[0].reason = "HTTP status 404";
  status.provisioning_functions[0].answered = kStart;
  CHECK(troubles_in(status, kStart + kStale).size() == 1);
  CHECK(troubles_in(status, kStart + kStale + 1s).empty());
  status.provisioning_functions[0].up = false;  // that does not pass by itself
  CHECK(troubles_in(status, kStart + 24h).size() == 1);
}

TEST_CASE("a trouble keeps its time until it is over, whatever is said to be the reason") {
  Troubles troubles;
  troubles.look({{"broker", "", "refused"}, {"smsc", "a", "x"}}, kStart);
  troubles.look({{"broker", "", "timed out"}}, kStart + 5s);
  REQUIRE(troubles.all().size() == 1);
  CHECK(troubles.all()[0].since == kStart);
  CHECK(troubles.all()[0].why == "timed out");
  troubles.look({{"broker", "", "timed out"}, {"smsc", "a", "x"}, {"smsc", "b", "x"}}, kStart + 9s);
  CHECK(troubles.all()[0].since == kStart);
  CHECK(troubles.all()[1].since == kStart + 9s);
  CHECK(troubles.all()[2].since == kStart + 9s);
  troubles.look({{"broker", "", "it cannot do QoS 1", false}}, kStart + 10s);
  CHECK(troubles.all()[0].since == kStart + 10s);
  troubles.look({{"certificate", "a.pem", "ended", true, kStart - 1h}}, kStart + 11s);
  CHECK(troubles.all()[0].since == kStart - 1h);
}

}  // namespace
}  // namespace msggw::process
