// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/lanes.h"

#include <utility>

#include "gateway/base/result.h"

namespace msggw::messages {

namespace {

/// In the place of a priority.
constexpr std::uint64_t kTexts = kPriorities;
static_assert(kTexts < 4, "two bits");

}  // namespace

std::uint64_t Lanes::key_of(const LaneId& id) noexcept {
  return std::uint64_t{static_cast<std::uint32_t>(id.device)} << 4 |
         static_cast<std::uint64_t>(id.withheld) << 3 |
         (id.texts ? kTexts : static_cast<std::uint64_t>(id.priority)) << 1 |
         static_cast<std::uint64_t>(id.up);
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
  Load& way = ways_[is_up(header.kind) ? 1 : 0];
  ++way.messages;
  way.octets += header.octets;
  if (header.withheld) ++withheld_;
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
  Load& way = ways_[is_up(header.kind) ? 1 : 0];
  --way.messages;
  way.octets -= header.octets;
  if (header.withheld) --withheld_;
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

std::vector<MessageNo> Lanes::withhold(const LaneId& id) {
  std::vector<MessageNo> moved;
  Lane* const from = find(id);
  if (from == nullptr || from->count == 0) return moved;
  LaneId behind = id;
  behind.withheld = true;
  const Lane* const before = find(behind);
  const bool has_some = before != nullptr && before->count > 0;
  base::ensure(
      !has_some || (from->phase != Lane::Phase::busy && number(before->tail) < number(from->head)),
      "messages: what is withheld is older, and goes first");
  for (MessageNo no = from->head; moved.size() < from->count;
       no = MessageNo{number(no) + headers_.at(no).to_next}) {
    headers_.at(no).withheld = true;
    moved.push_back(no);
  }
  withheld_ += moved.size();
  Lane lane = *from;
  if (from->phase == Lane::Phase::due) {
    *from = {.phase = Lane::Phase::due};  // it is in the list of those once
    lane.phase = Lane::Phase::resting;
  } else {
    lanes_.erase(key_of(id));
  }
  Lane& to = lanes_[key_of(behind)];
  if (!has_some) {
    if (to.phase == Lane::Phase::due && lane.phase == Lane::Phase::resting) lane.phase = to.phase;
    to = lane;
    return moved;
  }
  headers_.at(to.tail).to_next = static_cast<std::uint32_t>(number(lane.head) - number(to.tail));
  to.tail = lane.tail;
  to.count += lane.count;
  to.octets += lane.octets;
  return moved;
}

Lanes::Load Lanes::of(core::DeviceNo device, bool up) const noexcept {
  Load load = load_of(device, up, false);
  const Load more = up ? Load{} : withheld(device);
  load.messages += more.messages;
  load.octets += more.octets;
  return load;
}

Lanes::Load Lanes::withheld(core::DeviceNo device) const noexcept {
  return load_of(device, false, true);
}

Lanes::Load Lanes::texts(core::DeviceNo device) const noexcept {
  const Lane* const lane = find(texts_of(device));
  return lane == nullptr ? Load{} : Load{lane->count, lane->octets};
}

Lanes::Load Lanes::load_of(core::DeviceNo device, bool up, bool withheld) const noexcept {
  Load load;
  for (std::size_t priority = 0; priority < kPriorities; ++priority) {
    const Lane* const lane = find({device, up, static_cast<Priority>(priority), withheld});
    if (lane == nullptr) continue;
    load.messages += lane->count;
    load.octets += lane->octets;
  }
  return load;
}

}  // namespace msggw::messages
