// SPDX-License-Identifier: Apache-2.0
// How what was accepted is passed on.
#include <algorithm>
#include <charconv>
#include <utility>

#include "gateway/base/json.h"
#include "tests/sim/m5s/relay.h"

namespace msggw::m5s {

namespace {

std::string to_text(const boost::json::object& object) {
  std::string text;
  base::append_json(text, object);
  return text;
}

/// The recipient's word in an error of its gateway.
std::string cause_in(const Response& response) {
  const auto value = base::parse_json(response.body, {});
  return value ? std::string(base::text_member(*value, "cause").value_or("")) : std::string();
}

/// Answers that say nothing against the message: it is sent again.
bool is_temporary(unsigned status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

std::optional<Span> retry_after(const Response& response) {
  constexpr std::uint32_t kMostSeconds = 86'400;
  const std::string_view text = field(response.fields, "retry-after");
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, kMostSeconds));
}

}  // namespace

std::vector<Relay::Outgoing> Relay::take(Instant now) {
  std::vector<Outgoing> out;
  while (!due_.empty() && due_.begin()->first <= now) {
    const Pair pair = due_.begin()->second;
    due_.erase(due_.begin());
    step(pair, now, out);
  }
  return out;
}

void Relay::step(const Pair& pair, Instant now, std::vector<Outgoing>& out) {
  for (;;) {
    const auto found = lanes_.find(pair);
    if (found == lanes_.end() || found->second.under_way) return;
    Lane& lane = found->second;
    Record& head = *records_.find(lane.records.front());
    if (head.expires <= now) {
      end(head.number, State::expired, "EXPIRED", now);
      continue;
    }
    const Route route = registry_.route(pair.to, now);
    if (route.kind == Route::Kind::away || lane.waits_for_registration) {
      return park(pair, lane, head);
    }
    if (lane.not_before > now) {
      due_.emplace(std::min(lane.not_before, head.expires), pair);
      return;
    }
    if (route.kind == Route::Kind::gateway || route.kind == Route::Kind::server) {
      lane.under_way = true;
      out.push_back(ask(head, route));
      return;
    }
    if (route.kind != Route::Kind::inbox) {
      end(head.number, State::failed, "RECIPIENT_NOT_REGISTERED", now);
      continue;
    }
    if (const Message* const message = head.message()) {
      inboxes_.add(pair.to.id, "message", for_server(*message), now);
    } else {
      inboxes_.add(pair.to.id, "report", to_json(std::get<Report>(head.what)), now);
    }
    end(head.number, State::delivered, "", now);
  }
}

void Relay::park(const Pair& pair, Lane& lane, Record& head) {
  lane.not_before = Instant(0);
  head.state = State::stored;
  away_[pair.to.id].insert(pair);
  due_.emplace(head.expires, pair);
}

Relay::Outgoing Relay::ask(Record& record, const Route& route) {
  record.state = State::sent;
  Outgoing out;
  out.record = record.number;
  out.attempt = ++record.attempts;
  const Message* const message = record.message();
  out.subject.operation = message != nullptr ? Operation::give_message : Operation::give_report;
  out.subject.from = record.from().id;
  out.subject.to = record.to().id;
  if (route.device != nullptr) {
    out.at = route.device->target.child(
        route.device->kind == GatewayKind::l3g ? "msgg-l3gdelivery" : "msgg-n3gdelivery");
    out.at = out.at.child("v1");
  } else {
    out.at = *route.server->target;
  }
  out.at = out.at.child(message != nullptr ? "deliver-message" : "deliver-report");
  if (message != nullptr) {
    out.subject.message_id = message->id;
    out.priority = sbi_priority_of(message->priority.value_or(""));
    out.body = to_text(route.device != nullptr ? for_gateway(*message) : for_server(*message));
  } else {
    const auto& report = std::get<Report>(record.what);
    out.subject.message_id = report.message_id;
    out.body = to_text(to_json(report));
  }
  return out;
}

void Relay::answered(std::uint64_t number, const Response* response, Instant now) {
  Record* const record = records_.find(number);
  if (record == nullptr || record->state != State::sent) return;
  const Pair pair{record->from(), record->to()};
  Lane& lane = lanes_.at(pair);
  lane.under_way = false;
  record->status = response != nullptr ? response->status : 0;
  due_.emplace(now, pair);
  if (response != nullptr && response->status >= 200 && response->status < 300) {
    return end(number, State::delivered, "", now);
  }
  if (response == nullptr || is_temporary(response->status)) {
    const auto told = response != nullptr ? retry_after(*response) : std::nullopt;
    lane.not_before = now + told.value_or(options_.retry);
    record->state = State::waiting;
    ++counters_.again;
    return;
  }
  const std::string cause = cause_in(*response);
  const Message* const message = record->message();
  if (response->status == 404 && cause == "RECIPIENT_NOT_REACHABLE" &&
      (message == nullptr || message->stores)) {
    lane.waits_for_registration = true;
    record->state = State::stored;
    return;
  }
  end(number, State::failed, cause.empty() ? std::to_string(response->status) : cause, now);
}

void Relay::is_there(const std::string& service_id, Instant now) {
  const auto found = away_.find(service_id);
  if (found == away_.end()) return;
  for (const Pair& pair : found->second) {
    if (const auto lane = lanes_.find(pair); lane != lanes_.end()) {
      lane->second.waits_for_registration = false;
    }
    due_.emplace(now, pair);
  }
  away_.erase(found);
}

void Relay::end(std::uint64_t number, State state, const std::string& cause, Instant now) {
  Record& record = *records_.find(number);
  record.state = state;
  record.cause = cause;
  std::uint64_t& counter = state == State::delivered ? counters_.delivered
                           : state == State::expired ? counters_.expired
                                                     : counters_.failed;
  ++counter;
  const Pair pair{record.from(), record.to()};
  std::optional<Report> bad;
  const Message* const message = record.message();
  if (state != State::delivered && message != nullptr) seen_.erase(window_name(*message));
  if (state != State::delivered && message != nullptr && message->wants_report.value_or(false)) {
    bad = Report{message->to, message->from, message->id, kFailure, cause};
    record.report = bad;
  }
  const auto lane = lanes_.find(pair);
  lane->second.records.pop_front();
  lane->second.not_before = Instant(0);
  if (lane->second.records.empty()) {
    lanes_.erase(lane);
    forget_away(pair);
  }
  records_.ended(number);
  if (bad) enqueue(*bad, now + options_.store_for, now);
}

void Relay::forget_away(const Pair& pair) {
  const auto found = away_.find(pair.to.id);
  if (found == away_.end()) return;
  found->second.erase(pair);
  if (found->second.empty()) away_.erase(found);
}

std::optional<Instant> Relay::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

}  // namespace msggw::m5s
