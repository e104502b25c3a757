// SPDX-License-Identifier: Apache-2.0
// What the gateway itself tells devices, over one bearer and beside their messages.
#include <doctest/doctest.h>

#include "gateway/messages/operator_side.h"
#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;
using core::Bearer;
using std::chrono::seconds;

constexpr seconds kLife{100};

std::optional<Refusal> tell(MessagesWorld& world, const std::string& content,
                            std::uint32_t to = 0) {
  Message text;
  text.from.address = "12345";
  text.to.address = "+49151";
  text.message_id = "answer";
  text.content = content;
  return world.device_side().tell(world.device(to), std::move(text), kLife, world.now());
}

std::string next_text(MessagesWorld& world) {
  const auto next = world.next_down(Bearer::sms);
  if (!next) return "none";
  std::string content = message_of(next->carried).content + (next->is_text ? "" : " (message)");
  world.device_side().proven(next->no, world.now());
  return content;
}

TEST_CASE("a text goes over a bearer that takes texts, and over that alone") {
  MessagesWorld world;
  REQUIRE_FALSE(tell(world, "hello"));
  world.device_side().reachable(world.device(0), Bearer::mqtt);
  world.device_side().takes_texts(world.device(0), Bearer::sms);
  CHECK(next_text(world) == "none");  // it is not durable yet
  world.settle();
  CHECK_FALSE(world.next_down(Bearer::mqtt));
  CHECK(next_text(world) == "hello");
  world.settle();
  CHECK(world.rows(storage::kQueue) == 0);
  CHECK(world.rows(storage::kMessages) == 0);
  CHECK(world.take_reports().empty());
  CHECK(world.queue().transactions.devices() == 0);
}

TEST_CASE(
    "a bearer that takes texts gets no messages by that, and messages do not wait for texts") {
  MessagesWorld world;
  REQUIRE_FALSE(world.deliver(world.message("m1", "message")));
  REQUIRE_FALSE(tell(world, "first"));
  REQUIRE_FALSE(tell(world, "second"));
  world.settle();
  CHECK(world.store().outbox().waited_for.size() == 2);
  world.device_side().takes_texts(world.device(0), Bearer::sms);
  CHECK(next_text(world) == "first");
  CHECK(next_text(world) == "second");
  CHECK(next_text(world) == "none");
  REQUIRE_FALSE(tell(world, "third"));
  world.device_side().unreachable(Bearer::sms);
  world.settle();
  CHECK(next_text(world) == "none");
  CHECK(world.take_down().size() == 1);
  world.device_side().reachable(world.device(0), Bearer::sms);
  CHECK(next_text(world) == "none");
  world.device_side().takes_texts(world.device(0), Bearer::sms);
  CHECK(next_text(world) == "third");
}

TEST_CASE("a text waits over a restart, and what was tracked stays with its bearer") {
  MessagesWorld world;
  REQUIRE_FALSE(tell(world, "first"));
  REQUIRE_FALSE(tell(world, "second"));
  world.settle();
  world.device_side().takes_texts(world.device(0), Bearer::sms);
  const auto first = world.next_down(Bearer::sms);
  REQUIRE(first);
  world.device_side().track(first->no, Bearer::sms, "being sent", world.now() + seconds{500});
  world.settle();
  world.restart();
  REQUIRE(world.device_side().all_tracked(Bearer::sms) == std::vector{first->no});
  world.device_side().takes_texts(world.device(0), Bearer::sms);
  CHECK(next_text(world) == "none");  // the first is still under way
  world.device_side().came_back(first->no);
  world.device_side().takes_texts(world.device(0), Bearer::sms);
  CHECK(next_text(world) == "first");
  CHECK(next_text(world) == "second");
}

TEST_CASE("texts have limits, a life, and end with their device") {
  MessagesWorld world;
  world.limits().max_messages_per_device = 2;
  world.restart();
  REQUIRE_FALSE(world.deliver(world.message("m1")));
  REQUIRE_FALSE(tell(world, "first"));
  REQUIRE_FALSE(tell(world, "second"));
  const auto full = tell(world, "third");
  REQUIRE(full);
  CHECK(full->cause == "DEVICE_QUEUE_FULL");
  REQUIRE_FALSE(tell(world, "for another", 1));
  world.settle();
  const OperatorSide operated(world.queue(), MessagesWorld::policy_of_tests());
  CHECK(operated.held_of(world.device(0)).down == 3);
  const auto waiting = operated.waiting(world.device(0));
  REQUIRE(waiting.size() == 2);
  CHECK(waiting.front().lane.texts);
  CHECK(waiting.front().messages == 2);
  CHECK(operated.page({.device = world.device(0)}, {}, 10).numbers.size() == 3);
  SUBCASE("a life") {
    world.pass(kLife);
    CHECK(world.metric("msggw_messages_failed_total{cause=\"EXPIRED\"}") == 3);
    CHECK(world.queue().lanes.texts(world.device(0)).messages == 0);
  }
  SUBCASE("the device is removed") {
    world.store().leaving(world.device(0), world.now());
    CHECK(operated.held_of(world.device(0)).down == 0);
    CHECK(world.queue().lanes.texts(world.device(1)).messages == 1);
  }
  world.settle();
  CHECK(world.queue().lanes.texts(world.device(0)).messages == 0);
}

}  // namespace
}  // namespace msggw::scenario
