// SPDX-License-Identifier: Apache-2.0
// Messages that a bearer has passed on and must know after a restart.
#include <doctest/doctest.h>

#include "gateway/messages/operator_side.h"
#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;
using core::Bearer;
using std::chrono::seconds;

/// A message for the first device, which the bearer has.
MessageNo hand_over(MessagesWorld& world, const std::string& id, bool wants_report = false) {
  Message message = world.message(id);
  message.wants_report = wants_report;
  REQUIRE_FALSE(world.deliver(std::move(message)));
  world.settle();
  world.device_side().reachable(world.device(0), Bearer::sms);
  const auto next = world.next_down(Bearer::sms);
  REQUIRE(next);
  return next->no;
}

std::string tracked(MessagesWorld& world, MessageNo no) {
  const std::string* const octets = world.device_side().tracked(no);
  return octets == nullptr ? "none" : *octets;
}

TEST_CASE("what a bearer tracks stays with it over restarts, and its lane waits") {
  MessagesWorld world;
  const MessageNo no = hand_over(world, "m1");
  world.device_side().track(no, Bearer::sms, "submitting", world.now() + seconds{100});
  REQUIRE(world.queue().durable_with());
  world.settle();
  world.device_side().track(no, Bearer::sms, "id 7");
  REQUIRE(world.queue().durable_with());
  world.settle();
  world.restart();
  CHECK(world.device_side().all_tracked(Bearer::sms) == std::vector{no});
  CHECK(world.device_side().all_tracked(Bearer::mqtt).empty());
  CHECK(tracked(world, no) == "id 7");
  REQUIRE_FALSE(world.deliver(world.message("m2")));
  world.settle();
  world.device_side().reachable(world.device(0), Bearer::sms);
  CHECK_FALSE(world.next_down(Bearer::sms));
  world.device_side().proven(no, world.now());
  world.settle();
  CHECK(tracked(world, no) == "none");
  CHECK(world.rows(storage::kTracking) == 0);
  const auto next = world.next_down(Bearer::sms);
  REQUIRE(next);
  CHECK(message_of(next->carried).message_id == "m2");
}

TEST_CASE("what is not tracked yet waits again after a restart, and so does what came back") {
  MessagesWorld world;
  const MessageNo no = hand_over(world, "m1");
  SUBCASE("before the commit") {
    world.device_side().track(no, Bearer::sms, "submitting", world.now() + seconds{100});
  }
  SUBCASE("came back") {
    world.device_side().track(no, Bearer::sms, "submitting", world.now() + seconds{100});
    world.settle();
    world.device_side().came_back(no);
    CHECK(tracked(world, no) == "none");
    world.settle();
    CHECK(world.rows(storage::kTracking) == 0);
  }
  world.restart();
  CHECK(world.device_side().all_tracked(Bearer::sms).empty());
  world.device_side().reachable(world.device(0), Bearer::sms);
  const auto next = world.next_down(Bearer::sms);
  REQUIRE(next);
  CHECK(next->no == no);
  CHECK(next->expires == world.now() + world.limits().down_lifetime);
}

TEST_CASE("proof is waited for as long as the bearer said, in whatever part of a second it ends") {
  MessagesWorld world;
  const MessageNo no = hand_over(world, "m1");
  world.pass(base::Duration{999});
  world.device_side().track(no, Bearer::sms, "x", world.now() + seconds{100});
  world.settle();
  world.pass(seconds{100} - base::Duration{1});
  CHECK(tracked(world, no) == "x");
  world.pass(seconds{1});
  CHECK(tracked(world, no) == "none");
}

TEST_CASE("after a restart what is tracked comes back with its own time, or ends without proof") {
  MessagesWorld world;
  const MessageNo no = hand_over(world, "m1", true);
  world.device_side().track(no, Bearer::sms, "x", world.now() + seconds{100});
  world.settle();
  world.restart();
  SUBCASE("it comes back") {
    world.pass(seconds{60});
    world.device_side().came_back(no);
    world.device_side().reachable(world.device(0), Bearer::sms);
    const auto next = world.next_down(Bearer::sms);
    REQUIRE(next);
    CHECK(next->expires == world.now() - seconds{60} + world.limits().down_lifetime);
  }
  SUBCASE("its time of proof is over") {
    world.pass(seconds{101});
    CHECK(tracked(world, no) == "none");
    const auto reports = world.take_reports();
    REQUIRE(reports.size() == 1);
    CHECK(reports.front().failure_cause == "NO_PROOF");
    CHECK(world.rows(storage::kTracking) == 0);
    world.device_side().proven(no, world.now());
    CHECK(world.metric("msggw_messages_late_total") == 1);
  }
}

TEST_CASE("what is passed on leaves its lane, and ends later, also after a restart") {
  MessagesWorld world;
  const MessageNo first = hand_over(world, "m1", true);
  world.device_side().track(first, Bearer::sms, "id 1", world.now() + seconds{100});
  world.device_side().passed_on(first);
  world.device_side().came_back(first);  // it cannot any more
  world.settle();
  const MessageNo second = hand_over(world, "m2", true);
  world.device_side().track(second, Bearer::sms, "id 2", world.now() + seconds{100});
  world.device_side().passed_on(second);
  CHECK(world.queue().lanes.all().messages == 0);
  world.settle();
  world.restart();
  const OperatorSide side(world.queue(), MessagesWorld::policy_of_tests());
  CHECK(side.page({.device = world.device(0)}, MessageNo{}, 9).numbers ==
        std::vector{first, second});
  CHECK(side.passed_on(world.device(0)) == 2);
  CHECK(side.held_of(world.device(0)).down == 2);
  CHECK(world.device_side().all_tracked(Bearer::sms) == std::vector{first, second});
  CHECK(times_of(world.queue(), first).expires == world.now() + world.limits().down_lifetime);
  world.device_side().proven(second, world.now());
  auto reports = world.take_reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports.front().delivered);
  CHECK(reports.front().message_id == "m2");
  world.pass(seconds{101});
  reports = world.take_reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports.front().message_id == "m1");
  CHECK(reports.front().failure_cause == "NO_PROOF");
  CHECK(world.rows(storage::kTracking) == 0);
  CHECK(world.queue().passed_on.empty());
  CHECK(world.queue().passed_on_octets == 0);
  world.restart();
}

TEST_CASE("what is passed on for a device that is removed ends with it") {
  MessagesWorld world;
  const MessageNo no = hand_over(world, "m1", true);
  world.device_side().track(no, Bearer::sms, "id 1", world.now() + seconds{100});
  world.device_side().passed_on(no);
  world.settle();
  SUBCASE("leaving") {
    world.store().leaving(world.device(0), world.now());
    const auto reports = world.take_reports();
    REQUIRE(reports.size() == 1);
    CHECK(reports.front().failure_cause == "UNKNOWN_RECIPIENT");
  }
  SUBCASE("gone") {
    world.store().gone(world.device(0), world.now());
    CHECK(world.take_reports().empty());
  }
  world.settle();
  CHECK(world.queue().tracking.size() == 0);
  CHECK(world.rows(storage::kTracking) == 0);
  CHECK(world.queue().passed_on.empty());
}

TEST_CASE("what a removed device had under way is tracked no more") {
  MessagesWorld world;
  const MessageNo no = hand_over(world, "m1");
  world.device_side().track(no, Bearer::sms, "x", world.now() + seconds{100});
  world.settle();
  world.store().leaving(world.device(0), world.now());
  world.settle();
  CHECK(tracked(world, no) == "none");
  CHECK(world.rows(storage::kTracking) == 0);
}

TEST_CASE("a row about a message that is not under way is a start that fails") {
  MessagesWorld world;
  const MessageNo no = hand_over(world, "m1");
  REQUIRE_FALSE(world.deliver(world.message("m2")));
  world.settle();
  CHECK_FALSE(world.store().restore_tracked(MessageNo{number(no) + 1}, {}));
  CHECK_FALSE(world.store().restore_tracked(MessageNo{number(no) + 2}, {}));
}

TEST_CASE("with a full cache the heads of lanes that go soon are in the store alone") {
  Limits limits;
  limits.cache_octets = 2'000;
  MessagesWorld world(limits, MessagesWorld::policy_of_tests(), 50);
  for (std::uint32_t device = 0; device < 50; ++device) {
    world.device_side().reachable(world.device(device), Bearer::sms);
    const std::string to = "svc-d" + std::to_string(device);
    REQUIRE_FALSE(world.deliver(world.message("m", std::string(100, 'x'), to)));
    world.settle();
  }
  CHECK(world.queue().contents.octets() < 3'000);
  std::size_t brought = 0;
  while (const auto next = world.next_down(Bearer::sms)) {
    world.device_side().proven(next->no, world.now());
    ++brought;
    world.settle();
  }
  CHECK(brought == 50);
}

TEST_CASE("nobody is reachable over a bearer that is down") {
  MessagesWorld world;
  world.device_side().reachable(world.device(0), Bearer::sms);
  world.device_side().reachable(world.device(1), Bearer::sms);
  world.device_side().reachable(world.device(1), Bearer::mqtt);
  world.device_side().unreachable(Bearer::sms);
  REQUIRE_FALSE(world.deliver(world.message("m0")));
  REQUIRE_FALSE(world.deliver(world.message("m1", "content", "svc-d1")));
  world.settle();
  CHECK_FALSE(world.next_down(Bearer::sms));
  CHECK(world.next_down(Bearer::mqtt));
  CHECK(world.store().outbox().waited_for == std::vector{world.device(0)});
}

}  // namespace
}  // namespace msggw::scenario
