// SPDX-License-Identifier: Apache-2.0
// Who is there, as the core knows it of registrations, and where messages go because of that.
#include <doctest/doctest.h>

#include "gateway/core/standing.h"
#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace std::chrono_literals;
using core::Bearer;
using core::Presence;

constexpr core::DeviceNo kMeter{0};

Presence over(World& world, Bearer bearer) {
  return seen_over(world.gateway().tables(), kMeter, bearer).presence;
}

double counted(World& world, const char* bearer, const char* presence) {
  return world.metric(std::string("msggw_devices_present{bearer=\"") + bearer + "\",presence=\"" +
                      presence + "\"}");
}

void provision(World& world) {
  world.settle();
  world.provision(*world.ask());
  world.settle();
}

TEST_CASE("a registration is reachable, sleeps, and is offline when its lifetime is over") {
  World world;
  world.show_up("meter", Bearer::coap, 1, 1'000s);
  provision(world);
  CHECK(over(world, Bearer::coap) == Presence::reachable);
  CHECK(over(world, Bearer::mqtt) == Presence::none);
  world.pass(0s);
  CHECK(counted(world, "coap", "reachable") == 1);

  world.pass(200s);
  CHECK(over(world, Bearer::coap) == Presence::sleeping);
  CHECK(counted(world, "coap", "sleeping") == 1);
  world.gateway().registrations().heard(kMeter, Bearer::coap, world.now());
  world.pass(0s);
  CHECK(counted(world, "coap", "reachable") == 1);
  const auto seen = seen_over(world.gateway().tables(), kMeter, Bearer::coap);
  CHECK(seen.exact);
  CHECK(seen.at_s == core::to_seconds(world.now()));

  world.pass(1'300s);
  CHECK(over(world, Bearer::coap) == Presence::offline);
  CHECK(counted(world, "coap", "offline") == 1);
  CHECK(counted(world, "coap", "sleeping") == 0);
}

TEST_CASE("that devices sleep is counted also if nothing else happens") {
  core::Limits limits;
  limits.reachable_for = 20s;  // before the gateway's own affairs begin a turn
  World world(limits);
  world.show_up("meter", Bearer::mqtt, 1);
  provision(world);
  world.pass(0s);
  REQUIRE(over(world, Bearer::mqtt) == Presence::reachable);
  const base::TimePoint heard = world.now();
  while (world.now() < heard + 23s) {
    const auto next = world.gateway().turn().next_deadline();
    REQUIRE(next);
    REQUIRE(*next <= heard + 23s);
    world.pass(std::max<base::Duration>(*next - world.now(), 1ms));
    if (!world.gateway().tables().presences.next_s()) break;
  }
  CHECK(counted(world, "mqtt", "sleeping") == 1);
  CHECK_FALSE(world.gateway().tables().presences.next_s());
}

TEST_CASE("after a restart nobody is said to be there before he is heard of") {
  World world;
  world.show_up("meter", Bearer::coap, 1, 1'000s);
  world.show_up("meter", Bearer::mqtt, 2);
  provision(world);
  const auto at_s = core::to_seconds(world.now());
  world.restart();
  world.pass(0s);
  CHECK(over(world, Bearer::coap) == Presence::registered);
  CHECK(counted(world, "coap", "registered") == 1);
  CHECK(counted(world, "mqtt", "registered") == 1);
  const auto seen = seen_over(world.gateway().tables(), kMeter, Bearer::coap);
  CHECK_FALSE(seen.exact);
  CHECK(seen.at_s == at_s - 1);  // or later
  world.gateway().registrations().connected(kMeter, Bearer::mqtt, world.now());
  CHECK(over(world, Bearer::mqtt) == Presence::reachable);
}

TEST_CASE("a connection holds until it is gone, and nothing of a removed device is counted") {
  World world;
  world.show_up("meter", Bearer::mqtt, 1);
  provision(world);
  auto& registrations = world.gateway().registrations();
  registrations.connected(kMeter, Bearer::mqtt, world.now());
  world.pass(std::chrono::hours{5});
  CHECK(over(world, Bearer::mqtt) == Presence::reachable);
  registrations.gone(kMeter, Bearer::mqtt);
  CHECK(over(world, Bearer::mqtt) == Presence::offline);
  registrations.heard(kMeter, Bearer::mqtt, world.now());  // a Will that came late
  CHECK(over(world, Bearer::mqtt) == Presence::reachable);

  REQUIRE(world.gateway().operations().forget(kMeter, world.now()));
  world.settle();
  registrations.gone(kMeter, Bearer::mqtt);  // told by who had not heard of it
  registrations.connected(kMeter, Bearer::mqtt, world.now());
  registrations.unanswered(kMeter, Bearer::mqtt);
  world.pass(0s);
  for (const Presence presence : core::kVisiblePresences)
    CHECK(world.gateway().tables().presences.count(Bearer::mqtt, presence) == 0);
}

TEST_CASE("of several bearers a message takes the one over which the device is there") {
  MessagesWorld world;
  auto& registrations = world.devices().gateway().registrations();
  auto& presences = world.devices().gateway().tables().presences;
  const auto reach_all = [&] {
    for (const Bearer bearer : core::kAllBearers) world.device_side().reachable(kMeter, bearer);
  };
  registrations.heard(kMeter, Bearer::coap, world.devices().now());
  world.devices().show_up("d0", Bearer::mqtt, 2);
  world.devices().show_up("d0", Bearer::sms, 3);
  world.devices().settle();

  const auto way_of = [&](const std::string& id) {
    world.deliver(world.message(id));
    world.settle();
    reach_all();
    for (const Bearer bearer : core::kAllBearers) {
      const auto down = world.next_down(bearer);
      if (!down) continue;
      world.device_side().proven(down->no, world.now());
      world.settle();
      return bearer;
    }
    return Bearer{};
  };
  // Where it is there over all of them, the first; an SMS costs.
  REQUIRE(presences.of(kMeter, Bearer::sms) == Presence::reachable);
  CHECK(way_of("m1") == Bearer::coap);
  registrations.unanswered(kMeter, Bearer::coap);
  CHECK(way_of("m2") == Bearer::mqtt);
  registrations.gone(kMeter, Bearer::mqtt);
  CHECK(way_of("m3") == Bearer::sms);
  registrations.unanswered(kMeter, Bearer::sms);
  CHECK(way_of("m4") == Bearer::coap);
  registrations.connected(kMeter, Bearer::mqtt, world.devices().now());
  CHECK(way_of("m5") == Bearer::mqtt);
}

}  // namespace
}  // namespace msggw::scenario
