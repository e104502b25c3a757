// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/queue.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace msggw::messages {

namespace {

constexpr std::size_t index_of(Kind kind) noexcept {
  return static_cast<std::size_t>(kind);
}

/// Texts one behind the other, with their lengths: no two lists give the same octets.
void append_text(std::string& to, std::string_view text) {
  to += std::to_string(text.size());
  to += ':';
  to += text;
}

Refusal overloaded(std::string_view cause, std::string detail, base::Duration retry_after) {
  return {{base::Errc::overloaded, std::move(detail)}, cause, retry_after};
}

}  // namespace

/// Of blocks that no handle is made of, since those end in zeros.
WindowKeys window_keys_of(const core::HandleKey& key) {
  const base::BlockCipher cipher(key);
  const auto half = [&](std::uint8_t which) {
    base::BlockCipher::Block block;
    block.fill(which);
    const auto octets = cipher.encrypt(block);
    base::HashKey made;
    std::memcpy(&made.k0, octets.data(), sizeof made.k0);
    std::memcpy(&made.k1, octets.data() + sizeof made.k0, sizeof made.k1);
    return made;
  };
  return {half(1), half(2)};
}

std::optional<LaneId> DueLanes::pop() {
  for (auto& lanes : lanes_) {
    if (lanes.empty()) continue;
    const LaneId id = lanes.front();
    lanes.pop_front();
    return id;
  }
  return std::nullopt;
}

std::size_t DueLanes::size() const noexcept {
  std::size_t count = 0;
  for (const auto& lanes : lanes_) count += lanes.size();
  return count;
}

Queue::Queue(const Limits& limits_of, const core::Tables& tables, base::metrics::Registry& registry,
             const WindowKeys& keys)
    : limits(limits_of), devices(tables), metrics(registry), keys_(keys) {}

std::optional<Refusal> Queue::no_room(core::DeviceNo device, bool up, std::size_t octets) const {
  if (const auto gone = devices.no_store())
    return Refusal{*gone, "STORE_UNAVAILABLE", limits.retry_after};
  if (batches.unsaved_octets + octets > limits.max_unsaved_octets)
    return overloaded("STORE_BUSY", "the store is behind; try again", limits.retry_after);
  const Lanes::Load all = lanes.all();
  if (all.messages >= limits.max_messages || all.octets + octets > limits.max_octets)
    return overloaded("QUEUE_FULL", "the gateway holds as many messages as it may",
                      limits.retry_after);
  const Lanes::Load own = lanes.of(device, up);
  if (own.messages >= limits.max_messages_per_device ||
      own.octets + octets > limits.max_octets_per_device)
    return overloaded("DEVICE_QUEUE_FULL", "as many messages of this device wait as may",
                      limits.retry_after);
  return std::nullopt;
}

Key Queue::key_of(const Message& message, bool up) const {
  std::string text(1, up ? 'u' : 'd');
  for (const Address* const address : {&message.from, &message.to}) {
    text += static_cast<char>('0' + static_cast<int>(address->type));
    append_text(text, address->address);
  }
  append_text(text, message.message_id);
  if (message.segment) append_text(text, std::to_string(message.segment->number));
  return {base::keyed_hash(keys_.low, text), base::keyed_hash(keys_.high, text)};
}

std::uint32_t Queue::content_hash_of(std::string_view content) const noexcept {
  return static_cast<std::uint32_t>(base::keyed_hash(keys_.low, content));
}

MessageNo Queue::take_in(const Arrival& arrival, Carried carried, base::TimePoint now) {
  Header header;
  header.kind = arrival.kind;
  header.device = arrival.device;
  header.priority = arrival.priority;
  header.wants_report = arrival.wants_report;
  header.content_hash = arrival.content_hash;
  header.accepted_s = core::to_seconds(now);
  header.expires_s = core::to_seconds(now + arrival.lifetime);
  header.octets = static_cast<std::uint32_t>(Contents::octets_of(carried));
  if (arrival.key) header.set_key(*arrival.key);
  const MessageNo no = headers.add(header);
  if (arrival.key) headers.enter_window(no);
  lanes.append(no);
  contents.put(no, std::move(carried));
  batches.added.push_back(no);
  batches.unsaved_octets += header.octets;
  mark_changed(no);
  metrics.accepted[index_of(arrival.kind)]->Increment();
  note(no, Happening::taken_in).message_id = std::visit(
      [](const auto& of) { return std::string_view(of.message_id); }, *contents.find(no));
  return no;
}

void Queue::answer_when_durable(MessageNo no, Parked parked) {
  const auto is_in = [no](const std::vector<MessageNo>& some) {
    return std::binary_search(some.begin(), some.end(), no);
  };
  if (is_in(batches.added)) return batches.parked.push_back(std::move(parked));
  if (is_in(batches.added_under_way)) return batches.parked_under_way.push_back(std::move(parked));
  if (parked.bearer)
    outbox.to_devices.push_back({*parked.bearer, std::move(parked.answer)});
  else
    outbox.to_server.push_back(std::move(parked.answer));
}

bool Queue::is_durable(MessageNo no) const {
  return headers.at(no).stored &&
         !std::binary_search(batches.added_under_way.begin(), batches.added_under_way.end(), no);
}

/// Upward by the device's profile, since that says which servers there are; downward by the bearer.
DueLanes& Queue::due_of(const LaneId& id) {
  if (!id.up) {
    const std::uint8_t bearers = reachable.at(id.device);
    return due_down[static_cast<std::size_t>(std::countr_zero(bearers))];
  }
  const auto profile = static_cast<std::size_t>(devices.device(id.device).profile);
  if (profile >= due_up.size()) due_up.resize(profile + 1);
  return due_up[profile];
}

void Queue::make_due(const LaneId& id) {
  Lane* const lane = lanes.find(id);
  if (lane == nullptr || lane->phase != Lane::Phase::resting || !is_durable(lane->head)) return;
  if (!id.up && !reachable.contains(id.device)) return outbox.waited_for.push_back(id.device);
  lane->phase = Lane::Phase::due;
  due_of(id).push_back(id);
}

std::optional<MessageNo> Queue::next_of(DueLanes& due) {
  while (const auto id = due.pop()) {
    Lane* const lane = lanes.find(*id);
    if (lane->count == 0) {
      lanes.drop_empty(*id);
      continue;
    }
    const MessageNo no = lane->head;
    if (!is_durable(no)) {  // another than when it became due; its commit makes it due again
      lane->phase = Lane::Phase::resting;
      continue;
    }
    if (contents.find(no) == nullptr) {
      if (wanted.size() + being_read >= kMostRead) {
        due.push_front(*id);
        return std::nullopt;
      }
      lane->phase = Lane::Phase::loading;
      wanted.push_back(no);
      continue;
    }
    lane->phase = Lane::Phase::busy;
    headers.at(no).state = State::handed;
    ++in_hand;
    return no;
  }
  return std::nullopt;
}

void Queue::loaded(MessageNo no, Carried carried, base::TimePoint now) {
  const Header* const header = headers.find(no);
  if (header == nullptr || header->ended()) return;
  if (contents.find(no) == nullptr) contents.put(no, std::move(carried));
  if (const auto found = ending.find(no); found != ending.end()) {
    const Ending how = found->second;
    ending.erase(found);
    return finish(no, how.state, how.cause, now);
  }
  const LaneId id = lane_of(*header);
  Lane* const lane = lanes.find(id);
  if (lane->head == no && lane->phase == Lane::Phase::loading) {
    lane->phase = Lane::Phase::resting;
    if (id.up || reachable.contains(id.device)) {
      lane->phase = Lane::Phase::due;
      return due_of(id).push_front(id);
    }
  }
  if (contents.octets() > limits.cache_octets) contents.drop(no);
}

/// Nobody can be told of it: what a report would be made of is lost.
void Queue::unreadable(MessageNo no, base::TimePoint now) {
  Header* const header = headers.find(no);
  if (header == nullptr || header->ended()) return;
  ending.erase(no);
  header->wants_report = false;
  finish(no, State::failed, Cause::internal_error, now);
}

void Queue::rest(MessageNo no) {
  Header& header = headers.at(no);
  note(no, Happening::came_back);
  if (header.state == State::handed) --in_hand;
  header.state = State::waiting;
  lanes.find(lane_of(header))->phase = Lane::Phase::resting;
  if (contents.octets() > limits.cache_octets) contents.drop(no);
}

void Queue::end(MessageNo no, State state, Cause cause, base::TimePoint now) {
  Header& header = headers.at(no);
  if (header.ended() || ending.contains(no)) {
    note(no, Happening::late);
    return metrics.late.Increment();
  }
  if (header.wants_report && contents.find(no) == nullptr) {
    ending.emplace(no, Ending{state, cause});
    return wanted.push_back(no);
  }
  finish(no, state, cause, now);
}

void Queue::finish(MessageNo no, State state, Cause cause, base::TimePoint now) {
  Header& header = headers.at(no);
  const LaneId id = lane_of(header);
  Lane& lane = *lanes.find(id);
  if (lane.head == no && lane.phase != Lane::Phase::due) lane.phase = Lane::Phase::resting;
  if (header.state == State::handed) --in_hand;
  header.state = state;
  header.cause = cause;
  note(no, state == State::done ? Happening::done : Happening::failed).why = name_of(cause);
  lanes.remove(no);
  mark_changed(no);
  if (state == State::done)
    metrics.done[index_of(header.kind)]->Increment();
  else
    metrics.failed[static_cast<std::size_t>(cause)]->Increment();
  if (header.wants_report) {
    // A copy: the report's own content may move what is in RAM.
    const Message message = std::get<Message>(*contents.find(no));
    report(no, message, state, cause, now);
  }
  contents.drop(no);
  make_due(id);
  // What failed may be sent again under its msgId, and is then another message.
  Header& ended = headers.at(no);
  if (state == State::failed || !ended.in_window || number(no) < number(window_tail_)) forget(no);
}

std::vector<MessageNo> Queue::waiting(core::DeviceNo device, bool up) const {
  std::vector<MessageNo> all;
  for (std::size_t priority = 0; priority < kPriorities; ++priority) {
    const Lane* const lane = lanes.find({device, up, static_cast<Priority>(priority)});
    if (lane == nullptr) continue;
    MessageNo no = lane->head;
    for (std::uint32_t i = 0; i < lane->count; ++i) {
      all.push_back(no);
      no = MessageNo{number(no) + headers.at(no).to_next};
    }
  }
  return all;
}

void Queue::end_all(core::DeviceNo device, bool up, Cause cause, base::TimePoint now) {
  for (const MessageNo no : waiting(device, up)) end(no, State::failed, cause, now);
}

void Queue::silence(core::DeviceNo device, bool up) {
  for (const MessageNo no : waiting(device, up)) {
    headers.at(no).wants_report = false;
    ending.erase(no);
  }
}

/// Upward, the server tells the sender what becomes of a message that it has taken.
void Queue::report(MessageNo no, const Message& message, State state, Cause cause,
                   base::TimePoint now) {
  const Header& of = headers.at(no);
  const bool up = is_up(of.kind);
  if (up && state == State::done) return;
  Report told{message.to, message.from, message.message_id, state == State::done,
              std::string(name_of(cause))};
  const MessageNo report_no = take_in({.kind = up ? Kind::report_down : Kind::report_up,
                                       .device = of.device,
                                       .lifetime = up ? limits.down_lifetime : limits.up_lifetime,
                                       .priority = of.priority},
                                      std::move(told), now);
  note(no, Happening::reported).other = report_no;
}

/// Its rows go with the next batch.
void Queue::forget(MessageNo no) {
  headers.erase(no);
  batches.erased.push_back(no);
}

void Queue::mark_changed(MessageNo no) {
  Header& header = headers.at(no);
  if (header.changed) return;
  header.changed = true;
  batches.changed.push_back(no);
}

void Queue::trim_window(base::TimePoint now) {
  const std::uint32_t until_s = core::to_seconds(now - limits.window_time);
  while (const auto no = headers.first_from(window_tail_)) {
    const bool too_many = headers.window() > limits.window_messages;
    if (headers.at(*no).accepted_s > until_s && !too_many) return;
    window_tail_ = MessageNo{number(*no) + 1};
    if (headers.at(*no).ended()) {
      forget(*no);
    } else if (headers.at(*no).in_window) {
      headers.leave_window(*no);
    }
  }
}

}  // namespace msggw::messages
