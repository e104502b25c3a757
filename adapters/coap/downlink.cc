// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/downlink.h"

#include <algorithm>
#include <utility>

#include "adapters/coap/refusals.h"
#include "adapters/coap/registration.h"

namespace msggw::coap_adapter {

namespace {

/// How long a GET waits for what is in the store, or on its way there.
constexpr base::Duration kPollWait{2'000};

}  // namespace

Downlink::Downlink(const base::Context& context, const Doors& doors, coap::Server& server,
                   const Options& options)
    : context_(context),
      registrations_(doors.registrations),
      messages_(*doors.messages),
      server_(server),
      max_observations_(options.max_observations),
      max_notifications_(options.max_notifications),
      most_report_octets_(options.max_body_octets),
      evidence_(options.claim_inherits ? core::Evidence::identity : core::Evidence::handle),
      metrics_(context.metrics),
      alarm_(context.io, context.clock, [] {}) {
}  // it wakes the loop, whose turn ends in end_turn()

coap::Response Downlink::nothing_waits() {
  coap::Response response;
  response.code = coap::Code::content;
  response.max_age_s = 0;
  return response;
}

coap::Reply Downlink::get(coap::Incoming& incoming, coap::Response& out, core::DeviceNo device) {
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
  const bool further_block = request.block2 && *request.block2 >> 4 != 0;
  if (request.observe == 0 && !further_block && !request.reliable) {
    const bool has_one = inboxes_.contains(device) && inboxes_.at(device).observation;
    // Without room it is an ordinary GET (RFC 7641 4.1).
    if (has_one || observations_ < max_observations_) return observe(incoming, out, device, *view);
  }
  return poll(incoming, out, device, *view);
}

coap::Reply Downlink::observe(coap::Incoming& incoming, coap::Response& out, core::DeviceNo device,
                              View view) {
  const coap::Observer to = observer_of(incoming.request);
  Inbox& inbox = inboxes_[device];
  if (!inbox.observation) ++observations_;
  if (inbox.observation && inbox.observation->to.is_same(to)) {
    inbox.observation->to.proved |= to.proved;
    inbox.observation->view = view;
  } else {
    forget_notification(inbox);
    inbox.observation = Observation{to, view};
    inbox.way = Inbox::Way::none;
    inbox.tries = 0;
  }
  messages_.reachable(device, core::Bearer::coap, evidence_);
  ready_.push_back(device);
  out = nothing_waits();
  out.observe = inbox.observation->next_sequence(context_.clock.now());
  return coap::Reply::now;
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
  if (inbox.held.empty() && !waits(device)) {
    tidy(device);
    out = nothing_waits();
    return coap::Reply::now;
  }
  const base::TimePoint until = context_.clock.now() + kPollWait;
  inbox.poll = Poll{incoming.ticket, view, until};
  polls_.push_back({until, device});
  ready_.push_back(device);
  messages_.reachable(device, core::Bearer::coap, evidence_);
  return coap::Reply::later;
}

coap::Reply Downlink::report(coap::Incoming& incoming, coap::Response& out, core::DeviceNo device) {
  incoming.once_only = true;  // the message has ended when it comes again
  const auto encodings = choose_document(incoming.request);
  if (!encodings) return refuse_format(server_, encodings.error(), out);
  const auto whole = incoming.body(out);
  if (!whole) return coap::Reply::now;
  const auto body = payload::parse_report(encodings->body, *whole, most_report_octets_);
  if (!body) return refuse_body(server_, *body.error().refusal, out);
  const auto no = find(device, body->message_id);
  if (!no) {
    coap::refuse(out, coap::Code::not_found,
                 "no message of this msgId is under way to this device; it has ended, or comes "
                 "again with the next GET of the inbox");
    return coap::Reply::now;
  }
  if (body->delivered) {
    proven(device, *no, Proof::report);
  } else {
    messages_.failed(*no, messages::Cause::refused, context_.clock.now());
    take_out(device, *no);
  }
  tidy(device);
  out.code = coap::Code::changed;
  return coap::Reply::now;
}

/// Of what the device may have been given: the message under way, and those that are next, since
/// one of them may have come back before the report came.
std::optional<messages::MessageNo> Downlink::find(core::DeviceNo device,
                                                  std::string_view message_id) const {
  const messages::Queue& queue = messages_.queue();
  const auto is_it = [&](messages::MessageNo no) {
    const messages::Carried* const carried = queue.contents.find(no);
    const auto* message = carried == nullptr ? nullptr : std::get_if<messages::Message>(carried);
    return message != nullptr && message->message_id == message_id;
  };
  const auto inbox = inboxes_.find(device);
  if (inbox != inboxes_.end() && !inbox->second.held.empty() && is_it(inbox->second.held.front()))
    return inbox->second.held.front();
  if (!waits(device)) return std::nullopt;
  std::optional<messages::MessageNo> found;
  each_lane(queue.lanes, device, false, [&](const messages::LaneId& id, const auto& lane) {
    const bool may_have = !id.withheld || evidence_ == core::Evidence::identity;
    if (!found && may_have && is_it(lane.head)) found = lane.head;
  });
  return found;
}

void Downlink::ended(core::DeviceNo device, coap::Ending how) {
  const auto found = inboxes_.find(device);
  if (found == inboxes_.end() || found->second.way != Inbox::Way::notified) return;
  Inbox& inbox = found->second;
  inbox.way = Inbox::Way::none;
  --notifications_;
  if (how != coap::Ending::acknowledged) {
    metrics_.notified(how == coap::Ending::reset ? Notified::reset : Notified::timed_out);
    end_observation(device, inbox);
    return tidy(device);
  }
  metrics_.notified(Notified::acknowledged);
  inbox.observation->to.proved = true;
  if (!inbox.notification.whole) return wait_for_proof(device, inbox, context_.clock.now());
  proven(device, inbox.held.front(), Proof::acknowledgement);
}

void Downlink::proven(core::DeviceNo device, messages::MessageNo no, Proof by) {
  const messages::Header* const header = messages_.queue().headers.find(no);
  if (header == nullptr || header->ended()) return;  // proven before
  metrics_.proven(by);
  messages_.proven(no, context_.clock.now());
  take_out(device, no);
}

void Downlink::take_out(core::DeviceNo device, messages::MessageNo no) {
  const auto found = inboxes_.find(device);
  if (found == inboxes_.end()) return;
  Inbox& inbox = found->second;
  const auto place = std::find(inbox.held.begin(), inbox.held.end(), no);
  if (place == inbox.held.end()) return;
  if (place == inbox.held.begin())
    drop_first(inbox);
  else
    inbox.held.erase(place);
  ready_.push_back(device);
}

void Downlink::drop_first(Inbox& inbox) {
  forget_notification(inbox);
  inbox.held.erase(inbox.held.begin());
  inbox.way = Inbox::Way::none;
  inbox.tries = 0;
}

void Downlink::forget_notification(Inbox& inbox) {
  if (inbox.way != Inbox::Way::notified) return;
  server_.forget(inbox.observation->to, inbox.notification);
  inbox.way = Inbox::Way::none;
  --notifications_;
}

void Downlink::end_observation(core::DeviceNo device, Inbox& inbox) {
  forget_notification(inbox);
  inbox.observation.reset();
  --observations_;
  if (inbox.way != Inbox::Way::given) come_back(inbox);
  if (inbox.poll)
    messages_.reachable(device, core::Bearer::coap, evidence_);  // what came back goes there
  else
    messages_.unreachable(device, core::Bearer::coap);
}

void Downlink::come_back(Inbox& inbox) {
  for (const messages::MessageNo no : inbox.held) messages_.came_back(no);
  inbox.held.clear();
  inbox.way = Inbox::Way::none;
  inbox.tries = 0;
}

void Downlink::tidy(core::DeviceNo device) {
  const auto found = inboxes_.find(device);
  if (found != inboxes_.end() && found->second.empty()) inboxes_.erase(found);
}

void Downlink::leave(core::DeviceNo device) {
  const auto found = inboxes_.find(device);
  if (found == inboxes_.end()) return;
  Inbox& inbox = found->second;
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
}

}  // namespace msggw::coap_adapter
