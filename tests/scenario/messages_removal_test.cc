// SPDX-License-Identifier: Apache-2.0
// What becomes of the messages of devices that the operator removes.
#include <doctest/doctest.h>

#include <string>

#include "gateway/core/server_walk.h"
#include "gateway/core/standing.h"
#include "gateway/messages/operator_side.h"
#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;
using core::Bearer;
using core::DeviceNo;

/// As the service does.
void pass_on(MessagesWorld& world) {
  core::Turn& turn = world.devices().gateway().turn();
  const core::Outbox news = std::exchange(turn.outbox(), {});
  for (const DeviceNo no : news.leaving) world.store().leaving(no, world.now());
  for (const DeviceNo no : news.forgotten) world.store().forgotten(no, world.now());
  for (const auto* some : {&news.leaving, &news.parting_from_server}) {
    for (const DeviceNo no : *some)
      world.store().still_sends(no) ? turn.still_sends(no) : turn.has_sent(no);
  }
  for (const DeviceNo no : std::exchange(world.store().outbox().have_sent, {})) turn.has_sent(no);
  for (const DeviceNo no : news.gone) world.store().gone(no, world.now());
}

/// All commits of both, and what they set free.
void settle(MessagesWorld& world) {
  for (int i = 0; i < 4; ++i) {
    pass_on(world);
    world.devices().settle();
    world.settle_all();
  }
}

/// What goes up, taken by the server.
std::size_t take_all_up(MessagesWorld& world) {
  std::size_t taken = 0;
  world.settle_all();
  while (const auto up = world.next_up()) {
    ++taken;
    world.server().accepted(up->no, world.now());
    world.settle_all();
  }
  return taken;
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
  settle(world);
  CHECK_FALSE(world.devices().ask());  // nobody is released before
  CHECK(take_all_up(world) == kDevices);
  pass_on(world);
  release_all(world);
  pass_on(world);
  world.settle_all();
  is_left(kDevices / 2, 0);
  for (std::uint32_t device = 0; device < kDevices; ++device)
    CHECK(world.queue().joining.sets().count_of(DeviceNo{device}) == device % 2);
  world.pass(base::Duration{1});
  CHECK(world.metric("msggw_messages_in_hand") == kDevices / 2);
}

TEST_CASE("what ends with a device is counted beforehand") {
  MessagesWorld world;
  const OperatorSide side(world.queue(), MessagesWorld::policy_of_tests());
  CHECK(side.held_of(DeviceNo{0}).all() == 0);
  occupy(world, 0);
  CHECK(side.held_of(DeviceNo{0}).down == 6);
  CHECK(side.held_of(DeviceNo{0}).up == 1);
  CHECK(side.held_of(DeviceNo{1}).all() == 0);
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

/// Of the first device: a message that waits for it, whose sender wants a report, and one of its
/// own.
void wait_both_ways(MessagesWorld& world) {
  Message wanted = world.message("down");
  wanted.wants_report = true;
  world.deliver(wanted);
  world.send(world.request("up"));
  world.settle_all();
}

TEST_CASE("a removed device is released when what it sent and reports for others have gone up") {
  messages::Limits limits;
  SUBCASE("what waits is in memory") {}
  SUBCASE("the report is made of what only the store has") {
    limits.cache_octets = 0;
  }
  MessagesWorld world(limits);
  const auto restart = [&] {
    world.devices().restart();
    world.restart();
    pass_on(world);  // before anybody is asked
  };
  wait_both_ways(world);
  REQUIRE(world.devices().gateway().operations().remove(DeviceNo{0}, world.now()));
  settle(world);
  CHECK_FALSE(world.devices().ask());
  CHECK(core::standing_of(world.devices().gateway().tables(), DeviceNo{0})->stage ==
        core::Stage::sending);
  restart();
  CHECK_FALSE(world.devices().ask());
  settle(world);
  REQUIRE(world.next_up());
  CHECK_FALSE(world.devices().ask());
  restart();  // nobody has said what became of it
  CHECK(take_all_up(world) == 2);
  pass_on(world);
  REQUIRE(world.devices().ask() == DeviceNo{0});
  CHECK(world.devices().kind() == core::AskKind::release);
  world.devices().gateway().journey().released(DeviceNo{0});
  settle(world);
  CHECK(world.devices().state(DeviceNo{0}) == core::DeviceState::removed);
  CHECK(world.queue().lanes.all().messages == 0);
}

TEST_CASE("the wait of a removed device is over with the time of its messages") {
  MessagesWorld world;
  wait_both_ways(world);
  REQUIRE(world.devices().gateway().operations().remove(DeviceNo{0}, world.now()));
  settle(world);
  CHECK_FALSE(world.devices().ask());
  world.pass(world.limits().up_lifetime + std::chrono::seconds{2});
  settle(world);
  CHECK(world.devices().ask() == DeviceNo{0});
  CHECK(world.metric("msggw_messages_failed_total{cause=\"EXPIRED\"}") == 2);
}

TEST_CASE("a device that is forgotten goes with all that waits, at once") {
  MessagesWorld world;
  wait_both_ways(world);
  auto& operations = world.devices().gateway().operations();
  SUBCASE("from where it is") {}
  SUBCASE("while it is being removed") {
    REQUIRE(operations.remove(DeviceNo{0}, world.now()));
    settle(world);
    CHECK_FALSE(world.devices().ask());
  }
  REQUIRE(operations.forget(DeviceNo{0}, world.now()));
  settle(world);
  CHECK(world.devices().state(DeviceNo{0}) == core::DeviceState::removed);
  CHECK_FALSE(world.devices().ask());
  CHECK(world.queue().lanes.all().messages == 0);
  CHECK(world.rows(storage::kMessages) == 0);
}

TEST_CASE("a newcomer that gives way goes when what it sent has gone up, or by force") {
  MessagesWorld world;
  world.send(world.request("up"));
  settle(world);
  world.devices().pass(base::Duration{2'000});
  world.devices().limits().max_devices = 3;
  world.devices().restart();
  world.restart();
  pass_on(world);
  world.devices().show_up("the next", Bearer::coap, 7);
  settle(world);
  auto& operations = world.devices().gateway().operations();
  REQUIRE(world.devices().state(DeviceNo{0}) == core::DeviceState::removing);
  CHECK(world.devices().state(DeviceNo{1}) == core::DeviceState::removed);  // it has sent nothing
  CHECK_FALSE(operations.is_leaving(DeviceNo{0}));
  SUBCASE("it has gone up") {
    CHECK(take_all_up(world) == 1);
  }
  SUBCASE("by force") {
    REQUIRE(operations.forget(DeviceNo{0}, world.now()));
  }
  settle(world);
  CHECK(world.devices().state(DeviceNo{0}) == core::DeviceState::removed);
  CHECK(world.queue().lanes.all().messages == 0);
}

TEST_CASE("the end of a forgotten device's messages is durable with its decision") {
  MessagesWorld world;
  wait_both_ways(world);
  auto& operations = world.devices().gateway().operations();
  REQUIRE(operations.forget(DeviceNo{0}, world.now()));
  pass_on(world);
  REQUIRE(world.devices().take());
  world.devices().commit();
  world.settle();
  world.devices().restart();
  world.restart();
  CHECK(world.queue().lanes.all().messages == 0);
}

/// The device, which is registered at its server, leaves or is removed, and the server forgets it
/// or does not while what it sent is still to go up.
void part_from_server(bool removed, bool forgotten) {
  CAPTURE(removed);
  CAPTURE(forgotten);
  MessagesWorld world;
  auto& gateway = world.devices().gateway();
  auto& door = gateway.server_registrations();
  door.begin();
  door.registered(core::begin_task(gateway.tables(), DeviceNo{0}));
  wait_both_ways(world);
  settle(world);
  if (removed)
    REQUIRE(gateway.operations().remove(DeviceNo{0}, world.now()));
  else
    static_cast<void>(
        gateway.registrations().deregister("d0", Bearer::coap, core::Ticket{9}, world.now()));
  settle(world);
  CHECK_FALSE(door.next());
  if (forgotten) {
    CHECK(door.lost(DeviceNo{0}));
    const auto begin = door.next();
    REQUIRE(begin);
    CHECK(begin->kind == core::ServerTask::Kind::begin);
    door.registered(*begin);
    settle(world);
    CHECK_FALSE(door.next());
  }
  CHECK(take_all_up(world) == (removed ? 2 : 1));  // with the report of what ended
  pass_on(world);
  const auto end = door.next();
  REQUIRE(end);
  CHECK(end->kind == core::ServerTask::Kind::end);
  CHECK(end->service_id == "svc-d0");
  CHECK_FALSE(door.next());
}

TEST_CASE("a device stays at its MSGin5G Server until what it sent has gone up") {
  for (const bool removed : {false, true}) {
    for (const bool forgotten : {false, true}) part_from_server(removed, forgotten);
  }
}

TEST_CASE("one that the server does not know, and that has left, is registered for its message") {
  MessagesWorld world;
  auto& gateway = world.devices().gateway();
  gateway.server_registrations().begin();
  world.send(world.request("up"));
  settle(world);
  static_cast<void>(
      gateway.registrations().deregister("d0", Bearer::coap, core::Ticket{9}, world.now()));
  settle(world);
  CHECK_FALSE(gateway.server_registrations().next());
  CHECK(gateway.server_registrations().lost(DeviceNo{0}));
  settle(world);
  const auto begin = gateway.server_registrations().next();
  REQUIRE(begin);
  CHECK(begin->kind == core::ServerTask::Kind::begin);
  gateway.server_registrations().registered(*begin);
  CHECK_FALSE(gateway.server_registrations().next());
  CHECK(take_all_up(world) == 1);
  pass_on(world);
  const auto end = gateway.server_registrations().next();
  REQUIRE(end);
  CHECK(end->kind == core::ServerTask::Kind::end);
}

}  // namespace
}  // namespace msggw::scenario
