// SPDX-License-Identifier: Apache-2.0
// Messages of devices that their MSGin5G Server does not know any more.
#include <doctest/doctest.h>

#include "adapters/msgin5g/test_world.h"

namespace msggw::msgin5g {
namespace {

using test::problem;
using test::ScriptedServer;
using test::World;
using Answer = ScriptedServer::Answer;
using Names = std::vector<std::string>;

/// One server, which gives `answers` in this order before it takes everything on, and a registrar
/// that registers what is lost when the test says so.
struct Forgetful : Registrar {
  explicit Forgetful(std::vector<Answer> first) : answers(std::move(first)) {
    server.script = [this](const auto&) {
      const std::size_t number = server.requests.size() - 1;
      return number < answers.size() ? answers[number] : Answer{};
    };
    world.start(server);
    world.adapter->set_registrar(this);
  }
  bool lost(core::DeviceNo device) override {
    devices.push_back(device);
    return registers;
  }
  /// Waits until a device has been lost so often, and registers it.
  void register_after(std::size_t losses) {
    REQUIRE(world.until([&] { return devices.size() == losses; }));
    world.adapter->registered(devices.back());
  }
  std::size_t done() {
    return static_cast<std::size_t>(
        world.messages.metric("msggw_messages_done_total{kind=\"message_up\"}"));
  }

  World world;
  ScriptedServer server{world.io};
  std::vector<Answer> answers;
  std::vector<core::DeviceNo> devices;
  bool registers = true;
};

const Answer kUnknown = problem(404, "ORIGINATOR_NOT_REGISTERED");
const Answer kAway{503, "", ""};

TEST_CASE("a message waits until its device, which the server does not know, is registered") {
  Forgetful far({kUnknown});
  far.world.send("a");
  REQUIRE(far.world.until([&] { return far.devices.size() == 1; }));
  far.world.turns();
  CHECK(far.server.requests.size() == 1);
  CHECK(far.world.metric("msggw_server_resting") == 1);
  far.register_after(1);
  REQUIRE(far.world.until_ended(1));
  CHECK(far.server.asked() == Names{"a", "a"});
  CHECK(far.done() == 1);
  far.world.adapter->registered(far.devices[0]);  // nothing waits for it
  far.world.turns();
  CHECK(far.world.metric("msggw_server_resting") == 0);
}

TEST_CASE("a server that forgets a device twice in a row gets its message") {
  Forgetful far({kUnknown, kUnknown});
  far.world.send("a");
  far.register_after(1);
  far.register_after(2);
  REQUIRE(far.world.until_ended(1));
  CHECK(far.done() == 1);
  CHECK(far.server.asked() == Names{"a", "a", "a"});
}

TEST_CASE("a server that had trouble in between may have forgotten the device anew, each time") {
  std::vector<Answer> answers;
  for (int upgrade = 0; upgrade < 5; ++upgrade)
    answers.insert(answers.end(), {kUnknown, kUnknown, kAway});
  Forgetful far(answers);
  far.world.send("a");
  std::size_t registered = 0;
  REQUIRE(far.world.until([&] {
    if (far.devices.size() > registered) far.world.adapter->registered(far.devices[registered++]);
    far.world.turns(std::chrono::seconds{31}, 1);
    return far.world.ended() == 1;
  }));
  CHECK(far.done() == 1);
  CHECK(registered == 10);
}

TEST_CASE("a server that denies what it has just been told ends the message once, and no other") {
  Forgetful far({kUnknown, kUnknown, kUnknown, kUnknown});
  far.world.send("a");
  for (std::size_t losses = 1; losses <= 2; ++losses) far.register_after(losses);
  REQUIRE(far.world.until_ended(1));
  far.world.turns();
  CHECK(far.world.failed("UNKNOWN_RECIPIENT") == 1);
  CHECK(far.server.asked() == Names{"a", "a", "a"});
  CHECK(far.devices.size() == 2);
  far.world.send("b");
  far.register_after(3);
  REQUIRE(far.world.until_ended(2));
  CHECK(far.done() == 1);
}

TEST_CASE("while nobody says that a device is registered its message is tried now and then") {
  Forgetful far({kUnknown, kUnknown, kUnknown, kUnknown});
  far.world.send("a");
  for (std::size_t losses = 1; losses <= 4; ++losses) {
    REQUIRE(far.world.until([&] { return far.devices.size() == losses; }));
    far.world.turns(std::chrono::seconds{9});
    CHECK(far.server.requests.size() == losses);
    far.world.turns(std::chrono::seconds{11}, 1);
  }
  REQUIRE(far.world.until_ended(1));
  CHECK(far.done() == 1);
}

TEST_CASE("a message ends at once if its device is not to be registered, or is refused") {
  Forgetful far({kUnknown, kUnknown});
  far.registers = false;
  far.world.send("of one that has left");
  REQUIRE(far.world.until_ended(1));
  far.registers = true;
  far.world.send("of one that is refused");
  REQUIRE(far.world.until([&] { return far.devices.size() == 2; }));
  far.world.adapter->not_registered(far.devices[1]);
  REQUIRE(far.world.until_ended(2));
  CHECK(far.world.failed("UNKNOWN_RECIPIENT") == 2);
  CHECK(far.server.requests.size() == 2);
}

}  // namespace
}  // namespace msggw::msgin5g
