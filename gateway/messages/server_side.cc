// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/server_side.h"

#include <utility>

namespace msggw::messages {

std::optional<core::DeviceNo> ServerSide::device_of(Role role, const Address& address) const {
  const auto found = queue_.devices.registry.find_service_id(address.address);
  if (!found) return std::nullopt;
  const core::Device& device = queue_.devices.device(*found);
  const bool served = device.state == core::DeviceState::provisioned ||
                      device.state == core::DeviceState::registered;
  const bool is_legacy = device.ue_type == core::UeType::legacy_3gpp;
  if (!served || is_legacy != (role == Role::l3g)) return std::nullopt;
  return found;
}

/// There is nobody for whom it could be noted.
Answer ServerSide::refused(core::Ticket ticket, std::string message_id, Refusal why) {
  queue_.metrics.refused(why.cause);
  return {ticket, std::move(message_id), std::move(why)};
}

Answer ServerSide::no_recipient(core::Ticket ticket, std::string message_id) {
  return refused(
      ticket, std::move(message_id),
      {{base::Errc::unknown_device, "no device with this Service ID is served at this gateway"},
       "RECIPIENT_NOT_FOUND"});
}

std::optional<Answer> ServerSide::deliver(Role role, Message message, core::Ticket ticket,
                                          base::TimePoint now) {
  if (message.to.type != AddressType::ue)
    return refused(ticket, std::move(message.message_id),
                   {{base::Errc::unsupported, "only a UE can be the recipient here"},
                    "ADDR_TYPE_NOT_SUPPORTED"});
  const auto device = device_of(role, message.to);
  if (!device) return no_recipient(ticket, std::move(message.message_id));
  const bool is_whole = !message.segment;
  if (message.content.size() > queue_.limits.max_content_octets ||
      (is_whole && carries_ && !carries_(*device, message.content)))
    return queue_.refuse(
        *device, Kind::message_down, {ticket, std::move(message.message_id), {}},
        {{base::Errc::too_large,
          "the payload is longer than this gateway, or the device's bearer, takes"},
         "PAYLOAD_TOO_LARGE"});
  if (!is_whole) return gather(*device, std::move(message), ticket, now);
  const Queue::Arrival arrival{.kind = Kind::message_down,
                               .device = *device,
                               .lifetime = queue_.limits.down_lifetime,
                               .wants_report = message.wants_report,
                               .priority = message.priority,
                               .key = queue_.key_of(message, false),
                               .content_hash = queue_.content_hash_of(message)};
  Parked parked{std::nullopt, {ticket, message.message_id, {}}, now + queue_.limits.answer_within};
  // A server that counts from 1 again is no reason to lose a message: other content, another one.
  if (const auto known = queue_.headers.in_window(arrival.key->with(arrival.content_hash))) {
    queue_.metrics.repeated.Increment();
    queue_.note(*known, Happening::repeated).message_id = parked.answer.message_id;
    return answer(*device, arrival.kind, std::move(parked),
                  queue_.tell_again(*known, *device, message, now));
  }
  Carried carried(std::move(message));
  if (auto full = queue_.make_room(arrival, Contents::octets_of(carried), now))
    return queue_.refuse(*device, Kind::message_down, std::move(parked.answer), std::move(*full));
  const MessageNo no = queue_.take_in(arrival, std::move(carried), now);
  queue_.answer_when_durable(no, std::move(parked));
  return std::nullopt;
}

std::optional<Answer> ServerSide::gather(core::DeviceNo device, Message segment,
                                         core::Ticket ticket, base::TimePoint now) {
  Parked parked{std::nullopt, {ticket, segment.message_id, {}}, now + queue_.limits.answer_within};
  return answer(device, Kind::segment_down, std::move(parked),
                queue_.joining.gather(device, std::move(segment), now));
}

std::optional<Answer> ServerSide::answer(core::DeviceNo device, Kind kind, Parked parked,
                                         tl::expected<MessageNo, Refusal> no) {
  if (!no) return queue_.refuse(device, kind, std::move(parked.answer), std::move(no.error()));
  queue_.answer_when_durable(*no, std::move(parked));
  return std::nullopt;
}

std::optional<Answer> ServerSide::deliver_report(Role role, Report report, core::Ticket ticket,
                                                 base::TimePoint now) {
  const auto device = device_of(role, report.to);
  if (!device) return no_recipient(ticket, std::move(report.message_id));
  Parked parked{std::nullopt, {ticket, report.message_id, {}}, now + queue_.limits.answer_within};
  Carried carried(std::move(report));
  const Queue::Arrival arrival{
      .kind = Kind::report_down, .device = *device, .lifetime = queue_.limits.down_lifetime};
  if (auto full = queue_.make_room(arrival, Contents::octets_of(carried), now))
    return queue_.refuse(*device, Kind::report_down, std::move(parked.answer), std::move(*full));
  const MessageNo no = queue_.take_in(arrival, std::move(carried), now);
  queue_.answer_when_durable(no, std::move(parked));
  return std::nullopt;
}

std::optional<Upward> ServerSide::next(const std::function<bool(core::ProfileNo)>& has_room) {
  const std::size_t profiles = queue_.due_up.size();
  for (std::size_t tried = 0; tried < profiles; ++tried) {
    const std::size_t profile = turn_++ % profiles;
    if (!has_room(core::ProfileNo{static_cast<std::uint32_t>(profile)})) continue;
    const auto no = queue_.next_of(queue_.due_up[profile]);
    if (!no) continue;
    const Header& header = queue_.headers.at(*no);
    queue_.note(*no, Happening::handed);
    return Upward{*no, header.device, *queue_.contents.find(*no),
                  queue_.timeline.process_time(header.expires_s)};
  }
  return std::nullopt;
}

void ServerSide::accepted(MessageNo no, base::TimePoint now) {
  ++passed_;
  if (queue_.headers.holds(no)) return queue_.end(no, State::done, Cause::none, now);
  queue_.metrics.late.Increment();
}

void ServerSide::rejected(MessageNo no, Cause cause, base::TimePoint now, std::string_view said) {
  if (queue_.headers.holds(no)) return queue_.end(no, State::failed, cause, now, said);
  queue_.metrics.late.Increment();
}

void ServerSide::undecided(MessageNo no, base::TimePoint now, std::string_view said) {
  if (rests(no, now, said)) go_on(no);
}

bool ServerSide::rests(MessageNo no, base::TimePoint now, std::string_view said) {
  const Header* const header = queue_.headers.find(no);
  if (header == nullptr || header->state != State::handed) return false;
  const LaneId id = lane_of(*header);
  Lane& lane = *queue_.lanes.find(id);
  const bool others = lane.tries == 0 || lane.others_passed != passed_;
  lane.others_passed = passed_;
  if (others && ++lane.tries >= queue_.limits.most_tries) {
    queue_.end(no, State::failed, Cause::internal_error, now, said);
    return false;
  }
  queue_.rest(no, said);
  return true;
}

void ServerSide::go_on(MessageNo no) {
  const Header* const header = queue_.headers.find(no);
  if (header == nullptr || header->state != State::waiting) return;
  const LaneId id = lane_of(*header);
  if (queue_.lanes.find(id)->head == no) queue_.make_due(id);
}

}  // namespace msggw::messages
