// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/adapter.h"

#include <chrono>

#include "adapters/payload/bodies.h"

namespace msggw::mqtt {

namespace {

constexpr auto kJson = payload::Encoding::json;

std::chrono::seconds whole_seconds(base::Duration duration) {
  return std::chrono::ceil<std::chrono::seconds>(duration);
}

}  // namespace

MqttAdapter::MqttAdapter(const base::Context& context, const Options& options,
                         core::Registrations& registrations)
    : options_(options),
      registrations_(registrations),
      limits_(registrations.tables().limits),
      clock_(context.clock),
      metrics_(context.metrics),
      refusals_(options.refusals_per_second, 1, base::random_hash_key()),
      open_(options.max_open_requests),
      board_(context, registrations, connection_),
      reconciliation_(context, registrations, connection_, board_),
      connection_(
          context, options, [this](const Incoming& incoming) { return take(incoming); },
          [this](std::uint64_t tag, std::uint8_t reason) { board_.answered(tag, reason); }) {}

void MqttAdapter::stop() {
  stopped_ = true;
  connection_.stop_reading();
}

/// A message is the gateway's only when what it has changed is durable: until then the broker keeps
/// it, for the gateway that comes after a crash.
std::uint64_t MqttAdapter::take(const Incoming& incoming) {
  if (stopped_) return Session::kNever;
  receive(incoming);
  return registrations_.tables().durable_with().value_or(0);
}

void MqttAdapter::receive(const Incoming& incoming) {
  using Retained = Incoming::Retained;
  if (stopped_) return;
  if (incoming.faulty) metrics_.refused_property.Increment();
  if (const auto id = connection_.topics().parse_registration(incoming.topic);
      id && incoming.retained != Retained::no)
    return reconciliation_.found(*id, incoming.payload);
  const auto topic = connection_.topics().parse(incoming.topic);
  if (!topic) return metrics_.received_other.Increment();
  // What is stored is no act of the device, and neither is taking it away; its status stays true.
  if (incoming.retained != Retained::no && incoming.payload.empty())
    return metrics_.received_clearing.Increment();
  if (incoming.retained == Retained::before && topic->kind != RequestKind::status)
    return metrics_.received_stored.Increment();
  metrics_.received[static_cast<std::size_t>(topic->kind)]->Increment();

  Sender sender{topic->id, incoming.response_topic, incoming.correlation};
  const bool may_answer = connection_.topics().may_answer_to(incoming.response_topic, topic->id) &&
                          incoming.correlation.size() <= Topics::kMostCorrelationOctets;
  if (!incoming.response_topic.empty() && !may_answer) metrics_.refused_response_topic.Increment();
  if (!may_answer) sender.response_topic = sender.correlation = {};

  if (sender.id.empty()) {
    return refuse(sender, {base::Errc::missing,
                           "the topic level that names the device (its Private ID) is empty"});
  }
  if (incoming.payload.size() > options_.max_payload_octets) {
    return refuse(sender, {base::Errc::too_large,
                           "the message has " + std::to_string(incoming.payload.size()) +
                               " octets; at most " + std::to_string(options_.max_payload_octets) +
                               " are taken"});
  }
  switch (topic->kind) {
    case RequestKind::registration: return on_register(sender, incoming.payload);
    case RequestKind::deregistration: return on_deregister(sender);
    case RequestKind::status: return on_status(sender, incoming.payload);
  }
}

void MqttAdapter::on_register(const Sender& sender, std::string_view body) {
  const auto parsed = payload::parse_register(kJson, body, limits_.max_info_octets);
  if (!parsed) return refuse(sender, parsed.error());
  if (open_.is_full())
    return refuse(sender, {base::Errc::overloaded, "too many requests are open; try again"});
  core::RegisterRequest request;
  request.bearer = core::Bearer::mqtt;
  request.ticket = open_.next_ticket();
  request.source = base::broker_source();
  request.private_id = sender.id;
  request.info = parsed->info;
  request.forever = true;
  if (is_topic_level(sender.id)) request.post_as = sender.id;
  const auto answer = registrations_.register_device(request, clock_.now());
  answer ? deliver(sender, *answer, When::at_once) : open_.open().assign(sender);
}

void MqttAdapter::on_deregister(const Sender& sender) {
  if (open_.is_full())
    return refuse(sender, {base::Errc::overloaded, "too many requests are open; try again"});
  const auto answer =
      registrations_.deregister(sender.id, core::Bearer::mqtt, open_.next_ticket(), clock_.now());
  if (!answer) return open_.open().assign(sender);
  // All gateways of a group get it, and it is for those that the device is registered with.
  const bool others =
      answer->verdict == core::Verdict::failed && answer->error.code == base::Errc::unknown_device;
  if (!others || options_.shared_group.empty()) deliver(sender, *answer, When::at_once);
}

void MqttAdapter::on_status(const Sender& sender, std::string_view body) {
  const bool online = body == "online";
  if (!online && body != "offline") {
    return refuse(sender, {base::Errc::incorrect, "a status is the text online or offline"});
  }
  if (const auto device = registrations_.tables().find_private_id(sender.id)) {
    presence_.set(*device, online);
    metrics_.online.Set(static_cast<double>(presence_.online()));
  } else if (is_topic_level(sender.id) && sender.id.size() <= limits_.max_private_id_octets) {
    presence_.set_early(sender.id, online);
  } else {
    refuse(sender, {base::Errc::malformed, "the topic does not name a device"});
  }
}

void MqttAdapter::has_number(std::string_view id, core::DeviceNo device) {
  if (presence_.recorded(id, device)) metrics_.online.Set(static_cast<double>(presence_.online()));
}

void MqttAdapter::answer(const core::Answer& answer) {
  const auto* request = open_.take(answer.ticket);
  if (request != nullptr) deliver(request->sender(), answer, When::when_there_is_room);
}

void MqttAdapter::deliver(const Sender& sender, const core::Answer& answer, When when) {
  const auto left = [&] {
    return payload::encode_deregistered(kJson,
                                        registrations_.tables().device(answer.device).private_id);
  };
  switch (answer.verdict) {
    case core::Verdict::provisioned:
    case core::Verdict::refused: {
      const std::string body = state_of(registrations_, answer.device);
      has_number(sender.id, answer.device);
      tell(sender, answer.device, body, when);
      // Empty: it has left again before it was answered.
      return respond(sender, body.empty() ? left() : body, when);
    }
    case core::Verdict::pending: {
      const std::string body =
          payload::encode_pending(kJson, registrations_.tables().device(answer.device).private_id,
                                  whole_seconds(answer.retry_after));
      has_number(sender.id, answer.device);
      tell(sender, answer.device, body, when);
      return respond(sender, body, when);
    }
    case core::Verdict::deregistered:
      board_.say(sender.id, left());
      board_.tell(answer.device, sender.id);
      return respond(sender, left(), when);
    case core::Verdict::failed: return refuse(sender, answer.error);
  }
}

/// Posts how the device stands; where that cannot be posted it is said.
void MqttAdapter::tell(const Sender& sender, core::DeviceNo device, std::string_view body,
                       When when) {
  const bool posted = registrations_.tables().is_posted(device, sender.id) &&
                      !board_.wanted(device, sender.id).empty();
  if (!posted && !body.empty()) board_.say(sender.id, body);
  when == When::at_once ? board_.tell(device, sender.id) : board_.owe(device);
}

/// The request was wrong or cannot be taken now. Never retained: a bad request, which anybody may
/// have sent, must not take the place of a good registration.
void MqttAdapter::refuse(const Sender& sender, const base::Error& error) {
  metrics_.refused[static_cast<std::size_t>(error.code)]->Increment();
  if (!refusals_.pass(base::broker_source(), clock_.now())) return metrics_.untold.Increment();
  const std::string body =
      payload::encode_refused(kJson, {}, payload::cause_of(error.code), error.detail);
  if (!sender.response_topic.empty()) return respond(sender, body, When::at_once);
  board_.say(sender.id, body);
}

void MqttAdapter::respond(const Sender& sender, std::string_view body, When when) {
  if (sender.response_topic.empty()) return;
  when == When::at_once ? board_.respond(sender.response_topic, sender.correlation, body)
                        : board_.respond_later(sender.response_topic, sender.correlation, body);
}

void MqttAdapter::notice(core::DeviceNo device, bool) {
  board_.owe(device);
}

void MqttAdapter::parted(core::DeviceNo device, std::string_view) {
  board_.owe(device);
}

void MqttAdapter::gone(core::DeviceNo device) {
  presence_.set(device, false);
  metrics_.online.Set(static_cast<double>(presence_.online()));
}

void MqttAdapter::end_turn(base::TimePoint now) {
  board_.end_turn();
  reconciliation_.end_turn(now);
  connection_.settle(registrations_.tables().batches.committed);
  connection_.flush();
}

}  // namespace msggw::mqtt
