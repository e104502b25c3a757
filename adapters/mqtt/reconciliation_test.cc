// SPDX-License-Identifier: Apache-2.0
// What is retained at the broker is what the device table says, whatever happened to either.
#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include "adapters/mqtt/test_world.h"
#include "tests/support/events.h"

namespace msggw::mqtt::test {

namespace {

/// A broker, a gateway, and what is retained on the registration topics, by id.
struct Retaining : Site {
  explicit Retaining(core::Limits limits = {}, const std::string& more = {})
      : Site(quick(), limits, more) {}

  std::map<std::string, std::string> retained() {
    publish("marker", "1", "mqttv5", "1", {"-r"});
    Ear ear(world, port, {"-V", "mqttv5", "-t", "msgin5g/+/registration", "-t", "marker"});
    ear.hear_with("marker");
    std::map<std::string, std::string> found;
    for (const std::string& message : ear.messages()) {
      const auto end = message.find("/registration 1  ");
      if (end != std::string::npos) found[message.substr(8, end - 8)] = message.substr(end + 17);
    }
    return found;
  }
  /// Until nothing is on its way to the broker.
  bool becomes(const std::map<std::string, std::string>& ids_and_parts) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < patience) {
      const auto now = retained();
      bool same = now.size() == ids_and_parts.size();
      for (const auto& [id, part] : ids_and_parts)
        same = same && now.contains(id) && now.at(id).find(part) != std::string::npos;
      if (same) return true;
    }
    for (const auto& [id, body] : retained()) MESSAGE(id << " " << body);
    return false;
  }
  void publish_retained(const std::string& id, const std::string& body) {
    publish("msgin5g/" + id + "/registration", body, "mqttv5", "1", {"-r"});
  }
  void reconnect() {
    broker.end(SIGTERM);
    REQUIRE(world.until([&] { return !world.adapter->is_connected(); }));
    broker.start();
    REQUIRE(world.until([&] { return world.adapter->is_connected(); }));
  }
  /// The process ends; what it had to tell is lost, the rows are not.
  void end_gateway() {
    world.adapter.reset();
    world.gateway.turn().outbox() = {};
  }
  void start_gateway() {
    world.gateway.turn().outbox() = {};
    world.adapter = std::make_unique<MqttAdapter>(world.context, world.options, world.doors());
    world.adapter->start();
  }
  core::DeviceNo device(const std::string& id) {
    REQUIRE(world.until([&] { return world.gateway.tables().find_private_id(id).has_value(); }));
    return *world.gateway.tables().find_private_id(id);
  }
  std::size_t postings(core::DeviceNo device) {
    return world.gateway.tables().postings(device).size();
  }
};

const std::string kMac = "00-1B-63-84-45-E6";

}  // namespace

TEST_CASE("whatever becomes of a device, the topic by which it asked says so") {
  Retaining site;
  auto& gateway = site.world.gateway;
  site.publish("msgin5g/" + kMac + "/register", "");
  site.publish("msgin5g/00:1b:63:84:45:e6/register", "");
  REQUIRE(site.becomes({{kMac, "sid-0"}, {"00:1b:63:84:45:e6", "sid-0"}}));
  const auto device = site.device(kMac);
  REQUIRE(gateway.operations().suspend(device, site.world.clock.now()));
  CHECK(site.becomes({{kMac, "SUSPENDED"}, {"00:1b:63:84:45:e6", "SUSPENDED"}}));
  REQUIRE(gateway.operations().resume(device));
  CHECK(site.becomes({{kMac, "sid-0"}, {"00:1b:63:84:45:e6", "sid-0"}}));
  SUBCASE("removed") {
    REQUIRE(gateway.operations().remove(device, site.world.clock.now()));
  }
  SUBCASE("deregistered, by a third spelling") {
    site.publish("msgin5g/001B63.8445E6/deregister", "");
    site.publish("msgin5g/001b638445e6/deregister", "");
  }
  CHECK(site.becomes({}));
  CHECK(site.world.until([&] { return site.postings(device) == 0; }));
}

TEST_CASE("a device that was suspended when it asked is told so, and nothing is left of that") {
  Retaining site;
  auto& gateway = site.world.gateway;
  const auto added = gateway.operations().add_device({core::UeType::non_3gpp, "x", {}}, {});
  REQUIRE(added);
  REQUIRE(gateway.operations().suspend(added->device, site.world.clock.now()));
  Ear ear(site.world, site.port, on("msgin5g/x/registration"));
  site.publish("msgin5g/x/register", "");
  CHECK(ear.hear_with("SUSPENDED") != "");
  CHECK(site.becomes({}));
}

TEST_CASE("a device has as many topics as it may have, and is answered on others") {
  Retaining site;
  const std::vector<std::string> spellings{"AB-CD-EF-12-34-56", "ab:cd:ef:12:34:56",
                                           "aBcD.Ef12.3456",    "ABCDEF123456",
                                           "abcdef123456",      "Ab-Cd-Ef-12-34-56"};
  Ear ear(site.world, site.port, on("msgin5g/+/registration"));
  std::size_t answered = 0;
  for (const std::string& id : spellings) {
    site.publish("msgin5g/" + id + "/register", "");
    if (ear.hear_with(id + "/registration 0  {\"privateId\"") != "") ++answered;
  }
  CHECK(answered >= 5);
  CHECK(site.retained().size() == 4);
  CHECK(site.world.metric("msggw_postings_limited_total") >= 1);
  site.publish("msgin5g/" + spellings.back() + "/deregister", "");
  CHECK(site.becomes({}));
}

TEST_CASE("a broker that forgot is told again, and one that remembers too much is corrected") {
  Retaining site;
  for (const char* id : {"a", "b", "c"})
    site.publish("msgin5g/" + std::string(id) + "/register", "");
  REQUIRE(site.becomes({{"a", "sid-"}, {"b", "sid-"}, {"c", "sid-"}}));
  SUBCASE("it forgot everything") {
    for (const auto& entry : std::filesystem::directory_iterator(site.folder.path())) {
      if (entry.path().extension() == ".db") std::filesystem::remove(entry.path());
    }
  }
  SUBCASE("others wrote there") {
    site.publish_retained("a", "{\"state\":\"refused\"}");
    site.publish_retained("nobody", "{\"state\":\"provisioned\"}");
    site.publish_retained(kMac, "rubbish");
    site.publish("msgin5g/b/registration", "", "mqttv5", "1", {"-r"});
    REQUIRE(site.retained().size() == 4);
  }
  site.reconnect();
  CHECK(site.becomes({{"a", "sid-"}, {"b", "sid-"}, {"c", "sid-"}}));
  CHECK(site.world.metric("msggw_mqtt_reconciled_total{found=\"right\"}") >= 0);
}

TEST_CASE("a device that was removed while the broker was away is gone from it") {
  Retaining site;
  auto& gateway = site.world.gateway;
  site.publish("msgin5g/" + kMac + "/register", "");
  site.publish("msgin5g/b/register", "");
  REQUIRE(site.becomes({{kMac, "sid-"}, {"b", "sid-"}}));
  const auto device = site.device(kMac);
  site.broker.end(SIGTERM);
  REQUIRE(site.world.until([&] { return !site.world.adapter->is_connected(); }));
  REQUIRE(gateway.operations().remove(device, site.world.clock.now()));
  site.world.provisioning = World::Provisioning::answers;
  SUBCASE("at once") {}
  SUBCASE("and the gateway knew of it by its row alone") {
    site.end_gateway();
    site.start_gateway();
  }
  site.broker.start();
  REQUIRE(site.world.until([&] { return site.world.adapter->is_connected(); }));
  CHECK(site.becomes({{"b", "sid-"}}));
  CHECK(site.world.until([&] { return site.postings(device) == 0; }));
}

TEST_CASE("a device that was pending when the gateway restarted is told how it ended") {
  core::Limits limits;
  limits.answer_within = base::Duration{20};
  Retaining site(limits);
  site.world.provisioning = World::Provisioning::away;
  site.publish("msgin5g/" + kMac + "/register", "");
  REQUIRE(site.becomes({{kMac, "\"pending\""}}));
  site.end_gateway();
  const auto is_answered = [&] {
    site.world.provisioning = World::Provisioning::answers;
    return site.world.until([&] { return site.world.gateway.tables().on_their_way() == 0; });
  };
  SUBCASE("before the next one was at the broker") {
    REQUIRE(is_answered());
    site.start_gateway();
  }
  SUBCASE("when it was there") {
    site.start_gateway();
    REQUIRE(site.becomes({{kMac, "\"pending\""}}));
    REQUIRE(is_answered());
  }
  CHECK(site.becomes({{kMac, "sid-0"}}));
}

TEST_CASE("a registration of an earlier version, which noted no topic, is found and kept right") {
  Retaining site;
  site.publish("msgin5g/" + kMac + "/register", "");
  site.publish("msgin5g/plain/register", "");
  REQUIRE(site.becomes({{kMac, "sid-"}, {"plain", "sid-"}}));
  for (const char* id : {kMac.c_str(), "plain"})
    site.world.gateway.registrations().unpost(site.device(id), id);
  site.publish_retained(kMac, "{\"state\":\"pending\"}");
  site.reconnect();
  CHECK(site.becomes({{kMac, "sid-"}, {"plain", "sid-"}}));
  CHECK(site.postings(site.device(kMac)) == 1);
}

TEST_CASE("what the broker refuses is said once, and owed until it takes it") {
  TempFolder files;
  const std::string acl = (files.path() / "acl").string();
  const auto allow = [&](const std::string& what) {
    std::ofstream(acl) << "topic " << what << " msgin5g/#\ntopic readwrite #\n";
    if (what == "deny")
      std::ofstream(acl) << "topic read #\ntopic write msgin5g/+/register\n"
                            "topic write marker\n";
    std::filesystem::permissions(acl, std::filesystem::perms::all);
  };
  allow("deny");
  std::filesystem::permissions(files.path(), std::filesystem::perms::all);
  const msggw::test::Events events;
  Retaining site({}, "acl_file " + acl);
  site.publish("msgin5g/a/register", "");
  site.publish("msgin5g/b/register", "");
  REQUIRE(site.world.until([&] {
    return site.world.metric("msggw_mqtt_refused_total{reason=\"denied_by_broker\"}") >= 2;
  }));
  CHECK(site.world.metric("msggw_mqtt_published_total{kind=\"registration\"}") == 0);
  CHECK(events.count("publication_denied reason=\"not authorized\"") == 1);
  // So long that it is not the refusal for which the connection ends.
  site.world.until([] { return false; }, std::chrono::milliseconds(600));
  allow("readwrite");
  site.reconnect();
  CHECK(site.becomes({{"a", "sid-"}, {"b", "sid-"}}));
}

TEST_CASE("of a shared group the topics of others are left alone, and all hear of an end") {
  Options first = quick();
  first.shared_group = "gws";
  Site site(first);
  Options second = first;
  second.client_id = "msggw-2";
  second.port = site.port;
  World other(second);
  other.adapter->start();
  REQUIRE(other.until([&] { return other.adapter->is_connected(); }));
  const auto both = [&](const std::function<bool()>& done) {
    return site.world.until([&] {
      other.turn();
      return done();
    });
  };
  const auto registered = [&] {
    return site.world.gateway.tables().devices() + other.gateway.tables().devices();
  };
  const auto send = [&](const std::string& topic) {
    Program device(
        {"mosquitto_pub", "-q", "1", "-p", std::to_string(site.port), "-t", topic, "-n"});
    REQUIRE(both([&] { return device.has_ended(); }));
  };
  for (const char* id : {"a", "b", "c", "d"}) send("msgin5g/" + std::string(id) + "/register");
  REQUIRE(both([&] { return registered() == 4; }));
  REQUIRE(site.world.gateway.tables().devices() > 0);
  REQUIRE(other.gateway.tables().devices() > 0);
  Ear ear(site.world, site.port, on("msgin5g/+/registration"));
  for (const char* id : {"d", "b", "a", "c"}) send("msgin5g/" + std::string(id) + "/deregister");
  const auto alive = [&](World& world) {
    std::size_t count = 0;
    for (std::uint32_t no = 0; no < world.gateway.tables().numbers(); ++no)
      count +=
          world.gateway.tables().device(core::DeviceNo{no}).binding(core::Bearer::mqtt).alive();
    return count;
  };
  CHECK(both([&] { return alive(site.world) + alive(other) == 0; }));
  Ear later(site.world, site.port, on("msgin5g/+/registration"));
  CHECK(both([&] {
    std::size_t ended = 0;
    for (const auto& message : ear.messages()) ended += message.ends_with(" 0  ");
    return ended == 4;
  }));
  for (const auto& message : ear.messages())
    CHECK(message.find("CONTEXT_NOT_FOUND") == std::string::npos);

  // Whoever is stopped gives up its share.
  const std::size_t before = site.world.gateway.tables().devices();
  other.adapter.reset();
  for (const char* id : {"e", "f", "g", "h"}) send("msgin5g/" + std::string(id) + "/register");
  CHECK(site.world.until([&] { return site.world.gateway.tables().devices() == before + 4; }));
}

}  // namespace msggw::mqtt::test
