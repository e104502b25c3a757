// SPDX-License-Identifier: Apache-2.0
// What an operator can learn of why a device is not where it should be, and of what led there.
#include "gateway/core/standing.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gateway/core/server_walk.h"
#include "tests/scenario/steps.h"

namespace msggw::scenario {
namespace {

using namespace core;
using namespace std::chrono_literals;

std::vector<std::string> story(World& world, DeviceNo device) {
  std::vector<std::string> told;
  const DeviceTrace& trace = world.gateway().tables().trace;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    if (trace[i].device != device) continue;
    told.emplace_back(name_of(trace[i].what));
    if (trace[i].bearer < kBearers)
      told.back() += " " + std::string(name_of(static_cast<Bearer>(trace[i].bearer)));
    if (!trace[i].why.view().empty()) told.back() += ": " + std::string(trace[i].why.view());
  }
  return told;
}

TEST_CASE(
    "a device without a Service ID: when it was asked for, what came, when it is tried again") {
  World world;
  world.show_up("meter", Bearer::coap, 1);
  const DeviceNo device{0};
  const Tables& tables = world.gateway().tables();
  CHECK(standing_of(tables, device)->stage == Stage::saving_record);
  world.settle();
  CHECK(standing_of(tables, device)->stage == Stage::due);
  REQUIRE(world.ask());
  auto standing = standing_of(tables, device);
  CHECK(standing->stage == Stage::asked);
  CHECK_FALSE(standing->tried);

  world.pass(1s);
  world.gateway().journey().failed(device, 5'000ms, world.now(), "HTTP 500");
  standing = standing_of(tables, device);
  REQUIRE(standing);
  CHECK(standing->purpose == Purpose::service_id);
  CHECK(standing->stage == Stage::backing_off);
  CHECK(standing->failures == 1);
  CHECK(standing->tried == world.now());
  CHECK(standing->answer == "HTTP 500");
  REQUIRE(standing->next);
  CHECK(*standing->next >= world.now() + 5s);

  world.pass(3'600s);
  REQUIRE(world.ask());
  CHECK(standing_of(tables, device)->answer == "HTTP 500");  // until another comes
  world.gateway().journey().refused(device, "POLICY_DENIED", "not here", world.now());
  const auto refused_at = world.now();
  world.pass(1s);
  world.settle();
  CHECK_FALSE(standing_of(tables, device));
  CHECK(story(world, device) == std::vector<std::string>{"recorded coap", "registered coap",
                                                         "asked", "put_off: HTTP 500", "asked",
                                                         "refused: POLICY_DENIED"});
  CHECK(tables.trace[3].at == refused_at - 3'600s);
  CHECK(tables.trace[5].at == refused_at);
}

TEST_CASE("what was answered is cut, and forgotten with the way") {
  World world;
  world.show_up("meter", Bearer::mqtt, 1);
  world.settle();
  const DeviceNo device = *world.ask();
  world.gateway().journey().failed(device, 0ms, world.now(), std::string(1'000, 'x'));
  CHECK(standing_of(world.gateway().tables(), device)->answer.size() == 200);
  world.restart();
  const auto standing = standing_of(world.gateway().tables(), device);
  REQUIRE(standing);
  CHECK_FALSE(standing->tried);
  CHECK(standing->answer.empty());
  CHECK(world.gateway().tables().trace.size() == 0);  // lost, and not said otherwise
}

TEST_CASE("a withdrawn ask is no try") {
  World world;
  world.show_up("meter", Bearer::coap, 1);
  world.settle();
  const DeviceNo device = *world.ask();
  world.gateway().journey().failed(device, 0ms, world.now(), "HTTP 500");
  world.pass(3'600s);
  REQUIRE(world.ask());
  const auto tried = standing_of(world.gateway().tables(), device)->tried;
  world.gateway().journey().failed(device, 0ms, world.now());
  CHECK(standing_of(world.gateway().tables(), device)->tried == tried);
}

TEST_CASE("the life of a device is told, renewals of its registration are not") {
  World world;
  const DeviceNo device = registered(world, "meter");
  world.show_up("meter", Bearer::coap, 2);
  world.show_up("meter", Bearer::mqtt, 3);
  auto& server = world.gateway().server_registrations();
  server.begin();
  const auto task = begin_task(world.gateway().tables(), device);
  server.failed(task, "no connection");
  server.refused(task, "NOT_YOURS", world.now());
  server.registered(task);
  server.lost(device);
  REQUIRE(world.gateway().operations().suspend(device, world.now()));
  REQUIRE(world.gateway().operations().resume(device));
  CHECK(story(world, device) ==
        std::vector<std::string>{
            "recorded coap", "registered coap", "asked", "provisioned", "registered mqtt",
            "server_put_off: no connection", "server_refused: NOT_YOURS", "at_server",
            "left_server: the server does not know it", "suspended", "resumed"});
}

TEST_CASE("a sign of life of any kind is known exactly, and written once a day") {
  World world;
  const DeviceNo device = registered(world, "meter");
  world.settle();
  world.pass(100s);
  world.gateway().registrations().heard(device, Bearer::coap, world.now());
  CHECK(world.gateway().tables().device(device).asked_s() == to_seconds(world.now()));
  CHECK_FALSE(world.gateway().tables().device(device).dirty);
  world.pass(std::chrono::days{1});
  world.gateway().registrations().heard(device, Bearer::coap, world.now());
  CHECK(world.gateway().tables().device(device).dirty);
  world.settle();
  world.restart();
  CHECK(world.gateway().tables().device(device).asked_s() == to_seconds(world.now()));
}

TEST_CASE("the last sign of life is known to the renewal") {
  World world;
  const DeviceNo device = registered(world, "meter");
  world.pass(100s);
  world.show_up("meter", Bearer::coap, 2);
  CHECK(world.gateway().tables().device(device).asked_s() == to_seconds(world.now()));
  world.settle();
  world.restart();
  CHECK(world.gateway().tables().device(device).asked_s() == to_seconds(world.now()));
}

}  // namespace
}  // namespace msggw::scenario
