// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/lanes.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <vector>

namespace msggw::messages {
namespace {

struct World {
  Headers headers;
  Lanes lanes{headers};

  MessageNo add(std::uint32_t device, Kind kind = Kind::message_down,
                Priority priority = Priority::normal) {
    Header header;
    header.device = core::DeviceNo{device};
    header.kind = kind;
    header.priority = priority;
    header.octets = 10;
    const MessageNo no = headers.add(header);
    lanes.append(no);
    return no;
  }
  std::vector<MessageNo> in(const LaneId& id) const {
    std::vector<MessageNo> all;
    const Lane* const lane = lanes.find(id);
    if (lane == nullptr) return all;
    for (MessageNo no = lane->head;; no = MessageNo{number(no) + headers.at(no).to_next}) {
      all.push_back(no);
      if (no == lane->tail) return all;
    }
  }
};

LaneId down(std::uint32_t device, Priority priority = Priority::normal) {
  return {core::DeviceNo{device}, false, priority};
}

TEST_CASE("each device has lanes of its own, up and down and by priority; reports go in them too") {
  World world;
  const MessageNo a = world.add(1);
  const MessageNo b = world.add(2);
  const MessageNo c = world.add(1, Kind::report_down);
  const MessageNo d = world.add(1, Kind::report_up);
  const MessageNo e = world.add(1, Kind::message_down, Priority::high);
  CHECK(world.in(down(1)) == std::vector{a, c});
  CHECK(world.in(down(2)) == std::vector{b});
  CHECK(world.in({core::DeviceNo{1}, true, Priority::normal}) == std::vector{d});
  CHECK(world.in(down(1, Priority::high)) == std::vector{e});
  CHECK(world.lanes.find(down(3)) == nullptr);
  CHECK(world.lanes.of(core::DeviceNo{1}, false).messages == 3);
  CHECK(world.lanes.of(core::DeviceNo{1}, false).octets == 30);
  CHECK(world.lanes.of(core::DeviceNo{1}, true).messages == 1);
  CHECK(world.lanes.all().messages == 5);
}

TEST_CASE("against lists, at random: from the head, the middle and the tail") {
  World world;
  std::map<std::uint32_t, std::vector<MessageNo>> model;
  std::mt19937 random(5);
  for (int step = 0; step < 20'000; ++step) {
    const std::uint32_t device = random() % 20;
    auto& mine = model[device];
    if (mine.empty() || random() % 2 == 0) {
      mine.push_back(world.add(device));
    } else {
      const std::size_t at = random() % mine.size();
      world.lanes.remove(mine[at]);
      mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(at));
      CHECK((world.lanes.find(down(device)) == nullptr) == mine.empty());
    }
    CHECK(world.in(down(device)) == mine);
    CHECK(world.lanes.of(core::DeviceNo{device}, false).messages == mine.size());
  }
}

LaneId withheld(std::uint32_t device, Priority priority = Priority::normal) {
  return {core::DeviceNo{device}, false, priority, true};
}

TEST_CASE("what is withheld stands in a lane of its own, with what it is doing") {
  World world;
  const MessageNo a = world.add(1);
  const MessageNo b = world.add(1);
  const MessageNo other = world.add(2);
  const MessageNo urgent = world.add(1, Kind::message_down, Priority::high);
  world.lanes.find(down(1))->phase = Lane::Phase::busy;
  world.lanes.find(down(1))->expires_s = 7;
  CHECK(world.lanes.withhold(down(1)) == std::vector{a, b});
  CHECK(world.lanes.find(down(1)) == nullptr);
  CHECK(world.in(withheld(1)) == std::vector{a, b});
  CHECK(world.lanes.find(withheld(1))->phase == Lane::Phase::busy);
  CHECK(world.lanes.find(withheld(1))->expires_s == 7);
  CHECK(bool{world.headers.at(a).withheld});
  CHECK(world.in(down(2)) == std::vector{other});
  CHECK(world.in(down(1, Priority::high)) == std::vector{urgent});
  CHECK(world.lanes.of(core::DeviceNo{1}, false).messages == 3);
  CHECK(world.lanes.withheld(core::DeviceNo{1}).messages == 2);
  CHECK(world.lanes.withheld(core::DeviceNo{1}).octets == 20);
  CHECK(world.lanes.withheld() == 2);
  CHECK(world.lanes.withhold(down(1)).empty());
  CHECK(world.lanes.withhold(down(3)).empty());
}

TEST_CASE("a lane that is due is in the list of those once, also when all of it is withheld") {
  World world;
  const MessageNo a = world.add(1);
  world.lanes.find(down(1))->phase = Lane::Phase::due;
  world.lanes.withhold(down(1));
  REQUIRE(world.lanes.find(down(1)) != nullptr);
  CHECK(world.lanes.find(down(1))->phase == Lane::Phase::due);
  CHECK(world.lanes.find(down(1))->count == 0);
  CHECK(world.lanes.find(withheld(1))->phase == Lane::Phase::resting);
  CHECK(world.in(withheld(1)) == std::vector{a});
}

TEST_CASE("against lists, at random: withheld again and again") {
  World world;
  std::vector<MessageNo> open;
  std::vector<MessageNo> behind;
  std::mt19937 random(7);
  const auto take_one = [&](std::vector<MessageNo>& of) {
    if (of.empty()) return;
    const std::size_t at = random() % of.size();
    world.lanes.remove(of[at]);
    of.erase(of.begin() + static_cast<std::ptrdiff_t>(at));
  };
  for (int step = 0; step < 20'000; ++step) {
    switch (random() % 8) {
      case 0: take_one(open); break;
      case 1:
      case 2: take_one(behind); break;
      case 3:
        CHECK(world.lanes.withhold(down(1)) == open);
        behind.insert(behind.end(), open.begin(), open.end());
        open.clear();
        break;
      default: open.push_back(world.add(1)); break;
    }
    CHECK(world.in(down(1)) == open);
    CHECK(world.in(withheld(1)) == behind);
    CHECK(world.lanes.of(core::DeviceNo{1}, false).messages == open.size() + behind.size());
    CHECK(world.lanes.withheld(core::DeviceNo{1}).messages == behind.size());
    CHECK(world.lanes.withheld() == behind.size());
    if (behind.size() > 100) take_one(behind);
  }
}

}  // namespace
}  // namespace msggw::messages
