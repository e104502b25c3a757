// SPDX-License-Identifier: Apache-2.0
// Registrations at several MSGin5G Servers, of which one is away, slow, or comes and goes.
#include <doctest/doctest.h>

#include "adapters/msgin5g/test_registry.h"

namespace msggw::msgin5g {
namespace {

using core::DeviceState;
using test::Registry;
using test::ScriptedServer;
using test::World;
using Answer = ScriptedServer::Answer;
using Request = ScriptedServer::Request;
using std::chrono::seconds;

/// A gateway and two servers, of which the first may be silent, or end and begin again.
struct Two {
  Two() {
    world.register_devices();
    first.emplace(world.io);
    first->script = std::ref(registries[0]);
    second.script = std::ref(registries[1]);
    registries[0].fault = [this](const Request&) -> std::optional<Answer> {
      if (!is_silent) return std::nullopt;
      return Answer{.silence = true};
    };
    options.servers = {World::server("m5s-1", {first->root()}),
                       World::server("m5s-2", {second.root()})};
    options.probe_first = base::Duration{1};
    options.probe_most = base::Duration{20};
    world.start(options);
  }
  void first_goes() {
    port = first->port();
    first.reset();
    registries[0].devices.clear();
  }
  void first_returns() {
    first.emplace(world.io, port);
    first->script = std::ref(registries[0]);
  }
  /// Turns until the first and the second server have so many devices; time goes on.
  bool until_they_have(std::size_t at_first, std::size_t at_second) {
    return world.until([&] {
      world.turns(seconds{22}, 1);
      return registries[0].devices.size() == at_first && registries[1].devices.size() == at_second;
    });
  }
  bool is_registered(std::uint32_t device) {
    return world.state(device) == DeviceState::registered;
  }

  World world;
  Options options;
  Registry registries[2];
  std::optional<ScriptedServer> first;
  ScriptedServer second{world.io};
  std::uint16_t port = 0;
  bool is_silent = false;
};

TEST_CASE("while a server is away the next one of its devices has them") {
  Two two;
  for (int i = 0; i < 3; ++i) two.world.add_device({"m5s-1", "m5s-2"});
  REQUIRE(two.until_they_have(6, 0));
  two.first_goes();
  const auto fresh = two.world.add_device({"m5s-1", "m5s-2"});
  const auto other = two.world.add_device({"m5s-2"});
  REQUIRE(two.until_they_have(0, 5));  // those three, and both new ones
  CHECK(two.is_registered(fresh));
  CHECK(two.is_registered(other));
  const auto alone = two.world.add_device({"m5s-1"});
  two.world.turns(seconds{11}, 50);
  CHECK(two.world.state(alone) == DeviceState::provisioned);
  two.first_returns();
  REQUIRE(two.until_they_have(8, 5));
  CHECK(two.is_registered(alone));
}

TEST_CASE("a server that answers nothing holds up nobody at another, new or renewed") {
  Two two;
  const auto old = two.world.add_device({"m5s-2"});
  REQUIRE(two.until_they_have(3, 1));
  two.is_silent = true;
  for (int i = 0; i < 20; ++i) {  // each by itself, so that it has all the requests that it may
    two.world.add_device({"m5s-1"});
    two.world.turns();
  }
  const auto asked = two.first->requests.size();
  CHECK(two.world.adapter->servers()[0].under_way == 8);
  const auto fresh = two.world.add_device({"m5s-2"});
  REQUIRE(two.world.until([&] { return two.is_registered(fresh); }));
  const auto puts = two.registries[1].puts;
  for (int minute = 0; minute < 41; ++minute) two.world.turns(std::chrono::minutes{minute}, 2);
  CHECK(two.registries[1].puts >= puts + 2);
  CHECK(two.is_registered(old));
  CHECK(two.first->requests.size() == asked);
  CHECK(two.world.metric("msggw_server_registrations_waiting") >= 12);
}

TEST_CASE("a server that comes and goes costs another one nothing") {
  Two two;
  for (int i = 0; i < 5; ++i) two.world.add_device({"m5s-2"});
  REQUIRE(two.until_they_have(3, 5));
  const auto puts = two.registries[1].puts;
  for (int i = 0; i < 3; ++i) {
    two.first_goes();
    const auto lost = two.world.add_device({"m5s-1"});
    two.world.turns(seconds{11}, 50);
    CHECK(two.world.state(lost) == DeviceState::provisioned);
    two.first_returns();
    REQUIRE(two.until_they_have(4 + i, 5));
  }
  CHECK(two.registries[1].puts == puts);
}

TEST_CASE("what waits for a server is bounded, and what is dropped counted") {
  Two two;
  core::Limits& limits = two.world.messages.devices().limits();
  limits.first_contacts_per_address = 0;
  two.world.restart();
  constexpr std::uint32_t kDevices = 10'020;
  for (std::uint32_t i = 3; i < kDevices; ++i) two.world.add_device({"m5s-1"});
  REQUIRE(two.until_they_have(kDevices, 0));
  two.is_silent = true;
  auto& registrations = two.world.messages.devices().gateway().registrations();
  for (std::uint32_t i = 0; i < kDevices; ++i) {
    static_cast<void>(registrations.deregister("d" + std::to_string(i), core::Bearer::coap,
                                               core::Ticket{9},
                                               two.world.messages.devices().now()));
  }
  two.world.turns();
  const std::string name = "msggw_server_registrations_total{outcome=\"dropped\",server=\"m5s-1\"}";
  CHECK(two.world.metric(name) == 12);  // 8 are under way, 10,000 wait
  CHECK(two.world.metric("msggw_server_registrations_waiting") == 10'000);
}

TEST_CASE("other options cost no registration but those by which something else is said") {
  Two two;
  two.world.add_device({"m5s-1", "m5s-2"});
  REQUIRE(two.until_they_have(4, 0));
  const auto puts = two.registries[0].puts;
  two.options.store_and_forward = false;
  two.options.servers[0].http.max_streams = 7;
  two.world.reload(two.options);
  two.world.turns(seconds{22}, 50);
  CHECK(two.registries[0].puts == puts);
  two.options.face.limits.content_octets = 4'096;
  two.world.reload(two.options);
  REQUIRE(two.world.until([&] {
    two.world.turns(seconds{44}, 1);
    return two.registries[0].puts == puts + 4;
  }));
  for (const auto& [id, said] : two.registries[0].devices) CHECK(said.at("segSize") == 4'096);
  two.options.face.path_prefix = "/elsewhere";  // the gateway's own address
  two.world.reload(two.options);
  REQUIRE(two.world.until([&] {
    two.world.turns(seconds{55}, 1);
    return two.registries[0].puts == puts + 8;
  }));
  for (const auto& [id, said] : two.registries[0].devices)
    CHECK(said.at("targetUri").as_string().ends_with("/elsewhere"));
  two.options.servers.erase(two.options.servers.begin());
  two.world.reload(two.options);
  REQUIRE(two.world.until([&] {
    two.world.turns(seconds{66}, 1);
    return two.registries[1].devices.size() == 1;
  }));
}

}  // namespace
}  // namespace msggw::msgin5g
