// SPDX-License-Identifier: Apache-2.0
// What is brought to devices again, and what is not, at a broker that the test plays.
#include <doctest/doctest.h>

#include <utility>

#include "adapters/mqtt/test_scene.h"

namespace msggw::mqtt::test::bringing_again_test {

namespace {

using namespace std::string_literals;

constexpr const char* kSuccess = R"({"msgId":"m1","delivSt":"REPT_DELY_SUCCESS"})";

}  // namespace

TEST_CASE("one that is online and does not listen is tried again, ever later while mute") {
  Scene scene;
  scene.register_device();
  scene.online();
  scene.world.deliver("m1");
  double absent = 0;
  const auto nobody_is_there = [&] {
    scene.puback(scene.hear("d/down"), 16);
    REQUIRE(scene.world.until([&] { return scene.brought("absent") == absent + 1; }));
    ++absent;
    CHECK(scene.is_silent("d/down"));
  };
  for (const bool spoke : {false, true}) {
    if (spoke) scene.online();
    nobody_is_there();
    scene.world.clock.skip(Downlink::kLookAgain);
    nobody_is_there();
    scene.world.clock.skip(Downlink::kLookAgain);
    CHECK(scene.is_silent("d/down"));
    scene.world.clock.skip(Downlink::kLookAgain);
    nobody_is_there();
  }
  scene.online();
  scene.puback(scene.hear("d/down"));
  CHECK(scene.up_report() == "m1 +");
}

TEST_CASE("a connection that is lost brings it anew, and what was on its way is not sent again") {
  Scene scene;
  scene.register_device();
  scene.online();
  scene.world.deliver("m1");
  const Sent down = scene.hear("d/down");
  scene.reconnect();
  const Sent again = scene.hear("d/down");
  CHECK((again.flags & 8) == 0);
  CHECK(again.id != down.id);
  CHECK(scene.is_silent("d/down"));
  // The device may have gone with the broker: its word is no proof until the device is heard of.
  scene.puback(again);
  CHECK(scene.nothing_goes_up());
  scene.offline();
  scene.online();
  scene.puback(scene.hear("d/down"));
  CHECK(scene.up_report() == "m1 +");
}

TEST_CASE(
    "a broker that lost the session may have lost a report: it is brought and reported anew") {
  for (const bool kept : {true, false}) {
    Scene scene;
    scene.register_device("d", R"({"reports":true})");
    scene.online();
    scene.world.deliver("m1");
    scene.puback(scene.hear("d/down"));
    REQUIRE(scene.nothing_goes_up());
    scene.reconnect(kept ? std::string("\x20\x03\x01\x00\x00", 5) : kConnack);
    if (!kept) CHECK(scene.hear("d/down").payload.find("m1") != std::string::npos);
    CHECK(scene.is_silent("d/down"));
    scene.publish("d/report", kSuccess);
    CHECK(scene.up_report() == "m1 +");
  }
}

TEST_CASE("what the broker keeps of a status is no sign that the device is connected") {
  Scene scene([](Options& options) { options.proof_within = std::chrono::seconds(1); });
  scene.register_device();
  scene.world.deliver("m1");
  scene.publish("d/status", "online", {}, 2 | 1);
  scene.puback(scene.hear("d/down"));
  CHECK(scene.up_report() == "m1 NO_PROOF");
}

TEST_CASE("a gateway that died brings it again, to those that the broker says are online") {
  Scene scene;
  scene.register_device();
  scene.online();
  scene.world.deliver("m1");
  scene.hear("d/down");
  scene.restart();
  CHECK(scene.is_silent("d/down"));
  scene.publish("d/status", "online", {}, 2 | 1);
  CHECK(scene.hear("d/down").payload.find("m1") != std::string::npos);
}

TEST_CASE("in whatever order things happen, a message ends once, and truly") {
  std::string order = "bkopr";  // broker lost, gateway killed, offline, PUBACK, report
  std::string before;
  do {
    const std::string first = order.substr(0, 3);
    if (first == std::exchange(before, first)) continue;
    CAPTURE(first);
    Scene scene;
    scene.register_device("d", R"({"reports":true})");
    scene.online();
    scene.world.deliver("m1");
    Sent down = scene.hear("d/down");
    for (const char what : first) {
      switch (what) {
        case 'b': scene.reconnect(); break;
        case 'k': scene.restart(); break;
        case 'o': scene.offline(); break;
        case 'p': scene.puback(down); break;
        case 'r': scene.acknowledges(scene.publish("d/report", kSuccess)); break;
      }
    }
    scene.online();
    scene.acknowledges(scene.publish("d/report", kSuccess));
    // One that was killed forgot that it had brought it: then it does so again.
    if (scene.nothing_goes_up()) {
      while (scene.hear("d/down").payload.find("m1") == std::string::npos) {
      }
      scene.publish("d/report", kSuccess);
      CHECK(scene.up_report() == "m1 +");
    }
    CHECK(scene.nothing_goes_up());
    CHECK(scene.messages().queue().lanes.all().messages == 0);
  } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace msggw::mqtt::test::bringing_again_test
