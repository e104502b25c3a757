// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/device_side.h"

#include <algorithm>
#include <utility>

#include "gateway/base/text.h"

namespace msggw::messages {

namespace {

/// Of a device, about what became of a message.
constexpr std::size_t kMostWords = 256;

std::uint8_t bit_of(core::Bearer bearer) noexcept {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(bearer));
}

}  // namespace

DeviceSide::DeviceSide(Queue& queue, Policy policy) : queue_(queue), policy_(std::move(policy)) {}

std::optional<Answer> DeviceSide::send(SendRequest request, base::TimePoint now) {
  const bool on_its_way = HeldRequests::is_for(queue_.devices, request.device);
  if (!on_its_way && held_.has(request.device)) tick(now);  // what came before goes first
  if (!on_its_way || !may_hold(request)) return take(std::move(request), now);
  std::optional<DraftNo> draft;
  if (!request.draft.empty()) {
    queue_.batches.unsaved_octets += request.draft.size();
    draft = queue_.drafts.keep({request.device, request.bearer, queue_.timeline.seconds(now),
                                std::exchange(request.draft, {})});
  }
  held_.add(queue_.devices, std::move(request), now + queue_.limits.answer_within, draft);
  return std::nullopt;
}

std::optional<Answer> DeviceSide::take(SendRequest request, base::TimePoint now) {
  const auto recipient = recipient_of(request, now);
  // One that came before is answered as it was then.
  if (auto why = refusal_of(request, recipient || known_since(request, now)))
    return queue_.refuse(request.device, Kind::message_up,
                         {request.ticket, std::move(request.message_id), {}}, std::move(*why));
  Message message = frame_of(request, now);
  const bool reused = was_said_otherwise(request, message, recipient);
  message.application = request.application;
  message.content = std::move(request.content);
  message.wants_report = request.wants_report;
  message.priority = request.priority;
  const Queue::Arrival arrival{
      .kind = Kind::message_up,
      .device = request.device,
      .lifetime =
          std::min(request.lifetime.value_or(queue_.limits.up_lifetime), queue_.limits.up_lifetime),
      .wants_report = request.wants_report,
      .priority = request.priority,
      .key = queue_.key_of(message, true),
      .content_hash = queue_.content_hash_of(message)};
  if (recipient) message.to = *recipient;
  Parked parked{
      request.bearer, {request.ticket, message.message_id, {}}, now + queue_.limits.answer_within};
  const auto known = queue_.headers.in_window(*arrival.key);
  if (reused || (known && queue_.headers.at(*known).content_hash != arrival.content_hash))
    return queue_.refuse(request.device, Kind::message_up, std::move(parked.answer),
                         refusal(base::Errc::incorrect, "MSG_ID_REUSED",
                                 "a message with this msgId and another payload, appId or "
                                 "destAddr was sent before"));
  if (known) {
    queue_.metrics.repeated.Increment();
    queue_.note(*known, Happening::repeated).message_id = parked.answer.message_id;
    queue_.answer_when_durable(*known, std::move(parked));
    return std::nullopt;
  }
  Carried carried(std::move(message));
  if (auto full = queue_.make_room(arrival, Contents::octets_of(carried), now))
    return queue_.refuse(request.device, Kind::message_up, std::move(parked.answer),
                         std::move(*full));
  const MessageNo no = queue_.take_in(arrival, std::move(carried), now);
  queue_.answer_when_durable(no, std::move(parked));
  return std::nullopt;
}

std::optional<Address> DeviceSide::recipient_of(const SendRequest& request,
                                                base::TimePoint now) const {
  if (request.to) return request.to;
  if (auto peer = peer_of(request.device, request.application, request.own, now)) return peer;
  if (request.otherwise) return request.otherwise;
  const bool legacy = queue_.devices.device(request.device).ue_type == core::UeType::legacy_3gpp;
  const auto& of_kind = legacy ? policy_.legacy_3gpp_recipient : policy_.non_3gpp_recipient;
  return of_kind ? of_kind : policy_.default_recipient;
}

std::optional<Address> DeviceSide::peer_of(core::DeviceNo device, std::string_view application,
                                           std::uint32_t own, base::TimePoint now) const {
  return queue_.transactions.peer_of(device, hash_of(application), queue_.timeline.seconds(now),
                                     own);
}

std::uint32_t DeviceSide::own_number(std::string_view address) const {
  return std::max(1U, queue_.hash_of(address));
}

std::uint32_t DeviceSide::hash_of(std::string_view application) const {
  return application.empty() ? 0 : queue_.hash_of(application);
}

std::optional<Refusal> DeviceSide::refusal_of(const SendRequest& request,
                                              bool has_recipient) const {
  const core::Device& device = queue_.devices.device(request.device);
  const bool served = device.state == core::DeviceState::provisioned ||
                      device.state == core::DeviceState::registered;
  if (!served && device.state == core::DeviceState::recorded)
    return refusal(base::Errc::unavailable, "NOT_PROVISIONED",
                   "the device has no Service ID yet; try again", queue_.limits.retry_after);
  if (!served) return refusal(base::Errc::refused, "POLICY_DENIED", "the device is not served");
  if (request.content.size() > queue_.limits.max_content_octets)
    return refusal(base::Errc::too_large, "PAYLOAD_TOO_LARGE",
                   "the content has more than " + std::to_string(queue_.limits.max_content_octets) +
                       " octets");
  if (!has_recipient)
    return refusal(base::Errc::refused, "NO_RECIPIENT",
                   "the message names no recipient, and there is none to reply to");
  const auto& types = policy_.recipients;
  if (request.to && std::find(types.begin(), types.end(), request.to->type) == types.end())
    return refusal(base::Errc::refused, "ADDR_TYPE_NOT_SUPPORTED",
                   "devices may not send to recipients of this type");
  if (!knows_one(policy_.servers, queue_.devices.profile(device.profile)))
    return refusal(base::Errc::refused, "UNKNOWN_SERVER",
                   "the gateway knows none of the device's MSGin5G Servers");
  if (!policy_.why_not_carried) return std::nullopt;
  auto why = policy_.why_not_carried(request.application, request.content);
  if (!why) return std::nullopt;
  return refusal(base::Errc::unsupported, "UNSUPPORTED_CONTENT", *std::move(why));
}

bool DeviceSide::may_hold(const SendRequest& request) const {
  const std::uint64_t octets = queue_.batches.unsaved_octets + held_.octets();
  return !queue_.devices.no_store() && held_.has_room(request, queue_.limits) &&
         octets + request.content.size() + request.draft.size() <= queue_.limits.max_unsaved_octets;
}

void DeviceSide::tick(base::TimePoint now) {
  for (HeldRequest& held : held_.take(queue_.devices, now)) {
    const core::Bearer bearer = held.request.bearer;
    if (held.draft) drop(*held.draft);  // with the commit of what it becomes
    if (held.is_gone) {
      queue_.outbox.to_devices.push_back(
          {bearer,
           {held.request.ticket, std::move(held.request.message_id),
            refusal(base::Errc::refused, "POLICY_DENIED", "the device has been removed")}});
      continue;
    }
    if (auto answer = take(std::move(held.request), now))
      queue_.outbox.to_devices.push_back({bearer, *std::move(answer)});
  }
  queue_.metrics.held.Set(static_cast<double>(held_.size()));
}

/// What a message is known by: what the device said, whoever it means by that now.
Message DeviceSide::frame_of(const SendRequest& request, base::TimePoint now) const {
  Message message;
  message.from = {AddressType::ue, queue_.devices.device(request.device).service_id};
  if (request.to) message.to = *request.to;
  message.message_id =
      request.message_id.empty() ? made_id(request, message, now) : request.message_id;
  return message;
}

std::optional<base::TimePoint> DeviceSide::known_since(const SendRequest& request,
                                                       base::TimePoint now) const {
  const auto known = queue_.headers.in_window(queue_.key_of(frame_of(request, now), true));
  if (!known) return std::nullopt;
  return queue_.timeline.process_time(queue_.headers.at(*known).accepted_s);
}

tl::expected<DraftNo, Refusal> DeviceSide::keep(core::DeviceNo device, core::Bearer bearer,
                                                core::Ticket ticket, std::string octets,
                                                base::TimePoint now) {
  if (auto not_now = queue_.no_store(octets.size())) return tl::unexpected(*std::move(not_now));
  queue_.batches.unsaved_octets += octets.size();
  queue_.batches.parked.push_back({bearer, {ticket, {}, {}}, now + queue_.limits.answer_within});
  return queue_.drafts.keep({device, bearer, queue_.timeline.seconds(now), std::move(octets)});
}

std::vector<DeviceSide::Restored> DeviceSide::take_restored(core::Bearer bearer) {
  std::vector<Restored> all;
  for (auto& [no, draft] : queue_.drafts.take_restored(bearer)) {
    all.push_back(
        {no, draft.device, queue_.timeline.process_time(draft.kept_s), std::move(draft.octets)});
  }
  return all;
}

/// Whether its msgId is that of a message of which the device said the recipient where this one
/// leaves it out, or the other way round. Whom that one went to need not be known any more, so that
/// neither is taken for a repetition of the other.
bool DeviceSide::was_said_otherwise(const SendRequest& request, Message message,
                                    const std::optional<Address>& recipient) const {
  if (!recipient || request.message_id.empty()) return false;
  message.to = request.to ? Address{} : *recipient;
  return queue_.headers.in_window(queue_.key_of(message, true)).has_value();
}

/// Where the bearer may use an origin again, the period in which it came first is part of the id: a
/// repetition is of this period or of the one before.
std::string DeviceSide::made_id(const SendRequest& request, Message message,
                                base::TimePoint now) const {
  if (!request.origin_for) return id_for(request, {});
  const base::TimePoint at = queue_.timeline.at(now);
  const std::int64_t period = at.time_since_epoch() / *request.origin_for;
  message.message_id = id_for(request, std::to_string(period - 1));
  const auto known = queue_.headers.in_window(queue_.key_of(message, true));
  const auto first_s = queue_.timeline.seconds(now - *request.origin_for);
  if (known && queue_.headers.at(*known).accepted_s >= first_s) return message.message_id;
  return id_for(request, std::to_string(period));
}

/// 128 bits of a hash in the shape of a UUID: nothing of the device can be read from it.
std::string DeviceSide::id_for(const SendRequest& request, std::string_view period) const {
  Message origin;
  origin.from.address = queue_.devices.device(request.device).service_id;
  origin.to.address = std::string(period) + '@' + request.origin;
  origin.message_id = request.content;
  const Key key = queue_.key_of(origin, true);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string id;
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) id += '-';
    const std::uint64_t half = digit < 16 ? key.high : key.low;
    id += kHex[half >> (60 - 4 * (digit % 16)) & 15];
  }
  return id;
}

std::optional<Refusal> DeviceSide::tell(core::DeviceNo device, Message text,
                                        std::chrono::seconds lifetime, base::TimePoint now) {
  const Queue::Arrival arrival{.kind = Kind::text_down,
                               .device = device,
                               .lifetime = lifetime,
                               .priority = texts_of(device).priority};
  Carried carried(std::move(text));
  if (auto full = queue_.no_room(device, arrival.kind, Contents::octets_of(carried)))
    return queue_.refuse(device, arrival.kind, {}, *std::move(full)).refusal;
  queue_.take_in(arrival, std::move(carried), now);
  return std::nullopt;
}

void DeviceSide::takes_texts(core::DeviceNo device, core::Bearer bearer) {
  queue_.reachable[device].texts |= bit_of(bearer);
  queue_.make_due(texts_of(device));
}

bool DeviceSide::reachable(core::DeviceNo device, core::Bearer bearer, core::Evidence evidence) {
  const std::uint8_t bit = bit_of(bearer);
  Queue::Reach& reach = queue_.reachable[device];
  reach.bearers |= bit;
  reach.by_claim = static_cast<std::uint8_t>(
      evidence == core::Evidence::identity ? reach.by_claim & ~bit : reach.by_claim | bit);
  for (std::size_t priority = 0; priority < kPriorities; ++priority) {
    for (const bool withheld : {true, false}) {
      const LaneId id{device, false, static_cast<Priority>(priority), withheld};
      if (queue_.ways_of(id) != 0) queue_.make_due(id);  // what has no way was told of before
    }
  }
  return waits(device, evidence);
}

bool DeviceSide::waits(core::DeviceNo device, core::Evidence evidence) const {
  const std::size_t all = queue_.lanes.of(device, false).messages;
  if (all == 0 || evidence == core::Evidence::identity) return all > 0;
  return all > queue_.lanes.withheld(device).messages && !queue_.is_vouched_for(device);
}

std::size_t DeviceSide::withhold(core::DeviceNo device) {
  if (!queue_.is_vouched_for(device)) queue_.withhold(device);
  return queue_.lanes.withheld(device).messages;
}

void DeviceSide::unreachable(core::DeviceNo device, core::Bearer bearer) {
  const auto found = queue_.reachable.find(device);
  if (found == queue_.reachable.end()) return;
  const auto others = static_cast<std::uint8_t>(~bit_of(bearer));
  found->second.bearers &= others;
  found->second.by_claim &= others;
  found->second.texts &= others;
  if (found->second.empty()) queue_.reachable.erase(found);
}

void DeviceSide::unreachable(core::Bearer bearer) {
  const auto others = static_cast<std::uint8_t>(~bit_of(bearer));
  boost::unordered::erase_if(queue_.reachable, [others](auto& entry) {
    entry.second.bearers &= others;
    entry.second.by_claim &= others;
    entry.second.texts &= others;
    return entry.second.empty();
  });
}

std::optional<Delivery> DeviceSide::next(core::Bearer bearer, std::span<const std::uint32_t> own) {
  while (const auto no = queue_.next_of(queue_.due_down[static_cast<std::size_t>(bearer)])) {
    const Header& header = queue_.headers.at(*no);
    const std::uint8_t ways = queue_.ways_of(lane_of(header));
    if (ways != 0 && queue_.best_of(header.device, ways) == bearer) {
      queue_.note(*no, Happening::handed).bearer = static_cast<std::uint8_t>(bearer);
      const Carried& carried = *queue_.contents.find(*no);
      const bool is_text = header.kind == Kind::text_down;
      std::uint32_t through = own.empty() ? 0 : own.front();
      if (const auto* const message = std::get_if<Message>(&carried); message && !is_text) {
        through =
            queue_.transactions.open(header.device, message->from, hash_of(message->application),
                                     queue_.timeline.seconds_after(queue_.turn, {}), own);
      }
      const Lane& lane = *queue_.lanes.find(lane_of(header));
      return Delivery{*no,
                      header.device,
                      carried,
                      header.wants_report,
                      queue_.timeline.process_time(lane.expires_s),
                      through,
                      is_text};
    }
    queue_.rest(*no);  // the device went away since, or came over another bearer
    queue_.make_due(lane_of(header));
    queue_.has_moved |= ways != 0;
  }
  return std::nullopt;
}

void DeviceSide::track(MessageNo no, core::Bearer bearer, std::string octets,
                       std::optional<base::TimePoint> proof_by) {
  Header* const header = queue_.headers.find(no);
  if (header == nullptr || header->state != State::handed) return;
  const Tracked* const before = queue_.tracking.find(no);
  const std::uint32_t expires_s =
      before != nullptr ? before->expires_s : queue_.lanes.find(lane_of(*header))->expires_s;
  queue_.tracking.put(no, {bearer, expires_s, std::move(octets)});
  if (proof_by) {
    header->expires_s = queue_.timeline.seconds_after(*proof_by, {});
    queue_.headers.remind(no);
    queue_.mark_changed(no);
  }
  if (queue_.is_cache_full()) queue_.contents.drop(no);
}

void DeviceSide::passed_on(MessageNo no) {
  const Header* const header = queue_.headers.find(no);
  if (header == nullptr || header->state != State::handed || header->passed_on) return;
  queue_.pass_on(no);
}

const std::string* DeviceSide::tracked(MessageNo no) const {
  const Tracked* const row = queue_.tracking.find(no);
  return row == nullptr ? nullptr : &row->octets;
}

void DeviceSide::proven(MessageNo no, base::TimePoint now) {
  if (queue_.headers.holds(no)) return queue_.end(no, State::done, Cause::none, now);
  queue_.metrics.late.Increment();
}

void DeviceSide::failed(MessageNo no, Cause cause, base::TimePoint now, std::string_view said) {
  if (!queue_.headers.holds(no)) return queue_.metrics.late.Increment();
  const bool is_long = said.size() > kMostWords;
  const std::string words =
      base::is_plain(said) && !is_long ? std::string(said) : base::printable(said, kMostWords);
  queue_.end(no, State::failed, cause, now, words, words);
}

std::optional<MessageNo> DeviceSide::next_under(core::DeviceNo device, std::string_view message_id,
                                                core::Evidence evidence) const {
  std::optional<MessageNo> found;
  if (!waits(device, evidence)) return found;
  each_lane(queue_.lanes, device, false, [&](const LaneId& id, const Lane& lane) {
    const Carried* const carried = queue_.contents.find(lane.head);
    const auto* const message = carried == nullptr ? nullptr : std::get_if<Message>(carried);
    const bool may_have = !id.texts && (!id.withheld || evidence == core::Evidence::identity);
    if (!found && may_have && message != nullptr && message->message_id == message_id)
      found = lane.head;
  });
  return found;
}

void DeviceSide::declined(MessageNo no, base::TimePoint now, std::string_view said) {
  const Header* const header = queue_.headers.find(no);
  if (header == nullptr || header->state != State::handed || header->passed_on) return;
  Lane& lane = *queue_.lanes.find(lane_of(*header));
  if (++lane.tries >= queue_.limits.most_tries)
    return queue_.end(no, State::failed, Cause::refused, now, said);
  queue_.rest(no, said);
}

void DeviceSide::came_back(MessageNo no) {
  const Header* const header = queue_.headers.find(no);
  if (header == nullptr || header->state != State::handed || header->passed_on) return;
  queue_.rest(no);
}

}  // namespace msggw::messages
