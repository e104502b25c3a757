// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/unasked_messages.h"

#include <utility>

#include "adapters/wire/coap/blocks.h"

namespace msggw::coap {

UnaskedMessages::UnaskedMessages(const base::Context& context, ServerCounters& counters,
                                 UnaskedEvents events)
    : clock_(context.clock),
      counters_(counters),
      events_(std::move(events)),
      pushes_(push_events()),
      answers_(context.io, context.clock, [this] { wait_for_answers(); }) {}

void UnaskedMessages::fill(EndpointEvents& events) {
  events.ended = [this](Unasked what, std::uint64_t subject, const Peer& peer, Ending how) {
    ended(what, subject, peer, how);
  };
  events.asked_by = [this](const Peer& peer, const Token& token) {
    return pushes_.asked_by(peer, token);
  };
  events.answered = [this](const Token& token, AnswerPart&& answer) {
    pushes_.answered(token, std::move(answer));
  };
}

Pushes::Events UnaskedMessages::push_events() {
  Pushes::Events events;
  events.send = [this](const Peer& to, const Token& token, const RequestPart& part, PushNo no) {
    return endpoint_->ask(to, token, part, static_cast<std::uint64_t>(no));
  };
  events.forget = [this](const Peer& to, std::uint16_t mid) { endpoint_->forget(to, mid); };
  events.ended = [this](std::uint64_t subject, const PushEnd& end) {
    events_.pushed(subject, end);
  };
  return events;
}

void UnaskedMessages::ended(Unasked what, std::uint64_t subject, const Peer& peer, Ending how) {
  switch (what) {
    case Unasked::notification: return events_.notified(subject, how);
    case Unasked::ping: return events_.pinged(subject, peer, endpoint_->is_proven(peer));
    case Unasked::request:
      pushes_.ended(PushNo{static_cast<std::uint32_t>(subject)}, how, clock_.now());
      return wait_for_answers();
  }
}

void UnaskedMessages::wait_for_answers() {
  pushes_.tick(clock_.now());
  if (const auto due = pushes_.next_due()) answers_.set(*due);
}

Server::Notification UnaskedMessages::notify(const Observer& to, std::uint64_t subject,
                                             Response response) {
  cut_to_block(response, std::nullopt, to.answer_octets);
  counters_.response(response.code);
  return {endpoint_->notify(to, subject, response), !response.block2};
}

void UnaskedMessages::end_observation(const Observer& to, const Response& response) {
  counters_.response(response.code);
  endpoint_->end_observation(to, response);
}

}  // namespace msggw::coap
