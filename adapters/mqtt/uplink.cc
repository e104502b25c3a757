// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/uplink.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "adapters/elements/limits.h"
#include "adapters/mqtt/protocol/properties.h"
#include "adapters/payload/messages.h"

namespace msggw::mqtt {

namespace {

constexpr auto kJson = payload::Encoding::json;
constexpr std::size_t kFrameOctets = 4'096;
/// What one octet of content may become in JSON (RFC 8259, 7): \u001F. Some write whatever is not
/// ASCII in that way.
constexpr std::size_t kEscapeOctets = 6;

messages::Refusal refusal(base::Error error) {
  const std::string_view cause = payload::cause_of(error.code);
  return {std::move(error), cause};
}

/// A user property that says something of a plain message.
struct Said {
  std::string text;
  std::optional<messages::Refusal> wrong;
};

Said said_of(const Incoming& incoming, std::string_view name, std::size_t most_octets) {
  const auto found = protocol::user_property(incoming.properties, name);
  if (!found) return {};
  if (payload::is_line(*found, most_octets)) return {std::string(*found), {}};
  return {{},
          messages::Refusal{{base::Errc::incorrect, "the user property " + std::string(name) +
                                                        " is no line of at most " +
                                                        std::to_string(most_octets) + " octets"},
                            "OPTIONAL_IE_INCORRECT"}};
}

}  // namespace

Uplink::Uplink(const Doors& doors, const Options& options, Board& board, Refusals& refusals)
    : registrations_(doors.registrations),
      messages_(doors.messages),
      most_octets_(most_octets(doors)),
      board_(board),
      refusals_(refusals),
      open_(options.max_open_requests) {}

void Uplink::reconfigure(const Doors& doors, const Options& options) {
  most_octets_ = most_octets(doors);
  open_.limit_to(options.max_open_requests);
}

std::size_t Uplink::most_octets(const Doors& doors) noexcept {
  if (doors.messages == nullptr) return 0;
  return kEscapeOctets * doors.messages->queue().limits.max_content_octets + kFrameOctets;
}

std::size_t Uplink::max_content_octets() const noexcept {
  return messages_->queue().limits.max_content_octets;
}

std::optional<core::DeviceNo> Uplink::admit(const Sender& sender,
                                            std::optional<core::DeviceNo> device,
                                            std::optional<base::Error> against,
                                            base::TimePoint now) {
  const core::Tables& tables = registrations_.tables();
  const bool registered = device && tables.device(*device).binding(core::Bearer::mqtt).alive();
  if (!against && registered) return device;
  if (!against || against->code == base::Errc::unknown_device)
    against = {base::Errc::unknown_device, "the device is not registered here; register it first"};
  refuse(sender, {}, refusal(*std::move(against)), now);
  return std::nullopt;
}

void Uplink::send(core::DeviceNo device, const Sender& sender, const Incoming& incoming,
                  base::TimePoint now) {
  take(device, {true, sender, incoming, {}}, now);
}

void Uplink::up(core::DeviceNo device, const Sender& sender, const Incoming& incoming,
                base::TimePoint now) {
  take(device, {false, sender, incoming, {}}, now);
}

void Uplink::resume(base::TimePoint now) {
  for (const auto& [no, device, kept, octets] : messages_->take_restored(core::Bearer::mqtt)) {
    messages_->drop(no);  // with the commit of what is made of it now
    if (const auto held = held_message_of(octets)) take(device, *held, now);
  }
}

void Uplink::take(core::DeviceNo device, const HeldMessage& came, base::TimePoint now) {
  if (!came.structured) return take_plain(device, came, now);
  auto request = payload::parse_message(kJson, came.incoming.payload, most_octets_);
  if (!request) return tell(came.sender, request.error(), now);
  request->device = device;
  pass_on(came, *std::move(request), now);
}

void Uplink::take_plain(core::DeviceNo device, const HeldMessage& came, base::TimePoint now) {
  const auto& [structured, sender, incoming, origin] = came;
  Said message_id = said_of(incoming, "msgId", elements::kMostMessageIdOctets);
  if (message_id.wrong) return refuse(sender, {}, *std::move(message_id.wrong), now);
  Said application = said_of(incoming, "appId", elements::kMostApplicationOctets);
  if (application.wrong)
    return refuse(sender, std::move(message_id.text), *std::move(application.wrong), now);
  messages::SendRequest request;
  request.device = device;
  request.message_id = std::move(message_id.text);
  request.application = std::move(application.text);
  // One octet more than may be is enough to be refused.
  request.content = incoming.payload.substr(0, max_content_octets() + 1);
  pass_on(came, std::move(request), now);
}

void Uplink::pass_on(HeldMessage came, messages::SendRequest request, base::TimePoint now) {
  const auto& [structured, sender, incoming, origin] = came;
  const auto ticket = open_.next_ticket(source_of(sender));
  if (!ticket)
    return refuse(sender, std::move(request.message_id),
                  refusal({base::Errc::overloaded, "too many messages are open; try again"}), now);
  if (const std::chrono::seconds left{incoming.expiry_s}; left > left.zero())
    request.lifetime = std::min(request.lifetime.value_or(left), left);
  request.bearer = core::Bearer::mqtt;
  request.ticket = *ticket;
  request.origin = origin;
  if (request.message_id.empty() && origin.empty()) {
    request.origin = origins_.of(incoming.packet_id, incoming.again, [&](const std::string& made) {
      request.origin = made;
      return messages_->is_known(request, now);
    });
  }
  came.origin = request.origin;
  if (messages_->holds(request)) request.draft = record_of(came);
  const auto answer = messages_->send(std::move(request), now);
  answer ? tell(sender, *answer, now) : open_.open(source_of(sender)).assign(sender);
}

void Uplink::answer(const messages::Answer& answer, base::TimePoint now) {
  if (const auto* request = open_.take(answer.ticket)) tell(request->sender(), answer, now);
}

void Uplink::refuse(const Sender& sender, std::string message_id, messages::Refusal why,
                    base::TimePoint now) {
  tell(sender, {{}, std::move(message_id), std::move(why)}, now);
}

void Uplink::tell(const Sender& sender, const messages::Answer& answer, base::TimePoint now) {
  if (answer.refusal && !refusals_.may_tell(answer.refusal->error.code, sender, now)) return;
  const std::string body = payload::encode_ack(kJson, answer);
  const bool responds = !sender.response_topic.empty();
  if (responds) board_.respond_later(sender, body, Board::Lasts::always);
  if (!responds || !answer.refusal) board_.ack_later(sender, body);
}

}  // namespace msggw::mqtt
