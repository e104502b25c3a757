// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/operator_side.h"

#include <algorithm>
#include <array>

namespace msggw::messages {

namespace {

bool fits(const Selection& selection, const Header& header) noexcept {
  const bool in_state = selection.state ? header.state == *selection.state : !header.ended();
  return in_state && (!selection.device || header.device == *selection.device) &&
         (!selection.up || is_up(header.kind) == *selection.up) &&
         (!selection.priority || header.priority == *selection.priority);
}

template <class Visit>
void each_lane(const Lanes& lanes, core::DeviceNo device, Visit&& visit) {
  for (const bool up : {false, true}) messages::each_lane(lanes, device, up, visit);
}

}  // namespace

std::string_view name_of(WaitsFor what) noexcept {
  static constexpr std::array<std::string_view, 7> kNames{"commit", "content", "turn", "end",
                                                          "device", "rest",    "proof"};
  return kNames[static_cast<std::size_t>(what)];
}

Times times_of(const Queue& queue, MessageNo no) {
  const Header& header = queue.headers.at(no);
  // While a bearer has it the lane keeps its end.
  const bool in_lane = header.state == State::handed && !is_up(header.kind);
  const Tracked* const tracked = queue.tracking.find(no);
  const std::uint32_t expires_s = tracked != nullptr ? tracked->expires_s
                                  : in_lane          ? queue.lanes.find(lane_of(header))->expires_s
                                                     : header.expires_s;
  return {queue.timeline.process_time(header.accepted_s), queue.timeline.process_time(expires_s)};
}

Page OperatorSide::page(const Selection& selection, MessageNo first, std::size_t most) const {
  const bool waits = selection.state != State::done && selection.state != State::failed;
  if (selection.device && waits && passed_on(*selection.device) == 0)
    return page_of_device(selection, first, most);
  Page page;
  std::size_t looked = 0;
  for (auto no = queue_.headers.first_from(first); no;
       no = queue_.headers.first_from(MessageNo{number(*no) + 1})) {
    if (page.numbers.size() == most || looked++ == kMostLookedAt) {
      page.next = no;
      return page;
    }
    if (fits(selection, queue_.headers.at(*no))) page.numbers.push_back(*no);
  }
  return page;
}

Page OperatorSide::page_of_device(const Selection& selection, MessageNo first,
                                  std::size_t most) const {
  Page page;
  each_lane(queue_.lanes, *selection.device, [&](const LaneId&, const Lane& lane) {
    MessageNo no = lane.head;
    for (std::uint32_t i = 0; i < lane.count; ++i) {
      const Header& header = queue_.headers.at(no);
      if (number(no) >= number(first) && fits(selection, header)) page.numbers.push_back(no);
      no = MessageNo{number(no) + header.to_next};
    }
  });
  std::sort(page.numbers.begin(), page.numbers.end());
  if (page.numbers.size() <= most) return page;
  page.next = page.numbers[most];
  page.numbers.resize(most);
  return page;
}

std::vector<Waiting> OperatorSide::waiting(core::DeviceNo device) const {
  std::vector<Waiting> all;
  each_lane(queue_.lanes, device, [&](const LaneId& id, const Lane& lane) {
    all.push_back({id, lane.count, lane.octets, lane.head, lane.tries, what_for(id, lane)});
  });
  return all;
}

WaitsFor OperatorSide::what_for(const LaneId& id, const Lane& lane) const {
  if (!queue_.is_durable(lane.head)) return WaitsFor::commit;
  if (lane.phase == Lane::Phase::busy) return WaitsFor::end;
  if (!id.up && queue_.ways_of(id) == 0) {
    const bool is_behind = !id.texts && queue_.lanes.withheld(id.device).messages > 0;
    if (!id.withheld && is_behind && queue_.ways_of({id.device, false, id.priority, true}) != 0)
      return WaitsFor::turn;
    return id.withheld ? WaitsFor::proof : WaitsFor::device;
  }
  switch (lane.phase) {
    case Lane::Phase::loading: return WaitsFor::content;
    case Lane::Phase::due: return WaitsFor::turn;
    case Lane::Phase::busy:
    case Lane::Phase::resting: break;
  }
  return WaitsFor::rest;
}

Held OperatorSide::held_of(core::DeviceNo device) const {
  const auto owed = queue_.owed_upward.find(device);
  return {queue_.lanes.of(device, false).messages + queue_.lanes.texts(device).messages +
              queue_.joining.sets().segments_of(device) + passed_on(device),
          queue_.lanes.of(device, true).messages +
              (owed == queue_.owed_upward.end() ? 0 : owed->second)};
}

std::size_t OperatorSide::passed_on(core::DeviceNo device) const {
  const auto found = queue_.passed_on.find(device);
  return found == queue_.passed_on.end() ? 0 : found->second;
}

std::uint8_t OperatorSide::reachable_over(core::DeviceNo device) const {
  const auto found = queue_.reachable.find(device);
  return found == queue_.reachable.end() ? std::uint8_t{0} : found->second.bearers;
}

std::uint8_t OperatorSide::carried_over(core::DeviceNo no) const {
  const core::Device& device = queue_.devices.device(no);
  std::uint8_t bearers = 0;
  for (const core::Bearer bearer : core::kAllBearers) {
    if (device.binding(bearer).alive())
      bearers |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(bearer));
  }
  return bearers & queue_.carrying;
}

bool OperatorSide::has_server(core::DeviceNo device) const {
  return knows_one(servers_, queue_.devices.profile(queue_.devices.device(device).profile));
}

base::Result<void> OperatorSide::remove(MessageNo no, base::TimePoint now) {
  const Header* const header = queue_.headers.find(no);
  if (header == nullptr || header->ended())
    return base::fail(base::Errc::unknown_device, "no such message waits");
  if (header->state == State::handed) {
    return base::fail(
        base::Errc::refused,
        is_up(header->kind)
            ? "the MSGin5G Server has been given it, and has not said yet what became "
              "of it; try again"
            : "the device has been given it, and has not said yet what became of it; "
              "try again");
  }
  queue_.end(no, State::failed, Cause::removed, now);
  return {};
}

std::optional<std::uint64_t> OperatorSide::durable_with() const {
  const Batches& own = queue_.batches;
  if (!own.changed.empty() || !own.erased.empty()) return queue_.devices.batches.last + 1;
  return queue_.devices.durable_with();
}

}  // namespace msggw::messages
