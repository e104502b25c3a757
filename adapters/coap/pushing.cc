// SPDX-License-Identifier: Apache-2.0
// What goes to the base of a device, and whether anybody is where it is to go.
#include <utility>

#include "adapters/coap/device_answers.h"
#include "adapters/coap/downlink.h"

namespace msggw::coap_adapter {

namespace {

/// The resources of a device that is pushed to, below its base: as those below its registration.
constexpr const char* kMessage = "msg";
constexpr const char* kPlain = "down";
constexpr const char* kReport = "report";

Pushed kind_of(const coap::PushEnd& end) noexcept {
  using How = coap::PushEnd::How;
  switch (end.how) {
    case How::answered:
      return class_of(end.code) == 2 ? Pushed::taken
             : cause_of(end.code)    ? Pushed::refused
                                     : Pushed::not_now;
    case How::acknowledged: return Pushed::acknowledged;
    case How::reset: return Pushed::reset;
    case How::timed_out: return Pushed::timed_out;
    case How::broken: break;
  }
  return Pushed::not_now;
}

}  // namespace

/// What waits for a device with a base goes there, until that fails.
void Downlink::call(core::DeviceNo device, const std::array<std::uint8_t, 16>& local) {
  if (!open_messages_ || registrations_.tables().push_target(device).empty()) return;
  if (!may_have(device, clear_) || !messages_.waits(device, evidence_) || !is_served(device))
    return;
  auto target = target_of(registrations_.tables().push_target(device));
  if (!target) return;
  target->peer.local = local;
  Inbox& inbox = inboxes_[device];
  if (inbox.proof) return;
  if (!inbox.push) inbox.push = std::move(target);
  is_reachable(device, inbox);
}

bool Downlink::is_there(core::DeviceNo device, Inbox& inbox, const coap::Peer& peer) {
  if (server_.is_proven(peer)) return true;
  if (inbox.pinged && without_local(*inbox.pinged) == without_local(peer)) return false;
  inbox.pinged = peer;
  inbox.brought_at = context_.clock.now();
  server_.ping(peer, static_cast<std::uint64_t>(device));
  return false;
}

void Downlink::pinged(core::DeviceNo device, const coap::Peer& peer, bool answered) {
  const auto found = inboxes_.find(device);
  if (found == inboxes_.end()) return;
  Inbox& inbox = found->second;
  const auto is_it = [&](const coap::Peer& other) {
    return without_local(other) == without_local(peer);
  };
  if (!inbox.pinged || !is_it(*inbox.pinged)) return;
  inbox.pinged.reset();
  if (!answered) unanswered(device, inbox);
  if (!answered && inbox.observation && is_it(inbox.observation->to.peer)) {
    metrics_.notified(Notified::held_back);
    end_observation(device, inbox);
  }
  if (!answered && inbox.push && is_it(inbox.push->peer)) {
    metrics_.pushed(Pushed::nobody);
    end_push(device, inbox);
  }
  ready_.push_back(device);
}

void Downlink::push(core::DeviceNo device, Inbox& inbox, base::TimePoint now) {
  // As it stands now: the device may have said another one since.
  auto target = target_of(registrations_.tables().push_target(device));
  if (!target) return end_push(device, inbox);
  target->peer.local = inbox.push->peer.local;
  inbox.push = std::move(target);
  if (!is_there(device, inbox, inbox.push->peer)) return;
  const bool plain = registrations_.tables().device(device).manner.plain;
  const View view = plain ? View::octets : View::json;
  auto next = next_of(inbox, view, now);
  if (!next) return ready_.push_back(device);
  coap::Push what{inbox.push->path, format_of(view), std::move(next->body)};
  what.path.emplace_back(!next->is_message ? kReport : plain ? kPlain : kMessage);
  inbox.push_no =
      server_.push(inbox.push->peer, static_cast<std::uint64_t>(device), std::move(what));
  inbox.way = Inbox::Way::pushed;
  inbox.brought_at = now;
}

void Downlink::pushed(core::DeviceNo device, const coap::PushEnd& end) {
  const auto found = inboxes_.find(device);
  if (found == inboxes_.end() || found->second.way != Inbox::Way::pushed) return;
  Inbox& inbox = found->second;
  inbox.way = Inbox::Way::none;
  const messages::MessageNo no = inbox.held.front().no;
  const Pushed how = kind_of(end);
  metrics_.pushed(how);
  if (how == Pushed::timed_out)
    unanswered(device, inbox);
  else
    registrations_.heard(device, core::Bearer::coap, context_.clock.now());
  if (how == Pushed::taken || how == Pushed::acknowledged) return proven(device, no, Proof::push);
  if (how == Pushed::refused) return refused(device, no, end.code, end.diagnostic);
  if (end.how == coap::PushEnd::How::answered) declined(no, end.code, end.diagnostic);
  end_push(device, inbox);
  tidy(device);
}

void Downlink::end_push(core::DeviceNo device, Inbox& inbox) {
  if (inbox.way == Inbox::Way::pushed) forget_delivery(inbox);
  inbox.push.reset();
  if (inbox.way == Inbox::Way::none) come_back(inbox);
  look_for_other_ways(device, inbox);
}

}  // namespace msggw::coap_adapter
