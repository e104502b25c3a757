// SPDX-License-Identifier: Apache-2.0
// Messages with the real broker and the real command-line devices.
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "adapters/mqtt/test_world.h"

namespace msggw::mqtt::test {

namespace {

Options proven() {
  Options options = quick();
  options.topics_prove = true;
  return options;
}

/// A broker, a gateway with messages, and the device "d", registered.
struct MessageSite : Site {
  explicit MessageSite(const std::string& said = "{}", const Options& options = proven(),
                       const std::string& of_broker = "")
      : Site(options, {}, of_broker, true) {
    Ear ear(world, port, on("msgin5g/d/registration"));
    publish("msgin5g/d/register", said);
    if (ear.hear_with("serviceId").empty()) throw std::runtime_error("no Service ID");
  }
  std::optional<messages::Carried> up() {
    std::optional<messages::Carried> next;
    world.until([&] { return (next = world.messages->next_up()).has_value(); });
    return next;
  }
  std::string up_report() {
    const auto carried = up();
    const auto* const report = carried ? std::get_if<messages::Report>(&*carried) : nullptr;
    if (report == nullptr) return "none";
    return report->message_id + ' ' + (report->delivered ? "+" : report->failure_cause);
  }
  double brought(const std::string& outcome) const {
    return world.metric("msggw_mqtt_brought_total{outcome=\"" + outcome + "\"}");
  }
};

}  // namespace

TEST_CASE("devices of each version send, plain and structured, and hear that it is durable") {
  MessageSite site;
  Ear ear(site.world, site.port, on("msgin5g/d/ack"));
  int number = 0;
  for (const char* const version : {"mqttv311", "mqttv5"}) {
    for (const char* const qos : {"0", "1", "2"}) {
      CAPTURE(version);
      CAPTURE(qos);
      const std::string id = "m" + std::to_string(++number);
      site.publish("msgin5g/d/send", R"({"msgId":")" + id + R"(","payload":"x"})", version, qos);
      CHECK(ear.hear_with(R"({"msgId":")" + id + R"(","state":"accepted"})") != "");
      CHECK(std::get<messages::Message>(site.up().value()).message_id == id);
      site.publish("msgin5g/d/up", "content " + id, version, qos);
      CHECK(std::get<messages::Message>(site.up().value()).content == "content " + id);
    }
  }
  site.publish("msgin5g/d/up", "x", "mqttv5", "1",
               {"-D", "publish", "user-property", "msgId", "own", "-D", "publish", "user-property",
                "appId", "meter"});
  const auto message = std::get<messages::Message>(site.up().value());
  CHECK(message.message_id == "own");
  CHECK(message.application == "meter");
}

TEST_CASE("a device that listens and says so gets its messages; one that is absent later") {
  for (const char* const version : {"mqttv311", "mqttv5"}) {
    CAPTURE(version);
    MessageSite site;
    site.publish("msgin5g/d/status", "online", version);
    site.world.deliver("m1", "open");
    REQUIRE(site.world.until([&] { return site.brought("absent") == 1; }));
    Ear ear(site.world, site.port, on("msgin5g/d/down", version));
    site.publish("msgin5g/d/status", "online", version);
    CHECK(ear.hear_with(R"("msgId":"m1","appId":"valve","delivStReqInd":true,"payload":"open"})") !=
          "");
    CHECK(site.up_report() == "m1 +");
    Ear later(site.world, site.port, on("msgin5g/d/down"));
    site.publish("msgin5g/d/status", "offline", version);
    site.world.deliver("m2");
    site.publish("msgin5g/d/status", "online", version);
    CHECK(later.hear_with("m2").starts_with("msgin5g/d/down 0"));  // never retained
    CHECK(later.messages().size() == 1);
  }
}

TEST_CASE("a broker's word is that of whoever may subscribe, and not of who may read") {
  // Mosquitto's ACL file holds back what may not be read, and counts the subscription all the same.
  const TempFolder files;
  std::filesystem::permissions(files.path(), std::filesystem::perms::all);
  const std::string acl = (files.path() / "acl").string();
  std::ofstream rules(acl);
  for (const char* const topic : {"register", "status", "registration"})
    rules << "topic readwrite msgin5g/+/" << topic << '\n';
  rules << "topic write msgin5g/+/down\n" << std::flush;
  std::filesystem::permissions(acl, std::filesystem::perms::all);
  const auto report_of = [&](Proof proof) {
    Options options = proven();
    options.proof = proof;
    options.proof_within = std::chrono::seconds(1);
    MessageSite site("{}", options, "acl_file " + acl);
    Ear deaf(site.world, site.port, on("msgin5g/d/down"));
    site.publish("msgin5g/d/status", "online");
    site.world.deliver("m1");
    const std::string report = site.up_report();
    CHECK(deaf.messages().empty());
    return report;
  };
  CHECK(report_of(Proof::broker) == "m1 +");
  CHECK(report_of(Proof::none) == "m1 NO_PROOF");
}

TEST_CASE("a Will brings a message back") {
  MessageSite site(R"({"reports":true})");
  {
    Program device({"mosquitto_sub", "-p", std::to_string(site.port), "-t", "msgin5g/d/down", "-q",
                    "1", "-k", "60", "--will-topic", "msgin5g/d/status", "--will-payload",
                    "offline", "--will-qos", "1"});
    site.world.deliver("m1");
    REQUIRE(site.world.until([&] {
      if (!device.output().empty()) return true;
      site.publish("msgin5g/d/status", "online");
      return false;
    }));
  }  // killed
  REQUIRE(site.world.until([&] { return site.brought("came_back") > 0; }));
  Ear ear(site.world, site.port, on("msgin5g/d/down"));
  site.publish("msgin5g/d/status", "online");
  CHECK(ear.hear_with("m1") != "");
  site.publish("msgin5g/d/report", R"({"msgId":"m1","delivSt":"REPT_DELY_SUCCESS"})");
  CHECK(site.up_report() == "m1 +");
}

TEST_CASE("a broker that is killed loses nothing, and nothing waits in it") {
  MessageSite site;
  site.publish("msgin5g/d/status", "online", "mqttv5", "1", {"-r"});
  site.broker.end(SIGKILL);
  REQUIRE(site.world.until([&] { return !site.world.adapter->is_connected(); }));
  site.world.deliver("m1");
  site.broker.start();
  REQUIRE(site.world.until([&] { return site.world.adapter->is_connected(); }));
  Ear ear(site.world, site.port, on("msgin5g/d/down"));
  site.publish("msgin5g/d/status", "online");
  CHECK(ear.hear_with("m1") != "");
  CHECK(site.up_report() == "m1 +");
  CHECK(ear.messages().size() == 1);
}

TEST_CASE("a gateway that starts anew learns from the broker who is online") {
  MessageSite site;
  Ear ear(site.world, site.port, on("msgin5g/d/down"));
  site.publish("msgin5g/d/status", "online", "mqttv5", "1", {"-r"});
  REQUIRE(site.world.until([&] { return site.world.metric("msggw_mqtt_devices_online") == 1; }));
  site.world.restart_messages();
  site.world.deliver("m1");
  CHECK(ear.hear_with("m1") != "");
}

}  // namespace msggw::mqtt::test
