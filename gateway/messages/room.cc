// SPDX-License-Identifier: Apache-2.0
// Whether there is room for one more, and what gives way to it.
#include <algorithm>
#include <utility>

#include "gateway/messages/queue.h"

namespace msggw::messages {

namespace {

/// How many make room for one at most.
constexpr std::size_t kMostGivingWay = 256;
/// What each way leaves to the other: a part of this many.
constexpr std::uint64_t kOtherWay = 8;
/// So many wait of anybody while there is any room.
constexpr std::size_t kAlways = 16;
constexpr const char* kOfDevice = "as many messages of this device wait as may";

}  // namespace

std::optional<Refusal> Queue::no_store(std::size_t octets) const {
  if (const auto gone = devices.no_store())
    return Refusal{*gone, "STORE_UNAVAILABLE", limits.retry_after};
  if (batches.unsaved_octets + octets > limits.max_unsaved_octets)
    return refusal(base::Errc::overloaded, "STORE_BUSY", "the store is behind; try again",
                   limits.retry_after);
  return std::nullopt;
}

Refusal Queue::full(bool of_device, const char* why) const {
  return refusal(base::Errc::overloaded, of_device ? "DEVICE_QUEUE_FULL" : "QUEUE_FULL", why,
                 limits.retry_after);
}

std::optional<Refusal> Queue::no_room(core::DeviceNo device, Kind kind, std::size_t octets) const {
  if (auto none = no_common_room(device, is_up(kind), octets)) return none;
  if (fits(own_of(device, kind), octets)) return std::nullopt;
  return full(true, kOfDevice);
}

std::optional<Refusal> Queue::no_common_room(core::DeviceNo device, bool up,
                                             std::size_t octets) const {
  if (auto not_now = no_store(octets)) return not_now;
  const Lanes::Load all = lanes.all();
  const std::uint64_t all_octets = all.octets + owed_octets + passed_on_octets;
  if (all.messages + owed.size() >= limits.max_messages || all_octets + octets > limits.max_octets)
    return full(false, "the gateway holds as many messages as it may");
  const Lanes::Load way = lanes.all(up);
  const std::size_t kept = limits.max_messages / kOtherWay;
  const std::uint64_t kept_octets = limits.max_octets / kOtherWay;
  const bool is_worth_it = kept_octets >= limits.max_content_octets;
  if (way.messages + kept >= limits.max_messages ||
      (is_worth_it && way.octets + octets + kept_octets > limits.max_octets)) {
    metrics.share(Share::way).Increment();
    return full(false, up ? "what devices send leaves room for what is for them"
                          : "what is for devices leaves room for what they send");
  }
  const Lanes::Load left{limits.max_messages - all.messages - owed.size(),
                         limits.max_octets - all_octets - octets};
  if (all.messages < left.messages && all.octets <= left.octets) return std::nullopt;
  return no_share(device, left);
}

/// As base::RoomBySource: nobody has more than he leaves free. Several devices behind one address
/// can be told from those behind a broker, each of which is known by its own name.
std::optional<Refusal> Queue::no_share(core::DeviceNo device, const Lanes::Load& left) const {
  Lanes::Load own = lanes.of(device, false);
  for (const Lanes::Load& more : {lanes.of(device, true), lanes.texts(device)}) {
    own.messages += more.messages;
    own.octets += more.octets;
  }
  const auto has_more = [&left](const Lanes::Load& load) {
    return load.messages >= kAlways &&
           (load.messages >= left.messages || load.octets > left.octets);
  };
  if (has_more(own)) {
    metrics.share(Share::device).Increment();
    return full(true, "this device has more messages than are left to others");
  }
  const core::Device& row = devices.device(device);
  const bool has_source =
      row.source != core::SourceMark{} && row.binding(core::Bearer::coap).alive();
  if (!has_source || !has_more(shares.of(row.source))) return std::nullopt;
  metrics.share(Share::source).Increment();
  return full(true, "devices from this address have more messages than are left to others");
}

/// What counts in the limits of the device.
Lanes::Load Queue::own_of(core::DeviceNo device, Kind kind) const {
  return kind == Kind::text_down ? lanes.texts(device) : lanes.of(device, is_up(kind));
}

bool Queue::fits(const Lanes::Load& own, std::size_t octets) const {
  return own.messages < limits.max_messages_per_device &&
         own.octets + octets <= limits.max_octets_per_device;
}

std::optional<Refusal> Queue::make_room(const Arrival& arrival, std::size_t octets,
                                        base::TimePoint now) {
  if (auto none = no_common_room(arrival.device, is_up(arrival.kind), octets)) return none;
  if (fits(own_of(arrival.device, arrival.kind), octets)) return std::nullopt;
  const auto oldest = giving_way(arrival, octets);
  if (!oldest) return full(true, kOfDevice);
  for (const MessageNo no : *oldest) end(no, State::failed, Cause::dropped, now);
  return std::nullopt;
}

/// The oldest messages that are not under way: of what is withheld, which may have nobody to go to,
/// then, if the limit says so, of those that are no more urgent, the least urgent first. Reports
/// stay: nobody would be told of their end.
std::optional<std::vector<MessageNo>> Queue::giving_way(const Arrival& arrival,
                                                        std::size_t octets) const {
  const bool up = is_up(arrival.kind);
  Lanes::Load own = lanes.of(arrival.device, up);
  std::vector<MessageNo> oldest;
  std::size_t left = kMostGivingWay;
  const auto take_from = [&](Priority priority, bool withheld) {
    const Lane* const lane = lanes.find({arrival.device, up, priority, withheld});
    if (lane == nullptr) return;
    MessageNo no = lane->head;
    for (std::uint32_t i = 0; i < lane->count && !fits(own, octets) && left > 0; ++i, --left) {
      const Header& header = headers.at(no);
      if (header.state != State::handed && is_message(header.kind)) {
        --own.messages;
        own.octets -= header.octets;
        oldest.push_back(no);
      }
      no = MessageNo{number(no) + header.to_next};
    }
  };
  for (std::size_t priority = kPriorities; !up && priority-- > 0;)
    take_from(static_cast<Priority>(priority), true);
  const auto least = static_cast<std::size_t>(arrival.priority);
  for (std::size_t priority = kPriorities;
       limits.at_limit == AtLimit::drop_oldest && priority-- > least;)
    take_from(static_cast<Priority>(priority), false);
  if (!fits(own, octets)) return std::nullopt;
  return oldest;
}

void Queue::enter_lane(MessageNo no) {
  lanes.append(no);
  const Header& header = headers.at(no);
  shares.add(devices.device(header.device).source, header.octets);
}

}  // namespace msggw::messages
