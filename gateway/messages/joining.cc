// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/joining.h"

#include <algorithm>
#include <utility>

#include "gateway/messages/queue.h"

namespace msggw::messages {

struct Joining::Segment {
  Queue::Arrival arrival;
  Place place;
};

namespace {

/// When the time of a set that is being joined is looked at again.
constexpr std::uint32_t kLookAgain_s = 30;

/// Of which it is a part, once that is joined. One that was joined before has the lower number.
MessageNo whole_with(MessageNo no, const Header& header) noexcept {
  const std::int64_t apart = static_cast<std::int32_t>(header.to_next);
  return MessageNo{number(no) + static_cast<std::uint64_t>(apart)};
}

/// The device has the room: the segments were let in with that in mind.
MessageNo take_in_whole(Queue& queue, const Queue::Arrival& arrival, Carried carried,
                        base::TimePoint now) {
  (void)queue.make_room(arrival, Contents::octets_of(carried), now);
  if (arrival.withheld)
    queue.withhold_lane({arrival.device, false, arrival.priority});  // it is newer
  return queue.take_in(arrival, std::move(carried), now);
}

}  // namespace

tl::expected<MessageNo, Refusal> Joining::gather(core::DeviceNo device, Message message,
                                                 base::TimePoint now) {
  const auto& of = *message.segment;
  const Segment segment{{.kind = Kind::segment_down,
                         .device = device,
                         .lifetime = queue_.limits.segment_time,
                         .wants_report = message.wants_report,
                         .priority = message.priority,
                         .key = queue_.key_of(message, false),
                         .content_hash = queue_.content_hash_of(message)},
                        {queue_.key_of_set(message), of.number, of.total.value_or(0),
                         static_cast<std::uint32_t>(message.content.size()), of.last}};
  if (const auto known = repeated(segment, now)) {
    queue_.metrics.repeated.Increment();
    queue_.note(*known, Happening::repeated).message_id = message.message_id;
    return tell_again(*known, device, message, now);
  }
  if (auto why = no_room(segment)) return tl::unexpected(std::move(*why));
  Carried carried(std::move(message));
  if (auto full = queue_.make_room(segment.arrival, Contents::octets_of(carried), now))
    return tl::unexpected(std::move(*full));
  const MessageNo no = queue_.take_in(segment.arrival, std::move(carried), now);
  attach(no, segment.place);
  return no;
}

/// The same segment as it came before. One with the same number and other content is of a server
/// that begins to count anew: what was there of its set, or in the window, gives way.
std::optional<MessageNo> Joining::repeated(const Segment& segment, base::TimePoint now) {
  const auto is_same = [&](MessageNo no) {
    return queue_.headers.at(no).content_hash == segment.arrival.content_hash;
  };
  if (const auto set_no = sets_.find(segment.place.set)) {
    const SegmentSet& set = *sets_.find(*set_no);
    const auto* const part = set.find(segment.place.number);
    if (part != nullptr && is_same(part->no)) return part->no;
    if (part != nullptr) close(*set_no, Cause::segments_missing, now);
  }
  const auto known = queue_.headers.in_window(*segment.arrival.key);
  if (!known) return std::nullopt;
  const Header& header = queue_.headers.at(*known);
  const MessageNo whole = whole_with(*known, header);
  const bool failed = header.state == State::done && !queue_.headers.holds(whole);
  if (!failed && is_same(*known)) return known;
  queue_.headers.leave_window(*known);
  return std::nullopt;
}

/// Of the whole, by its first segment, which is the one numbered 0 if there is one, and whose msgId
/// it has.
tl::expected<MessageNo, Refusal> Joining::tell_again(MessageNo no, core::DeviceNo device,
                                                     const Message& message, base::TimePoint now) {
  const Header& header = queue_.headers.at(no);
  if (header.state != State::done || message.segment->number > 1) return no;
  const MessageNo whole = whole_with(no, header);
  Message first;
  first.from = message.from;
  first.to = message.to;
  first.message_id = message.message_id;
  if (queue_.headers.at(whole).key() != queue_.key_of(first, false)) return no;
  first.segment = message.segment;
  first.segment->number = 0;
  if (message.segment->number == 1 && queue_.headers.in_window(queue_.key_of(first, false)))
    return no;
  return queue_.tell_again(whole, device, message, now);
}

std::optional<Refusal> Joining::no_room(const Segment& segment) {
  const Limits& limits = queue_.limits;
  const auto set_no = sets_.find(segment.place.set);
  const SegmentSet* const set = set_no ? sets_.find(*set_no) : nullptr;
  if (set != nullptr && set->phase != SegmentSet::Phase::open)
    return refusal(base::Errc::unavailable, "SET_CLOSED",
                   "the message of this segment is being closed; try again", limits.retry_after);
  const std::size_t parts = set == nullptr ? 0 : set->parts.size();
  if (std::max<std::size_t>(parts + 1, segment.place.total) > limits.max_segments)
    return refusal(base::Errc::too_large, "PAYLOAD_TOO_LARGE",
                   "the message has more segments than this gateway takes");
  const std::uint64_t octets = set == nullptr ? 0 : set->content_octets;
  if (octets + segment.place.octets > limits.max_content_octets)
    return refusal(base::Errc::too_large, "PAYLOAD_TOO_LARGE",
                   "the message is longer than this gateway takes");
  const core::DeviceNo device = segment.arrival.device;
  if (set == nullptr && sets_.count_of(device) >= limits.max_open_sets_per_device)
    return refusal(base::Errc::overloaded, "DEVICE_QUEUE_FULL",
                   "as many messages of this device lack segments as may", limits.retry_after);
  if ((set == nullptr && sets_.size() >= limits.max_open_sets) ||
      sets_.octets() + segment.place.octets > limits.max_open_set_octets)
    return refusal(base::Errc::overloaded, "QUEUE_FULL",
                   "the gateway holds as many segments as it may", limits.retry_after);
  return std::nullopt;
}

SegmentSet* Joining::set_of(MessageNo no) noexcept {
  return sets_.find(SetNo{queue_.headers.at(no).to_next});
}

void Joining::attach(MessageNo no, const Place& place) {
  Header& header = queue_.headers.at(no);
  header.to_next = static_cast<std::uint32_t>(sets_.add(no, place, header));
}

Place Joining::place_of(MessageNo no) const {
  return sets_.place_of(no, SetNo{queue_.headers.at(no).to_next});
}

void Joining::durable(MessageNo no) {
  queue_.contents.drop(no);
  join_if_whole(SetNo{queue_.headers.at(no).to_next});
}

void Joining::join_if_whole(SetNo no) {
  SegmentSet* const set = sets_.find(no);
  if (set == nullptr || set->phase != SegmentSet::Phase::open || !set->is_whole()) return;
  const bool durable = std::all_of(set->parts.begin(), set->parts.end(),
                                   [&](const auto& part) { return queue_.is_durable(part.no); });
  if (!durable) return;
  set->phase = SegmentSet::Phase::joining;
  to_read_.push_back(no);
  read_next();
}

void Joining::read_next() {
  while (being_read_ < kMostAtATime && !to_read_.empty()) {
    SegmentSet* const set = sets_.find(to_read_.front());
    to_read_.pop_front();
    if (set == nullptr || set->phase != SegmentSet::Phase::joining) continue;
    ++being_read_;
    set->is_read = true;
    set->to_read = set->parts.size();
    for (const auto& part : set->parts) queue_.wanted.push_back(part.no);
  }
}

void Joining::loaded(MessageNo no, Carried carried, base::TimePoint now) {
  SegmentSet* const set = set_of(no);
  if (set == nullptr || set->phase != SegmentSet::Phase::joining) return;
  if (queue_.contents.find(no) == nullptr) queue_.contents.put(no, std::move(carried));
  if (--set->to_read == 0) join(SetNo{queue_.headers.at(no).to_next}, now);
}

void Joining::expired(MessageNo no, base::TimePoint now) {
  const SegmentSet* const set = set_of(no);
  const std::uint32_t now_s = queue_.timeline.seconds(now);
  if (set == nullptr || (set->phase == SegmentSet::Phase::open && set->deadline_s <= now_s))
    return end(no, Cause::segments_missing, now);
  Header& header = queue_.headers.at(no);
  header.expires_s = set->phase == SegmentSet::Phase::open ? set->deadline_s : now_s + kLookAgain_s;
  queue_.headers.remind(no);
}

void Joining::end(MessageNo no, Cause cause, base::TimePoint now) {
  if (set_of(no) != nullptr) return close(SetNo{queue_.headers.at(no).to_next}, cause, now);
  queue_.metrics.failed[static_cast<std::size_t>(cause)]->Increment();
  queue_.note(no, Happening::failed).why = name_of(cause);
  queue_.forget(no);
}

void Joining::end_all(core::DeviceNo device, Cause cause, base::TimePoint now) {
  for (const SetNo no : sets_.of(device)) close(no, cause, now);
}

void Joining::withhold(core::DeviceNo device) {
  for (const SetNo set : sets_.of(device)) {
    for (const auto& part : sets_.find(set)->parts) {
      queue_.headers.at(part.no).withheld = true;
      queue_.mark_changed(part.no);
    }
  }
}

void Joining::silence(core::DeviceNo device) {
  for (const SetNo no : sets_.of(device)) {
    for (const auto& part : sets_.find(no)->parts) queue_.headers.at(part.no).wants_report = false;
  }
}

Message Joining::whole_of(const SegmentSet& set) const {
  const auto segment = [&](const SegmentSet::Part& part) -> const Message& {
    return std::get<Message>(*queue_.contents.find(part.no));
  };
  Message whole = segment(set.parts.front());
  whole.segment.reset();
  whole.content.clear();
  whole.content.reserve(set.content_octets);
  for (const auto& part : set.parts) {
    whole.content += segment(part).content;
    whole.wants_report = whole.wants_report || segment(part).wants_report;
  }
  return whole;
}

void Joining::join(SetNo no, base::TimePoint now) {
  const SegmentSet& set = *sets_.find(no);
  const bool withheld = std::any_of(set.parts.begin(), set.parts.end(), [&](const auto& part) {
    return queue_.headers.at(part.no).withheld;
  });
  Message whole = whole_of(set);
  const Queue::Arrival arrival{.kind = Kind::message_down,
                               .device = set.device,
                               .lifetime = queue_.limits.down_lifetime,
                               .wants_report = whole.wants_report,
                               .priority = whole.priority,
                               .key = queue_.key_of(whole, false),
                               .content_hash = queue_.content_hash_of(whole),
                               .withheld = withheld};
  // Another message of this msgId may have come between, so that its segments are known no more.
  const auto known = queue_.headers.in_window(arrival.key->with(arrival.content_hash));
  if (known) {
    queue_.metrics.repeated.Increment();
    queue_.note(*known, Happening::repeated).message_id = whole.message_id;
    const auto told = queue_.tell_again(*known, set.device, whole, now);
    if (!told) queue_.metrics.refused(told.error().cause);  // its segments are answered already
  }
  const MessageNo whole_no =
      known ? *known : take_in_whole(queue_, arrival, Carried(std::move(whole)), now);
  for (const auto& part : set.parts) {
    Header& header = queue_.headers.at(part.no);
    header.state = State::done;
    header.wants_report = false;  // the whole does
    header.to_next = static_cast<std::uint32_t>(number(whole_no) - number(part.no));
    queue_.note(part.no, Happening::done);
    queue_.mark_changed(part.no);
    queue_.contents.drop(part.no);
    queue_.batches.erased_places.push_back(part.no);
    queue_.metrics.done[static_cast<std::size_t>(Kind::segment_down)]->Increment();
    queue_.keep_in_window(part.no);
  }
  release(no);
}

/// Fails it. The first of those that asked for a report tells of all.
void Joining::close(SetNo no, Cause cause, base::TimePoint now) {
  const SegmentSet& set = *sets_.find(no);
  queue_.metrics.failed[static_cast<std::size_t>(cause)]->Increment();
  bool told = false;
  for (const auto& part : set.parts) {
    Header& header = queue_.headers.at(part.no);
    header.state = State::failed;
    header.cause = cause;
    header.to_next = 0;
    if (told) header.wants_report = false;
    told = told || header.wants_report;
    queue_.note(part.no, Happening::failed).why = name_of(cause);
    queue_.batches.erased_places.push_back(part.no);
    queue_.conclude(part.no, now);
  }
  release(no);
}

void Joining::release(SetNo no) {
  if (sets_.find(no)->is_read) --being_read_;
  sets_.erase(no);
  read_next();
}

bool Joining::restore(MessageNo no, const Place& place) {
  const Header* const header = queue_.headers.find(no);
  if (header == nullptr || header->kind != Kind::segment_down || header->ended()) return false;
  if (header->to_next != 0) return false;
  const auto set_no = sets_.find(place.set);
  if (set_no && sets_.find(*set_no)->find(place.number) != nullptr) return false;
  attach(no, place);
  return true;
}

void Joining::start() {
  for (const SetNo no : sets_.all()) join_if_whole(no);
}

}  // namespace msggw::messages
