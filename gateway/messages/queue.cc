// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/queue.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace msggw::messages {

namespace {

/// Texts one behind the other, with their lengths: no two lists give the same octets.
void append_text(std::string& to, std::string_view text) {
  to += std::to_string(text.size());
  to += ':';
  to += text;
}

/// Beside the texts that a key is made of: kinds, sizes, the number of a segment.
constexpr std::size_t kMostAround = 64;

/// Of what kind the key is, and between whom; with room for more.
std::string text_of(char kind, const Message& message) {
  std::string text;
  text.reserve(message.from.address.size() + message.to.address.size() + message.message_id.size() +
               kMostAround);
  text += kind;
  for (const Address* const address : {&message.from, &message.to}) {
    text += static_cast<char>('0' + static_cast<int>(address->type));
    append_text(text, address->address);
  }
  return text;
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
    : limits(limits_of),
      devices(tables),
      metrics(registry),
      timeline(tables.timeline),
      keys_(keys) {}

Key Queue::key_of(const Message& message, bool up) const {
  std::string text = text_of(up ? 'u' : 'd', message);
  append_text(text, message.message_id);
  if (message.segment) append_text(text, std::to_string(message.segment->number));
  return {base::keyed_hash(keys_.low, text), base::keyed_hash(keys_.high, text)};
}

Key Queue::key_of_set(const Message& segment) const {
  std::string text = text_of('s', segment);
  append_text(text, segment.segment->set);
  return {base::keyed_hash(keys_.low, text), base::keyed_hash(keys_.high, text)};
}

std::uint32_t Queue::hash_of(std::string_view text) const noexcept {
  return static_cast<std::uint32_t>(base::keyed_hash(keys_.low, text));
}

std::uint32_t Queue::content_hash_of(const Message& message) const noexcept {
  const std::uint32_t content = hash_of(message.content);
  if (message.application.empty()) return content;
  return content + static_cast<std::uint32_t>(base::keyed_hash(keys_.high, message.application));
}

std::optional<std::uint64_t> Queue::durable_with() const noexcept {
  if (!batches.changed.empty() || !batches.erased.empty() || tracking.has_changes() ||
      drafts.has_changes())
    return batches.last + 1;
  if (batches.committed != batches.last) return batches.last;
  return std::nullopt;
}

Answer Queue::refuse(core::DeviceNo device, Kind kind, Answer answer, Refusal why) {
  metrics.refused(why.cause);
  auto& event = trace.add({{}, {}, {}, device, kind, Happening::refused});
  event.message_id = answer.message_id;
  event.why = why.cause;
  answer.refusal = std::move(why);
  return answer;
}

MessageNo Queue::take_in(const Arrival& arrival, Carried&& carried, base::TimePoint now) {
  Header header;
  header.kind = arrival.kind;
  header.device = arrival.device;
  header.priority = arrival.priority;
  header.wants_report = arrival.wants_report;
  header.withheld = arrival.withheld;
  header.content_hash = arrival.content_hash;
  header.accepted_s = timeline.seconds(now);
  header.expires_s = timeline.seconds_after(now, arrival.lifetime);
  header.octets = static_cast<std::uint32_t>(Contents::octets_of(carried));
  if (arrival.key) header.set_key(*arrival.key);
  const MessageNo no = headers.add(header);
  if (arrival.key) headers.enter_window(no);
  if (arrival.kind != Kind::segment_down) enter_lane(no);
  contents.put(no, std::move(carried));
  batches.added.push_back(no);
  batches.unsaved_octets += header.octets;
  mark_changed(no);
  metrics.accepted[static_cast<std::size_t>(arrival.kind)]->Increment();
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
  tell(std::move(parked));
}

void Queue::tell(Parked parked) {
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
  if (!id.up) return due_down[static_cast<std::size_t>(best_of(id.device, ways_of(id)))];
  const auto profile = static_cast<std::size_t>(devices.device(id.device).profile);
  if (profile >= due_up.size()) due_up.resize(profile + 1);
  return due_up[profile];
}

void Queue::make_due(const LaneId& id) {
  Lane* const lane = lanes.find(id);
  if (lane == nullptr || lane->phase != Lane::Phase::resting || !is_durable(lane->head)) return;
  if (!id.up && ways_of(id) == 0) {
    // With a bearer that proves it, what is withheld goes first, and makes this due when it ends.
    const auto reach = reachable.find(id.device);
    if (id.texts || reach == reachable.end() || reach->second.bearers == reach->second.by_claim)
      outbox.waited_for.push_back(id.device);
    return;
  }
  lane->phase = Lane::Phase::due;
  due_of(id).push_back(id);
}

std::optional<MessageNo> Queue::next_of(DueLanes& due) {
  while (const auto id = due.pop()) {
    Lane* const lane = lanes.find(*id);
    if (lane->phase != Lane::Phase::due) continue;  // what was withheld took its place
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
    hand_over(no);
    return no;
  }
  return std::nullopt;
}

bool Queue::is_vouched_for(core::DeviceNo no) const {
  const core::Device& device = devices.device(no);
  return std::any_of(core::kAllBearers.begin(), core::kAllBearers.end(), [&](core::Bearer bearer) {
    return (vouching >> static_cast<unsigned>(bearer) & 1U) != 0 && device.binding(bearer).alive();
  });
}

/// What is withheld goes first, since it is older, and to who has proven who it is.
std::uint8_t Queue::ways_of(const LaneId& id) const {
  const auto found = reachable.find(id.device);
  if (found == reachable.end()) return 0;
  const auto [bearers, by_claim, texts] = found->second;
  if (id.texts) return texts;
  const auto proven = static_cast<std::uint8_t>(bearers & ~by_claim);
  if (id.withheld) return proven;
  const Lane* const before = lanes.find({id.device, false, id.priority, true});
  const bool may_prove = before == nullptr || before->count == 0;
  const bool may_claim = by_claim != 0 && !is_vouched_for(id.device);
  return static_cast<std::uint8_t>((may_prove ? proven : 0) | (may_claim ? by_claim : 0));
}

core::Bearer Queue::best_of(core::DeviceNo device, std::uint8_t ways) const {
  auto best = static_cast<core::Bearer>(std::countr_zero(ways));
  if (std::has_single_bit(ways)) return best;
  const auto rank = [&](core::Bearer bearer) {
    switch (devices.presences.of(device, bearer)) {
      case core::Presence::reachable: return 3;
      case core::Presence::registered: return 2;
      case core::Presence::sleeping: return 1;
      case core::Presence::offline:
      case core::Presence::none: break;
    }
    return 0;
  };
  for (const core::Bearer bearer : core::kAllBearers) {
    const bool may_go = (ways >> static_cast<unsigned>(bearer) & 1U) != 0;
    if (may_go && rank(bearer) > rank(best)) best = bearer;
  }
  return best;
}

void Queue::withhold(core::DeviceNo device) {
  for (std::size_t priority = 0; priority < kPriorities; ++priority)
    withhold_lane({device, false, static_cast<Priority>(priority)});
  joining.withhold(device);
}

void Queue::withhold_lane(const LaneId& id) {
  const LaneId behind{id.device, false, id.priority, true};
  const Lane* const lane = lanes.find(id);
  const Lane* const before = lanes.find(behind);
  const bool has_some = before != nullptr && before->count > 0;
  // Its bearer may still say what became of it.
  if (has_some && lane != nullptr && lane->phase == Lane::Phase::busy) rest(lane->head);
  for (const MessageNo no : lanes.withhold(id)) mark_changed(no);
  make_due(behind);
}

void Queue::mark_changed(MessageNo no) {
  Header& header = headers.at(no);
  if (header.changed) return;
  header.changed = true;
  batches.changed.push_back(no);
}

void Queue::trim_window(base::TimePoint now) {
  const std::uint32_t until_s = timeline.seconds(now - limits.window_time);
  while (const auto no = headers.first_from(window_tail_)) {
    const bool too_many = headers.window() > limits.window_messages;
    if (headers.at(*no).accepted_s >= until_s && !too_many) return;
    window_tail_ = MessageNo{number(*no) + 1};
    if (!headers.at(*no).needs_content()) {
      forget(*no);
    } else if (headers.at(*no).in_window) {
      headers.leave_window(*no);
    }
  }
}

}  // namespace msggw::messages
