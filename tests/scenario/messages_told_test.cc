// SPDX-License-Identifier: Apache-2.0
// What a server that repeats a message is told of it: the same, whatever became of it meanwhile.
#include <doctest/doctest.h>

#include "tests/scenario/messages_world.h"

namespace msggw::scenario::messages_told_test {
namespace {

using namespace messages;
using core::Bearer;

constexpr core::DeviceNo kDevice{0};

Message wanted(MessagesWorld& world, const std::string& id = "m",
               const std::string& content = "content") {
  Message message = world.message(id, content);
  message.wants_report = true;
  return message;
}

/// The device is given the next message and does not take it. `owed`: its content has left RAM.
void refuse(MessagesWorld& world, bool owed = false, std::string_view said = {}) {
  world.device_side().reachable(kDevice, Bearer::mqtt);
  const auto down = world.next_down();
  REQUIRE(down);
  if (owed) world.queue().contents.drop(down->no);
  world.device_side().failed(down->no, Cause::refused, world.now(), said);
}

/// One step at a time; false: the power went after `steps` of them.
bool fail_until(MessagesWorld& world, bool owed, std::size_t steps) {
  const auto is_cut = [&steps] { return steps-- == 0; };
  REQUIRE_FALSE(world.deliver(wanted(world)));
  if (is_cut() || !world.take() || is_cut()) return false;
  world.commit();
  if (is_cut()) return false;
  refuse(world, owed);
  while (world.store().has_changes() || !world.queue().wanted.empty()) {
    if (is_cut()) return false;
    if (world.take()) {
      if (is_cut()) return false;
      world.commit();
    }
    world.read();
  }
  return true;
}

TEST_CASE("with the power going at each step, and repeated: told in one way, given once more") {
  for (const bool owed : {false, true}) {
    std::size_t cuts = 0;
    for (bool done = false; !done; ++cuts) {
      CAPTURE(cuts);
      MessagesWorld world;
      done = fail_until(world, owed, cuts);
      world.restart();
      auto told = world.take_reports();
      REQUIRE_FALSE(world.deliver(wanted(world)));  // its 204 has not come
      world.settle_all();
      CHECK(world.answers_to_server().size() == 1);
      const std::size_t given = world.take_down().size();
      for (const Report& report : world.take_reports()) told.push_back(report);
      REQUIRE_FALSE(told.empty());
      for (const Report& report : told) CHECK(report == told[0]);
      CHECK(given == (told[0].delivered ? 1 : 0));
      world.pass(world.limits().window_time + std::chrono::seconds{1});
      world.settle();
      CHECK(world.queue().headers.size() == 0);
      CHECK(world.rows(storage::kQueue) + world.rows(storage::kMessages) == 0);
    }
    CHECK(cuts > 5);
  }
}

TEST_CASE("what failed comes again: answered with the commit of its report, which is the same") {
  MessagesWorld world;
  REQUIRE_FALSE(world.deliver(wanted(world)));
  world.settle();
  CHECK(world.answers_to_server().size() == 1);
  refuse(world);
  const auto first = world.take_reports();
  REQUIRE(first.size() == 1);
  for (const bool restarted : {false, true}) {
    if (restarted) world.restart();
    REQUIRE_FALSE(world.deliver(wanted(world)));
    CHECK(world.answers_to_server().empty());
    const auto again = world.take_reports();
    REQUIRE(again.size() == 1);
    CHECK(again[0] == first[0]);
    CHECK(world.answers_to_server().size() == 1);
    CHECK(world.take_down().empty());
    CHECK(world.metric("msggw_messages_repeated_total") == 1);
  }
  REQUIRE_FALSE(world.deliver(world.message("m")));  // no report is asked for now
  CHECK(world.take_reports().empty());
  REQUIRE_FALSE(world.deliver(wanted(world, "m", "another")));
  world.settle();
  CHECK(world.take_down().size() == 1);
}

TEST_CASE("while its report is owed one that comes again is told by that alone") {
  MessagesWorld world;
  REQUIRE_FALSE(world.deliver(wanted(world)));
  world.settle();
  refuse(world, true);
  REQUIRE_FALSE(world.deliver(wanted(world)));
  CHECK(world.take_reports().size() == 1);
  CHECK(world.take_down().empty());
}

TEST_CASE("of what failed nobody was told: it may be sent again") {
  MessagesWorld world;
  REQUIRE_FALSE(world.deliver(world.message("m")));
  world.settle();
  refuse(world);
  world.settle();
  REQUIRE_FALSE(world.deliver(world.message("m")));
  world.settle();
  CHECK(world.take_down().size() == 1);
}

TEST_CASE("told again in the gateway's word for it, also where the device had one of its own") {
  MessagesWorld world;
  REQUIRE_FALSE(world.deliver(wanted(world)));
  world.settle();
  refuse(world, false, "out of paper");
  CHECK(world.take_reports().at(0).failure_cause == "out of paper");
  REQUIRE_FALSE(world.deliver(wanted(world)));
  CHECK(world.take_reports().at(0).failure_cause == "REFUSED");
}

TEST_CASE("where there is no room for the report the server is asked to repeat it later") {
  Limits limits;
  limits.max_messages_per_device = 2;
  limits.at_limit = AtLimit::drop_oldest;
  MessagesWorld world(limits);
  REQUIRE_FALSE(world.deliver(wanted(world)));
  world.settle();
  refuse(world);
  world.settle();
  world.send(world.request("up"));
  world.settle();
  CHECK(world.answers_to_server().size() == 1);
  const auto refused = world.deliver(wanted(world));
  REQUIRE(refused);
  CHECK(refused->refusal->cause == "DEVICE_QUEUE_FULL");
  CHECK(world.take_reports().size() == 1);  // the first, and "up" has gone as well
  REQUIRE_FALSE(world.deliver(wanted(world)));
  CHECK(world.take_reports().size() == 1);
}

TEST_CASE("a whole that failed: its segments are answered, and its first one tells of it again") {
  for (const std::uint32_t base : {0, 1}) {
    for (const bool own_ids : {false, true}) {
      CAPTURE(base);
      CAPTURE(own_ids);
      MessagesWorld world;
      std::vector<Message> segments;
      for (std::uint32_t i = base; i < base + 3; ++i) {
        segments.push_back(world.segment(own_ids ? "m" + std::to_string(i) : "m",
                                         {"set", i, {}, i == base + 2}, std::to_string(i)));
        segments.back().wants_report = true;
      }
      segments[0].segment->total = 3;
      for (const Message& segment : segments) REQUIRE_FALSE(world.deliver(segment));
      world.settle_all();
      refuse(world);
      const auto told = world.take_reports();
      REQUIRE(told.size() == 1);
      CHECK(world.answers_to_server().size() == 3);
      for (const bool restarted : {false, true}) {
        if (restarted) world.restart();
        for (const Message& segment : segments) REQUIRE_FALSE(world.deliver(segment));
        const auto again = world.take_reports();
        REQUIRE(again.size() == 1);
        CHECK(again[0] == told[0]);
        CHECK(world.answers_to_server().size() == 3);
        CHECK(world.queue().joining.sets().size() == 0);
        CHECK(world.take_down().empty());
      }
    }
  }
}

}  // namespace
}  // namespace msggw::scenario::messages_told_test
