// SPDX-License-Identifier: Apache-2.0
// Messages for devices that come in segments (TS 23.554 8.5).
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;
using std::chrono::seconds;

/// The segments of a message as a server makes them, numbered from `first`; the first says whether
/// a report is wanted and how many there are, the last that it is.
std::vector<Message> cut(MessagesWorld& world, const std::string& id, std::uint32_t count,
                         std::uint32_t first = 1, bool wants_report = false) {
  std::vector<Message> segments;
  for (std::uint32_t i = 0; i < count; ++i) {
    Segment of{"set of " + id, first + i, {}, i + 1 == count};
    if (i == 0) of.total = count;
    segments.push_back(world.segment(id, of, "[" + id + std::to_string(i) + "]"));
    segments.back().wants_report = wants_report && i == 0;
  }
  return segments;
}

std::string whole(const std::vector<Message>& segments) {
  std::string content;
  for (const Message& segment : segments) content += segment.content;
  return content;
}

void deliver(MessagesWorld& world, const std::vector<Message>& segments) {
  for (const Message& segment : segments) REQUIRE_FALSE(world.deliver(segment));
}

double failed(const MessagesWorld& world) {
  return world.metric("msggw_messages_failed_total{cause=\"SEGMENTS_MISSING\"}");
}

TEST_CASE("a segment is answered when it is durable, and the device gets one message") {
  MessagesWorld world;
  const auto segments = cut(world, "m", 3);
  for (const Message& segment : segments) {
    CHECK_FALSE(world.deliver(segment));
    CHECK(world.answers_to_server().empty());
    world.settle();
    CHECK(world.answers_to_server().size() == 1);
    CHECK(world.queue().contents.size() == 0);  // it waits in the store
  }
  world.settle_all();
  const auto taken = world.take_down();
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].content == whole(segments));
  CHECK(taken[0].message_id == "m");
  CHECK_FALSE(taken[0].segment);
  world.settle();
  CHECK(world.rows(storage::kMessages) == 0);
  CHECK(world.rows(storage::kSegments) == 0);
}

TEST_CASE("every order of arrival, numbered from 0 and from 1, also with a restart in between") {
  for (const std::uint32_t first : {0, 1}) {
    std::vector<std::size_t> order(4);
    std::iota(order.begin(), order.end(), 0);
    std::size_t restart_after = 0;
    do {
      CAPTURE(first);
      MessagesWorld world;
      const auto segments = cut(world, "m", 4, first);
      for (std::size_t i = 0; i < order.size(); ++i) {
        CHECK_FALSE(world.deliver(segments[order[i]]));
        if (i % 2 == 0) world.settle();
        if (i == restart_after % 4) {
          world.settle();
          world.restart();
        }
      }
      ++restart_after;
      world.settle_all();
      const auto taken = world.take_down();
      REQUIRE(taken.size() == 1);
      CHECK(taken[0].content == whole(segments));
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST_CASE("from 1 to 255 segments at random, many sets at once, some segments twice") {
  Limits limits;
  limits.max_open_sets_per_device = 100;
  MessagesWorld world(limits);
  std::mt19937 random(5);
  std::vector<Message> all;
  std::map<std::string, std::string> wholes;
  for (const std::uint32_t count : {1, 2, 3, 32, 127, 254, 255}) {
    const auto segments = cut(world, "m" + std::to_string(count), count, random() % 2);
    wholes[segments[0].message_id] = whole(segments);
    all.insert(all.end(), segments.begin(), segments.end());
    for (std::uint32_t i = 0; i < count; i += 5) all.push_back(segments[i]);
  }
  std::shuffle(all.begin(), all.end(), random);
  for (const Message& segment : all) {
    CHECK_FALSE(world.deliver(segment));
    if (random() % 20 == 0) world.settle_all();
    if (random() % 200 == 0) {
      world.settle();
      world.restart();
    }
  }
  world.settle_all();
  const auto taken = world.take_down();
  CHECK(taken.size() == wholes.size());
  for (const Message& message : taken) CHECK(message.content == wholes[message.message_id]);
  CHECK(failed(world) == 0);
  CHECK(world.queue().joining.sets().size() == 0);
  CHECK(world.queue().joining.sets().octets() == 0);
}

TEST_CASE("a whole takes its place behind what was there when it became whole") {
  MessagesWorld world;
  const auto segments = cut(world, "long", 2);
  world.deliver(segments[0]);
  world.deliver(world.message("between"));
  world.settle();
  world.deliver(segments[1]);
  world.settle_all();
  world.deliver(world.message("after"));
  world.settle();
  std::string order;
  for (const Message& message : world.take_down()) order += message.message_id + " ";
  CHECK(order == "between long after ");
}

TEST_CASE("a gap ends in time, counted from the last segment; one report, and no message") {
  MessagesWorld world;
  auto segments = cut(world, "m", 3, 1, true);
  segments.erase(segments.begin() + 1);
  world.deliver(segments[0]);
  world.settle();
  world.pass(world.limits().segment_time - seconds{1});
  world.deliver(segments[1]);
  world.settle();
  world.restart();
  world.pass(world.limits().segment_time - seconds{1});
  world.settle_all();
  CHECK(failed(world) == 0);
  world.pass(seconds{1});
  const auto reports = world.take_reports();
  CHECK(failed(world) == 1);
  REQUIRE(reports.size() == 1);
  CHECK(
      reports[0] ==
      Report{
          {AddressType::ue, "svc-d0"}, {AddressType::as, "as-1"}, "m", false, "SEGMENTS_MISSING"});
  CHECK(world.take_down().empty());
  for (const auto table : {storage::kQueue, storage::kSegments, storage::kMessages})
    CHECK(world.rows(table) == 0);
}

TEST_CASE("the first is missing, and numbers from 0: what came is not taken for the whole") {
  MessagesWorld world;
  auto segments = cut(world, "m", 3, 0);
  segments.erase(segments.begin());
  deliver(world, segments);
  world.settle_all();
  CHECK(world.take_down().empty());
  world.pass(world.limits().segment_time);
  world.settle_all();
  CHECK(failed(world) == 1);
  CHECK(world.take_reports().empty());  // nobody asked
}

TEST_CASE("what failed may be sent again under its name") {
  MessagesWorld world;
  const auto segments = cut(world, "m", 2);
  world.deliver(segments[0]);
  world.settle();
  world.pass(world.limits().segment_time);
  world.settle_all();
  CHECK(failed(world) == 1);
  deliver(world, segments);
  world.settle_all();
  CHECK(world.take_down().size() == 1);
}

TEST_CASE(
    "a segment that comes again is answered and changes nothing, before and after the whole") {
  MessagesWorld world;
  const auto segments = cut(world, "m", 2);
  for (const Message& segment : {segments[0], segments[0], segments[1], segments[1], segments[0]}) {
    CHECK_FALSE(world.deliver(segment));
    world.settle_all();
    CHECK(world.answers_to_server().size() == 1);
  }
  CHECK(world.take_down().size() == 1);
  world.settle();
  world.restart();
  deliver(world, segments);
  world.pass(world.limits().segment_time);
  world.settle_all();
  CHECK(world.take_down().empty());
  CHECK(failed(world) == 0);
}

TEST_CASE("a whole that failed leaves the window with its segments") {
  MessagesWorld world;
  const auto segments = cut(world, "m", 2);
  deliver(world, segments);
  world.settle_all();
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  world.device_side().failed(world.next_down()->no, Cause::refused, world.now());
  world.settle();
  deliver(world, segments);
  world.settle_all();
  CHECK(world.take_down().size() == 1);
}

TEST_CASE("a server that counts from 1 again: its new message comes whole, the old one fails") {
  MessagesWorld world;
  auto old_segments = cut(world, "1", 3, 1, true);
  world.deliver(old_segments[0]);
  world.deliver(old_segments[1]);
  world.settle();
  auto segments = cut(world, "1", 2);
  for (Message& segment : segments) segment.content += "new";
  deliver(world, segments);
  CHECK(world.take_reports().size() == 1);  // of the old one
  const auto taken = world.take_down();
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].content == whole(segments));
  for (Message& segment : segments) segment.content += "er";
  deliver(world, segments);
  world.settle_all();
  CHECK(world.take_down().size() == 1);
}

TEST_CASE("two messages that alternate in the segments of one msgId come once each") {
  MessagesWorld world;
  const auto one = cut(world, "m", 3, 0, true);
  auto other = one;
  for (Message& segment : other) segment.content += "other";
  const auto taken = [&](const std::vector<Message>& segments) {
    deliver(world, segments);
    world.settle_all();
    const std::size_t count = world.take_down().size();
    world.settle_all();
    return count;
  };
  CHECK(taken(one) == 1);
  CHECK(taken(other) == 1);
  CHECK(world.take_reports().size() == 2);
  CHECK(taken(one) == 0);
  world.restart();
  CHECK(taken(one) == 0);
  CHECK(taken(other) == 0);
  CHECK(taken(one) == 0);
  CHECK(world.take_reports().empty());
  CHECK(world.rows(storage::kSegments) == 0);
  CHECK(world.rows(storage::kMessages) == 0);
  world.pass(world.limits().window_time + seconds{1});
  world.settle_all();
  CHECK(world.rows(storage::kQueue) == 0);
  CHECK(failed(world) == 0);
}

TEST_CASE("one report for the whole, with its proof, if the first segment asks for it") {
  MessagesWorld world;
  deliver(world, cut(world, "m", 3, 1, true));
  world.settle_all();
  CHECK(world.take_down().size() == 1);
  const auto reports = world.take_reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].delivered);
  CHECK(reports[0].message_id == "m");
}

TEST_CASE("the msgId of a whole is that of its first segment, if they differ") {
  MessagesWorld world;
  auto segments = cut(world, "m", 2);
  segments[1].message_id = "m-2";
  std::swap(segments[0], segments[1]);
  deliver(world, segments);
  world.settle_all();
  CHECK(world.take_down().at(0).message_id == "m");
}

TEST_CASE("a row that is lost ends its set, and the report of another segment tells") {
  MessagesWorld world;
  const auto segments = cut(world, "m", 3, 1, true);
  world.deliver(segments[0]);
  world.deliver(segments[1]);
  world.settle();
  world.lose_row(MessageNo{2});
  world.deliver(segments[2]);
  const auto reports = world.take_reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].failure_cause == "INTERNAL_ERROR");
  CHECK(world.take_down().empty());
  CHECK(world.queue().contents.size() == 0);
}

TEST_CASE("a device that leaves ends what waits for more segments, told to who asked for it") {
  MessagesWorld world;
  world.deliver(cut(world, "m", 2, 1, true)[0]);
  world.deliver(cut(world, "n", 2)[0]);
  world.settle();
  world.store().leaving(core::DeviceNo{0}, world.now());
  const auto reports = world.take_reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].failure_cause == "UNKNOWN_RECIPIENT");
  CHECK(world.queue().joining.sets().size() == 0);
}

TEST_CASE("nothing is left of a device that is gone") {
  MessagesWorld world;
  world.deliver(cut(world, "m", 2, 1, true)[0]);
  world.settle();
  world.store().leaving(core::DeviceNo{0}, world.now());  // its report is still to be read
  world.store().gone(core::DeviceNo{0}, world.now());
  CHECK(world.queue().joining.sets().size() == 0);
  CHECK(world.take_reports().empty());
  for (const auto table : {storage::kQueue, storage::kSegments, storage::kMessages})
    CHECK(world.rows(table) == 0);
}

}  // namespace
}  // namespace msggw::scenario
