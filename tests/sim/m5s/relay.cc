// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/relay.h"

#include <functional>
#include <utility>

namespace msggw::m5s {

namespace {

Problem not_found(const Address& to) {
  return {404, "RECIPIENT_NOT_FOUND", to.id + " was never registered here", "/destAddr/addr"};
}

Problem not_handled(const char* allowed) {
  return {403, "ADDR_TYPE_NOT_SUPPORTED", allowed, "/destAddr/addrType"};
}

Problem congested() {
  return {503, "NF_CONGESTION", "too many messages wait", "", 5};
}

Relay::Ack refused(Problem problem) {
  Relay::Ack ack;
  ack.problem = std::move(problem);
  return ack;
}

Relay::Ack failed(const char* cause) {
  Relay::Ack ack;
  ack.status = "DELY_FAILED";
  ack.cause = cause;
  return ack;
}

}  // namespace

Relay::Relay(const RelayOptions& options, const Registry& registry)
    : options_(options), registry_(registry) {}

std::optional<Problem> Relay::wrong_originator(const Address& from, Instant now) const {
  if (options_.open) return std::nullopt;
  const Route::Kind kind = registry_.route(from, now).kind;
  if (kind == Route::Kind::gateway || kind == Route::Kind::server || kind == Route::Kind::inbox) {
    return std::nullopt;
  }
  return Problem{404, "ORIGINATOR_NOT_REGISTERED", from.id + " is not registered", "/oriAddr/addr"};
}

Relay::Ack Relay::accept(const Message& message, Instant now) {
  if (auto problem = wrong_originator(message.from, now)) return refused(std::move(*problem));
  if (message.to.type != "GROUP") return accept_for(message, now);
  const auto* const members = registry_.group(message.to.id);
  if (members == nullptr) return refused(not_found(message.to));
  Ack all;
  bool is_taken = false, goes_now = false;
  for (const std::string& member : *members) {
    if (member == message.from.id) continue;
    Message copy = message;
    copy.to = registry_.member(member);
    Ack one = accept_for(copy, now);
    if (one.problem && one.problem->status == 503) return one;
    is_taken = is_taken || (!one.problem && one.status != "DELY_FAILED");
    goes_now = goes_now || (!one.problem && !one.status);
    all.records.insert(all.records.end(), one.records.begin(), one.records.end());
  }
  if (!is_taken) return failed("RECIPIENT_NOT_REGISTERED");
  if (!goes_now) all.status = "DELY_STORED";
  return all;
}

Relay::Ack Relay::accept_for(const Message& message, Instant now) {
  const Route::Kind way = registry_.route(message.to, now).kind;
  if (way == Route::Kind::unknown) return refused(not_found(message.to));
  if (way == Route::Kind::not_handled) {
    return refused(not_handled("the recipient can be UE, AS or GROUP"));
  }
  const bool is_away = way == Route::Kind::away;
  if (message.expires && *message.expires <= now) return failed("EXPIRED");
  if (is_away && !message.stores) return failed("RECIPIENT_NOT_REGISTERED");
  if (records_.not_ended() >= options_.most_waiting) return refused(congested());
  Ack ack;
  if (is_away) ack.status = "DELY_STORED";
  if (is_repetition(message)) {
    ++counters_.repeated;
    return ack;
  }
  if (is_away) ++counters_.stored;
  const Instant expires =
      message.expires.value_or(now + (message.stores ? options_.store_for : options_.hold_for));
  if (options_.segment_octets == 0) {
    ack.records.push_back(enqueue(message, expires, now));
    return ack;
  }
  Message whole = message;
  if (message.is_segment.value_or(false)) {
    const auto taken = segments_.add(message, now, whole);
    if (taken == Segments::Taken::refused) return failed("SEGMENT_REFUSED");
    if (taken == Segments::Taken::waits) return ack;
  }
  for (Message& segment : cut(whole, options_.segment_octets)) {
    ack.records.push_back(enqueue(std::move(segment), expires, now));
  }
  return ack;
}

Relay::Ack Relay::accept(const Report& report, Instant now) {
  if (auto problem = wrong_originator(report.from, now)) return refused(std::move(*problem));
  const Route::Kind way = registry_.route(report.to, now).kind;
  if (way == Route::Kind::unknown) return refused(not_found(report.to));
  if (way == Route::Kind::not_handled) return refused(not_handled("a report is for a UE or an AS"));
  if (records_.not_ended() >= options_.most_waiting) return refused(congested());
  records_.reported(report);
  Ack ack;
  if (way == Route::Kind::away) {
    ack.status = "DELY_STORED";
    ++counters_.stored;
  }
  ack.records.push_back(enqueue(report, now + options_.store_for, now));
  return ack;
}

std::uint64_t Relay::enqueue(Records::What what, Instant expires, Instant now) {
  Record& record = records_.add(std::move(what), now);
  record.expires = expires;
  Pair pair{record.from(), record.to()};
  if (registry_.route(pair.to, now).kind == Route::Kind::away) record.state = State::stored;
  lanes_[pair].records.push_back(record.number);
  due_.emplace(now, std::move(pair));
  return record.number;
}

std::string Relay::window_name(const Message& message) {
  std::string name = message.from.id + '\n' + message.to.id + '\n' + message.id;
  if (message.segment && message.segment->number) {
    name += '\n' + std::to_string(*message.segment->number);
  }
  return name;
}

bool Relay::is_repetition(const Message& message) {
  std::string name = window_name(message);
  const std::size_t content = std::hash<std::string>()(message.payload.value_or(""));
  const auto [found, is_new] = seen_.emplace(name, content);
  if (!is_new) return std::exchange(found->second, content) == content;
  seen_order_.push_back(std::move(name));
  if (seen_order_.size() > kMostRemembered) {
    seen_.erase(seen_order_.front());
    seen_order_.pop_front();
  }
  return false;
}

void Relay::reset() {
  counters_ = {};
  inboxes_.clear();
  records_.forget_ended();
  seen_.clear();
  seen_order_.clear();
}

}  // namespace msggw::m5s
