// SPDX-License-Identifier: Apache-2.0
// How a message is handed over, and how it ends.
#include <utility>

#include "gateway/messages/queue.h"

namespace msggw::messages {

void Queue::loaded(MessageNo no, Carried carried, base::TimePoint now) {
  const Header* const header = headers.find(no);
  if (header == nullptr || !header->needs_content()) return;
  if (std::holds_alternative<Report>(carried) != is_report(header->kind))
    return unreadable(no, now);
  if (header->ended()) {
    const auto found = owed_words.find(no);
    const std::string words = found == owed_words.end() ? "" : std::move(found->second);
    no_longer_owe(no);
    report(no, header->device, std::get<Message>(std::move(carried)), now, words);
    return keep_in_window(no);
  }
  if (header->kind == Kind::segment_down) return joining.loaded(no, std::move(carried), now);
  if (contents.find(no) == nullptr) contents.put(no, std::move(carried));
  const LaneId id = lane_of(*header);
  Lane* const lane = lanes.find(id);
  if (lane->head == no && lane->phase == Lane::Phase::loading) {
    lane->phase = Lane::Phase::resting;
    if (id.up || ways_of(id) != 0) {
      lane->phase = Lane::Phase::due;
      return due_of(id).push_front(id);
    }
  }
  if (is_cache_full()) contents.drop(no);
}

/// Nobody can be told of it: what a report would be made of is lost.
void Queue::unreadable(MessageNo no, base::TimePoint now) {
  Header* const header = headers.find(no);
  if (header == nullptr || !header->needs_content()) return;
  if (header->ended()) {
    const core::DeviceNo device = header->device;
    no_longer_owe(no);
    keep_in_window(no);
    return went_up(device);
  }
  header->wants_report = false;
  end(no, State::failed, Cause::internal_error, now);
}

void Queue::hand_over(MessageNo no) {
  Header& header = headers.at(no);
  Lane& lane = *lanes.find(lane_of(header));
  lane.phase = Lane::Phase::busy;
  header.state = State::handed;
  ++in_hand;
  if (is_up(header.kind)) return;
  lane.expires_s = header.expires_s;
  header.expires_s = timeline.seconds_after(turn, limits.proof_within);
  headers.remind(no);
}

void Queue::rest(MessageNo no, std::string_view said) {
  note(no, Happening::came_back).said = said;
  put_back(no);
}

void Queue::put_back(MessageNo no) {
  Header& header = headers.at(no);
  if (header.state == State::handed) --in_hand;
  Lane& lane = *lanes.find(lane_of(header));
  lane.phase = Lane::Phase::resting;
  header.state = State::waiting;
  if (tracking.drop(no)) mark_changed(no);  // its row has the time of proof
  if (!is_up(header.kind)) {
    header.expires_s = lane.expires_s;
    headers.remind(no);
  }
  if (is_cache_full()) contents.drop(no);
}

void Queue::end(MessageNo no, State state, Cause cause, base::TimePoint now, std::string_view said,
                std::string_view words) {
  Header& header = headers.at(no);
  if (header.ended()) {
    note(no, Happening::late);
    return metrics.late.Increment();
  }
  if (header.kind == Kind::segment_down) return joining.end(no, cause, now);
  const LaneId id = lane_of(header);
  header.passed_on ? leave_passed_on(no) : leave_lane(no);
  header.state = state;
  header.cause = cause;
  MessageEvent& event = note(no, state == State::done ? Happening::done : Happening::failed);
  event.why = name_of(cause);
  event.said = said;
  tracking.drop(no);
  if (state == State::done)
    metrics.done[static_cast<std::size_t>(header.kind)]->Increment();
  else
    metrics.failed[static_cast<std::size_t>(cause)]->Increment();
  conclude(no, now, words);
  if (id.up) went_up(id.device);
  make_due(id);
  if (id.withheld) make_due({id.device, false, id.priority});  // if that was the last of these
}

void Queue::leave_lane(MessageNo no) {
  const Header& header = headers.at(no);
  Lane& lane = *lanes.find(lane_of(header));
  if (lane.head == no && lane.phase != Lane::Phase::due) lane.phase = Lane::Phase::resting;
  if (header.state == State::handed) --in_hand;
  lanes.remove(no);
  shares.take(devices.device(header.device).source, header.octets);
}

void Queue::pass_on(MessageNo no) {
  Header& header = headers.at(no);
  const LaneId id = lane_of(header);
  leave_lane(no);
  enter_passed_on(no);
  mark_changed(no);
  // What is under way for days must not take the room of what goes soon.
  if (contents.octets() > limits.cache_octets / 2) contents.drop(no);
  make_due(id);
  if (id.withheld) make_due({id.device, false, id.priority});
}

void Queue::enter_passed_on(MessageNo no) {
  Header& header = headers.at(no);
  header.passed_on = true;
  ++passed_on[header.device];
  passed_on_octets += header.octets;
}

void Queue::leave_passed_on(MessageNo no) {
  Header& header = headers.at(no);
  header.passed_on = false;
  passed_on_octets -= header.octets;
  const auto of_device = passed_on.find(header.device);
  if (--of_device->second == 0) passed_on.erase(of_device);
}

std::vector<MessageNo> Queue::passed_on_of(core::DeviceNo device) const {
  if (!passed_on.contains(device)) return {};
  std::vector<MessageNo> all;
  tracking.each([&](MessageNo no, const Tracked&) {
    const Header& header = headers.at(no);
    if (header.passed_on && header.device == device) all.push_back(no);
  });
  return all;
}

void Queue::conclude(MessageNo no, base::TimePoint now, std::string_view words) {
  Header& header = headers.at(no);
  mark_changed(no);
  if (is_up(header.kind) && header.state == State::done) header.wants_report = false;
  const bool is_told = header.wants_report;
  // Else it may be sent again under its msgId, and is then another message.
  const bool stays_known = header.state == State::done || (is_told && header.may_stay_known());
  if (header.in_window && !stays_known) headers.leave_window(no);
  if (is_told && contents.find(no) == nullptr) {
    if (!words.empty()) owed_words.emplace(no, words);
    return owe(no);
  }
  if (is_told) report(no, header.device, std::get<Message>(contents.take(no)), now, words);
  contents.drop(no);
  keep_in_window(no);
}

void Queue::owe(MessageNo no) {
  owed.insert(no);
  const Header& header = headers.at(no);
  owed_octets += header.octets;
  if (!is_up(header.kind)) ++owed_upward[header.device];
  wanted.push_back(no);
}

/// It has been made, or cannot be.
void Queue::no_longer_owe(MessageNo no) {
  Header& header = headers.at(no);
  owed.erase(no);
  owed_words.erase(no);
  owed_octets -= header.octets;
  if (const auto of = owed_upward.find(header.device);
      !is_up(header.kind) && of != owed_upward.end() && --of->second == 0)
    owed_upward.erase(of);
  header.wants_report = false;
  mark_changed(no);
}

void Queue::keep_in_window(MessageNo no) {
  if (!headers.at(no).in_window || number(no) < number(window_tail_)) forget(no);
}

bool Queue::sends(core::DeviceNo device) const {
  return lanes.of(device, true).messages > 0 || owed_upward.contains(device);
}

void Queue::went_up(core::DeviceNo device) {
  if (!awaited.contains(device) || sends(device)) return;
  awaited.erase(device);
  outbox.have_sent.push_back(device);
}

std::vector<MessageNo> Queue::waiting(core::DeviceNo device, bool up) const {
  std::vector<MessageNo> all;
  each_lane(lanes, device, up, [&](const LaneId&, const Lane& lane) {
    MessageNo no = lane.head;
    for (std::uint32_t i = 0; i < lane.count; ++i) {
      all.push_back(no);
      no = MessageNo{number(no) + headers.at(no).to_next};
    }
  });
  return all;
}

void Queue::end_all(core::DeviceNo device, bool up, Cause cause, base::TimePoint now) {
  for (const MessageNo no : waiting(device, up)) end(no, State::failed, cause, now);
  if (up) return;
  for (const MessageNo no : passed_on_of(device)) end(no, State::failed, cause, now);
  joining.end_all(device, cause, now);
}

void Queue::silence(core::DeviceNo device, bool up) {
  for (const MessageNo no : waiting(device, up)) headers.at(no).wants_report = false;
  if (!up) {
    for (const MessageNo no : passed_on_of(device)) headers.at(no).wants_report = false;
    joining.silence(device);
  }
  std::vector<MessageNo> untold;
  for (const MessageNo no : owed) {
    const Header& header = headers.at(no);
    if (header.device == device && is_up(header.kind) == up) untold.push_back(no);
  }
  for (const MessageNo no : untold) {
    no_longer_owe(no);
    keep_in_window(no);
  }
}

tl::expected<MessageNo, Refusal> Queue::tell_again(MessageNo no, core::DeviceNo device,
                                                   const Message& message, base::TimePoint now) {
  const Header& of = headers.at(no);
  if (of.state != State::failed || of.owes_report() || !message.wants_report) return no;
  if (auto full = no_room(device, Kind::report_up, of.octets))
    return tl::unexpected(*std::move(full));
  Message frame;
  frame.from = message.from;
  frame.to = message.to;
  frame.message_id = message.message_id;
  return report(no, device, std::move(frame), now, {});
}

/// For who sent `message`, which is that of the number. Returns the report's own.
MessageNo Queue::report(MessageNo no, core::DeviceNo device, Message message, base::TimePoint now,
                        std::string_view words) {
  Header& of = headers.at(no);
  of.wants_report = false;
  const bool up = is_up(of.kind);
  Report told{std::move(message.to), std::move(message.from), std::move(message.message_id),
              of.state == State::done, std::string(words.empty() ? name_of(of.cause) : words)};
  const MessageNo report_no = take_in({.kind = up ? Kind::report_down : Kind::report_up,
                                       .device = device,
                                       .lifetime = up ? limits.down_lifetime : limits.up_lifetime,
                                       .priority = of.priority},
                                      std::move(told), now);
  note(no, Happening::reported).other = report_no;
  return report_no;
}

void Queue::forget(MessageNo no) {
  headers.erase(no);
  batches.erased.push_back(no);
}

}  // namespace msggw::messages
