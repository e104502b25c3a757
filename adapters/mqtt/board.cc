// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/board.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "adapters/mqtt/protocol/reasons.h"
#include "adapters/mqtt/speaker.h"
#include "adapters/payload/bodies.h"
#include "gateway/credentials/gate.h"

namespace msggw::mqtt {

namespace {

constexpr auto kJson = payload::Encoding::json;
constexpr std::uint8_t kFirstRefusal = 0x80;  // MQTT 5, 2.4

}  // namespace

std::string state_of(const core::Registrations& registrations, core::DeviceNo device) {
  const auto view = registrations.view(device, core::Bearer::mqtt);
  const core::Tables& tables = registrations.tables();
  switch (view.state) {
    case core::DeviceState::recorded:
      return payload::encode_pending(
          kJson, view.private_id,
          std::chrono::ceil<std::chrono::seconds>(tables.limits.pending_retry_after));
    case core::DeviceState::provisioned:
    case core::DeviceState::registered:
      if (!view.binding.alive()) return {};
      return payload::encode_registration(kJson, view);
    case core::DeviceState::refused:
      if (const core::Refusal* refusal = tables.refusal(device))
        return payload::encode_refused(kJson, view.private_id, refusal->cause, refusal->detail);
      break;
    case core::DeviceState::removing:
    case core::DeviceState::removed: return {};
    case core::DeviceState::suspended: break;
  }
  return payload::encode_refused(kJson, view.private_id, "SUSPENDED",
                                 "the operator has suspended this device");
}

Board::Board(const base::Context& context, core::Registrations& registrations,
             const credentials::Proofs* proofs, Connection& connection, std::size_t most_later)
    : registrations_(registrations),
      proofs_(proofs),
      io_(context.io),
      clock_(context.clock),
      connection_(connection),
      metrics_{context.metrics},
      room_(most_later) {}

std::string Board::wanted(core::DeviceNo device, std::string_view id) const {
  const core::Tables& tables = registrations_.tables();
  const bool registered = tables.device(device).binding(core::Bearer::mqtt).alive();
  if (!registered || tables.find_private_id(id) != device || !speaks_for(device)) return {};
  return state_of(registrations_, device);
}

/// Whether who writes there may speak of the device's registration: it may have been given
/// credentials since it came, or the broker's topics may prove nothing any more.
bool Board::speaks_for(core::DeviceNo device) const {
  const Options& options = connection_.options();
  const core::Speaker speaker = credentials::with(
      evidence_of(options), core::holder(registrations_.tables(), device), proofs_);
  return !core::why_not(speaker, core::Act::registration, policy_of(options));
}

bool Board::is_durable(core::DeviceNo device) const {
  const core::Device& row = registrations_.tables().device(device);
  return !row.dirty && !row.in_flight;
}

void Board::tell(core::DeviceNo device, std::string_view at_once) {
  if (holds(device)) {
    missed_ = true;
    return;
  }
  const core::Tables& tables = registrations_.tables();
  const bool durable = is_durable(device);
  std::vector<std::string> taken_over;
  for (const std::string_view id : tables.postings(device)) {
    if (!durable && id != at_once) {
      owe(device);
      continue;
    }
    const auto holder = tables.find_private_id(id);
    if (holder && holder != device && tables.is_posted(*holder, id))
      taken_over.emplace_back(id);
    else if (!post(device, id, wanted(device, id)))
      return owe(device);
  }
  for (const std::string& id : taken_over) registrations_.unpost(device, id);
}

/// False: not now. A clearing that something follows says nothing any more of what stands there.
bool Board::post(core::DeviceNo device, std::string_view id, std::string_view body) {
  const std::uint64_t tag = tag_of(body.empty() ? Kind::cleared : Kind::posted, device);
  message_.tag = tag;
  take_clearing(device, [&](const Clearing& each) { return each.id == id; });
  // An answer may come before publish_to() returns.
  if (body.empty()) clearings_[device].push_back({tag, std::string(id)});
  const Taken taken = publish_to(id, body, true);
  if (taken != Taken::yes)
    take_clearing(device, [&](const Clearing& each) { return each.tag == tag; });
  return taken != Taken::not_now;
}

/// The id of that clearing, which is forgotten; empty: there is none.
template <class Which>
std::string Board::take_clearing(core::DeviceNo device, Which which) {
  std::string id;
  const auto found = clearings_.find(device);
  if (found == clearings_.end()) return id;
  auto& all = found->second;
  if (const auto at = std::find_if(all.begin(), all.end(), which); at != all.end()) {
    id = std::move(at->id);
    all.erase(at);
  }
  if (all.empty()) clearings_.erase(found);
  return id;
}

void Board::owe(core::DeviceNo device) {
  if (owed_to_.contains(device)) return;
  if (owed_to_.size() < connection_.options().max_open_requests) {
    owed_to_.insert(device);
    owed_.push_back(device);
    return;
  }
  missed_ = true;
  metrics_.backlog.Increment();
  if (!backlog_log_.pass(clock_.now())) return;
  base::log::warn("mqtt_backlog_full",
                  {{"devices", owed()}, {"suppressed", backlog_log_.take_suppressed()}});
}

void Board::say(std::string_view id, std::string_view body) {
  message_.tag = tag_of(Kind::said);
  if (publish_to(id, body, false) == Taken::not_now) metrics_.backlog.Increment();
}

void Board::respond(std::string_view topic, std::string_view correlation, std::string_view body) {
  message_.topic.assign(topic);
  message_.payload.assign(body);
  message_.correlation.assign(correlation);
  message_.retained = false;
  message_.tag = tag_of(Kind::responded);
  if (!connection_.publish(message_)) metrics_.backlog.Increment();
}

void Board::respond_later(const Sender& sender, std::string_view body, Lasts lasts) {
  publish_later(sender,
                {std::string(sender.response_topic), std::string(body),
                 std::string(sender.correlation), false, tag_of(Kind::responded)},
                lasts);
}

void Board::ack_later(const Sender& sender, std::string_view body) {
  if (!can_name(sender.id)) return;
  Outgoing message{{}, std::string(body), {}, false, tag_of(Kind::acked)};
  connection_.topics().write(GatewayTopic::ack, sender.id, message.topic);
  publish_later(sender, std::move(message), Lasts::always);
}

void Board::publish_later(const Sender& sender, Outgoing message, Lasts lasts) {
  const bool may_wait = lasts == Lasts::always || connection_.is_ready();
  if (later_.empty() && has_room()) {
    if (!connection_.publish(message)) metrics_.backlog.Increment();
  } else if (const base::Source source = source_of(sender); may_wait && room_.take(source)) {
    const auto only_in = lasts == Lasts::always ? kAnySession : connection_.sessions();
    later_.push_back({source, std::move(message), only_in});
  } else {
    metrics_.backlog.Increment();
  }
}

bool Board::clear(std::string_view id) {
  message_.tag = tag_of(Kind::cleared);
  return publish_to(id, {}, true) != Taken::not_now;
}

/// An id that came by another bearer may not be a topic level, and one with a control character in
/// it the broker would answer by closing the connection.
bool Board::can_name(std::string_view id) {
  if (id.size() <= kMostIdOctets && (id.empty() || is_topic_level(id))) return true;
  metrics_.unpublishable.Increment();
  return false;
}

Board::Taken Board::publish_to(std::string_view id, std::string_view body, bool retained) {
  if (!can_name(id)) return Taken::never;
  connection_.topics().write(GatewayTopic::registration, id, message_.topic);
  message_.payload.assign(body);
  message_.correlation.clear();
  message_.retained = retained;
  return connection_.publish(message_) ? Taken::yes : Taken::not_now;
}

void Board::answered(std::uint64_t tag, std::uint8_t reason) {
  const auto kind = static_cast<Kind>(tag & 7);
  const auto device = static_cast<core::DeviceNo>(tag >> 32);
  const std::string cleared =
      take_clearing(device, [&](const Clearing& each) { return each.tag == tag; });
  if (reason >= kFirstRefusal) {
    if (kind == Kind::posted || !cleared.empty()) {
      held_.insert(device);
      denied_at_ = clock_.now();
      missed_ = true;
    }
    return tell_denied(reason);
  }
  metrics_.taken[static_cast<std::size_t>(kind) - 1]->Increment();
  // Unless something is to stand there again by now.
  if (!cleared.empty() && wanted(device, cleared).empty()) registrations_.unpost(device, cleared);
}

void Board::tell_denied(std::uint8_t reason) {
  if (std::exchange(denied_in_, connection_.sessions()) != connection_.sessions()) denied_.reset();
  if (denied_[reason]) return;
  denied_.set(reason);
  const char* name = protocol::reason_name(protocol::Type::puback, reason);
  base::log::warn("publication_denied", {{"reason", name != nullptr ? name : "too large"}});
}

void Board::release_held() {
  held_.clear();
}

void Board::end_turn() {
  pay_responses();
  pay_devices();
  metrics_.owed.Set(static_cast<double>(owed()));
  metrics_.waiting.Set(static_cast<double>(later_.size()));
}

void Board::pay_responses() {
  while (!later_.empty() && has_room()) {
    const Later next = std::move(later_.front());
    later_.pop_front();
    room_.give_back(next.source);
    const bool is_of_use = next.only_in == kAnySession || next.only_in == connection_.sessions();
    if (!is_of_use || !connection_.publish(next.message)) metrics_.backlog.Increment();
  }
}

/// What is not durable yet must not be said; it comes back here until it is.
void Board::pay_devices() {
  bool told = false;
  for (std::size_t left = std::min(owed_.size(), kOwedATurn); left > 0 && has_room(); --left) {
    const core::DeviceNo device = owed_.front();
    owed_.pop_front();
    if (!is_durable(device)) {
      owed_.push_back(device);
      continue;
    }
    owed_to_.erase(device);
    tell(device);
    told = true;
  }
  // Where nothing is acknowledged (QoS 0) the next turn would come with the next event.
  if (told && !owed_.empty() && has_room()) boost::asio::post(io_, [] {});
}

}  // namespace msggw::mqtt
