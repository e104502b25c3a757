// SPDX-License-Identifier: Apache-2.0
// What becomes of the messages of devices that the operator removes.
#include <doctest/doctest.h>

#include <string>

#include "gateway/messages/operator_side.h"
#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;
using core::Bearer;
using core::DeviceNo;

/// As the service does.
void pass_on(MessagesWorld& world) {
  core::Outbox& outbox = world.devices().gateway().turn().outbox();
  for (const DeviceNo no : std::exchange(outbox.leaving, {}))
    world.store().leaving(no, world.now());
  for (const DeviceNo no : std::exchange(outbox.gone, {})) world.store().gone(no, world.now());
}

/// The Provisioning Function releases whatever it is asked to.
void release_all(MessagesWorld& world) {
  world.devices().settle();
  while (const auto no = world.devices().ask()) world.devices().gateway().journey().released(*no);
  world.devices().settle();
}

/// Messages both ways, one that the device has in hand, and one in pieces.
void occupy(MessagesWorld& world, std::uint32_t device) {
  const std::string to = "svc-d" + std::to_string(device);
  world.deliver(world.message("first", "x", to));
  world.settle();
  world.device_side().reachable(DeviceNo{device}, Bearer::mqtt);
  REQUIRE(world.next_down());
  for (const char* id : {"second", "third"}) world.deliver(world.message(id, "x", to));
  for (std::uint32_t number = 1; number <= 3; ++number) {
    Message piece = world.message("pieces", "x", to);
    piece.segment = Segment{"set", number, {}, false};
    CHECK_FALSE(world.deliver(piece));
  }
  world.send(world.request("up", "x", device));
}

TEST_CASE(
    "many devices are removed: nothing is left of their messages, and the others keep theirs") {
  constexpr std::uint32_t kDevices = 200;
  MessagesWorld world({}, MessagesWorld::policy_of_tests(), kDevices);
  for (std::uint32_t device = 0; device < kDevices; ++device) occupy(world, device);
  world.settle_all();
  const auto is_left = [&](std::uint32_t devices, std::uint32_t up) {
    CHECK(world.queue().joining.sets().size() == devices);
    CHECK(world.rows(storage::kSegments) == 3 * devices);
    CHECK(world.queue().lanes.all().messages == 3 * devices + up);
    CHECK(world.rows(storage::kTransactions) == devices);
    CHECK(world.rows(storage::kMessages) == 6 * devices + up);
  };
  is_left(kDevices, kDevices);
  for (std::uint32_t device = 0; device < kDevices; device += 2)
    REQUIRE(world.devices().gateway().operations().remove(DeviceNo{device}, world.now()));
  pass_on(world);
  world.settle_all();
  is_left(kDevices / 2, kDevices);  // what they sent goes up still
  release_all(world);
  pass_on(world);
  world.settle_all();
  is_left(kDevices / 2, kDevices / 2);
  for (std::uint32_t device = 0; device < kDevices; ++device)
    CHECK(world.queue().joining.sets().count_of(DeviceNo{device}) == device % 2);
  world.pass(base::Duration{1});
  CHECK(world.metric("msggw_messages_in_hand") == kDevices / 2);
}

TEST_CASE("what ends with a device is counted beforehand") {
  MessagesWorld world;
  const OperatorSide side(world.queue(), MessagesWorld::policy_of_tests());
  CHECK(side.held_of(DeviceNo{0}) == 0);
  occupy(world, 0);
  CHECK(side.held_of(DeviceNo{0}) == 7);
  CHECK(side.held_of(DeviceNo{1}) == 0);
}

TEST_CASE("the power is cut while a report is still to be made: it is made after the restart") {
  messages::Limits limits;
  limits.cache_octets = 0;
  MessagesWorld world(limits);
  Message wanted = world.message("m1");
  wanted.wants_report = true;
  world.deliver(wanted);
  world.settle();
  REQUIRE(world.devices().gateway().operations().remove(DeviceNo{0}, world.now()));
  pass_on(world);
  world.devices().settle();
  world.settle();
  world.devices().restart();
  world.restart();
  CHECK(world.devices().state(DeviceNo{0}) == core::DeviceState::removing);
  pass_on(world);
  const auto reports = world.take_reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0] == Report{wanted.to, wanted.from, "m1", false,
                             std::string(name_of(Cause::unknown_recipient))});
}

}  // namespace
}  // namespace msggw::scenario
