// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/adapter.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "adapters/mqtt/speaker.h"
#include "adapters/payload/bodies.h"
#include "adapters/payload/messages.h"

namespace msggw::mqtt {

namespace {

constexpr auto kJson = payload::Encoding::json;

/// In a shared group nothing ties a device to one of its gateways.
Doors offered(Doors doors, const Options& options) {
  if (!options.shared_group.empty()) doors.messages = nullptr;
  return doors;
}

bool is_message(RequestKind kind) noexcept {
  return kind == RequestKind::send || kind == RequestKind::up || kind == RequestKind::report;
}

std::chrono::seconds whole_seconds(base::Duration duration) {
  return std::chrono::ceil<std::chrono::seconds>(duration);
}

}  // namespace

MqttAdapter::MqttAdapter(const base::Context& context, const Options& options, Doors doors)
    : options_(options),
      doors_(offered(doors, options)),
      registrations_(doors_.registrations),
      limits_(registrations_.tables().limits),
      clock_(context.clock),
      gate_(core::Bearer::mqtt, registrations_.tables(), doors.proofs, context.metrics),
      metrics_{context.metrics},
      refusals_(context.metrics, options.refusals_per_second),
      open_(options.max_open_requests),
      board_(context, registrations_, doors.proofs, connection_, options.max_outgoing),
      reconciliation_(context, registrations_, connection_, board_),
      uplink_(doors_, options, board_, refusals_),
      downlink_(context, doors_, connection_, presence_),
      connection_(context, options,
                  Topics(options.topic_prefix, options.shared_group,
                         options.response_topics_beyond_prefix, doors_.messages != nullptr),
                  std::max(options.max_payload_octets, Uplink::most_octets(doors_)),
                  {[this](const Incoming& incoming) { return take(incoming); },
                   [this](std::uint64_t tag, std::uint8_t reason) { answered(tag, reason); }}) {
  if (vouches()) doors_.messages->vouch(core::Bearer::mqtt);
}

void MqttAdapter::reconfigure() {
  refusals_.limit_to(options_.refusals_per_second);
  open_.limit_to(options_.max_open_requests);
  board_.limit_to(options_.max_outgoing);
  uplink_.reconfigure(doors_, options_);
  connection_.reconfigure(std::max(options_.max_payload_octets, Uplink::most_octets(doors_)));
}

void MqttAdapter::stop() {
  stopped_ = true;
  connection_.stop_reading();
}

/// A message is the gateway's only when what it has changed is durable: until then the broker keeps
/// it, for the gateway that comes after a crash.
std::uint64_t MqttAdapter::take(const Incoming& incoming) {
  if (stopped_) return Session::kNever;
  resume();  // before what came later
  receive(incoming);
  Receipts::Batches needed{registrations_.tables().durable_with().value_or(0)};
  if (doors_.messages != nullptr)
    needed.messages = doors_.messages->queue().durable_with().value_or(0);
  return receipts_.take(needed);
}

/// What was taken by a process before this one and is no message yet. Not before the broker is
/// there: the device may have to be told.
void MqttAdapter::resume() {
  if (!std::exchange(resumed_, true) && doors_.messages != nullptr) uplink_.resume(clock_.now());
}

void MqttAdapter::answered(std::uint64_t tag, std::uint8_t reason) {
  Downlink::is_its(tag) ? downlink_.answered(tag, reason) : board_.answered(tag, reason);
}

void MqttAdapter::receive(const Incoming& incoming) {
  using Retained = Incoming::Retained;
  if (stopped_) return;
  if (incoming.faulty) metrics_.refused_property.Increment();
  if (const auto id = connection_.topics().parse_registration(incoming.topic);
      id && incoming.retained != Retained::no)
    return reconciliation_.found(*id, incoming.payload);
  const auto topic = connection_.topics().parse(incoming.topic);
  if (!topic || (is_message(topic->kind) && doors_.messages == nullptr))
    return metrics_.received_other.Increment();
  // What is stored is no act of the device, and neither is taking it away; its status stays true.
  const bool kept = incoming.retained != Retained::no || topic->kind == RequestKind::status;
  if (kept && incoming.payload.empty()) return metrics_.received_clearing.Increment();
  if (incoming.retained == Retained::before && topic->kind != RequestKind::status)
    return metrics_.received_stored.Increment();
  metrics_.received[static_cast<std::size_t>(topic->kind)]->Increment();

  Sender sender{topic->id, incoming.response_topic, incoming.correlation};
  const bool may_answer = connection_.topics().may_answer_to(incoming.response_topic, topic->id) &&
                          incoming.correlation.size() <= Topics::kMostCorrelationOctets;
  if (!incoming.response_topic.empty() && !may_answer) metrics_.refused_response_topic.Increment();
  if (!may_answer) sender.response_topic = sender.correlation = {};

  serve(topic->kind, sender, incoming);
}

void MqttAdapter::serve(RequestKind kind, const Sender& sender, const Incoming& incoming) {
  if (sender.id.empty()) {
    return refuse(sender, {base::Errc::missing,
                           "the topic level that names the device (its Private ID) is empty"});
  }
  if (is_message(kind)) return on_message(kind, sender, incoming);
  if (incoming.payload.size() > options_.max_payload_octets) {
    return refuse(sender, {base::Errc::too_large, "the message has more than " +
                                                      std::to_string(options_.max_payload_octets) +
                                                      " octets"});
  }
  switch (kind) {
    case RequestKind::registration: return on_register(sender, incoming.payload);
    case RequestKind::deregistration: return on_deregister(sender);
    case RequestKind::status: return on_status(sender, incoming);
    case RequestKind::send:
    case RequestKind::up:
    case RequestKind::report: return;
  }
}

core::Speaker MqttAdapter::speaker_of(const Sender& sender) const {
  return gate_.called(sender.id, evidence_of(options_));
}

std::optional<core::Denial> MqttAdapter::why_not(const core::Speaker& speaker, core::Act act,
                                                 const Sender& sender) {
  return gate_.why_not(speaker, act, policy_of(options_), sender.id, clock_.now());
}

void MqttAdapter::on_message(RequestKind kind, const Sender& sender, const Incoming& incoming) {
  const base::TimePoint now = clock_.now();
  const core::Speaker speaker = speaker_of(sender);
  const auto device =
      uplink_.admit(sender, speaker.device, why_not(speaker, core::Act::message, sender), now);
  if (!device) return;
  registrations_.heard(*device, core::Bearer::mqtt, now);
  downlink_.heard(*device, sender.id);
  if (kind == RequestKind::send) return uplink_.send(*device, sender, incoming, now);
  if (kind == RequestKind::up) return uplink_.up(*device, sender, incoming, now);
  const auto report = payload::parse_report(kJson, incoming.payload, options_.max_payload_octets);
  if (!report) return uplink_.tell(sender, report.error(), now);
  if (downlink_.reported(*device, *report)) return;
  uplink_.tell(sender,
               {{},
                report->message_id,
                messages::refusal(base::Errc::incorrect, "MSG_ID_UNKNOWN",
                                  "no message of this msgId is under way to this device; it has "
                                  "ended, or comes again")},
               now);
}

void MqttAdapter::on_register(const Sender& sender, std::string_view body) {
  if (const auto denial = why_not(speaker_of(sender), core::Act::register_device, sender))
    return refuse(sender, *denial);
  const auto parsed = payload::parse_register(kJson, body, limits_.max_info_octets);
  if (!parsed) return refuse(sender, parsed.error());
  const auto ticket = open_.next_ticket(source_of(sender));
  if (!ticket)
    return refuse(sender, {base::Errc::overloaded, "too many requests are open; try again"});
  core::RegisterRequest request;
  request.bearer = core::Bearer::mqtt;
  request.ticket = *ticket;
  request.source = base::broker_source();
  request.private_id = sender.id;
  request.info = parsed->info;
  request.forever = true;
  request.manner = parsed->manner;
  if (is_topic_level(sender.id)) request.post_as = sender.id;
  const auto answer = registrations_.register_device(request, clock_.now());
  answer ? deliver(sender, *answer, When::at_once) : open_.open(source_of(sender)).assign(sender);
}

/// All gateways of a group get it, and it is for those that the device is registered with.
void MqttAdapter::on_deregister(const Sender& sender) {
  const auto is_others = [&](const base::Error& error) {
    return error.code == base::Errc::unknown_device && !options_.shared_group.empty();
  };
  const core::Speaker speaker = speaker_of(sender);
  const auto denial = why_not(speaker, core::Act::registration, sender);
  // Who is called so by nobody is told that by whoever ends registrations.
  if (denial && (speaker.device || denial->code != base::Errc::unknown_device)) {
    if (is_others(*denial)) return;
    base::Error error = *denial;
    if (error.code == base::Errc::unknown_device) error.detail = "this device is not registered";
    return refuse(sender, error);
  }
  const auto ticket = open_.next_ticket(source_of(sender));
  if (!ticket)
    return refuse(sender, {base::Errc::overloaded, "too many requests are open; try again"});
  const auto answer =
      registrations_.deregister(sender.id, core::Bearer::mqtt, *ticket, clock_.now());
  const bool ends = !answer || answer->verdict == core::Verdict::deregistered;
  if (ends && vouches())
    doors_.messages->withhold(*registrations_.tables().find_private_id(sender.id));
  if (!answer) return open_.open(source_of(sender)).assign(sender);
  const bool others = answer->verdict == core::Verdict::failed && is_others(answer->error);
  if (!others) deliver(sender, *answer, When::at_once);
}

/// Stored: what it said before, and the broker keeps.
void MqttAdapter::on_status(const Sender& sender, const Incoming& incoming) {
  const bool online = incoming.payload == "online";
  const bool live = incoming.retained == Incoming::Retained::no;
  if (!online && incoming.payload != "offline") {
    return refuse(sender, {base::Errc::incorrect, "a status is the text online or offline"});
  }
  const core::Speaker speaker = speaker_of(sender);
  const auto device = speaker.device;
  if (const auto denial = why_not(speaker, core::Act::register_device, sender))
    return refuse(sender, *denial);
  if (device) {
    presence_.set(*device, online, live);
    metrics_.online.Set(static_cast<double>(presence_.online()));
    tell_presence(*device, online);
    online ? downlink_.heard(*device, sender.id) : downlink_.left(*device);
  } else if (is_topic_level(sender.id) && sender.id.size() <= limits_.max_private_id_octets) {
    presence_.set_early(sender.id, online, live);
  } else {
    refuse(sender, {base::Errc::malformed, "the topic does not name a device"});
  }
}

/// What the broker keeps of a device that was online says nothing: it may be gone with the broker.
void MqttAdapter::tell_presence(core::DeviceNo device, bool online) {
  if (!online) return registrations_.gone(device, core::Bearer::mqtt);
  if (presence_.is_connected(device))
    registrations_.connected(device, core::Bearer::mqtt, clock_.now());
}

void MqttAdapter::has_number(std::string_view id, core::DeviceNo device) {
  if (presence_.recorded(id, device)) {
    metrics_.online.Set(static_cast<double>(presence_.online()));
    tell_presence(device, true);
  }
  downlink_.heard(device, id);
}

void MqttAdapter::answer(const core::Answer& answer) {
  const auto* request = open_.take(answer.ticket);
  if (request != nullptr) deliver(request->sender(), answer, When::when_there_is_room);
}

void MqttAdapter::answer(const messages::Answer& answer) {
  uplink_.answer(answer, clock_.now());
}

void MqttAdapter::waited_for(core::DeviceNo device) {
  if (doors_.messages != nullptr) downlink_.waited_for(device);
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
      downlink_.left(answer.device);
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
  if (!refusals_.may_tell(error.code, sender, clock_.now())) return;
  const std::string body =
      payload::encode_refused(kJson, {}, payload::cause_of(error.code), error.detail);
  if (!sender.response_topic.empty()) return respond(sender, body, When::at_once);
  board_.say(sender.id, body);
}

void MqttAdapter::respond(const Sender& sender, std::string_view body, When when) {
  if (sender.response_topic.empty()) return;
  when == When::at_once ? board_.respond(sender.response_topic, sender.correlation, body)
                        : board_.respond_later(sender, body, Board::Lasts::connection);
}

void MqttAdapter::notice(core::DeviceNo device, bool) {
  board_.owe(device);
}

void MqttAdapter::parted(core::DeviceNo device, std::string_view) {
  board_.owe(device);
}

void MqttAdapter::given_credentials(core::DeviceNo device) {
  if (!registrations_.tables().postings(device).empty()) board_.owe(device);
}

void MqttAdapter::seen(core::DeviceNo device, bool is_connected) {
  presence_.see(device, is_connected);
  if (is_connected) return registrations_.connected(device, core::Bearer::mqtt, clock_.now());
  registrations_.gone(device, core::Bearer::mqtt);
  presence_.set(device, false);
  metrics_.online.Set(static_cast<double>(presence_.online()));
  downlink_.left(device);
}

void MqttAdapter::gone(core::DeviceNo device) {
  presence_.see(device, false);
  presence_.set(device, false);
  metrics_.online.Set(static_cast<double>(presence_.online()));
  downlink_.left(device);
}

/// Without its broker nobody tells which devices leave.
void MqttAdapter::follow_connection() {
  const auto session = connection_.is_ready() ? connection_.sessions() : 0;
  const auto before = std::exchange(session_, session);
  if (before == 0 || before == session) return;
  presence_.lost();
  registrations_.lost(core::Bearer::mqtt);
}

void MqttAdapter::end_turn(base::TimePoint now) {
  if (connection_.is_ready()) resume();
  follow_connection();
  board_.end_turn();
  reconciliation_.end_turn(now);
  downlink_.end_turn(now);
  Receipts::Batches committed{registrations_.tables().batches.committed};
  if (doors_.messages != nullptr) committed.messages = doors_.messages->queue().batches.committed;
  connection_.settle(receipts_.settled(committed));
  connection_.flush();
}

}  // namespace msggw::mqtt
