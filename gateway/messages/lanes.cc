// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/lanes.h"

#include <utility>

#include "gateway/base/result.h"

namespace msggw::messages {

std::uint64_t Lanes::key_of(const LaneId& id) noexcept {
  return std::uint64_t{static_cast<std::uint32_t>(id.device)} << 3 |
         static_cast<std::uint64_t>(id.priority) << 1 | static_cast<std::uint64_t>(id.up);
}

Lane& Lanes::append(MessageNo no) {
  const Header& header = headers_.at(no);
  Lane& lane = lanes_[key_of(lane_of(header))];
  if (lane.count == 0) {
    lane.head = no;
  } else {
    base::ensure(number(no) > number(lane.tail), "messages: a lane goes upwards");
    headers_.at(lane.tail).to_next = static_cast<std::uint32_t>(number(no) - number(lane.tail));
  }
  lane.tail = no;
  ++lane.count;
  lane.octets += header.octets;
  ++all_.messages;
  all_.octets += header.octets;
  return lane;
}

void Lanes::remove(MessageNo no) {
  Header& header = headers_.at(no);
  const auto found = lanes_.find(key_of(lane_of(header)));
  base::ensure(found != lanes_.end(), "messages: the lane of a message that waits");
  Lane& lane = found->second;
  const auto next_of = [&](MessageNo at) {
    return MessageNo{number(at) + headers_.at(at).to_next};
  };
  if (lane.head == no) {
    lane.head = next_of(no);
    lane.tries = 0;
  } else {
    MessageNo before = lane.head;
    while (next_of(before) != no) {
      base::ensure(before != lane.tail, "messages: a message is in its lane");
      before = next_of(before);
    }
    headers_.at(before).to_next =
        header.to_next == 0 ? 0 : headers_.at(before).to_next + header.to_next;
    if (lane.tail == no) lane.tail = before;
  }
  header.to_next = 0;
  lane.octets -= header.octets;
  --all_.messages;
  all_.octets -= header.octets;
  if (--lane.count == 0 && lane.phase != Lane::Phase::due) lanes_.erase(found);
}

void Lanes::drop_empty(const LaneId& id) {
  const auto found = lanes_.find(key_of(id));
  base::ensure(found != lanes_.end() && found->second.count == 0, "messages: an empty lane");
  lanes_.erase(found);
}

Lane* Lanes::find(const LaneId& id) noexcept {
  return const_cast<Lane*>(std::as_const(*this).find(id));
}

const Lane* Lanes::find(const LaneId& id) const noexcept {
  const auto found = lanes_.find(key_of(id));
  return found == lanes_.end() ? nullptr : &found->second;
}

Lanes::Load Lanes::of(core::DeviceNo device, bool up) const noexcept {
  Load load;
  for (std::size_t priority = 0; priority < kPriorities; ++priority) {
    const Lane* const lane = find({device, up, static_cast<Priority>(priority)});
    if (lane == nullptr) continue;
    load.messages += lane->count;
    load.octets += lane->octets;
  }
  return load;
}

}  // namespace msggw::messages
