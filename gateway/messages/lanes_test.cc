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

}  // namespace
}  // namespace msggw::messages
