// SPDX-License-Identifier: Apache-2.0
// Brokers that can do less than the gateway would use.
#include <doctest/doctest.h>

#include <chrono>

#include "adapters/mqtt/fake_broker.h"
#include "tests/support/events.h"

namespace msggw::mqtt::test::lesser_broker_test {

namespace {

using namespace std::string_literals;

constexpr std::size_t kVersionAt = 8;  // in CONNECT

std::string old_publication(const std::string& topic, bool retained) {
  const std::string body = std::string{0, static_cast<char>(topic.size())} + topic;
  return std::string(retained ? "\x31" : "\x30") + static_cast<char>(body.size()) + body;
}

/// What comes until it holds `part`; empty: that does not come.
std::string read_until(FakeSite& site, tcp::socket& peer, const std::string& part) {
  std::string octets;
  const bool came = site.world.until([&] {
    octets += FakeBroker::read(peer);
    return octets.find(part) != std::string::npos;
  });
  return came ? octets : "";
}

/// CONNACK and SUBACK as MQTT 3.1.1 has them.
void open_old(FakeSite& site, tcp::socket& peer) {
  FakeBroker::say(peer, "\x20\2\0\0"s);
  const std::string subscribe = read_until(site, peer, "/status");
  REQUIRE(subscribe.size() > 4);
  CHECK(subscribe.back() == 1);  // QoS 1, and no options, which are reserved there
  FakeBroker::say(peer, "\x90\5"s + subscribe.substr(2, 2) + "\1\1\1");
  REQUIRE(site.world.until([&] { return site.world.adapter->is_connected(); }));
}

double refused(const World& world, const std::string& reason) {
  return world.metric("msggw_mqtt_refused_total{reason=\"" + reason + "\"}");
}

double lacks(const FakeSite& site, const char* feature) {
  return site.world.metric("msggw_mqtt_broker_lacks{feature=\"" + std::string(feature) + "\"}");
}

}  // namespace

TEST_CASE("a broker that speaks no MQTT 5 is spoken to in 3.1.1, by whichever way it says so") {
  FakeSite site;
  const auto refuse = [&](const std::string& octets) {
    tcp::socket peer = site.broker.accept(site.world);
    REQUIRE(site.broker.connect_packet.at(kVersionAt) == 5);
    site.broker.say(peer, octets);
    site.world.until([&] { return !peer.available(); });
  };
  SUBCASE("as 3.1.1 has it") {
    refuse("\x20\2\0\1"s);
  }
  SUBCASE("as 5 has it") {
    refuse("\x20\3\0\x84\0"s);
  }
  SUBCASE("as if it had been asked in 3.1.1") {
    refuse("\x20\2\0\0"s);
  }
  SUBCASE("by closing, which a broker that starts may do once") {
    refuse("");
    refuse("");
  }
  tcp::socket peer = site.broker.accept(site.world);
  REQUIRE(site.broker.connect_packet.at(kVersionAt) == 4);
  open_old(site, peer);
  CHECK(site.world.adapter->lacks() == "MQTT 5");
  CHECK(lacks(site, "mqtt5") == 1);
  // One from before comes marked, and is no act; one that is made now is.
  FakeBroker::say(peer, old_publication("msgin5g/old/register", true) +
                            old_publication("msgin5g/a/register", false));
  const std::string told = read_until(site, peer, "\"serviceId\"");
  CHECK(told.find("msgin5g/a/registration") != std::string::npos);
  CHECK(site.world.gateway.tables().devices() == 1);
  peer.close();
  peer = site.broker.accept(site.world);
  CHECK(site.broker.connect_packet.at(kVersionAt) == 5);  // it may have been updated
  site.open(peer);
  CHECK(site.world.until([&] { return site.world.adapter->is_connected(); }));
  CHECK(site.world.adapter->lacks() == "");
  CHECK(lacks(site, "mqtt5") == 0);
}

TEST_CASE("a broker that refuses both versions is asked for both again") {
  FakeSite site;
  for (const int version : {5, 4, 5, 4}) {
    tcp::socket peer = site.broker.accept(site.world);
    CHECK(site.broker.connect_packet.at(kVersionAt) == version);
    site.broker.say(peer, "\x20\2\0\1"s);
  }
  CHECK(site.reason_becomes("refused by the broker: unacceptable protocol version"));
  CHECK(site.world.metric("msggw_mqtt_wrong_packets_total") == 0);
}

TEST_CASE("a broker of QoS 0 is published to with QoS 0") {
  FakeSite site;
  tcp::socket peer = site.connect("\x20\5\0\0\2\x24\0"s);
  CHECK(site.world.adapter->lacks() == "QoS 1");
  site.broker.say(peer, publication("msgin5g/a/register", 1));
  const std::string told = read_until(site, peer, "\"serviceId\"");
  const auto at = told.find("\x31");  // retained, of QoS 0
  REQUIRE(at != std::string::npos);
  CHECK(told.find("msgin5g/a/registration") > at);
  CHECK(site.world.until(
      [&] { return site.world.metric("msggw_mqtt_published_total{kind=\"registration\"}") == 1; }));
  for (int i = 0; i < 500; ++i)
    site.world.adapter->receive({"msgin5g/d" + std::to_string(i) + "/register", "", "", ""});
  CHECK(read_until(site, peer, "msgin5g/d499/registration") != "");
}

TEST_CASE("a broker that grants QoS 0 to the subscriptions is told of") {
  FakeSite site;
  tcp::socket peer = site.broker.accept(site.world);
  site.open(peer, kConnack, "\0\0\0"s);
  REQUIRE(site.world.until([&] { return site.world.adapter->is_connected(); }));
  CHECK(site.world.adapter->lacks() == "QoS 1");
  CHECK(lacks(site, "qos1") == 1);
}

TEST_CASE("a broker that retains nothing gets nothing to retain") {
  FakeSite site;
  tcp::socket peer = site.broker.accept(site.world);
  site.open(peer, "\x20\5\0\0\2\x25\0"s);
  REQUIRE(site.world.until([&] { return site.world.adapter->is_connected(); }));
  CHECK(site.world.adapter->lacks() == "retained messages");
  site.broker.say(peer, publication("msgin5g/a/register", 1));
  const std::string told = read_until(site, peer, "\"serviceId\"");
  CHECK(told.find("\x33") == std::string::npos);
  CHECK(told.find("msgin5g/+/registration") == std::string::npos);
  CHECK(site.world.adapter->is_connected());
}

TEST_CASE("what a broker cannot do is told when it connects, of a better one nothing") {
  const msggw::test::Events events;
  FakeSite site;
  {
    tcp::socket peer = site.broker.accept(site.world);
    site.open(peer, "\x20\7\0\0\4\x24\0\x25\0"s);
    REQUIRE(site.world.until([&] { return site.world.adapter->is_connected(); }));
  }
  CHECK(events.count("broker_degraded broker=") == 1);
  CHECK(events.count(" without=\"QoS 1, retained messages\"") == 1);
  tcp::socket peer = site.connect();
  CHECK(events.count("broker_connected ") == 2);
  CHECK(events.count("broker_degraded ") == 1);
}

TEST_CASE("a topic that the broker refuses does not take the others theirs") {
  FakeSite site;
  const auto id_behind = [](const std::string& octets, const std::string& topic) {
    const auto at = octets.find(topic);
    return at == std::string::npos ? "" : octets.substr(at + topic.size(), 2);
  };
  const std::string topics[] = {"msgin5g/a/registration", "msgin5g/b/registration"};
  {
    tcp::socket peer = site.connect();
    for (const char* id : {"a", "b"})
      site.world.adapter->receive({"msgin5g/" + std::string(id) + "/register", "", "", ""});
    const std::string told = read_until(site, peer, topics[1]);
    FakeBroker::say(peer, "\x40\2"s + id_behind(told, topics[1]));
    FakeBroker::say(peer, "\x40\4"s + id_behind(told, topics[0]) + "\x87\0"s);
    REQUIRE(site.world.until([&] { return refused(site.world, "denied_by_broker") == 1; }));
  }  // and off
  const auto round = [&](bool by_itself) {
    tcp::socket peer = site.broker.accept(site.world);
    site.open(peer);
    const std::string before = read_until(site, peer, "msgin5g/+/registration");
    const auto filter = before.find("msgin5g/+/registration");
    REQUIRE(filter != std::string::npos);
    FakeBroker::say(peer, "\x90\4"s + before.substr(filter - 5, 2) + "\0\0"s);
    const bool is_told = before.find(topics[1]) != std::string::npos;
    const std::string told = before + (is_told ? "" : read_until(site, peer, topics[1]));
    CHECK(told.find(topics[1]) != std::string::npos);
    if (!by_itself) site.world.until([] { return false; }, std::chrono::milliseconds(600));
    const std::string more = by_itself ? read_until(site, peer, topics[0]) : FakeBroker::read(peer);
    return (told + more).find(topics[0]) != std::string::npos;
  };
  CHECK_FALSE(round(false));
  CHECK(round(true));  // that end had another reason
}

TEST_CASE("what cannot be done without ends the connection with its reason") {
  SUBCASE("wildcards") {
    FakeSite site;
    tcp::socket peer = site.broker.accept(site.world);
    site.broker.say(peer, "\x20\5\0\0\2\x28\0"s);
    CHECK(site.reason_becomes("the broker has no wildcard subscriptions"));
  }
  const auto shared = [](Options& options) { options.shared_group = "g"; };
  SUBCASE("shared subscriptions, of a group") {
    FakeSite site(shared);
    tcp::socket peer = site.broker.accept(site.world);
    site.broker.say(peer, "\x20\5\0\0\2\x2A\0"s);
    CHECK(site.reason_becomes("the broker has no shared subscriptions (mqtt.shared_group)"));
  }
  SUBCASE("MQTT 5, of a group") {
    FakeSite site(shared);
    {
      tcp::socket peer = site.broker.accept(site.world);
      site.broker.say(peer, "\x20\2\0\1"s);
    }
    tcp::socket peer = site.broker.accept(site.world);
    site.broker.say(peer, "\x20\2\0\0"s);
    CHECK(site.reason_becomes("the broker speaks MQTT 3.1.1, which has no shared"));
  }
}

}  // namespace msggw::mqtt::test::lesser_broker_test
