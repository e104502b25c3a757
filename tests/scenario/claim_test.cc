// SPDX-License-Identifier: Apache-2.0
// Who registers by mere claim takes over: what becomes of handles, and what is durable when.
#include <doctest/doctest.h>

#include <set>

#include "tests/scenario/steps.h"
#include "tests/scenario/world.h"

namespace msggw::scenario {
namespace {

using namespace std::chrono_literals;
using core::Bearer;
using core::DeviceNo;
using core::Ticket;

constexpr const char* kTakenOver = "msggw_registrations_taken_over_total";

std::optional<core::Answer> claim(World& world, const std::string& private_id,
                                  const std::string& origin, std::uint64_t ticket = 1) {
  core::RegisterRequest request;
  request.bearer = Bearer::coap;
  request.ticket = Ticket{ticket};
  request.private_id = private_id;
  request.claim = core::Claim{origin, 247s};
  return world.gateway().registrations().register_device(request, world.now());
}

/// A device that has registered by this claim; its handle is told.
DeviceNo claimed(World& world, const std::string& private_id, const std::string& origin) {
  REQUIRE_FALSE(claim(world, private_id, origin));
  world.settle();
  const auto device = world.ask();
  REQUIRE(device);
  world.provision(*device);
  world.settle();
  REQUIRE(world.answers().size() == 1);
  return *device;
}

std::string handle(World& world, DeviceNo device) {
  return world.gateway().registrations().handle(device);
}

bool is_good(World& world, const std::string& handle) {
  return world.gateway().registrations().find_handle(handle, Bearer::coap).has_value();
}

TEST_CASE("another claim ends the handle at once, and its own is told with the commit") {
  World world;
  const DeviceNo device = claimed(world, "meter", "boot 1");
  const std::string first = handle(world, device);
  world.pass(10s);
  CHECK_FALSE(claim(world, "meter", "boot 2", 2));
  CHECK_FALSE(is_good(world, first));
  const std::string second = handle(world, device);
  CHECK(second != first);
  CHECK(world.answers().empty());
  REQUIRE(world.take());
  CHECK(world.answers().empty());
  world.commit();
  const auto answers = world.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].answer.ticket == Ticket{2});
  CHECK(answers[0].answer.verdict == core::Verdict::provisioned);
  CHECK(world.metric(kTakenOver) == 1);
  world.restart();
  CHECK(is_good(world, second));
  CHECK_FALSE(is_good(world, first));
}

TEST_CASE("a claim that was not made durable has not been") {
  World world;
  const DeviceNo device = claimed(world, "meter", "boot 1");
  const std::string first = handle(world, device);
  CHECK_FALSE(claim(world, "meter", "boot 2"));
  const std::string second = handle(world, device);
  REQUIRE(world.take());
  world.restart();
  CHECK(is_good(world, first));
  CHECK_FALSE(is_good(world, second));
}

TEST_CASE(
    "the same claim once more changes nothing, over a restart too, for an exchange's lifetime") {
  World world;
  const DeviceNo device = claimed(world, "meter", "boot 1");
  const std::string first = handle(world, device);
  for (const auto wait : {0s, 1s, 200s, 46s}) {
    world.pass(wait);
    if (wait == 1s) world.restart();
    const auto answer = claim(world, "meter", "boot 1");
    if (wait == 0s) CHECK(answer);  // at once: nothing was to be written
    world.settle();
    CHECK(handle(world, device) == first);
  }
  CHECK(world.metric(kTakenOver) == 0);
  world.pass(494s);  // its Message ID may be used again
  CHECK_FALSE(claim(world, "meter", "boot 1"));
  CHECK(handle(world, device) != first);
}

TEST_CASE("claims of a device without a Service ID cost no write, and the newest is told") {
  World world;
  REQUIRE_FALSE(claim(world, "meter", "boot 1", 1));
  world.settle();
  const DeviceNo device{0};
  const std::string first = handle(world, device);
  REQUIRE_FALSE(claim(world, "meter", "boot 2", 2));
  CHECK_FALSE(world.take());
  const std::string second = handle(world, device);
  CHECK(second != first);
  world.provision(*world.ask());
  world.settle();
  CHECK(world.answers().size() == 2);
  CHECK(is_good(world, second));
  CHECK_FALSE(is_good(world, first));
  CHECK(world.metric(kTakenOver) == 0);  // nobody had been told a handle
  world.restart();
  CHECK(is_good(world, second));
}

TEST_CASE("who is known to be the device keeps the handles, and a claim on a refused one too") {
  World world;
  const DeviceNo device = claimed(world, "meter", "boot 1");
  const std::string first = handle(world, device);
  CHECK(world.show_up("meter", Bearer::coap, 2));
  CHECK(world.show_up("meter", Bearer::mqtt, 3) == std::nullopt);
  CHECK(is_good(world, first));
  REQUIRE(world.gateway().operations().suspend(device, world.now()).has_value());
  world.settle();
  CHECK(claim(world, "meter", "boot 2"));
  CHECK(handle(world, device) == first);
}

TEST_CASE("each claim and each device has its own handle") {
  World world;
  std::set<std::string> handles;
  for (const char* const name : {"a", "b", "c"}) {
    const DeviceNo device = claimed(world, name, "the same");
    handles.insert(handle(world, device));
    for (int boot = 0; boot < 100; ++boot) {
      CHECK_FALSE(claim(world, name, "boot " + std::to_string(boot)));
      handles.insert(handle(world, device));
    }
    world.settle();
    world.answers();
  }
  CHECK(handles.size() == 303);
}

}  // namespace
}  // namespace msggw::scenario
