// SPDX-License-Identifier: Apache-2.0
// Messages of a device whose Service ID is being asked for.
#include <doctest/doctest.h>

#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;

/// A world with a device that has registered, and of whose Service ID nothing is known yet.
struct Newcomer {
  MessagesWorld world;

  explicit Newcomer(Limits limits = {}) : world(limits, MessagesWorld::policy_of_tests(), 0) {
    world.devices().show_up("d0", core::Bearer::mqtt, 1);
    world.devices().settle();
    REQUIRE(world.devices().ask());
  }
  void pass(base::Duration time) {
    world.devices().pass(time);
    world.pass(time);
    world.device_side().tick(world.now());
  }
  /// It has its Service ID, durably.
  void provision() {
    world.devices().provision(core::DeviceNo{0});
    world.devices().settle();
  }
  std::vector<std::string> causes() {
    std::vector<std::string> all;
    for (const Answer& answer : world.answers_to_devices())
      all.emplace_back(answer.refusal ? answer.refusal->cause : "taken");
    return all;
  }
};

using Causes = std::vector<std::string>;

TEST_CASE("it waits for the Service ID, is taken then, and goes in its order") {
  Newcomer newcomer;
  MessagesWorld& world = newcomer.world;
  CHECK_FALSE(world.send(world.request("a")));
  CHECK_FALSE(world.send(world.request("b")));
  newcomer.pass(base::Duration{30});
  world.settle();
  CHECK(newcomer.causes().empty());
  CHECK(world.metric("msggw_messages_held") == 2);
  newcomer.provision();
  CHECK_FALSE(world.send(world.request("c")));  // overtakes none
  newcomer.pass(base::Duration{0});
  CHECK(newcomer.causes().empty());  // nothing of it is durable
  world.settle();
  CHECK(newcomer.causes() == Causes{"taken", "taken", "taken"});
  CHECK(world.metric("msggw_messages_held") == 0);
  for (const char* const id : {"a", "b", "c"}) {
    const auto up = world.next_up();
    REQUIRE(up);
    CHECK(message_of(up->carried).message_id == id);
    CHECK(message_of(up->carried).from.address == "svc-d0");
    world.server().accepted(up->no, world.now());
  }
}

TEST_CASE("it waits no longer than a registration does") {
  Newcomer newcomer;
  MessagesWorld& world = newcomer.world;
  world.send(world.request("a"));
  CHECK(world.device_side().next_deadline() == world.now() + world.limits().answer_within);
  newcomer.pass(world.limits().answer_within - base::Duration{1});
  CHECK(newcomer.causes().empty());
  newcomer.pass(base::Duration{1});
  CHECK(newcomer.causes() == Causes{"NOT_PROVISIONED"});
  CHECK_FALSE(world.device_side().next_deadline());
  CHECK_FALSE(world.send(world.request("a")));  // again, as it was told
  newcomer.provision();
  newcomer.pass(base::Duration{0});
  world.settle();
  CHECK(newcomer.causes() == Causes{"taken"});
}

TEST_CASE("a device that is refused, suspended or removed meanwhile is told so") {
  Newcomer newcomer;
  MessagesWorld& world = newcomer.world;
  world.send(world.request("a"));
  auto& gateway = world.devices().gateway();
  SUBCASE("refused") {
    gateway.journey().refused(core::DeviceNo{0}, "NO", "no", world.now());
    world.devices().settle();
  }
  SUBCASE("suspended") {
    REQUIRE(gateway.operations().suspend(core::DeviceNo{0}, world.now()));
  }
  SUBCASE("removed") {
    REQUIRE(gateway.operations().remove(core::DeviceNo{0}, world.now()));
  }
  newcomer.pass(base::Duration{0});
  CHECK(newcomer.causes() == Causes{"POLICY_DENIED"});
}

/// As a bearer sends what it acknowledges before it is a message.
SendRequest drafted(MessagesWorld& world, const std::string& id) {
  SendRequest request = world.request(id);
  request.bearer = core::Bearer::mqtt;
  request.draft = "draft of " + id;
  return request;
}

std::string drafts_of(MessagesWorld& world) {
  std::string all;
  for (const auto& one : world.device_side().take_restored(core::Bearer::mqtt))
    all += one.octets + '|';
  return all;
}

TEST_CASE("what its bearer needs after a restart is durable while it waits, and no longer") {
  Newcomer newcomer;
  MessagesWorld& world = newcomer.world;
  CHECK(world.device_side().holds(drafted(world, "a")));
  CHECK_FALSE(world.send(drafted(world, "a")));
  CHECK_FALSE(world.send(world.request("b")));
  REQUIRE(world.queue().durable_with());
  world.settle();
  CHECK_FALSE(world.queue().durable_with());
  SUBCASE("the process dies") {
    world.restart();
    CHECK(drafts_of(world) == "draft of a|");
  }
  SUBCASE("it is taken: then the message is there in place of it") {
    newcomer.provision();
    newcomer.pass(base::Duration{0});
    CHECK(world.rows(storage::kDrafts) == 1);
    world.settle();
    CHECK(world.rows(storage::kDrafts) == 0);
    CHECK(world.rows(storage::kQueue) == 2);
  }
  SUBCASE("its time is over") {
    newcomer.pass(world.limits().answer_within);
    world.settle();
    CHECK(newcomer.causes() == Causes{"NOT_PROVISIONED", "NOT_PROVISIONED"});
    CHECK(world.rows(storage::kDrafts) == 0);
  }
  SUBCASE("its device is removed") {
    REQUIRE(world.devices().gateway().operations().remove(core::DeviceNo{0}, world.now()));
    newcomer.pass(base::Duration{0});
    world.settle();
    CHECK(newcomer.causes() == Causes{"POLICY_DENIED", "POLICY_DENIED"});
    CHECK(world.rows(storage::kDrafts) == 0);
  }
}

TEST_CASE("one that need not wait is no draft, and one that waits is known") {
  Newcomer newcomer;
  MessagesWorld& world = newcomer.world;
  SendRequest request = drafted(world, "");
  request.origin = "packet 7";
  CHECK_FALSE(world.device_side().is_known(request, world.now()));
  CHECK_FALSE(world.send(request));
  CHECK(world.device_side().is_known(request, world.now()));
  request.content = "other";
  CHECK_FALSE(world.device_side().is_known(request, world.now()));
  newcomer.provision();
  CHECK_FALSE(world.device_side().holds(drafted(world, "b")));
  CHECK_FALSE(world.send(drafted(world, "b")));
  world.settle();
  CHECK(world.rows(storage::kDrafts) == 0);
}

TEST_CASE("as many wait as may, of all and of one, and none where none is to") {
  Limits limits;
  SUBCASE("of all") {
    limits.max_held = 2;
  }
  SUBCASE("of one") {
    limits.max_messages_per_device = 2;
  }
  SUBCASE("octets") {
    limits.max_unsaved_octets = 15;
  }
  Newcomer newcomer(limits);
  MessagesWorld& world = newcomer.world;
  CHECK_FALSE(world.send(world.request("a")));
  CHECK_FALSE(world.send(world.request("b")));
  CHECK(world.send(world.request("c"))->refusal->cause == "NOT_PROVISIONED");
}

}  // namespace
}  // namespace msggw::scenario
