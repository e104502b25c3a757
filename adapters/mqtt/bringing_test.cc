// SPDX-License-Identifier: Apache-2.0
// Messages for devices, at a broker that the test plays.
#include <doctest/doctest.h>

#include "adapters/mqtt/test_scene.h"

namespace msggw::mqtt::test {

namespace {

using namespace std::string_literals;

constexpr const char* kSuccess = R"({"msgId":"m1","delivSt":"REPT_DELY_SUCCESS"})";

std::string success(const std::string& id) {
  return R"({"msgId":")" + id + R"(","delivSt":"REPT_DELY_SUCCESS"})";
}

}  // namespace

TEST_CASE("a message waits until the device is online, and the broker's word is proof") {
  Scene scene;
  scene.register_device();
  scene.offline();
  scene.world.deliver("m1", "open");
  CHECK(scene.is_silent("d/down"));
  scene.online();
  const Sent down = scene.hear("d/down");
  CHECK(down.payload == R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"msgId":"m1",)"
                        R"("appId":"valve","delivStReqInd":true,"payload":"open"})");
  CHECK(down.flags == 2);  // QoS 1, not retained, not again
  CHECK(down.properties == "\x02\0\0\0\x1E\x03\0\x10"s + "application/json");
  CHECK(scene.nothing_goes_up());
  scene.puback(down);
  CHECK(scene.up_report() == "m1 +");
  CHECK(scene.brought("broker") == 1);
  scene.world.deliver("m2");
  CHECK(scene.hear("d/down").payload.find("m2") != std::string::npos);
}

TEST_CASE("of each priority one is under way, the urgent first, in their order") {
  Scene scene;
  scene.register_device();
  scene.offline();
  scene.world.deliver("n1");
  scene.world.deliver("n2");
  scene.world.deliver("h1", "x", "sid-0", messages::Priority::high);
  scene.world.deliver("h2", "x", "sid-0", messages::Priority::high);
  scene.is_silent("d/down");
  scene.online();
  const Sent first = scene.hear("d/down");
  const Sent second = scene.hear("d/down");
  CHECK(first.payload.find("h1") != std::string::npos);
  CHECK(second.payload.find("n1") != std::string::npos);
  CHECK(scene.is_silent("d/down"));
  scene.puback(second);
  const Sent third = scene.hear("d/down");
  CHECK(third.payload.find("n2") != std::string::npos);
  scene.puback(first);
  CHECK(scene.hear("d/down").payload.find("h2") != std::string::npos);
}

TEST_CASE("a plain device gets the octets, and the rest as user properties") {
  Scene scene;
  scene.register_device("d", R"({"format":"plain"})");
  scene.online();
  scene.world.deliver("m1", "\xFF\0x"s);
  const Sent down = scene.hear("d/down");
  CHECK(down.payload == "\xFF\0x"s);
  CHECK(down.properties == "\x02\0\0\0\x1E"s + "\x26\0\5msgId\0\2m1"s + "\x26\0\7oriAddr\0\4as-1"s +
                               "\x26\0\5appId\0\5valve"s);
}

TEST_CASE("content that a structured body cannot carry ends the message, and not those behind it") {
  Scene scene;
  scene.register_device();
  scene.online();
  scene.world.deliver("m1", "\xFF");
  scene.world.deliver("m2", "text");
  CHECK(scene.hear("d/down").payload.find("m2") != std::string::npos);
  CHECK(scene.up_report() == "m1 UNSUPPORTED_CONTENT");
}

TEST_CASE("of a device that reports nothing else is proof, and what it says counts") {
  Scene scene;
  scene.register_device("d", R"({"reports":true})");
  scene.online();
  for (const char* const id : {"m1", "m2", "m3"}) scene.world.deliver(id);
  const Sent down = scene.hear("d/down");
  scene.puback(down);
  CHECK(scene.nothing_goes_up());
  scene.publish("d/report", success("other"));
  CHECK(scene.nothing_goes_up());
  CHECK(scene.world.metric("msggw_mqtt_reports_astray_total") == 1);
  scene.world.commits = false;
  const int id = scene.publish("d/report", kSuccess);
  scene.is_silent("d/ack");
  CHECK(std::ranges::find(scene.acknowledged, id) == scene.acknowledged.end());
  scene.world.commits = true;
  CHECK(scene.acknowledges(id));
  CHECK(scene.up_report() == "m1 +");
  // Its report may overtake the broker's word.
  const Sent second = scene.hear("d/down");
  scene.publish("d/report", R"({"msgId":"m2","delivSt":"REPT_DELY_FAILED","failureCause":"x"})");
  CHECK(scene.up_report() == "m2 x");
  scene.puback(second);
  CHECK(scene.hear("d/down").payload.find("m3") != std::string::npos);
  CHECK(scene.brought("reported") == 1);
  CHECK(scene.brought("failed") == 1);
}

TEST_CASE(
    "a report of what the device was not given is told so, and one of what waits again counts") {
  Scene scene;
  scene.register_device("d", R"({"reports":true})");
  scene.online();
  scene.world.deliver("m1");
  scene.world.deliver("m2");
  scene.puback(scene.hear("d/down"));
  const int id = scene.publish("d/report", success("m2"));  // it waits behind m1, and may have come
  CHECK(scene.hear("d/ack").payload ==
        R"({"msgId":"m2","state":"refused","cause":"MSG_ID_UNKNOWN","detail":"no message of this )"
        R"(msgId is under way to this device; it has ended, or comes again"})");
  CHECK(scene.acknowledges(id));
  CHECK(scene.world.metric("msggw_mqtt_reports_astray_total") == 1);
  CHECK(scene.world.metric("msggw_mqtt_refused_total{reason=\"incorrect\"}") == 1);
  scene.restart();  // who has been given what is not known any more
  scene.online();
  scene.hear("d/down");
  scene.offline();
  CHECK(scene.is_silent("d/down"));
  scene.publish("d/report", kSuccess);
  CHECK(scene.up_report() == "m1 +");
  CHECK(scene.is_silent("d/ack"));
}

TEST_CASE("what a process before this one has brought is brought again to whoever reports it") {
  Scene scene;
  scene.register_device("d", R"({"reports":true})");
  scene.online();
  scene.world.deliver("m1");
  scene.puback(scene.hear("d/down"));
  scene.restart();
  const std::string failure =
      R"({"msgId":"m1","delivSt":"REPT_DELY_FAILED","failureCause":"no such register"})";
  scene.publish("d/report", failure);  // what it carries is on disk alone
  CHECK(scene.hear("d/ack").payload.find("MSG_ID_UNKNOWN") != std::string::npos);
  scene.hear("d/down");
  scene.publish("d/report", failure);
  CHECK(scene.up_report() == "m1 no such register");
}

TEST_CASE("a device that leaves before proof gets it again, and a report that comes late counts") {
  Scene scene;
  scene.register_device("d", R"({"reports":true})");
  scene.online();
  scene.world.deliver("m1");
  scene.world.deliver("m2");
  scene.puback(scene.hear("d/down"));
  scene.offline();
  CHECK(scene.is_silent("d/down"));
  scene.online();
  CHECK(scene.hear("d/down").payload.find("m1") != std::string::npos);
  scene.offline();
  REQUIRE(scene.world.until([&] { return scene.brought("came_back") == 2; }));
  scene.publish("d/report", kSuccess);  // also a sign of life
  CHECK(scene.up_report() == "m1 +");
  CHECK(scene.hear("d/down").payload.find("m2") != std::string::npos);
}

TEST_CASE("reason code 16 proves that nobody was there: it waits for the device") {
  Scene scene;
  scene.register_device();
  scene.online();
  scene.world.deliver("m1");
  scene.puback(scene.hear("d/down"), 16);
  CHECK(scene.is_silent("d/down"));
  CHECK(scene.nothing_goes_up());
  CHECK(scene.brought("absent") == 1);
  scene.online();
  scene.puback(scene.hear("d/down"));
  CHECK(scene.up_report() == "m1 +");
}

TEST_CASE("what the broker refuses waits, and what is too large for it ends") {
  Scene scene;
  scene.register_device();
  scene.online();
  scene.world.deliver("m1");
  scene.puback(scene.hear("d/down"), 0x87);
  CHECK(scene.is_silent("d/down"));
  CHECK(scene.brought("denied") == 1);
  scene.reconnect("\x20\x08\x01\x00\x05\x27\0\0\0\xC8"s);  // at most 200 octets
  scene.online();
  scene.world.deliver("m2", std::string(200, 'x'));
  scene.puback(scene.hear("d/down"));
  CHECK(scene.up_report() == "m1 +");
  CHECK(scene.up_report() == "m2 UNSUPPORTED_CONTENT");
}

TEST_CASE("the broker's word is no proof if the operator says so, and time ends it") {
  Scene scene([](Options& options) {
    options.proof = Proof::none;
    options.proof_within = std::chrono::seconds(1);
  });
  scene.register_device();
  scene.online();
  scene.world.deliver("m1");
  const Sent down = scene.hear("d/down");
  scene.puback(down);
  CHECK(scene.nothing_goes_up());  // a Will may still tell that it left
  CHECK(scene.up_report() == "m1 NO_PROOF");
  CHECK(scene.brought("no_proof") == 1);
  scene.puback(down);
  scene.publish("d/report", kSuccess);
  REQUIRE(scene.world.until(
      [&] { return scene.world.metric("msggw_mqtt_reports_astray_total") == 1; }));
}

TEST_CASE("without the broker's answer time ends it too") {
  Scene scene([](Options& options) { options.proof_within = std::chrono::seconds(1); });
  scene.register_device();
  scene.online();
  scene.world.deliver("m1");
  scene.hear("d/down");
  CHECK(scene.up_report() == "m1 NO_PROOF");
}

TEST_CASE("a device that never says its status gets what waits after a sign of life") {
  Scene scene;
  scene.register_device();
  scene.publish("d/up", "reading");
  scene.hear("d/ack");
  scene.world.deliver("m1");  // the answer, so to speak
  scene.world.deliver("m2");
  CHECK(scene.up_message().content == "reading");
  const Sent down = scene.hear("d/down");
  scene.puback(down);
  CHECK(scene.up_report() == "m1 NO_PROOF");  // nothing more can be learnt
  scene.puback(scene.hear("d/down"), 16);
  CHECK(scene.nothing_goes_up());
  scene.publish("d/up", "reading 2");
  CHECK(scene.hear("d/down").payload.find("m2") != std::string::npos);
}

TEST_CASE("a device that has not spoken, or has no part in MQTT, is brought nothing") {
  Scene scene;
  scene.register_device();
  scene.offline();
  scene.world.deliver("m1");
  scene.is_silent("d/down");
  scene.publish("d/deregister", "");
  scene.online();
  CHECK(scene.is_silent("d/down"));
  scene.publish("d/register", "");
  CHECK(scene.hear("d/down").payload.find("m1") != std::string::npos);
}

TEST_CASE("devices that cannot prove who they are are brought nothing") {
  Scene scene([](Options& options) { options.topics_prove = false; });
  scene.register_device();
  scene.online();
  scene.world.deliver("m1");
  CHECK(scene.is_silent("d/down"));
}

TEST_CASE("a message whose time is over is not brought, and the broker drops what is left") {
  Scene scene;
  scene.world.message_limits.down_lifetime = std::chrono::seconds(20);
  scene.restart();
  scene.register_device();
  scene.online();
  scene.world.deliver("m1");
  const Sent down = scene.hear("d/down");
  CHECK(static_cast<unsigned char>(down.properties[4]) <= 20);
  CHECK(static_cast<unsigned char>(down.properties[4]) >= 15);
}

TEST_CASE(
    "the broker keeps nothing for a device of which its sender was told that it did not come") {
  Scene scene([](Options& options) { options.proof_within = std::chrono::seconds(5); });
  scene.register_device();
  scene.online();
  scene.world.deliver("m1");
  CHECK(scene.hear("d/down").properties.starts_with("\x02\0\0\0\5"s));
}

TEST_CASE("no more than so many wait for their proof, nor so many octets") {
  const char* content = "x";
  const std::string long_content(900, 'x');
  std::size_t Options::* limit = nullptr;
  std::size_t most = 0;
  SUBCASE("messages") {
    limit = &Options::max_unproven;
    most = 2;
  }
  SUBCASE("octets") {
    limit = &Options::max_unproven_octets;
    most = 1'500;
    content = long_content.c_str();
  }
  Scene scene([&](Options& options) { options.*limit = most; });
  for (const char* const id : {"a", "b", "c"}) {
    scene.register_device(id);
    scene.online(id);
  }
  for (int i = 0; i < 3; ++i) scene.world.deliver("m", content, "sid-" + std::to_string(i));
  const auto is_down = [](const Sent& one) { return one.topic.ends_with("/down"); };
  const auto brought = [&] {
    scene.read();
    return std::ranges::count_if(scene.sent, is_down);
  };
  CHECK(scene.world.until([&] { return brought() == 2; }));  // of whichever devices
  scene.is_silent("any");
  CHECK(brought() == 2);
  CHECK(scene.world.metric("msggw_mqtt_unproven") == 2);
  scene.puback(*std::ranges::find_if(scene.sent, is_down));
  CHECK(scene.world.until([&] { return brought() == 3; }));
  for (const Sent& one : scene.sent) scene.puback(one);
  CHECK(scene.world.until([&] { return scene.world.metric("msggw_mqtt_unproven") == 0; }));
  CHECK(scene.world.metric("msggw_mqtt_unproven_octets") == 0);
}

TEST_CASE("a report for the device goes to its own topic, and the broker's word ends it") {
  Scene scene;
  scene.register_device("d", R"({"format":"plain","reports":true})");
  scene.online();
  scene.world.deliver_report("u1", true);
  scene.world.deliver_report("u2", false);
  const Sent report = scene.hear("d/reports");
  CHECK(report.payload == R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"msgId":"u1",)"
                          R"("delivSt":"REPT_DELY_SUCCESS"})");
  scene.puback(report);
  CHECK(scene.hear("d/reports").payload.find("u2") != std::string::npos);
}

TEST_CASE("a report has come with the broker's word, also to who never says its status") {
  Scene scene;
  scene.register_device();
  scene.publish("d/up", "reading");
  scene.hear("d/ack");
  scene.world.deliver_report("u1", true);
  scene.puback(scene.hear("d/reports"));
  CHECK(scene.world.until([&] { return scene.brought("broker") == 1; }));
  CHECK(scene.brought("no_proof") == 0);
}

TEST_CASE("what a device says at a later registration counts from then on") {
  Scene scene;
  scene.register_device("d", R"({"format":"plain"})");
  scene.online();
  scene.world.deliver("m1", "x");
  const Sent plain = scene.hear("d/down");
  CHECK(plain.payload == "x");
  scene.puback(plain);
  scene.register_device();  // says nothing: as it was
  scene.world.deliver("m2", "x");
  const Sent same = scene.hear("d/down");
  CHECK(same.payload == "x");
  scene.puback(same);
  scene.register_device("d", R"({"format":"structured"})");
  scene.world.deliver("m3", "x");
  CHECK(scene.hear("d/down").payload.starts_with("{"));
}

TEST_CASE("a device of several names is brought a message where it spoke last, once") {
  Scene scene;
  scene.register_device("00-1B-63-84-45-E6");
  scene.register_device("00:1b:63:84:45:e6");
  scene.online("00:1b:63:84:45:e6");
  scene.world.deliver("m1");
  scene.puback(scene.hear("00:1b:63:84:45:e6/down"));
  CHECK(scene.up_report() == "m1 +");
  scene.online("00-1B-63-84-45-E6");
  scene.world.deliver("m2");
  scene.hear("00-1B-63-84-45-E6/down");
  CHECK(scene.is_silent("00:1b:63:84:45:e6/down"));
}

}  // namespace msggw::mqtt::test
