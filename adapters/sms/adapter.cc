// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/adapter.h"

#include <algorithm>
#include <utility>

#include "adapters/payload/bodies.h"
#include "adapters/sms/counters.h"
#include "adapters/sms/numbers.h"
#include "adapters/sms/speaker.h"
#include "adapters/sms/statuses.h"
#include "adapters/sms/words.h"
#include "gateway/base/pattern.h"
#include "gateway/base/secrets.h"

namespace msggw::sms {

SmsAdapter::Metrics::Metrics(base::metrics::Registry& registry)
    : received(counters(registry, "msggw_sms_received_total",
                        "Messages from SMSCs by what they are", "kind", "message", "part", "status",
                        "stop", "receipt", "acknowledgement")),
      refused{},
      refused_sender(refused_counter(registry, "sender")),
      refused_policy(refused_counter(registry, "policy")),
      refused_information(refused_counter(registry, "information")),
      open(base::metrics::gauge(registry, "msggw_sms_open_messages",
                                "Messages from devices whose answer waits for the store")) {
  for (std::size_t i = 0; i < kErrcs; ++i)
    refused[i] = &refused_counter(registry, base::name_of(static_cast<base::Errc>(i)));
}

SmsAdapter::SmsAdapter(const base::Context& context, const Options& options, const Doors& doors)
    : options_(options),
      context_(context),
      registrations_(doors.registrations),
      messages_(doors.messages),
      limits_(registrations_.tables().limits),
      clock_(context.clock),
      gate_(core::Bearer::sms, registrations_.tables(), doors.proofs, context.metrics),
      metrics_(context.metrics),
      submissions_(options, base::random_hash_key(), base::random_number(), context.metrics),
      downlink_(context, options, doors, submissions_),
      answers_(options, doors, context.metrics),
      uplink_(context, options, doors, uplink_events()),
      open_(options.max_open_requests),
      timer_(context.io) {
  for (std::size_t i = 0; i < options.all.size(); ++i)
    smscs_.push_back(std::make_unique<Smsc>(context, options, SmscNo{i}, smsc_events()));
}

Smsc::Events SmsAdapter::smsc_events() {
  Smsc::Events events;
  events.message = [this](const Smsc::Request& request, const smpp::Message& message) {
    receive(request, message);
  };
  events.answered = [this](SmscNo smsc, smpp::Ticket ticket, const smpp::Pdu& pdu) {
    const base::TimePoint now = clock_.now();
    if (submissions_.answered(smsc, ticket, pdu, now)) smsc_of(smsc).slow_down(now);
  };
  events.unanswered = [this](smpp::Ticket ticket) {
    submissions_.unanswered(ticket, clock_.now());
  };
  return events;
}

Uplink::Events SmsAdapter::uplink_events() {
  Uplink::Events events;
  events.reply = [this](const Smsc::Request& request, smpp::Status status) {
    reply(request, status);
  };
  events.why_not = [this](const OpenMessage& message) {
    return why_not(message.number, message.smsc, core::Act::message);
  };
  events.is_own = [this](const Text& text, bool is_first) { return is_own(text, is_first); };
  events.own = [this](OpenMessage message, const Text& text) {
    act_on(std::move(message), text, true);
  };
  events.refused = [this](core::DeviceNo device, const Writing& writing,
                          const messages::Refusal& why) {
    return answers_.refused(device, writing, why, clock_.now());
  };
  events.bound_since = [this](SmscNo smsc) { return smsc_of(smsc).turned(); };
  return events;
}

void SmsAdapter::start() {
  for (const auto& one : messages_.take_restored(core::Bearer::sms)) restore(one);
  downlink_.start(clock_.now());
  for (const auto& smsc : smscs_) smsc->start();
}

void SmsAdapter::restore(const messages::DeviceSide::Restored& one) {
  auto writing = parse_writing(one.octets, options_);
  if (!writing) {
    base::log::error("sms_draft_unreadable",
                     {{"draft", messages::number(one.no)}, {"reason", writing.error().detail}});
    return messages_.drop(one.no);
  }
  if (writing->is_path()) return answers_.restore(one.device, *writing, one.no);
  uplink_.restore(one, *std::move(writing));
}

void SmsAdapter::stop() {
  stopped_ = true;
  downlink_.stop();
  for (const auto& smsc : smscs_) smsc->stop();
}

bool SmsAdapter::has_left() const noexcept {
  return std::ranges::all_of(smscs_, [](const auto& smsc) {
    return std::ranges::all_of(smsc->connections(), [](const auto& connection) {
      return connection->phase() == Connection::Phase::idle;
    });
  });
}

bool SmsAdapter::is_connected() const noexcept {
  return std::ranges::any_of(smscs_, [](const auto& smsc) { return smsc->is_bound(); });
}

void SmsAdapter::receive(const Smsc::Request& request, const smpp::Message& message) {
  if (stopped_) return reply(request, smpp::Status::temporary_application_error);
  const auto coding = options_.of(request.smsc).default_coding;
  const IncomingKind kind = kind_of(message);
  if (kind == IncomingKind::receipt ||
      may_hold_receipt(message, coding, !submissions_.receipts().is_empty())) {
    const Readings readings = receipts_of(message, coding);
    if (kind == IncomingKind::receipt || is_receipt(request.smsc, readings))
      return on_receipt(request, message.source, readings);
  }
  if (kind == IncomingKind::message) return on_message(request, message);
  count(Received::acknowledgement);
  reply(request, smpp::Status::ok);
}

/// One that its esm_class does not call so: taken for a message of the phone it could undo what the
/// phone said last. By its form it is one also before its submit_sm_resp, and after a restart.
bool SmsAdapter::is_receipt(SmscNo smsc, const Readings& readings) const {
  return std::ranges::any_of(readings, &sms_text::Receipt::has_form) ||
         submissions_.receipts().knows(smsc, readings);
}

/// Taken: the same receipt once more would say nothing else. What it said is durable when the SMSC
/// may forget it.
void SmsAdapter::on_receipt(const Smsc::Request& request, const smpp::Address& from,
                            const Readings& readings) {
  count(Received::receipt);
  if (const auto& state = readings.front().state)
    submissions_.receipts().received(request.smsc, readings, clock_.now(),
                                     to_e164(from, options_).value_or(std::string()));
  else
    submissions_.receipts().unreadable(request.smsc, state.error().detail, clock_.now());
  Smsc::Request when_durable = request;
  when_durable.after = downlink_.durable_with().value_or(0);
  reply(when_durable, smpp::Status::ok);
}

void SmsAdapter::on_message(const Smsc::Request& request, const smpp::Message& message) {
  const base::TimePoint now = clock_.now();
  auto number = to_e164(message.source, options_);
  if (!number) {
    metrics_.refused_sender.Increment();
    if (sender_log_.pass(now)) {
      base::log::warn("sms_sender_refused", {{"smsc", options_.of(request.smsc).name},
                                             {"reason", number.error().detail},
                                             {"suppressed", sender_log_.take_suppressed()}});
    }
    return reply(request, smpp::Status::permanent_application_error);
  }
  if (!is_welcome(*number)) {
    metrics_.refused_policy.Increment();
    if (policy_log_.pass(now)) {
      base::log::warn("unknown_device", {{"private_id", *number},
                                         {"bearer", core::name_of(core::Bearer::sms)},
                                         {"suppressed", policy_log_.take_suppressed()}});
    }
    return reply(request, smpp::Status::rejected_by_application);
  }
  if (why_not(*number, request.smsc, core::Act::register_device)) {
    metrics_.refused_policy.Increment();
    return reply(request, smpp::Status::rejected_by_application);
  }
  if (open_.is_full() || uplink_.is_full()) {
    metrics_.refused[static_cast<std::size_t>(base::Errc::overloaded)]->Increment();
    return reply(request, smpp::Status::queue_full);
  }
  OpenMessage open;
  open.smsc = request.smsc;
  open.number = *std::move(number);
  open.service = message.destination;
  open.piece = piece_of(message, options_.of(request.smsc).default_coding);
  open.id = message.receipted_id.value_or("");
  open.is_first = !is_registered(open.number);
  open.seen = {now, uplink_.unsure_since(request.smsc)};
  open.request = request;
  if (open.piece.is_whole()) {
    const Text text = text_of(open.piece);
    return act_on(std::move(open), text, false);
  }
  open.is_content = true;
  ask_core(std::move(open), {}, false);
}

bool SmsAdapter::is_welcome(const std::string& number) const {
  switch (options_.first_contact) {
    case FirstContact::open: return true;
    case FirstContact::known: break;
    case FirstContact::pattern:
      if (base::matches_any(options_.numbers, number)) return true;
      break;
  }
  return registrations_.tables().find_private_id(number).has_value();
}

core::Speaker SmsAdapter::speaker_of(const std::string& number, SmscNo smsc) const {
  core::Speaker speaker = gate_.called(number, evidence_of(options_.of(smsc), number));
  speaker.can_prove = speaker.can_prove || has_its_smsc(options_, number);
  return speaker;
}

std::optional<core::Denial> SmsAdapter::why_not(const std::string& number, SmscNo smsc,
                                                core::Act act) {
  return gate_.why_not(speaker_of(number, smsc), act, policy_of(options_), number, clock_.now());
}

bool SmsAdapter::is_registered(const std::string& number) const {
  const core::Tables& tables = registrations_.tables();
  const auto device = tables.find_private_id(number);
  return device && tables.device(*device).binding(core::Bearer::sms).alive();
}

/// A whole text, which may be for the gateway itself.
void SmsAdapter::act_on(OpenMessage message, const Text& text, bool was_parted) {
  message.wish = wish_of(text);
  std::string info;
  if (message.wish == OpenMessage::Wish::registration) {
    count(Received::message);
    if (message.is_first || was_parted) info = information_of(text);
    message.is_content = info.empty() && !text.body.empty() && !was_parted;
  }
  ask_core(std::move(message), info, was_parted);
}

/// Whether it is not for somebody else.
bool SmsAdapter::is_own(const Text& text, bool is_first) {
  return text.body.empty() || keyword_of(text) != OpenMessage::Wish::registration ||
         (is_first && !information_of(text).empty());
}

OpenMessage::Wish SmsAdapter::keyword_of(const Text& text) const {
  if (text.is_text && says(text.body, options_.keyword_stop)) return OpenMessage::Wish::stop;
  if (text.is_text && says(text.body, options_.keyword_status)) return OpenMessage::Wish::status;
  return OpenMessage::Wish::registration;
}

OpenMessage::Wish SmsAdapter::wish_of(const Text& text) {
  const OpenMessage::Wish wish = keyword_of(text);
  if (wish == OpenMessage::Wish::stop) count(Received::stop);
  if (wish == OpenMessage::Wish::status) count(Received::status);
  return wish;
}

/// A text that is a JSON object is what the device says of itself in its first contact, as over the
/// other bearers. One that is not right is a text like any other: a person may have written it.
std::string SmsAdapter::information_of(const Text& text) {
  if (!text.is_text || !text.body.starts_with('{')) return {};
  auto parsed =
      payload::parse_register(payload::Encoding::json, text.body, limits_.max_info_octets);
  if (parsed) return std::move(parsed->info);
  metrics_.refused_information.Increment();
  return {};
}

void SmsAdapter::ask_core(OpenMessage message, std::string_view info, bool info_is_late) {
  const core::Ticket ticket = open_.next_ticket();
  const bool was_registered = is_registered(message.number);
  std::optional<core::Answer> answer;
  if (message.wish == OpenMessage::Wish::stop) {
    answer = registrations_.deregister(message.number, core::Bearer::sms, ticket, clock_.now());
  } else {
    core::RegisterRequest request;
    request.bearer = core::Bearer::sms;
    request.ticket = ticket;
    request.ue_type = core::UeType::legacy_3gpp;
    request.source = base::smsc_source(static_cast<std::size_t>(message.request.smsc));
    request.private_id = message.number;
    request.info = info;
    request.info_is_late = info_is_late;
    request.forever = true;
    request.when_recorded = true;
    answer = registrations_.register_device(request, clock_.now());
  }
  if (!answer || answer->verdict != core::Verdict::failed) tell(message, was_registered);
  if (answer) return finish(std::move(message), *answer);
  open_.open() = std::move(message);
}

void SmsAdapter::answer(const core::Answer& answer) {
  if (OpenMessage* const message = open_.take(answer.ticket)) finish(std::move(*message), answer);
}

void SmsAdapter::answer(const messages::Answer& answer) {
  uplink_.answer(answer);
}

void SmsAdapter::notice(core::DeviceNo device, bool /*first*/) {
  answers_.forget_path(device);
  uplink_.notice(device);
}

void SmsAdapter::decided(core::DeviceNo device) {
  answers_.decided(device, clock_.now());
}

void SmsAdapter::gone(core::DeviceNo device) {
  answers_.gone(device);
  uplink_.gone(device);
}

void SmsAdapter::finish(OpenMessage message, const core::Answer& answer) {
  const bool failed = answer.verdict == core::Verdict::failed;
  // Who is not registered has nothing to stop.
  const bool nothing_to_stop = failed && message.wish == OpenMessage::Wish::stop &&
                               answer.error.code == base::Errc::unknown_device;
  const smpp::Status status = nothing_to_stop ? smpp::Status::ok : status_of(answer);
  const bool goes_on = message.is_content && status == smpp::Status::ok;
  if (!goes_on) reply(message.request, status);
  if (goes_on) return uplink_.take(answer.device, std::move(message));
  if (failed && !nothing_to_stop)
    metrics_.refused[static_cast<std::size_t>(answer.error.code)]->Increment();
}

void SmsAdapter::end_turn(base::TimePoint now) {
  uplink_.end_turn(now);
  submissions_.tick(now);
  reply_when_durable(now);
  if (!stopped_) downlink_.end_turn(smscs_, now);
  submit(now);
  for (const auto& smsc : smscs_) smsc->flush();
  metrics_.open.Set(static_cast<double>(open_.size()));
  wake(now);
}

void SmsAdapter::submit(base::TimePoint now) {
  for (const auto& smsc : smscs_) submissions_.set_up(smsc->no(), smsc->may_send());
  for (const auto& smsc : smscs_) {
    while (submissions_.has_next(smsc->no(), now) && smsc->take_room(now)) {
      auto [ticket, message] = submissions_.next(smsc->no(), now);
      const auto sent = smsc->send(std::move(message), ticket);
      if (sent) continue;
      const bool never =
          sent.error().code == base::Errc::too_large || sent.error().code == base::Errc::malformed;
      never ? submissions_.unsendable(ticket, sent.error().detail, now)
            : submissions_.unanswered(ticket, now);
    }
  }
}

/// The end of the turn that the timer begins does the work.
void SmsAdapter::wake(base::TimePoint now) {
  std::optional<base::TimePoint> first = submissions_.next_deadline();
  const auto add = [&](std::optional<base::TimePoint> at) {
    if (at) first = first ? std::min(*first, *at) : *at;
  };
  add(uplink_.next_deadline());
  if (!answered_.empty()) add(answered_.front().until);
  for (const auto& smsc : smscs_) {
    if (submissions_.has_next(smsc->no(), now)) add(smsc->room_at(now));
  }
  if (!first || *first >= timer_at_) return;
  timer_at_ = *first;
  timer_.expires_after(std::max(base::Duration{1}, *first - now));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) timer_at_ = base::TimePoint::max();
  });
}

}  // namespace msggw::sms
