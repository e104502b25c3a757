// SPDX-License-Identifier: Apache-2.0
// A store that fails or loses power at any step: nothing is told that is not durable, and what was
// told comes, once.
#include <doctest/doctest.h>

#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;

std::vector<Message> three_segments(MessagesWorld& world) {
  std::vector<Message> segments;
  for (std::uint32_t i = 0; i < 3; ++i) {
    segments.push_back(world.segment("m", {"set", i, {}, i == 2}, std::to_string(i)));
    segments.back().wants_report = i == 0;
  }
  return segments;
}

/// One step at a time: deliver, take, commit, read. False: the power went after `steps` of them.
bool deliver_until(MessagesWorld& world, std::size_t steps) {
  for (const Message& segment : three_segments(world)) {
    if (steps-- == 0) return false;
    REQUIRE_FALSE(world.deliver(segment));
    if (steps-- == 0) return false;
    if (!world.take()) continue;
    if (steps-- == 0) return false;
    world.commit();
  }
  while (world.store().has_changes() || !world.queue().wanted.empty()) {
    if (steps-- == 0) return false;
    world.read();
    if (!world.take()) continue;
    if (steps-- == 0) return false;
    world.commit();
  }
  return true;
}

TEST_CASE(
    "segments, with the power going at each step, and delivered again: one whole, one report") {
  std::size_t cuts = 0;
  for (bool done = false; !done; ++cuts) {
    CAPTURE(cuts);
    MessagesWorld world;
    done = deliver_until(world, cuts);
    const auto answers = world.answers_to_server();
    world.restart();
    const auto segments = three_segments(world);
    // The server sends again what it has no answer to.
    for (std::size_t i = answers.size(); i < segments.size(); ++i)
      REQUIRE_FALSE(world.deliver(segments[i]));
    world.settle_all();
    const auto taken = world.take_down();
    REQUIRE(taken.size() == 1);
    CHECK(taken[0].content == "012");
    CHECK(world.take_reports().size() == 1);
    CHECK(world.rows(storage::kMessages) == 0);
    CHECK(world.rows(storage::kSegments) == 0);
    world.pass(world.limits().window_time + std::chrono::seconds{1});
    world.settle();
    CHECK(world.rows(storage::kQueue) == 0);
    CHECK(world.queue().headers.size() == 0);
  }
  CHECK(cuts > 10);
}

TEST_CASE("a segment is not answered while the store fails, and known when it comes again") {
  MessagesWorld world;
  const auto segments = three_segments(world);
  world.deliver(segments[0]);
  REQUIRE(world.take());
  world.pass(world.limits().answer_within);
  const auto answers = world.answers_to_server();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].refusal->cause == "STORE_UNAVAILABLE");
  world.deliver(segments[0]);
  world.commit();
  CHECK(world.answers_to_server().size() == 1);
  CHECK(world.queue().joining.sets().size() == 1);
  CHECK(world.metric("msggw_messages_repeated_total") == 1);
}

TEST_CASE("the report of a set waits for a store that hangs, and of those there is one") {
  MessagesWorld world;
  world.deliver(three_segments(world)[0]);
  world.settle();
  world.pass(world.limits().segment_time);
  for (const MessageNo no : world.store().take_wanted(64)) world.store().wanted_again(no);
  world.pass(std::chrono::seconds{100});
  CHECK(world.metric("msggw_messages_reports_owed") == 1);
  CHECK(world.take_reports().size() == 1);
  CHECK(world.metric("msggw_messages_failed_total{cause=\"SEGMENTS_MISSING\"}") == 1);
}

TEST_CASE("a transaction that was not stored goes with the power, and the message comes again") {
  MessagesWorld world;
  world.deliver(world.message("m"));
  world.settle();
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  REQUIRE(world.next_down());
  world.restart();
  auto request = world.request("answer");
  request.to.reset();
  CHECK(world.send(request)->refusal->cause == "NO_RECIPIENT");
  CHECK(world.take_down().size() == 1);
  CHECK_FALSE(world.send(request));
}

TEST_CASE("what is dropped at a limit is dropped for good, or there after a power cut") {
  for (const bool stored : {false, true}) {
    CAPTURE(stored);
    Limits limits;
    limits.max_messages_per_device = 1;
    limits.at_limit = AtLimit::drop_oldest;
    MessagesWorld world(limits);
    world.deliver(world.message("a"));
    world.settle();
    world.deliver(world.message("b"));
    REQUIRE(world.take());
    if (stored) world.commit();
    world.restart();
    const auto taken = world.take_down();
    REQUIRE(taken.size() == 1);
    CHECK(taken[0].message_id == (stored ? "b" : "a"));
  }
}

}  // namespace
}  // namespace msggw::scenario
