// SPDX-License-Identifier: Apache-2.0
// Reports of messages whose content is in the store alone when they end.
#include <doctest/doctest.h>

#include "tests/scenario/messages_world.h"

namespace msggw::scenario::messages_owed_test {
namespace {

using namespace messages;

constexpr core::DeviceNo kDevice{0};

/// Nothing stays in RAM that need not.
Limits uncached() {
  Limits limits;
  limits.cache_octets = 0;
  return limits;
}

/// A message for the first device that wants a report, durable, its content in the store alone.
MessageNo deliver(MessagesWorld& world, const std::string& id = "m",
                  const std::string& content = "content") {
  auto message = world.message(id, content);
  message.wants_report = true;
  const MessageNo no = world.queue().headers.next();
  REQUIRE_FALSE(world.deliver(message));
  world.settle();
  REQUIRE(world.queue().contents.find(no) == nullptr);
  return no;
}

std::size_t rows_of_messages(MessagesWorld& world) {
  return world.rows(storage::kMessages) + world.rows(storage::kQueue);
}

void leave_window(MessagesWorld& world) {
  world.pass(world.limits().window_time + std::chrono::seconds{1});
  world.settle();
}

TEST_CASE("a late proof is durable with the next batch, before its report can be made") {
  MessagesWorld world(uncached());
  const MessageNo no = deliver(world);
  CHECK_FALSE(world.queue().durable_with());
  world.device_side().proven(no, world.now());
  const auto batch = world.queue().durable_with();
  REQUIRE(batch);
  CHECK_FALSE(world.next_up());
  REQUIRE(world.take());
  world.commit();
  CHECK(world.queue().batches.committed >= *batch);
  world.restart();  // the proof was acknowledged, so nobody says it again
  const auto reports = world.take_reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].delivered);
  CHECK(world.take_down().empty());
}

/// One step at a time; false: the power went after `steps` of them.
bool end_until(MessagesWorld& world, MessageNo no, std::size_t steps) {
  if (steps-- == 0) return false;
  world.device_side().failed(no, Cause::refused, world.now());
  while (world.store().has_changes() || !world.queue().wanted.empty()) {
    if (steps-- == 0) return false;
    if (world.take()) {
      if (steps-- == 0) return false;
      world.commit();
    }
    if (steps-- == 0) return false;
    world.read();
  }
  return true;
}

TEST_CASE("with the power going at each step there is one report, and nothing is left") {
  std::size_t cuts = 0;
  for (bool done = false; !done; ++cuts) {
    CAPTURE(cuts);
    MessagesWorld world(uncached());
    const MessageNo no = deliver(world);
    done = end_until(world, no, cuts);
    world.restart();
    if (const Header* const header = world.queue().headers.find(no); header && !header->ended())
      world.device_side().failed(no, Cause::refused, world.now());
    CHECK(world.take_reports().size() == 1);
    CHECK(world.take_down().empty());
    CHECK(world.queue().owed_octets == 0);
    CHECK(world.rows(storage::kMessages) == 0);
    leave_window(world);
    CHECK(rows_of_messages(world) == 0);
    CHECK(world.queue().headers.size() == 0);
  }
  CHECK(cuts > 5);
}

TEST_CASE("the next of its lane goes at once, and what failed is known as the others are") {
  MessagesWorld world(uncached());
  const MessageNo no = deliver(world, "a");
  deliver(world, "b");
  world.device_side().failed(no, Cause::refused, world.now());
  deliver(world, "a");
  world.settle();
  world.restart();
  for (const char* const id : {"a", "b"}) deliver(world, id);
  CHECK(world.metric("msggw_messages_repeated_total") == 2);
  std::string taken;
  for (const Message& message : world.take_down()) taken += message.message_id;
  CHECK(taken == "b");
  CHECK(world.take_reports().size() == 2);
}

TEST_CASE("what is done is known again while its report is owed, and until the window is over") {
  MessagesWorld world(uncached());
  const MessageNo no = deliver(world);
  world.device_side().proven(no, world.now());
  world.settle();
  world.restart();
  REQUIRE_FALSE(world.deliver(world.message("m")));
  CHECK(world.metric("msggw_messages_repeated_total") == 1);
  leave_window(world);
  CHECK(world.queue().headers.window() == 0);
  CHECK(world.queue().headers.holds(no));  // its report is owed still
  CHECK(world.take_reports().size() == 1);
  CHECK(rows_of_messages(world) == 0);
}

TEST_CASE("reports that are owed count in the limits of all devices") {
  Limits limits = uncached();
  limits.max_messages = 2;
  limits.max_octets = 5'000;
  MessagesWorld world(limits);
  const MessageNo a = deliver(world, "a", std::string(1'000, 'x'));
  const MessageNo b = deliver(world, "b", std::string(1'000, 'x'));
  for (const MessageNo no : {a, b}) world.device_side().failed(no, Cause::refused, world.now());
  CHECK(world.deliver(world.message("c"))->refusal->cause == "QUEUE_FULL");
  world.settle();
  world.restart();
  CHECK(world.deliver(world.message("c"))->refusal->cause == "QUEUE_FULL");
  CHECK(world.take_reports().size() == 2);
  CHECK(world.deliver(world.message("c", std::string(6'000, 'x')))->refusal);
  CHECK_FALSE(world.deliver(world.message("c", std::string(4'000, 'x'))));
}

TEST_CASE("a content that is lost, or is none of a message, is told to nobody, and does no harm") {
  MessagesWorld world(uncached());
  const MessageNo lost = deliver(world, "lost");
  const MessageNo wrong = deliver(world, "wrong");
  const MessageNo waiting = deliver(world, "waiting");
  world.lose_row(lost);
  const Report report{{AddressType::ue, "svc-d0"}, {AddressType::as, "as-1"}, "r", true, ""};
  for (const MessageNo no : {lost, wrong}) world.device_side().proven(no, world.now());
  REQUIRE(world.store().take_wanted(64) == std::vector{lost, wrong});
  world.store().unreadable(lost, world.now());
  world.store().loaded(wrong, report, world.now());
  CHECK(world.queue().owed.empty());
  world.device_side().reachable(kDevice, core::Bearer::mqtt);
  CHECK_FALSE(world.device_side().next(core::Bearer::mqtt));
  REQUIRE(world.store().take_wanted(64) == std::vector{waiting});
  world.store().loaded(waiting, report, world.now());
  CHECK(world.metric("msggw_messages_failed_total{cause=\"INTERNAL_ERROR\"}") == 1);
  CHECK(world.take_reports().empty());
  CHECK(world.rows(storage::kMessages) == 0);
}

TEST_CASE("nothing is told of a device that is gone") {
  MessagesWorld world(uncached());
  deliver(world);
  world.store().leaving(kDevice, world.now());
  CHECK(world.queue().owed.size() == 1);
  world.store().gone(kDevice, world.now());
  CHECK(world.queue().owed.empty());
  CHECK(world.take_reports().empty());
  leave_window(world);
  CHECK(rows_of_messages(world) == 0);
}

}  // namespace
}  // namespace msggw::scenario::messages_owed_test
