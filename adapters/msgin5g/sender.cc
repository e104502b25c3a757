// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/sender.h"

#include <algorithm>
#include <utility>

#include "gateway/base/backoff.h"
#include "gateway/base/secrets.h"

namespace msggw::msgin5g {

namespace {

/// Of a message that has trouble while others pass.
constexpr base::BackoffLimits kRest{base::Duration{100}, base::Duration{30'000}};

messages::Cause cause_of(const base::Error& error) {
  return error.code == base::Errc::unsupported ? messages::Cause::unsupported_content
                                               : messages::Cause::refused;
}

messages::Cause cause_of(const Ended& why) {
  if (why.cause == "RECIPIENT_NOT_FOUND") return messages::Cause::unknown_recipient;
  if (why.cause == "EXPIRED") return messages::Cause::expired;
  return messages::Cause::refused;
}

}  // namespace

Sender::Sender(const base::Context& context, const Options& options, messages::ServerSide& side,
               Servers& servers)
    : context_(context),
      options_(options),
      side_(side),
      encodings_(options),
      servers_(servers),
      segmented_(base::metrics::counter(context.metrics, "msggw_server_segmented_total",
                                        "Messages that were sent in segments")),
      resting_gauge_(base::metrics::gauge(
          context.metrics, "msggw_server_resting",
          "Messages that rest after trouble, or until their device is registered again")) {}

void Sender::reconfigure() {
  encodings_ = Encodings(options_);
  for (auto& [no, past] : pasts_) past.route = nullptr;
  for (auto& [no, delivery] : under_way_) delivery.way.route = nullptr;
}

void Sender::end_turn(base::TimePoint now) {
  wake(now);
  std::optional<Way> way;
  const auto has_room = [&](core::ProfileNo profile) {
    way = servers_.way(profile, now);
    return way && has_rest(way->server);
  };
  while (!stopped_) {
    const auto next = side_.next(has_room);
    if (!next) break;
    begin(*next, *way, now);
  }
  resting_gauge_.Set(static_cast<double>(resting_.size()));
}

void Sender::begin(const messages::Upward& next, const Way& way, base::TimePoint now) {
  auto parcel = Parcel::pack(next.carried, writing_for(next, way.route->cutting));
  if (!parcel) return reject(next.no, cause_of(parcel.error()), now);
  Delivery delivery{next.device, side_.queue().headers.at(next.no).priority, way,
                    std::move(*parcel)};
  const auto past = pasts_.find(next.no);
  if (past == pasts_.end() && delivery.parcel.bodies() > 1) segmented_.Increment();
  if (past != pasts_.end() && past->second.route == way.route && past->second.server == way.server)
    delivery.next = past->second.next;
  ask(next.no, under_way_.emplace(next.no, std::move(delivery)).first->second, now);
}

Writing Sender::writing_for(const messages::Upward& next, const Cutting& cutting) const {
  Writing writing{options_.content_encoding, cutting, {options_.store_and_forward}};
  if (const auto* const message = std::get_if<messages::Message>(&next.carried))
    writing.encoding = encodings_.of(message->application);
  if (writing.store.wanted) {
    writing.store.until =
        store_until(next.expires, context_.clock.now(), std::chrono::system_clock::now());
  }
  return writing;
}

void Sender::ask(MessageNo no, Delivery& delivery, base::TimePoint now) {
  auto body = delivery.parcel.take_body(delivery.next);
  if (!body) {
    const messages::Cause cause = cause_of(body.error());
    take(no);
    return reject(no, cause, now);
  }
  delivery.way.server->ask(*delivery.way.address,
                           {delivery.parcel.is_report(), delivery.parcel.message_id(),
                            delivery.priority, std::move(*body)},
                           now, [this, no](const Meaning& meaning) { answered(no, meaning); });
}

void Sender::answered(MessageNo no, const Meaning& meaning) {
  const base::TimePoint now = context_.clock.now();
  if (const auto* const why = std::get_if<Ended>(&meaning)) return ended(no, *why, now);
  if (std::holds_alternative<OriginatorUnknown>(meaning)) return lost(no, now);
  if (const auto* const trouble = std::get_if<ServerTrouble>(&meaning))
    return had_trouble(no, trouble->reason, now);
  went_well(no, now);
}

void Sender::went_well(MessageNo no, base::TimePoint now) {
  Delivery& delivery = under_way_.at(no);
  if (++delivery.next == delivery.parcel.bodies()) {
    take(no);
    pasts_.erase(no);
    return side_.accepted(no, now);
  }
  if (const auto past = pasts_.find(no); past != pasts_.end())
    past->second.is_registered = false, past->second.denials = 0;
  if (FarAddress* const address = delivery.way.server->pick(now, false)) {
    delivery.way.address = address;
    return ask(no, delivery, now);
  }
  // Of others with this server, which has its segments so far.
  had_trouble(no, "the server does not answer", now);
}

void Sender::ended(MessageNo no, const Ended& why, base::TimePoint now) {
  const Delivery delivery = take(no);
  if (log_limit_.pass(now)) {
    base::log::warn("server_refused", {{"server", delivery.way.server->options().name},
                                       {"service_id", service_id_of(delivery.device)},
                                       {"message_id", delivery.parcel.message_id()},
                                       {"cause", why.cause},
                                       {"detail", why.detail},
                                       {"suppressed", log_limit_.take_suppressed()}});
  }
  reject(no, cause_of(why), now, why.detail.empty() ? why.cause : why.cause + ": " + why.detail);
}

const std::string& Sender::service_id_of(core::DeviceNo device) const {
  return side_.queue().devices.device(device).service_id;
}

/// Whoever has forgotten the device has none of the segments either.
void Sender::lost(MessageNo no, base::TimePoint now) {
  const Delivery delivery = take(no);
  Past& past = past_of(no);
  const bool is_same = past.server == delivery.way.server;
  const unsigned denials = is_same ? past.denials + (past.is_registered ? 1 : 0) : 0;
  past = {delivery.way.route, delivery.way.server, 0, past.troubles, denials};
  if (denials >= kMostDenials || registrar_ == nullptr || !registrar_->lost(delivery.device))
    return reject(no, messages::Cause::unknown_recipient, now);
  rest({no, delivery.way.server, delivery.device}, now + options_.register_within,
       "the server does not know the device");
}

void Sender::registered(core::DeviceNo device) {
  for (const MessageNo no : end_rests_of(device)) {
    past_of(no).is_registered = true;
    side_.go_on(no);
  }
}

void Sender::not_registered(core::DeviceNo device) {
  for (const MessageNo no : end_rests_of(device))
    reject(no, messages::Cause::unknown_recipient, context_.clock.now());
}

/// A server that had trouble may have been started anew, and does not deny what it was told before.
void Sender::had_trouble(MessageNo no, std::string_view said, base::TimePoint now) {
  const Delivery delivery = take(no);
  Past& past = past_of(no);
  past = {delivery.way.route, delivery.way.server, delivery.next, past.troubles};
  // Then it is nobody's own trouble: another address is tried, or there is none and all wait.
  if (delivery.way.address->breaker.open()) return side_.undecided(no, now, said);
  const auto random = static_cast<std::uint32_t>(base::random_number());
  rest({no, delivery.way.server, {}}, now + base::full_jitter(kRest, past.troubles++, random),
       said);
}

void Sender::reject(MessageNo no, messages::Cause cause, base::TimePoint now,
                    std::string_view said) {
  pasts_.erase(no);
  side_.rejected(no, cause, now, said);
}

Sender::Delivery Sender::take(MessageNo no) {
  return std::move(under_way_.extract(no).mapped());
}

Sender::Past& Sender::past_of(MessageNo no) {
  if (pasts_.size() >= kMostPasts && !pasts_.contains(no)) pasts_.erase(pasts_.begin());
  return pasts_[no];
}

/// Whether one more may rest after an answer of that server; else the queue keeps its messages.
bool Sender::has_rest(const FarServer* server) const {
  if (resting_.size() < kMostResting) return true;
  const auto found = resting_after_.find(server);
  return found == resting_after_.end() || found->second < kMostResting;
}

/// Meanwhile it waits in the queue, where its operator sees why, and can remove it.
void Sender::rest(const Rest& rest, base::TimePoint until, std::string_view said) {
  if (!side_.rests(rest.no, context_.clock.now(), said)) return void(pasts_.erase(rest.no));
  const auto place = resting_.emplace(until, rest);
  ++resting_after_[rest.server];
  if (rest.lost) lost_.emplace(*rest.lost, place);
}

Sender::Rest Sender::end_rest(Resting::iterator place) {
  const Rest rest = place->second;
  if (rest.lost) {
    const auto [begin, end] = lost_.equal_range(*rest.lost);
    lost_.erase(std::find_if(begin, end, [&](const auto& one) { return one.second == place; }));
  }
  resting_.erase(place);
  --resting_after_.at(rest.server);
  return rest;
}

std::vector<Sender::MessageNo> Sender::end_rests_of(core::DeviceNo device) {
  std::vector<MessageNo> all;
  for (auto one = lost_.find(device); one != lost_.end(); one = lost_.find(device))
    all.push_back(end_rest(one->second).no);
  return all;
}

/// Those whose time has come go on.
void Sender::wake(base::TimePoint now) {
  while (!resting_.empty() && resting_.begin()->first <= now)
    side_.go_on(end_rest(resting_.begin()).no);
}

std::optional<base::TimePoint> Sender::next_turn() const {
  if (resting_.empty()) return std::nullopt;
  return resting_.begin()->first;
}

}  // namespace msggw::msgin5g
