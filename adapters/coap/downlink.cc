// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/downlink.h"

#include <algorithm>
#include <utility>

#include "adapters/coap/device_answers.h"
#include "adapters/coap/observer_record.h"
#include "adapters/coap/refusals.h"
#include "adapters/coap/registration.h"
#include "gateway/base/text.h"
#include "gateway/credentials/gate.h"

namespace msggw::coap_adapter {

namespace {

/// How long a GET waits for what is in the store, or on its way there.
constexpr base::Duration kPollWait{2'000};
/// Octets of what a device says of a message that it does not take.
constexpr std::size_t kMostSaid = 200;

Notified outcome_of(const coap::Ending& ending) noexcept {
  switch (ending.how) {
    case coap::Ending::reset: return Notified::reset;
    case coap::Ending::timed_out: return Notified::timed_out;
    case coap::Ending::acknowledged: break;
  }
  if (!is_error(ending.answer)) return Notified::acknowledged;
  return cause_of(ending.answer) ? Notified::refused : Notified::not_now;
}

}  // namespace

Downlink::Downlink(const base::Context& context, const Doors& doors, Listeners& server,
                   const Options& options)
    : context_(context),
      registrations_(doors.registrations),
      messages_(*doors.messages),
      credentials_(doors.proofs),
      server_(server),
      most_report_octets_(options.max_body_octets),
      evidence_(options.claim_inherits ? core::Evidence::identity : core::Evidence::handle),
      open_messages_(options.open_messages && options.udp),
      clear_(policy_of(options, false)),
      secure_(policy_of(options, true)),
      metrics_(context.metrics),
      observations_(options.max_observations),
      unproven_(options.max_notifications, options.max_unproven_octets),
      alarm_(context.io, context.clock, [] {}) {
}  // it wakes the loop, whose turn ends in end_turn()

void Downlink::reconfigure(const Options& options) {
  most_report_octets_ = options.max_body_octets;
  evidence_ = options.claim_inherits ? core::Evidence::identity : core::Evidence::handle;
  open_messages_ = options.open_messages && options.udp;
  clear_ = policy_of(options, false);
  secure_ = policy_of(options, true);
  observations_.limit_to(options.max_observations);
  unproven_.limit_to(options.max_notifications);
  std::vector<core::DeviceNo> ended;
  for (const auto& [device, inbox] : inboxes_) {
    const bool is_clear = inbox.observation && inbox.observation->to.peer.session == 0;
    if (is_clear && !may_observe(device)) ended.push_back(device);
  }
  for (const core::DeviceNo device : ended) leave(device);
}

/// Over UDP in the clear, which alone outlives a start.
bool Downlink::may_observe(core::DeviceNo device) const {
  return open_messages_ && is_served(device) && may_have(device, clear_);
}

void Downlink::begin() {
  std::vector<core::DeviceNo> ended;
  for (const auto& [device, record] : registrations_.tables().observers) {
    auto observation = observation_of(record);
    const bool goes_on =
        observation && may_observe(device) && observations_.take(source_of(observation->to.peer));
    if (!goes_on) {
      ended.push_back(device);
      continue;
    }
    Inbox& inbox = inboxes_[device];
    inbox.observation = observation;
    is_reachable(device, inbox);
  }
  for (const core::DeviceNo device : ended) registrations_.observed(device, {});
}

coap::Response Downlink::nothing_waits() {
  coap::Response response;
  response.code = coap::Code::content;
  response.max_age_s = 0;
  return response;
}

coap::Reply Downlink::get(coap::Incoming& incoming, coap::Response& out, core::DeviceNo device,
                          const std::optional<credentials::Proven>& proof) {
  const coap::Request& request = incoming.request;
  const core::Tables& tables = registrations_.tables();
  if (const auto refused = tables.refusal_of(device, {})) {
    describe(*refused, Asked{}, registrations_, out);
    return coap::Reply::now;
  }
  const auto after = read_parameter(request.queries, "after");
  if (!after)
    return server_.refuse(out, coap::Reason::bad_query, coap::Code::bad_request,
                          after.error().detail);
  const auto view = choose_view(request, tables.device(device).manner.plain);
  if (!view) return refuse_format(server_, view.error(), out);
  if (!after->empty()) {
    const auto no = read_after(*after, registrations_, device, messages_.queue().headers.next());
    if (!no)
      return server_.refuse(out, coap::Reason::bad_query, coap::Code::bad_request,
                            "after is not the ETag of a message of this inbox, in 16 hexadecimal "
                            "digits; GET the inbox without it");
    proven(device, *no, Proof::after);
  }
  come_by(device, proof);
  const bool further_block = request.block2 && *request.block2 >> 4 != 0;
  const bool observes = request.observe == 0 && !further_block;
  // Without room it is an ordinary GET (RFC 7641 4.1).
  if (observes && observe(observer_of(request), out, device, *view)) return coap::Reply::now;
  return poll(incoming, out, device, *view);
}

bool Downlink::may_have(core::DeviceNo device, const core::ListenerPolicy& policy) const {
  const core::Speaker holder = credentials::with(
      core::Evidence::handle, core::holder(registrations_.tables(), device), credentials_);
  return !core::why_not(holder, core::Act::message, policy);
}

bool Downlink::still_may(core::DeviceNo device, const Inbox& inbox, base::TimePoint now) const {
  return inbox.proof ? credentials_->holds(*inbox.proof, now)
                     : may_have(device, clear_) || may_have(device, secure_);
}

/// What goes to the device from now on goes to who has this proof, and no more to who had another.
void Downlink::come_by(core::DeviceNo device, const std::optional<credentials::Proven>& proof) {
  const auto found = inboxes_.find(device);
  if (found != inboxes_.end() && found->second.proof != proof) leave(device);
  inboxes_[device].proof = proof;
}

/// False: its source has as many observations as it may.
bool Downlink::observe(const coap::Observer& to, coap::Response& out, core::DeviceNo device,
                       View view) {
  Inbox& inbox = inboxes_[device];
  if (inbox.observation && inbox.observation->to.is_same(to)) {
    inbox.observation->to.proved |= to.proved;
    inbox.observation->view = view;
  } else {
    const auto& before = inbox.observation;
    const bool moves = !before || source_of(before->to.peer) != source_of(to.peer);
    if (moves && !observations_.take(source_of(to.peer))) {
      tidy(device);
      return false;
    }
    if (moves && before) observations_.give_back(source_of(before->to.peer));
    forget_delivery(inbox);
    inbox.observation = Observation{to, view};
    inbox.way = Inbox::Way::none;
    inbox.tries = 0;
  }
  registrations_.observed(device, record_of(*inbox.observation));
  is_reachable(device, inbox);
  ready_.push_back(device);
  out = nothing_waits();
  out.observe = inbox.observation->next_sequence(context_.clock.now());
  return true;
}

coap::Reply Downlink::poll(coap::Incoming& incoming, coap::Response& out, core::DeviceNo device,
                           View view) {
  Inbox& inbox = inboxes_[device];
  const coap::Request& request = incoming.request;
  if (request.observe == 1 && inbox.observation &&
      inbox.observation->to.is_same(observer_of(request)))
    end_observation(device, inbox);
  // It asks again, so it does not wait for the answer to its last GET any more.
  if (inbox.poll) server_.abandon(inbox.poll->exchange, coap::Reply::acknowledge);
  inbox.poll.reset();
  if (inbox.held.empty() && !waits(device, inbox)) {
    tidy(device);
    out = nothing_waits();
    return coap::Reply::now;
  }
  const base::TimePoint until = context_.clock.now() + kPollWait;
  inbox.poll = Poll{incoming.ticket, request.peer, view, until};
  polls_.push_back({until, device});
  ready_.push_back(device);
  is_reachable(device, inbox);
  return coap::Reply::later;
}

coap::Reply Downlink::report(coap::Incoming& incoming, coap::Response& out, core::DeviceNo device,
                             const std::optional<credentials::Proven>& proof) {
  incoming.once_only = true;  // the message has ended when it comes again
  const auto encodings = choose_document(incoming.request);
  if (!encodings) return refuse_format(server_, encodings.error(), out);
  const auto whole = incoming.body(out);
  if (!whole) return coap::Reply::now;
  const auto body = payload::parse_report(encodings->body, *whole, most_report_octets_);
  if (!body) return refuse_body(server_, *body.error().refusal, out);
  const auto no = find(device, body->message_id, evidence_of(proof));
  if (!no) {
    coap::refuse(out, coap::Code::not_found,
                 "no message of this msgId is under way to this device; it has ended, or comes "
                 "again with the next GET of the inbox");
    return coap::Reply::now;
  }
  if (body->delivered) {
    proven(device, *no, Proof::report);
  } else {
    messages_.failed(*no, messages::Cause::refused, context_.clock.now(), body->failure_cause);
    take_out(device, *no);
  }
  tidy(device);
  out.code = coap::Code::changed;
  return coap::Reply::now;
}

/// Of what the device may have been given: the message under way, and those that are next, since
/// one of them may have come back before the report came.
std::optional<messages::MessageNo> Downlink::find(core::DeviceNo device,
                                                  std::string_view message_id,
                                                  core::Evidence evidence) const {
  const auto inbox = inboxes_.find(device);
  if (inbox != inboxes_.end() && !inbox->second.held.empty()) {
    const messages::MessageNo first = inbox->second.held.front().no;
    const messages::Carried* const carried = messages_.queue().contents.find(first);
    const auto* message = carried == nullptr ? nullptr : std::get_if<messages::Message>(carried);
    if (message != nullptr && message->message_id == message_id) return first;
  }
  return messages_.next_under(device, message_id, evidence);
}

void Downlink::ended(core::DeviceNo device, const coap::Ending& ending) {
  const auto found = inboxes_.find(device);
  if (found == inboxes_.end() || found->second.way != Inbox::Way::notified) return;
  Inbox& inbox = found->second;
  inbox.way = Inbox::Way::none;
  const messages::MessageNo no = inbox.held.front().no;
  const Notified how = outcome_of(ending);
  metrics_.notified(how);
  if (ending.how == coap::Ending::acknowledged) {
    inbox.observation->to.proved = true;
    registrations_.heard(device, core::Bearer::coap, context_.clock.now());
  }
  if (ending.how == coap::Ending::timed_out) unanswered(device, inbox);
  switch (how) {
    case Notified::acknowledged:
      if (!inbox.notification.whole) return wait_for_proof(device, inbox, context_.clock.now());
      return proven(device, no, Proof::acknowledgement);
    case Notified::refused: return refused(device, no, ending.answer);
    case Notified::not_now: declined(no, ending.answer); break;
    case Notified::reset:
    case Notified::timed_out:
    case Notified::held_back: break;
  }
  end_observation(device, inbox);
  tidy(device);
}

/// Who was heard of later than he was brought it has come back from where he had been.
void Downlink::unanswered(core::DeviceNo device, const Inbox& inbox) {
  const core::Tables& tables = registrations_.tables();
  if (tables.presences.seen_s(device, core::Bearer::coap) <=
      tables.timeline.seconds(inbox.brought_at))
    registrations_.unanswered(device, core::Bearer::coap);
}

void Downlink::proven(core::DeviceNo device, messages::MessageNo no, Proof by) {
  const messages::Header* const header = messages_.queue().headers.find(no);
  if (header == nullptr || header->ended()) return take_out(device, no);  // by somebody else
  metrics_.proven(by);
  messages_.proven(no, context_.clock.now());
  take_out(device, no);
}

void Downlink::refused(core::DeviceNo device, messages::MessageNo no, coap::Code code,
                       std::string_view diagnostic) {
  const auto cause = cause_of(code).value_or(messages::Cause::refused);
  std::string said;
  if (!diagnostic.empty())
    said = std::string(messages::name_of(cause)) + ": " + base::printable(diagnostic, kMostSaid);
  messages_.failed(no, cause, context_.clock.now(), said);
  take_out(device, no);
}

/// It is brought again at the device's next sign of life, and not for ever.
void Downlink::declined(messages::MessageNo no, coap::Code code, std::string_view diagnostic) {
  if (says_later(code)) return;
  std::string said = "CoAP " + coap::to_text(code);
  if (!diagnostic.empty()) said += ": " + base::printable(diagnostic, kMostSaid);
  messages_.declined(no, context_.clock.now(), said);
}

void Downlink::take_out(core::DeviceNo device, messages::MessageNo no) {
  const auto found = inboxes_.find(device);
  if (found == inboxes_.end()) return;
  Inbox& inbox = found->second;
  const auto place = std::find_if(inbox.held.begin(), inbox.held.end(),
                                  [no](const Held& held) { return held.no == no; });
  if (place == inbox.held.end()) return;
  if (place == inbox.held.begin()) {
    drop_first(inbox);
  } else {
    release(*place);
    inbox.held.erase(place);
  }
  ready_.push_back(device);
}

void Downlink::drop_first(Inbox& inbox) {
  forget_delivery(inbox);
  release(inbox.held.front());
  inbox.held.erase(inbox.held.begin());
  inbox.way = Inbox::Way::none;
  inbox.tries = 0;
}

void Downlink::forget_delivery(Inbox& inbox) {
  if (inbox.way != Inbox::Way::notified && inbox.way != Inbox::Way::pushed) return;
  if (inbox.way == Inbox::Way::notified)
    server_.forget(inbox.observation->to, inbox.notification);
  else
    server_.forget(inbox.push_no);
  inbox.way = Inbox::Way::none;
}

void Downlink::end_observation(core::DeviceNo device, Inbox& inbox) {
  if (inbox.way == Inbox::Way::notified) forget_delivery(inbox);
  drop_observation(device, inbox);
  if (inbox.way == Inbox::Way::none) come_back(inbox);
  look_for_other_ways(device, inbox);
}

void Downlink::drop_observation(core::DeviceNo device, Inbox& inbox) {
  registrations_.observed(device, {});
  observations_.give_back(source_of(inbox.observation->to.peer));
  inbox.observation.reset();
}

/// What came back goes there, if there is one.
void Downlink::look_for_other_ways(core::DeviceNo device, const Inbox& inbox) {
  if (inbox.observation || inbox.poll || inbox.push)
    is_reachable(device, inbox);
  else
    messages_.unreachable(device, core::Bearer::coap);
}

void Downlink::come_back(Inbox& inbox) {
  for (const Held& held : inbox.held) {
    messages_.came_back(held.no);
    release(held);
  }
  inbox.held.clear();
  inbox.way = Inbox::Way::none;
  inbox.tries = 0;
}

void Downlink::tidy(core::DeviceNo device) {
  const auto found = inboxes_.find(device);
  if (found != inboxes_.end() && found->second.empty()) inboxes_.erase(found);
}

void Downlink::parted(core::DeviceNo device) {
  const auto found = inboxes_.find(device);
  const bool is_by_name = found != inboxes_.end() && found->second.proof &&
                          found->second.proof->by == credentials::Proven::kByName;
  if (is_by_name) leave(device);
}

void Downlink::expired(core::DeviceNo device) {
  const auto found = inboxes_.find(device);
  if (found != inboxes_.end() && found->second.way == Inbox::Way::none) leave(device);
}

void Downlink::leave(core::DeviceNo device) {
  const auto found = inboxes_.find(device);
  if (found == inboxes_.end()) return;
  Inbox& inbox = found->second;
  forget_delivery(inbox);
  coap::Response ended;
  coap::refuse(ended, coap::Code::not_found, "the registration has ended; register again");
  if (inbox.poll) server_.answer(std::exchange(inbox.poll, std::nullopt)->exchange, ended);
  if (inbox.observation) {
    const coap::Observer observer = inbox.observation->to;
    end_observation(device, inbox);
    server_.end_observation(observer, ended);
  }
  come_back(inbox);
  inboxes_.erase(found);
  messages_.unreachable(device, core::Bearer::coap);
}

}  // namespace msggw::coap_adapter
