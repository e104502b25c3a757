// SPDX-License-Identifier: Apache-2.0
// How what is there for devices goes out, and what has waited too long.
#include <algorithm>
#include <utility>

#include "adapters/coap/downlink.h"
#include "gateway/base/log.h"

namespace msggw::coap_adapter {

namespace {

/// How long what a device was given waits for proof: as long as a confirmable message may take
/// (MAX_TRANSMIT_WAIT, RFC 7252 4.8.2).
constexpr base::Duration kProofWithin{93'000};
/// How long a GET waits for its peer to show that it is there. The answer, with an Echo, still goes
/// on the acknowledgement: libcoap 4.3.1 sends back an Echo that came so, and no other.
constexpr base::Duration kPeerWait{900};
/// Of those that wait for proof; above, the one that waited longest comes back early.
constexpr std::size_t kMostUnproven = 100'000;
/// Notifications of one message in blocks whose first one was acknowledged and nothing was proven.
constexpr std::uint8_t kMostTries = 4;
/// In one turn, so that a fleet that comes back holds up nobody.
constexpr std::size_t kMostPerTurn = 512;
/// What a device is told to wait whose GET could not be served.
constexpr std::uint32_t kAskAgain_s = 1;

}  // namespace

void Downlink::end_turn(base::TimePoint now) {
  end_polls(peers_, now);
  end_polls(polls_, now);
  end_proofs(now);
  for (const core::DeviceNo device : std::exchange(ready_, {})) {
    const auto found = inboxes_.find(device);
    if (found != inboxes_.end()) go_on(device, found->second, now);
  }
  unproven_.try_again([this](core::DeviceNo device) {
    const auto found = inboxes_.find(device);
    if (found != inboxes_.end() && found->second.has_way()) is_reachable(device, found->second);
  });
  pump(now);
  metrics_.unproven.Set(static_cast<double>(unproven_.messages()));
  metrics_.unproven_octets.Set(static_cast<double>(unproven_.octets()));
  metrics_.observations.Set(static_cast<double>(observations_.taken()));
  if (!ready_.empty()) alarm_.set(now);
  if (!peers_.empty()) alarm_.set(peers_.front().at);
  if (!polls_.empty()) alarm_.set(polls_.front().at);
  if (!proofs_.empty()) alarm_.set(proofs_.front().at);
}

void Downlink::pump(base::TimePoint now) {
  for (std::size_t taken = 0; taken < kMostPerTurn; ++taken) {
    if (unproven_.is_full()) return;  // goes on when one has ended
    const auto delivery = messages_.next(core::Bearer::coap);
    if (!delivery) return;
    const auto [no, device] = std::pair(delivery->no, delivery->device);
    const auto found = inboxes_.find(device);
    if (found == inboxes_.end() || !found->second.has_way()) {
      messages_.came_back(no);
      messages_.unreachable(device, core::Bearer::coap);
      continue;
    }
    if (hold(found->second, no)) {
      go_on(device, found->second, now);
      continue;
    }
    tell_crowded(device, now);
    messages_.no_room(no);
    messages_.unreachable(device, core::Bearer::coap);
    unproven_.wait(device);
  }
  alarm_.set(now);
}

/// So much may be under way that each message which is not would be an event too many.
void Downlink::tell_crowded(core::DeviceNo device, base::TimePoint now) {
  metrics_.crowded.Increment();
  if (!crowded_log_.pass(now)) return;
  base::log::warn("coap_crowded",
                  {{"private_id", registrations_.tables().device(device).private_id},
                   {"messages", unproven_.messages()},
                   {"octets", unproven_.octets()},
                   {"devices", unproven_.waiting() + 1},
                   {"suppressed", crowded_log_.take_suppressed()}});
}

/// False: whence the device is there, others have as much as may be under way there.
bool Downlink::hold(Inbox& inbox, messages::MessageNo no) {
  const Held held{no, source_of(inbox.way_out()), messages_.queue().headers.at(no).octets};
  if (!unproven_.take(held.source, held.octets)) return false;
  inbox.held.push_back(held);
  return true;
}

void Downlink::go_on(core::DeviceNo device, Inbox& inbox, base::TimePoint now) {
  if (!is_served(device) || !still_may(device, inbox, now)) return leave(device);
  if (inbox.poll) answer_poll(device, inbox, now);
  if (inbox.way != Inbox::Way::none) return;
  if (inbox.held.empty()) {
    if (inbox.push && !waits(device, inbox)) end_push(device, inbox);
  } else if (inbox.observation) {
    notify(device, inbox, now);
  } else if (inbox.push) {
    push(device, inbox, now);
  }
  if (!inbox.has_way() && inbox.way == Inbox::Way::none) come_back(inbox);
  tidy(device);
}

/// It may have been suspended or removed, or its registration may have run out, since it came.
bool Downlink::is_served(core::DeviceNo device) const {
  const core::Device& row = registrations_.tables().device(device);
  switch (row.state) {
    case core::DeviceState::recorded:  // its first message comes when it has its Service ID
    case core::DeviceState::provisioned:
    case core::DeviceState::registered: return row.binding(core::Bearer::coap).alive();
    case core::DeviceState::refused:
    case core::DeviceState::suspended:
    case core::DeviceState::removing:
    case core::DeviceState::removed: return false;
  }
  return false;
}

void Downlink::answer_poll(core::DeviceNo device, Inbox& inbox, base::TimePoint now) {
  auto response = describe_next(device, inbox, inbox.poll->view, now);
  if (response) {
    if (!server_.is_fair(inbox.poll->exchange, *response)) {
      is_there(device, inbox, inbox.poll->peer);  // asks
      return wait_for_peer(device, *inbox.poll, now);
    }
    if (inbox.way == Inbox::Way::none || inbox.way == Inbox::Way::given)
      wait_for_proof(device, inbox, now);
  } else if (!waits(device, inbox)) {
    response = nothing_waits();
  } else {
    return;  // it is still on its way here
  }
  end_poll(device, inbox, *std::move(response), coap::Delivery::proven);
}

void Downlink::wait_for_peer(core::DeviceNo device, Poll& poll, base::TimePoint now) {
  if (std::exchange(poll.waits_for_peer, true)) return;
  poll.until = now + kPeerWait;
  peers_.push_back({poll.until, device});
}

void Downlink::end_poll(core::DeviceNo device, Inbox& inbox, coap::Response response,
                        coap::Delivery how) {
  server_.answer(std::exchange(inbox.poll, std::nullopt)->exchange, std::move(response), how);
  if (!inbox.has_way()) messages_.unreachable(device, core::Bearer::coap);
}

void Downlink::notify(core::DeviceNo device, Inbox& inbox, base::TimePoint now) {
  Observation& observation = *inbox.observation;
  if (!observation.to.proved && !is_there(device, inbox, observation.to.peer)) return;
  auto response = describe_next(device, inbox, observation.view, now);
  if (!response) return;
  response->observe = observation.next_sequence(now);
  inbox.notification =
      server_.notify(observation.to, static_cast<std::uint64_t>(device), *std::move(response));
  inbox.way = Inbox::Way::notified;
  inbox.brought_at = now;
  ++inbox.tries;
}

std::optional<Downlink::Next> Downlink::next_of(Inbox& inbox, View view, base::TimePoint now) {
  while (!inbox.held.empty()) {
    const messages::MessageNo no = inbox.held.front().no;
    const messages::Carried* const carried = messages_.queue().contents.find(no);
    auto body = carried == nullptr ? std::nullopt : write(*carried, view);
    if (body)
      return Next{no, std::holds_alternative<messages::Message>(*carried), *std::move(body)};
    drop_first(inbox);
    if (carried != nullptr) messages_.failed(no, messages::Cause::unsupported_content, now);
  }
  return std::nullopt;
}

std::optional<coap::Response> Downlink::describe_next(core::DeviceNo device, Inbox& inbox,
                                                      View view, base::TimePoint now) {
  auto next = next_of(inbox, view, now);
  if (!next) return std::nullopt;
  coap::Response response;
  response.code = coap::Code::content;
  response.content_format = format_of(view);
  response.max_age_s = 0;
  response.etag = etag_of(registrations_, device, next->no);
  response.payload = std::move(next->body);
  return response;
}

void Downlink::wait_for_proof(core::DeviceNo device, Inbox& inbox, base::TimePoint now) {
  inbox.way = Inbox::Way::given;
  inbox.proof_until = now + kProofWithin;
  proofs_.push_back({inbox.proof_until, device});
}

void Downlink::end_polls(std::deque<Due>& polls, base::TimePoint now) {
  for (; !polls.empty() && polls.front().at <= now; polls.pop_front()) {
    const auto [at, device] = polls.front();
    const auto found = inboxes_.find(device);
    if (found == inboxes_.end() || !found->second.poll || found->second.poll->until != at) continue;
    Inbox& inbox = found->second;
    coap::Response response;
    if (auto next = describe_next(device, inbox, inbox.poll->view, now))
      response = *std::move(next);  // nobody has shown to be there: what goes is made short
    else if (!waits(device, inbox))
      response = nothing_waits();
    else
      coap::refuse(response, coap::Code::unavailable,
                   "what waits for the device cannot be had now; ask again", kAskAgain_s);
    end_poll(device, inbox, std::move(response), coap::Delivery::in_proportion);
    if (inbox.way == Inbox::Way::none && !inbox.has_way()) come_back(inbox);
    tidy(device);
  }
}

void Downlink::end_proofs(base::TimePoint now) {
  for (; !proofs_.empty() && (proofs_.front().at <= now || proofs_.size() > kMostUnproven);
       proofs_.pop_front()) {
    const auto [at, device] = proofs_.front();
    const auto found = inboxes_.find(device);
    if (found == inboxes_.end()) continue;
    Inbox& inbox = found->second;
    if (inbox.way != Inbox::Way::given || inbox.proof_until != at) continue;
    inbox.way = Inbox::Way::none;
    if (inbox.observation && inbox.tries >= kMostTries) {
      messages_.failed(inbox.held.front().no, messages::Cause::no_proof, now);
      drop_first(inbox);
    }
    ready_.push_back(device);  // once more, if it observes
  }
}

}  // namespace msggw::coap_adapter
