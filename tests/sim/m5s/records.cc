// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/records.h"

#include <utility>

#include "tests/sim/m5s/date_time.h"

namespace msggw::m5s {

const char* name_of(State state) {
  switch (state) {
    case State::waiting: return "waiting";
    case State::stored: return "stored";
    case State::sent: return "sent";
    case State::delivered: return "delivered";
    case State::failed: return "failed";
    case State::expired: return "expired";
  }
  return "";
}

const Address& Record::from() const {
  const auto* const one = message();
  return one != nullptr ? one->from : std::get<Report>(what).from;
}

const Address& Record::to() const {
  const auto* const one = message();
  return one != nullptr ? one->to : std::get<Report>(what).to;
}

std::string Records::key(const Address& from, const Address& to, const std::string& message_id) {
  return from.type + '\n' + from.id + '\n' + to.type + '\n' + to.id + '\n' + message_id;
}

Record& Records::add(What what, Instant now) {
  Record record;
  record.number = ++last_;
  record.what = std::move(what);
  record.accepted = now;
  if (const Message* const message = record.message()) {
    // A report is about the whole message: it belongs to the first of its segments.
    const bool is_later = message->segment && message->segment->number.value_or(1) > 1;
    const std::string name = key(message->from, message->to, message->id);
    if (!is_later || !by_message_id_.contains(name)) by_message_id_[name] = last_;
  }
  return records_.emplace(last_, std::move(record)).first->second;
}

Record* Records::find(std::uint64_t number) {
  const auto found = records_.find(number);
  return found == records_.end() ? nullptr : &found->second;
}

const Record* Records::find(std::uint64_t number) const {
  const auto found = records_.find(number);
  return found == records_.end() ? nullptr : &found->second;
}

void Records::ended(std::uint64_t number) {
  ended_.push_back(number);
  if (ended_.size() <= kMostEnded) return;
  erase(ended_.front());
  ended_.pop_front();
}

void Records::erase(std::uint64_t number) {
  const auto found = records_.find(number);
  if (found == records_.end()) return;
  if (const Message* const message = found->second.message()) {
    const auto named = by_message_id_.find(key(message->from, message->to, message->id));
    if (named != by_message_id_.end() && named->second == number) by_message_id_.erase(named);
  }
  records_.erase(found);
}

bool Records::reported(const Report& report) {
  const auto named = by_message_id_.find(key(report.to, report.from, report.message_id));
  if (named == by_message_id_.end()) return false;
  records_.at(named->second).report = report;
  return true;
}

void Records::forget_ended() {
  for (const std::uint64_t number : ended_) erase(number);
  ended_.clear();
}

boost::json::array Records::list(std::uint64_t since, std::size_t limit) const {
  boost::json::array all;
  for (auto next = records_.upper_bound(since); next != records_.end() && all.size() < limit;
       ++next) {
    all.emplace_back(show(next->second));
  }
  return all;
}

boost::json::object show(const Record& record) {
  boost::json::object out{{"n", record.number},
                          {"kind", record.message() != nullptr ? "message" : "report"},
                          {"state", name_of(record.state)},
                          {"attempts", record.attempts},
                          {"status", record.status}};
  if (!record.cause.empty()) out["cause"] = record.cause;
  out["at"] = print_date_time(record.accepted);
  out["expires"] = print_date_time(record.expires);
  if (const Message* const message = record.message()) {
    out["message"] = for_gateway(*message);
  } else {
    out["message"] = to_json(std::get<Report>(record.what));
  }
  if (record.report) out["report"] = to_json(*record.report);
  return out;
}

}  // namespace msggw::m5s
