// SPDX-License-Identifier: Apache-2.0
// The time of messages: steps of the machine's clock, outages, proof that never comes.
#include <doctest/doctest.h>

#include "tests/scenario/messages_world.h"

namespace msggw::scenario::messages_time_test {
namespace {

using namespace messages;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::chrono::hours kTenYears{24 * 3'652};

/// A message for the first device that wants a report, durable.
void deliver(MessagesWorld& world, const std::string& id = "m1") {
  auto message = world.message(id);
  message.wants_report = true;
  world.deliver(message);
  world.settle();
}

double expired(const MessagesWorld& world) {
  return world.metric("msggw_messages_failed_total{cause=\"EXPIRED\"}");
}

/// Exactly the rest of its time is left, whatever the clock of the machine shows.
void check_rest(MessagesWorld& world, base::Duration rest) {
  world.pass(rest - seconds{2});
  CHECK(expired(world) == 0);
  world.pass(seconds{3});
  world.settle_all();
  CHECK(expired(world) == 1);
}

TEST_CASE("a boot in 1970 ends nothing, and prolongs nothing") {
  MessagesWorld world;
  deliver(world);
  world.pass(hours{24});
  world.settle();
  world.reboot(base::TimePoint{});
  CHECK(expired(world) == 0);
  CHECK(world.store().next_deadline());
  check_rest(world, world.limits().down_lifetime - hours{24});
}

TEST_CASE("a clock that jumps years ahead at a boot, and back at the next, ends nothing") {
  MessagesWorld world;
  deliver(world);
  const base::TimePoint before = world.wall();
  world.pass(hours{1});
  world.settle();
  world.reboot(before + kTenYears);
  world.pass(hours{1});
  world.settle();
  CHECK(expired(world) == 0);
  world.reboot(before + hours{3});
  world.pass(seconds{0});
  CHECK(expired(world) == 0);
  check_rest(world, world.limits().down_lifetime - hours{2});
}

TEST_CASE("a clock that is set while the gateway runs moves nothing, nor does a restart after it") {
  for (const auto step : {base::Duration(kTenYears), base::Duration(-kTenYears),
                          base::Duration(hours{6}), base::Duration(hours{-6})}) {
    CAPTURE(step.count());
    MessagesWorld world;
    deliver(world);
    world.set_wall(world.wall() + step);
    world.pass(hours{1});
    CHECK(expired(world) == 0);
    world.settle();
    world.reboot(world.wall());
    check_rest(world, world.limits().down_lifetime - hours{1});
  }
}

TEST_CASE("an outage counts, as far as the machine's clock can be believed") {
  MessagesWorld world;
  deliver(world);
  world.reboot(world.wall() + hours{48});
  check_rest(world, world.limits().down_lifetime - hours{48});
  CHECK(world.take_reports().size() == 1);
  deliver(world, "m2");
  world.reboot(world.wall() + core::Limits{}.longest_outage - seconds{1});
  world.pass(seconds{0});
  world.settle_all();
  CHECK(expired(world) == 1);
}

TEST_CASE("repetitions are known over a clock that went back") {
  MessagesWorld world;
  deliver(world);
  world.reboot(base::TimePoint{});
  deliver(world);
  world.pass(world.limits().window_time - seconds{1});
  deliver(world);
  CHECK(world.metric("msggw_messages_repeated_total") == 2);
  CHECK(world.take_down().size() == 1);
}

TEST_CASE("the moment is stored once a minute while anything waits, and with every batch") {
  MessagesWorld world;
  world.pass(hours{5});
  CHECK_FALSE(world.store().has_changes());
  CHECK_FALSE(world.store().next_deadline());
  deliver(world);
  CHECK(world.store().next_deadline() <= world.now() + core::MomentAge::kEvery);
  for (int i = 0; i < 3; ++i) {
    world.pass(seconds{59});
    CHECK_FALSE(world.store().has_changes());
    world.pass(seconds{1});
    REQUIRE(world.store().has_changes());
    world.settle();
  }
  CHECK(world.commits() == 4);
  world.pass(seconds{59});
  deliver(world, "m2");
  world.pass(seconds{59});
  CHECK_FALSE(world.store().has_changes());
}

TEST_CASE("without a commit at most the last minute is lost where the clock cannot be believed") {
  MessagesWorld world;
  deliver(world);
  world.pass(seconds{59});
  world.reboot(base::TimePoint{});
  check_rest(world, world.limits().down_lifetime);
}

TEST_CASE("what the server is told of the expiry is by the clock of the process") {
  MessagesWorld world;
  auto request = world.request("m1");
  request.lifetime = hours{2};
  world.send(request);
  world.settle();
  world.pass(hours{1});
  world.settle();
  world.reboot(base::TimePoint{hours{9}});
  const auto up = world.next_up();
  REQUIRE(up);
  CHECK(std::chrono::abs(up->expires - (world.now() + hours{1})) <= seconds{1});
}

TEST_CASE("a message without proof ends in time, whoever has it, and the next one goes") {
  MessagesWorld world;
  deliver(world, "m1");
  deliver(world, "m2");
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  const auto down = world.next_down();
  REQUIRE(down);
  CHECK(std::chrono::abs(down->expires - (world.now() + world.limits().down_lifetime)) <=
        seconds{1});
  const MessageNo no = down->no;
  world.pass(world.limits().proof_within - seconds{1});
  CHECK_FALSE(world.next_down());
  world.pass(seconds{1});
  const auto next = world.next_down();
  REQUIRE(next);
  CHECK(message_of(next->carried).message_id == "m2");
  const auto reports = world.take_reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].failure_cause == "NO_PROOF");
  world.device_side().proven(no, world.now());
  CHECK(world.metric("msggw_messages_late_total") == 1);
}

TEST_CASE("what came back from a bearer has the rest of its own time, and of proof all") {
  MessagesWorld world;
  deliver(world);
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  for (int i = 0; i < 6; ++i) {
    const auto down = world.next_down();
    REQUIRE(down);
    const MessageNo no = down->no;
    world.pass(world.limits().proof_within - seconds{1});
    world.device_side().came_back(no);
    world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  }
  CHECK(world.metric("msggw_messages_failed_total{cause=\"NO_PROOF\"}") == 0);
  world.pass(hours{24} - seconds{1});
  world.settle_all();
  CHECK(expired(world) == 0);
  world.pass(seconds{10});
  world.settle_all();
  CHECK(expired(world) == 1);
}

}  // namespace
}  // namespace msggw::scenario::messages_time_test
