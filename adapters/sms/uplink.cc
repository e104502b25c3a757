// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/uplink.h"

#include <algorithm>
#include <utility>

#include "adapters/sms/counters.h"
#include "adapters/sms/speaker.h"
#include "adapters/sms/statuses.h"
#include "gateway/base/secrets.h"
#include "gateway/messages/held_requests.h"

namespace msggw::sms {

namespace {

constexpr std::size_t kErrcs = static_cast<std::size_t>(base::Errc::storage) + 1;
/// An answer that took longer may have come after the SMSC had given it up.
constexpr base::Duration kPrompt{5'000};
/// What is held for want of room is tried again so often.
constexpr base::Duration kTryEvery{5'000};

std::vector<base::metrics::Counter*> refused_counters(base::metrics::Registry& registry) {
  std::vector<base::metrics::Counter*> all;
  for (std::size_t i = 0; i < kErrcs; ++i)
    all.push_back(&refused_counter(registry, base::name_of(static_cast<base::Errc>(i))));
  return all;
}

bool is_for_good(const messages::Refusal& why) {
  return why.error.code != base::Errc::overloaded && why.error.code != base::Errc::unavailable &&
         why.error.code != base::Errc::storage;
}

/// A first contact has registered its sender, which is what it came for, whether or not somebody
/// takes what it says.
bool has_done_all(const Writing& writing, const messages::Refusal& why) {
  return writing.is_first && why.cause == "NO_RECIPIENT";
}

bool is_taken(sms_text::Added::Outcome outcome) {
  using Outcome = sms_text::Added::Outcome;
  return outcome == Outcome::waiting || outcome == Outcome::complete ||
         outcome == Outcome::duplicate;
}

/// Requires one that is not taken.
messages::Refusal refusal_of(sms_text::Added::Outcome outcome) {
  using Outcome = sms_text::Added::Outcome;
  if (outcome == Outcome::refused)
    return messages::refusal(base::Errc::too_large, "PAYLOAD_TOO_LARGE",
                             "it is no part of a message, or of one that is too long");
  const bool is_of_sender = outcome == Outcome::sender_full;
  return messages::refusal(base::Errc::overloaded,
                           is_of_sender ? messages::kDeviceQueueFull : "QUEUE_FULL",
                           "as many long messages wait for their parts as may");
}

std::vector<messages::DraftNo> drafts_of(const std::vector<std::uint64_t>& tags) {
  std::vector<messages::DraftNo> drafts;
  drafts.reserve(tags.size());
  for (const std::uint64_t tag : tags) drafts.push_back(messages::DraftNo{tag});
  return drafts;
}

}  // namespace

Uplink::Uplink(const base::Context& context, const Options& options, const Doors& doors,
               Events events)
    : options_(options),
      tables_(doors.registrations.tables()),
      messages_(doors.offers_messages ? &doors.messages : nullptr),
      clock_(context.clock),
      events_(std::move(events)),
      inbox_(options, base::random_hash_key()),
      partial_drops_(context.metrics),
      held_(options),
      finished_(options),
      doubtful_(options),
      open_(options.max_open_requests),
      content_key_(base::random_hash_key()),
      late_(options.all.size(), base::TimePoint::min()),
      refused_(refused_counters(context.metrics)),
      received_(counters(context.metrics, "msggw_sms_received_total",
                         "Messages from SMSCs by what they are", "kind", "message", "part")),
      held_dropped_(base::metrics::counter(context.metrics, "msggw_sms_held_dropped_total",
                                           "Texts of devices that waited in vain for a Service ID "
                                           "or for room, or that nobody takes")),
      held_now_(base::metrics::gauge(context.metrics, "msggw_sms_held_messages",
                                     "Texts of devices that wait for a Service ID or for room")),
      partial_(base::metrics::gauge(context.metrics, "msggw_sms_partial_messages",
                                    "Long messages of which parts are still to come")) {
  if (messages_ != nullptr && vouches(options_)) messages_->vouch(core::Bearer::sms);
}

void Uplink::take(core::DeviceNo device, OpenMessage message) {
  const base::TimePoint now = clock_.now();
  if (messages_ != nullptr) {
    if (open_.is_full()) {
      count(base::Errc::overloaded);
      return events_.reply(message.request, smpp::Status::queue_full);
    }
    if (const auto denial = events_.why_not(message)) {
      const messages::Refusal why{*denial, "NOT_PROVEN"};
      return refuse_now(device, message, why, message.is_first, now);
    }
  }
  if (!message.piece.is_whole()) return take_part(device, std::move(message), now);
  Text text = text_of(message.piece);
  take_whole(device, std::move(message), std::move(text), now);
}

void Uplink::take_whole(core::DeviceNo device, OpenMessage message, Text text,
                        base::TimePoint now) {
  if (messages_ == nullptr) return events_.reply(message.request, smpp::Status::ok);
  let_go(device, now);
  Asked asked = request_of(device, message, text, message.seen, now);
  if (has_to_wait(device) && !asked.is_again)
    return hold(device, std::move(message), std::move(text), now);
  asked.request.ticket = open_.next_ticket();
  const auto answer = messages_->send(std::move(asked.request), now);
  if (!answer) {
    open_.open() = {message.request, message.seen.came};
    return;
  }
  if (!answer->refusal) return events_.reply(message.request, smpp::Status::ok);
  refuse_now(device, message, *answer->refusal, has_done_all(message, *answer->refusal), now);
}

/// Until the device has its Service ID, or what it wrote before has gone. The SMSC hears of one
/// that is there already with the same commit as of any other.
void Uplink::hold(core::DeviceNo device, OpenMessage message, Text text, base::TimePoint now) {
  const bool is_there = held_.holds(device, message, text, message.seen.unsure);
  const auto full = held_.no_room(device, text.body.size());
  if (full && !is_there) return put_off(message, *full);
  const auto kept = messages_->keep(device, core::Bearer::sms, open_.next_ticket(),
                                    encode(message, options_), now);
  if (!kept) return put_off(message, kept.error());
  const base::TimePoint came = message.seen.came;
  open_.open() = {message.request, came};
  if (is_there) return drop({*kept});
  held_.add(device, {std::move(message), std::move(text), {*kept}, came});
}

void Uplink::take_part(core::DeviceNo device, OpenMessage message, base::TimePoint now) {
  if (messages_ == nullptr) {
    auto added = inbox_.add(message.number, message.service.text, message.piece, 0, now);
    const bool is_whole = added.outcome == sms_text::Added::Outcome::complete;
    Text text{added.message.is_text, std::move(added.message.body)};
    const bool is_own = is_whole && events_.is_own(text, true);
    count_part(added, is_own);
    if (is_own) return events_.own(std::move(message), std::move(text));
    if (!is_taken(added.outcome)) return put_off(message, refusal_of(added.outcome));
    return events_.reply(message.request, smpp::Status::ok);
  }
  if (const auto full = held_.no_room(device, 0)) return put_off(message, *full);
  const Seen seen = message.seen;
  const bool repeats = finished_.repeats(message, seen.unsure);
  if (repeats && doubtful_.is_full())
    return put_off(message, refusal_of(sms_text::Added::Outcome::full));
  message.is_doubtful = repeats || doubtful_.holds(message, seen.unsure);
  const core::Ticket ticket = open_.next_ticket();
  const auto kept =
      messages_->keep(device, core::Bearer::sms, ticket, encode(message, options_), now);
  if (!kept) return put_off(message, kept.error());
  open_.open() = {message.request, seen.came};
  if (message.is_doubtful) {
    if (repeats) finished_.came_again(message);
    received_[1]->Increment();
    return doubt({device, std::move(message), *kept, seen.came}, now);
  }
  settle_before(device, message, now);
  const auto tag = messages::number(*kept);
  parts_.emplace(tag, PartSeen{seen.came, message.is_first});
  auto added = inbox_.add(message.number, message.service.text, message.piece, tag, now);
  if (added.outcome != sms_text::Added::Outcome::complete) count_part(added);
  switch (added.outcome) {
    case sms_text::Added::Outcome::waiting: break;
    case sms_text::Added::Outcome::duplicate: drop({*kept}); break;
    case sms_text::Added::Outcome::sender_full:
    case sms_text::Added::Outcome::full:
    case sms_text::Added::Outcome::refused:
      drop({*kept});
      open_.take(ticket);
      put_off(message, refusal_of(added.outcome));
      break;
    case sms_text::Added::Outcome::complete:
      complete(device, std::move(message), std::move(added), ticket, now);
      break;
  }
  drop_parts();
}

/// All parts are there, the last one a draft like those before: it is a message now, in the commit
/// that drops them, or it waits as they did. If it is there already the SMSC hears of the last part
/// with the next commit.
void Uplink::complete(core::DeviceNo device, OpenMessage message, sms_text::Added added,
                      core::Ticket kept, base::TimePoint now) {
  const Drafts drafts = drafts_of(added.tags);
  message.is_first = has_first(added.tags);
  Text text{added.message.is_text, std::move(added.message.body)};
  if (events_.is_own(text, message.is_first)) {
    drop(drafts);
    open_.take(kept);
    return events_.own(std::move(message), std::move(text));
  }
  count_part(added);
  remember(device, message, added, now);
  let_go(device, now);
  const Seen seen = message.seen;
  Asked asked = request_of(device, message, text, seen, now);
  if (asked.is_again || held_.holds(device, message, text, seen.unsure)) return drop(drafts);
  if (!has_to_wait(device) && !open_.is_full()) {
    asked.request.ticket = open_.next_ticket();
    const auto answer = messages_->send(std::move(asked.request), now);
    if (!answer) open_.open() = {message.request, seen.came};
    if (!answer || is_for_good(*answer->refusal)) {
      drop(drafts);
      open_.take(kept);
      if (!answer) return;
      return refuse_now(device, message, *answer->refusal, has_done_all(message, *answer->refusal),
                        now);
    }
  }
  held_.add(device, {std::move(message), std::move(text), drafts, seen.came});
}

/// What was in doubt and says something else was given again. One that cannot be remembered now is
/// none the worse for it.
void Uplink::remember(core::DeviceNo device, const Writing& last, const sms_text::Added& added,
                      base::TimePoint now) {
  const Writing mark = FinishedTexts::mark(last, added.digests);
  const auto kept =
      messages_->keep(device, core::Bearer::sms, kNobody, encode(mark, options_), now);
  if (kept) finished_.add(mark, *kept, came_of(added.tags), now);
  drop(doubtful_.take_others(device, last, added.digests));
}

void Uplink::answer(const messages::Answer& answer) {
  const Parked* const found = open_.take(answer.ticket);
  if (found == nullptr) return;
  const Parked parked = *found;
  const base::TimePoint now = clock_.now();
  if (answer.refusal || now - parked.since > kPrompt) answered_late(parked.request.smsc);
  if (answer.refusal) count(answer.refusal->error.code);
  events_.reply(parked.request, answer.refusal ? status_of(*answer.refusal) : smpp::Status::ok);
}

void Uplink::notice(core::DeviceNo device) {
  if (held_.has(device)) let_go(device, clock_.now());
}

void Uplink::gone(core::DeviceNo device) {
  while (held_.has(device)) drop(held_.take_first(device).drafts);
  drop(doubtful_.take_of(device));
}

/// What is held of the device goes, in its order, up to one for which there is no room.
void Uplink::let_go(core::DeviceNo device, base::TimePoint now) {
  if (!held_.has(device) || is_recorded_alone(device)) return;
  while (HeldText* const held = held_.first(device)) {
    const Seen seen{held->since, base::TimePoint::min()};  // none that is held is a message already
    Asked asked = request_of(device, held->writing, held->text, seen, now);
    asked.request.ticket = kNobody;
    const auto answer = messages_->send(std::move(asked.request), now);
    if (answer && answer->refusal && !is_for_good(*answer->refusal)) return;
    const HeldText taken = held_.take_first(device);
    drop(taken.drafts);
    if (!answer || !answer->refusal) continue;
    if (!has_done_all(taken.writing, *answer->refusal)) held_dropped_.Increment();
    refuse(device, taken.writing, *answer->refusal, now);
  }
}

/// What has waited for too long, or for a device that is not going to be served.
void Uplink::end_held(core::DeviceNo device, base::TimePoint now) {
  while (HeldText* const held = held_.first(device)) {
    if (held->since + options_.held_lifetime > now) return;
    held_dropped_.Increment();
    const HeldText taken = held_.take_first(device);
    drop(taken.drafts);
    refuse(device, taken.writing,
           messages::refusal(base::Errc::unavailable, "EXPIRED",
                             "it has waited for as long as it may"),
           now);
  }
}

void Uplink::end_turn(base::TimePoint now) {
  settle_doubtful(now);
  inbox_.tick(now);
  finished_.tick(now);
  drop_parts();
  if (held_.size() > 0 && (!next_try_ || now >= *next_try_)) {
    for (const core::DeviceNo device : held_.devices()) {
      let_go(device, now);
      end_held(device, now);
    }
    next_try_ = now + kTryEvery;
  }
  held_now_.Set(static_cast<double>(held_.size()));
  partial_.Set(static_cast<double>(inbox_.incomplete()));
  partial_drops_.tick(inbox_.counters(), now);
}

std::optional<base::TimePoint> Uplink::next_deadline() const {
  std::optional<base::TimePoint> first = inbox_.next_deadline();
  const auto add = [&](std::optional<base::TimePoint> at) {
    if (at) first = first ? std::min(*first, *at) : *at;
  };
  add(partial_drops_.next_deadline());
  add(finished_.next_deadline());
  add(doubtful_.next_deadline());
  if (held_.size() > 0) add(next_try_);
  return first;
}

void Uplink::restore(const messages::DeviceSide::Restored& one, Writing writing) {
  if (messages_ == nullptr) return;
  if (writing.piece.sequence == 0) {
    std::vector<base::TimePoint> came(writing.piece.total, one.kept);
    return finished_.add(writing, one.no, std::move(came), one.kept);
  }
  if (writing.piece.is_whole()) {
    Text text = text_of(writing.piece);
    return held_.add(one.device, {std::move(writing), std::move(text), {one.no}, one.kept});
  }
  DoubtfulParts::Part part{one.device, std::move(writing), one.no, one.kept};
  if (!part.writing.is_doubtful) return add_kept(std::move(part), one.kept, true);
  if (finished_.repeats(part.writing, base::TimePoint::max())) finished_.came_again(part.writing);
  doubt(std::move(part), clock_.now());
}

/// It has no Service ID yet, or none that is durable. What would then be sent waits in memory
/// (DeviceSide::send()), and what was acknowledged must not.
bool Uplink::is_recorded_alone(core::DeviceNo device) const {
  return tables_.device(device).state == core::DeviceState::recorded ||
         messages::HeldRequests::is_for(tables_, device);
}

base::TimePoint Uplink::unsure_since(SmscNo smsc) const {
  return std::max(events_.bound_since(smsc), late_[static_cast<std::size_t>(smsc)]);
}

void Uplink::answered_late(SmscNo smsc) {
  late_[static_cast<std::size_t>(smsc)] = clock_.now();
}

void Uplink::put_off(const OpenMessage& message, const messages::Refusal& why) {
  count(why.error.code);
  events_.reply(message.request, status_of(why));
}

/// The SMSC hears of it, `is_done` or why not, when it is durable what the device is told.
void Uplink::refuse_now(core::DeviceNo device, OpenMessage& message, const messages::Refusal& why,
                        bool is_done, base::TimePoint now) {
  message.request.after = std::max(message.request.after, refuse(device, message, why, now));
  events_.reply(message.request, is_done ? smpp::Status::ok : status_of(why));
}

std::uint64_t Uplink::refuse(core::DeviceNo device, const Writing& writing,
                             const messages::Refusal& why, base::TimePoint now) {
  if (has_done_all(writing, why)) return 0;
  count(why.error.code);
  if (refused_log_.pass(now)) {
    base::log::info("sms_text_refused", {{"private_id", writing.number},
                                         {"smsc", options_.of(writing.smsc).name},
                                         {"cause", why.cause},
                                         {"reason", why.error.detail},
                                         {"suppressed", refused_log_.take_suppressed()}});
  }
  const bool is_told = is_for_good(why) || why.cause == "EXPIRED";
  return is_told ? events_.refused(device, writing, why) : 0;
}

/// One that makes a long text whole counts as that, what is for the gateway itself where it is.
void Uplink::count_part(const sms_text::Added& added, bool is_own) {
  const bool is_whole = added.outcome == sms_text::Added::Outcome::complete;
  if (!is_own) received_[is_whole ? 0 : 1]->Increment();
}

void Uplink::drop(const Drafts& drafts) {
  for (const messages::DraftNo no : drafts) {
    messages_->drop(no);
    parts_.erase(messages::number(no));
  }
}

void Uplink::drop_parts() {
  const auto tags = inbox_.take_dropped();
  if (messages_ == nullptr) return;
  drop(drafts_of(tags));
  drop(finished_.take_dropped());
}

}  // namespace msggw::sms
