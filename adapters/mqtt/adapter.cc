// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/adapter.h"

#include <algorithm>
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
      topics_(options.topic_prefix, options.shared_group),
      open_(options.max_open_requests),
      waiting_(options.max_open_requests),
      owed_(options.max_open_requests),
      connection_(context, options, topics_,
                  [this](const Incoming& incoming) { return take(incoming); }) {}

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
  if (stopped_) return;
  const auto topic = topics_.parse(incoming.topic);
  if (!topic) return metrics_.received_other.Increment();
  metrics_.received[static_cast<std::size_t>(topic->kind)]->Increment();
  // A stored request is no act of the device, and neither is taking away what is stored.
  const bool clears = incoming.retained != Incoming::Retained::no && incoming.payload.empty();
  const bool is_old =
      incoming.retained == Incoming::Retained::before && topic->kind != RequestKind::status;
  if (clears || is_old) return metrics_.refused_retained.Increment();

  Sender sender{topic->id, incoming.response_topic, incoming.correlation};
  const bool may_answer = topics_.may_answer_to(incoming.response_topic, topic->id) &&
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
  const auto answer = registrations_.register_device(request, clock_.now());
  answer ? deliver(sender, *answer) : open_.open().assign(sender);
}

void MqttAdapter::on_deregister(const Sender& sender) {
  if (open_.is_full())
    return refuse(sender, {base::Errc::overloaded, "too many requests are open; try again"});
  const auto answer =
      registrations_.deregister(sender.id, core::Bearer::mqtt, open_.next_ticket(), clock_.now());
  answer ? deliver(sender, *answer) : open_.open().assign(sender);
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
  if (request != nullptr) deliver(request->sender(), answer);
}

void MqttAdapter::deliver(const Sender& sender, const core::Answer& answer) {
  switch (answer.verdict) {
    case core::Verdict::provisioned:
    case core::Verdict::refused: {
      const std::string body = state_of(answer.device);
      has_number(sender.id, answer.device);
      tell(answer.device, sender.id, body);
      tell_all_waiting(answer.device, sender.id, body);
      // Empty: it has left again before it was answered.
      if (!body.empty()) return respond(sender, body);
      return respond(sender, payload::encode_deregistered(
                                 kJson, registrations_.tables().device(answer.device).private_id));
    }
    case core::Verdict::pending: {
      const std::string body =
          payload::encode_pending(kJson, registrations_.tables().device(answer.device).private_id,
                                  whole_seconds(answer.retry_after));
      has_number(sender.id, answer.device);
      waiting_.add(answer.device, sender.id);
      tell(answer.device, sender.id, body);
      return respond(sender, body);
    }
    case core::Verdict::deregistered: {
      const std::string body = payload::encode_deregistered(
          kJson, registrations_.tables().device(answer.device).private_id);
      say(sender.id, body);
      tell(answer.device, sender.id, {});
      tell_all_waiting(answer.device, sender.id, {});
      return respond(sender, body);
    }
    case core::Verdict::failed: return refuse(sender, answer.error);
  }
}

/// The request was wrong or cannot be taken now. Never retained: a bad request, which anybody may
/// have sent, must not take the place of a good registration.
void MqttAdapter::refuse(const Sender& sender, const base::Error& error) {
  metrics_.refused[static_cast<std::size_t>(error.code)]->Increment();
  const std::string body =
      payload::encode_refused(kJson, {}, payload::cause_of(error.code), error.detail);
  if (!sender.response_topic.empty()) return respond(sender, body);
  say(sender.id, body);
}

void MqttAdapter::respond(const Sender& sender, std::string_view body) {
  if (sender.response_topic.empty()) return;
  topic_.assign(sender.response_topic);
  if (connection_.publish(topic_, body, sender.correlation, false))
    metrics_.published_response.Increment();
  else
    metrics_.refused_backlog.Increment();
}

/// What the device's registration topic should hold now; empty: nothing.
std::string MqttAdapter::state_of(core::DeviceNo device) const {
  const auto view = registrations_.view(device, core::Bearer::mqtt);
  switch (view.state) {
    case core::DeviceState::recorded:
      return payload::encode_pending(kJson, view.private_id,
                                     whole_seconds(limits_.pending_retry_after));
    case core::DeviceState::provisioned:
    case core::DeviceState::registered:
      if (!view.binding.alive()) return {};
      return payload::encode_registration(kJson, view);
    case core::DeviceState::refused:
      if (const core::Refusal* refusal = registrations_.tables().refusal(device)) {
        return payload::encode_refused(kJson, view.private_id, refusal->cause, refusal->detail);
      }
      break;
    case core::DeviceState::removing:
    case core::DeviceState::removed: return {};
    case core::DeviceState::suspended: break;
  }
  return payload::encode_refused(kJson, view.private_id, "SUSPENDED",
                                 "the operator has suspended this device");
}

MqttAdapter::Taken MqttAdapter::publish_to(std::string_view id, std::string_view body,
                                           bool retained) {
  // An id that came by another bearer may not be a topic level, and one with a control character
  // in it the broker would answer by closing the connection.
  if (id.size() > kMostIdOctets || (!id.empty() && !is_topic_level(id))) {
    metrics_.refused_unpublishable.Increment();
    return Taken::never;
  }
  topics_.write_registration(id, topic_);
  return connection_.publish(topic_, body, {}, retained) ? Taken::yes : Taken::not_now;
}

/// Says `body` once to whoever listens on the device's registration topic.
void MqttAdapter::say(std::string_view id, std::string_view body) {
  switch (publish_to(id, body, false)) {
    case Taken::yes: return metrics_.published_answer.Increment();
    case Taken::not_now: return metrics_.refused_backlog.Increment();
    case Taken::never: return;
  }
}

/// Puts `body` on the device's registration topic, retained; empty: takes away what is there.
void MqttAdapter::tell(core::DeviceNo device, std::string_view id, std::string_view body) {
  switch (publish_to(id, body, true)) {
    case Taken::yes:
      return (body.empty() ? metrics_.published_clear : metrics_.published_state).Increment();
    case Taken::not_now: return owe(device, id);
    case Taken::never: return;
  }
}

void MqttAdapter::tell_all_waiting(core::DeviceNo device, std::string_view but,
                                   std::string_view body) {
  if (waiting_.empty()) return;
  for (const std::string& id : waiting_.take(device)) {
    if (id != but) tell(device, id, body);
  }
}

void MqttAdapter::notice(core::DeviceNo device, bool) {
  Spellings::List names = waiting_.take(device);
  // By which of its names it listens is not known after a restart.
  const auto add = [&](const std::string& name) {
    if (is_topic_level(name) && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  };
  add(registrations_.tables().device(device).private_id);
  for (const std::string& alias : registrations_.tables().aliases(device)) add(alias);
  const std::string body = state_of(device);
  for (const std::string& name : names) tell(device, name, body);
}

void MqttAdapter::parted(core::DeviceNo device, std::string_view private_id) {
  for (const std::string& name : waiting_.take(device)) {
    if (registrations_.tables().find_private_id(name) == device) waiting_.add(device, name);
  }
  // Unless it names another device by now, whose registration stands there.
  if (is_topic_level(private_id) && !registrations_.tables().find_private_id(private_id))
    tell(device, private_id, {});
}

void MqttAdapter::gone(core::DeviceNo device) {
  presence_.set(device, false);
  metrics_.online.Set(static_cast<double>(presence_.online()));
  waiting_.take(device);
  for (const std::string& name : owed_.take(device)) {
    const bool cleared = publish_to(name, {}, true) == Taken::yes;
    (cleared ? metrics_.published_clear : metrics_.refused_backlog).Increment();
  }
}

void MqttAdapter::owe(core::DeviceNo device, std::string_view id) {
  if (owed_.add(device, id)) return;
  metrics_.refused_backlog.Increment();
  if (!backlog_log_.pass(clock_.now())) return;
  base::log::warn("mqtt_backlog_full",
                  {{"devices", owed_.size()}, {"suppressed", backlog_log_.take_suppressed()}});
}

/// Tells devices that are owed it how things stand now.
void MqttAdapter::pay() {
  for (const core::DeviceNo device : owed_.some(kOwedATurn)) {
    if (connection_.queued() > 0) return;
    // What is not durable yet must not be said; it comes back here until it is.
    const core::Device& row = registrations_.tables().device(device);
    if (row.dirty || row.in_flight) continue;
    const std::string body = state_of(device);
    for (const std::string& id : owed_.take(device)) {
      // An alias may have been taken away since, and be another device's by now.
      const auto holder = registrations_.tables().find_private_id(id);
      if (!holder || holder == device) tell(device, id, holder ? std::string_view(body) : "");
    }
  }
}

void MqttAdapter::end_turn(base::TimePoint) {
  if (!owed_.empty() && connection_.is_ready()) pay();
  metrics_.owed.Set(static_cast<double>(owed_.size()));
  connection_.settle(registrations_.tables().batches.committed);
  connection_.flush();
}

}  // namespace msggw::mqtt
