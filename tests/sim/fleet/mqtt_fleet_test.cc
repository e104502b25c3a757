// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/mqtt_fleet.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <map>
#include <set>

#include "tests/sim/fleet/mqtt_responder.h"

namespace msggw::fleet {
namespace {

std::string registration(const std::string& id) {
  return R"({"privateId":")" + id + R"(","serviceId":"sid-of-)" + id + R"(","state":"registered"})";
}

std::vector<std::string> register_all(const std::string& id) {
  return {registration(id)};
}

Options options_for(const TestBroker& broker, std::uint64_t devices) {
  Options o;
  o.mqtt = broker.address();
  o.devices = devices;
  o.quiet = true;
  o.window = 64;
  o.timeout = std::chrono::seconds(60);
  return o;
}

Tally run_fleet(Options options) {
  complete(options);
  Campaign campaign(options);
  MqttFleet(campaign).run();
  return campaign.finish();
}

TEST_CASE("devices register over MQTT, whatever the version, the QoS and the way answers come") {
  const TestBroker broker;
  const MqttResponder responder(broker.port(), register_all);
  for (const char* version : {"5", "3.1.1"}) {
    for (const char* answers : {"topics", "wildcard", "response"}) {
      for (const int qos : {0, 1, 2}) {
        if (version[0] == '3' && answers[0] == 'r') continue;
        CAPTURE(version);
        CAPTURE(answers);
        CAPTURE(qos);
        Options o = options_for(broker, 150);
        o.rounds = 2;
        o.mqtt_version = version;
        o.mqtt_answers = answers;
        o.qos = qos;
        const Tally tally = run_fleet(o);
        CHECK(tally.registered == 300);
        CHECK(tally.all_registered());
        CHECK(tally.retransmissions == 0);
      }
    }
  }
}

TEST_CASE("a retained registration is no answer") {
  const TestBroker broker;
  std::atomic<int> asked = 0;
  const MqttResponder responder(broker.port(), [&](const std::string& id) {
    ++asked;
    return register_all(id);
  });
  for (const char* version : {"3.1.1", "5"}) {
    Options o = options_for(broker, 20);
    o.mqtt_version = version;
    asked = 0;
    CHECK(run_fleet(o).registered == 20);
    CHECK(run_fleet(o).registered == 20);
    CHECK(asked == 40);
  }
}

TEST_CASE("a device that was told pending is told its Service ID later") {
  const TestBroker broker;
  const MqttResponder responder(broker.port(), [](const std::string& id) {
    return std::vector<std::string>{R"({"state":"pending","retryAfter":60})", registration(id)};
  });
  Options o = options_for(broker, 30);
  o.pending_retry = true;
  o.pending_cap = std::chrono::seconds(60);
  const Tally tally = run_fleet(o);
  CHECK(tally.pending == 30);
  CHECK(tally.registered == 30);
  CHECK(tally.requests == 30);
}

TEST_CASE("a device that stays pending asks again") {
  const TestBroker broker;
  std::map<std::string, int> asked;
  const MqttResponder responder(broker.port(), [&](const std::string& id) {
    return std::vector<std::string>{++asked[id] < 3 ? R"({"state":"pending","retryAfter":1})"
                                                    : registration(id)};
  });
  Options o = options_for(broker, 10);
  o.pending_retry = true;
  o.pending_cap = std::chrono::milliseconds(30);
  const Tally tally = run_fleet(o);
  CHECK(tally.registered == 10);
  CHECK(tally.pending == 20);
  CHECK(tally.requests == 30);
}

TEST_CASE("refusals are counted by cause, other bodies as malformed") {
  const TestBroker broker;
  const MqttResponder responder(broker.port(),
                                [](const std::string& id) -> std::vector<std::string> {
                                  if (id == "d1")
                                    return {R"({"state":"refused","cause":"POLICY_DENIED"})"};
                                  if (id == "d2") return {"not JSON", registration(id)};
                                  return register_all(id);
                                });
  Options o = options_for(broker, 3);
  o.id_template = "d{n}";
  const Tally tally = run_fleet(o);
  CHECK(tally.refused == 1);
  CHECK(tally.by_code.at("POLICY_DENIED") == 1);
  CHECK(tally.malformed == 1);
  CHECK(tally.registered == 2);
  CHECK_FALSE(tally.all_registered());
}

TEST_CASE("a device that hears nothing publishes again") {
  const TestBroker broker;
  std::set<std::string> first_time;
  const MqttResponder responder(broker.port(),
                                [&](const std::string& id) -> std::vector<std::string> {
                                  if (first_time.insert(id).second) return {};
                                  return register_all(id);
                                });
  Options o = options_for(broker, 10);
  o.ask_again = std::chrono::milliseconds(50);
  o.retries = 20;
  const Tally tally = run_fleet(o);
  CHECK(tally.registered == 10);
  CHECK(tally.retransmissions >= 10);
}

TEST_CASE("the fleet survives its broker") {
  TestBroker broker;
  std::atomic<int> answered = 0;
  const MqttResponder responder(broker.port(), [&](const std::string& id) {
    ++answered;
    return register_all(id);
  });
  Options o = options_for(broker, 1000);
  o.window = 16;
  o.rate = 2000;
  o.ask_again = std::chrono::milliseconds(200);
  o.retries = 20;
  o.pending_retry = true;
  auto fleet = std::async(std::launch::async, [&] { return run_fleet(o); });
  while (answered < 200) std::this_thread::yield();
  broker.restart();  // on this thread: a broker ends with the thread that started it
  const Tally tally = fleet.get();
  CHECK(tally.registered == 1000);
  CHECK(tally.connections_lost >= 1);
}

TEST_CASE("a broker that is not there is told at once") {
  std::string address;
  {
    address = TestBroker().address();
  }
  Options o;
  o.mqtt = address;
  o.quiet = true;
  CHECK_THROWS_AS(run_fleet(o), std::runtime_error);
}

}  // namespace
}  // namespace msggw::fleet
