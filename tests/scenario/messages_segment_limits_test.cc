// SPDX-License-Identifier: Apache-2.0
// How much waits for the rest of its segments.
#include <doctest/doctest.h>

#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;

Message piece(MessagesWorld& world, const std::string& set, std::uint32_t number,
              std::size_t octets = 10, const std::string& to = "svc-d0") {
  Message segment = world.message(set, std::string(octets, 'x'), to);
  segment.segment = Segment{set, number, {}, false};
  return segment;
}

std::string refusal(const std::optional<Answer>& answer) {
  return answer ? std::string(answer->refusal->cause) : "";
}

TEST_CASE("a device has so many open sets, and room again when one is closed") {
  Limits limits;
  limits.max_open_sets_per_device = 2;
  MessagesWorld world(limits);
  CHECK_FALSE(world.deliver(piece(world, "a", 1)));
  CHECK_FALSE(world.deliver(piece(world, "b", 1)));
  const auto third = world.deliver(piece(world, "c", 1));
  CHECK(refusal(third) == "DEVICE_QUEUE_FULL");
  CHECK(third->refusal->retry_after == limits.retry_after);
  CHECK_FALSE(world.deliver(piece(world, "a", 2)));
  CHECK_FALSE(world.deliver(piece(world, "c", 1, 10, "svc-d1")));
  world.settle();
  world.pass(limits.segment_time);
  CHECK_FALSE(world.deliver(piece(world, "c", 1)));
}

TEST_CASE("all devices together have so many, in sets and in octets") {
  Limits limits;
  limits.max_open_sets = 2;
  MessagesWorld world(limits);
  world.deliver(piece(world, "a", 1));
  world.deliver(piece(world, "a", 1, 10, "svc-d1"));
  CHECK(refusal(world.deliver(piece(world, "a", 1, 10, "svc-d2"))) == "QUEUE_FULL");

  Limits octets;
  octets.max_open_set_octets = 2'500;
  MessagesWorld other(octets);
  CHECK_FALSE(other.deliver(piece(other, "a", 1, 1'000)));
  CHECK_FALSE(other.deliver(piece(other, "a", 2, 1'000)));
  CHECK(refusal(other.deliver(piece(other, "a", 3, 1'000))) == "QUEUE_FULL");
}

TEST_CASE("a message is no longer in segments than whole, and has so many at most") {
  Limits limits;
  limits.max_content_octets = 25;
  limits.max_segments = 3;
  MessagesWorld world(limits);
  CHECK_FALSE(world.deliver(piece(world, "a", 1)));
  CHECK_FALSE(world.deliver(piece(world, "a", 2)));
  CHECK(refusal(world.deliver(piece(world, "a", 3))) == "PAYLOAD_TOO_LARGE");
  world.settle();
  world.restart();
  CHECK(refusal(world.deliver(piece(world, "a", 3))) == "PAYLOAD_TOO_LARGE");
  CHECK_FALSE(world.deliver(piece(world, "a", 3, 5)));
  CHECK(refusal(world.deliver(piece(world, "a", 4, 0))) == "PAYLOAD_TOO_LARGE");
  auto many = piece(world, "b", 1);
  many.segment->total = 4;
  CHECK(refusal(world.deliver(many)) == "PAYLOAD_TOO_LARGE");
}

TEST_CASE("a device with a full queue gets no segments, and the store's trouble counts for them") {
  Limits limits;
  limits.max_messages_per_device = 1;
  MessagesWorld world(limits);
  world.deliver(world.message("m"));
  CHECK(refusal(world.deliver(piece(world, "a", 1))) == "DEVICE_QUEUE_FULL");

  Limits unsaved;
  unsaved.max_unsaved_octets = 1'500;
  MessagesWorld behind(unsaved);
  CHECK_FALSE(behind.deliver(piece(behind, "a", 1, 1'000)));
  CHECK(refusal(behind.deliver(piece(behind, "a", 2, 1'000))) == "STORE_BUSY");
  behind.settle();
  CHECK_FALSE(behind.deliver(piece(behind, "a", 2, 1'000)));
}

TEST_CASE("the contents of segments are in the store, however many wait") {
  Limits limits;
  limits.max_open_sets_per_device = 1'000;
  MessagesWorld world(limits);
  for (int i = 0; i < 1'000; ++i) {
    world.deliver(piece(world, std::to_string(i), 1, 2'000));
    world.settle();
  }
  CHECK(world.queue().contents.size() == 0);
  CHECK(world.queue().joining.sets().size() == 1'000);
  CHECK(world.rows(storage::kSegments) == 1'000);
}

TEST_CASE("whole sets are read a few at a time") {
  Limits limits;
  limits.max_open_sets_per_device = 100;
  MessagesWorld world(limits);
  for (std::uint32_t number : {0, 1}) {
    for (int i = 0; i < 50; ++i) {
      auto segment = piece(world, std::to_string(i), number);
      segment.segment->last = number == 1;
      CHECK_FALSE(world.deliver(segment));
    }
  }
  world.settle();
  CHECK(world.queue().wanted.size() <= 8);
  std::size_t taken = 0;
  while (!world.queue().wanted.empty()) {
    world.read();
    CHECK(world.queue().wanted.size() <= 8);
    world.settle();
    ++taken;
  }
  CHECK(taken > 5);
  CHECK(world.take_down().size() == 50);
}

}  // namespace
}  // namespace msggw::scenario
