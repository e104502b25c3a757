// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/journal.h"

#include <boost/json/array.hpp>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "gateway/base/json.h"
#include "gateway/base/pattern.h"

namespace msggw::m5s {

namespace {

/// As JSON where it is JSON: a reader of the journal need not take it apart again.
boost::json::value body_of(const std::string& text) {
  auto value = base::parse_json(text, {kMostBody, 16, 100'000});
  if (value) return std::move(*value);
  return boost::json::string(text);
}

}  // namespace

Journal::Journal(std::size_t most, const std::string& file) : most_(most) {
  if (file.empty()) return;
  file_.reset(std::fopen(file.c_str(), "ae"));
  if (!file_) throw std::runtime_error("--journal " + file + ": " + std::strerror(errno));
}

void Journal::add(Exchange exchange) {
  exchange.number = ++last_;
  if (file_) {
    std::string line;
    base::append_json(line, show(exchange));
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), file_.get());
    std::fflush(file_.get());
  }
  octets_ += octets_of(exchange);
  entries_.push_back(std::move(exchange));
  while (!entries_.empty() && (entries_.size() > most_ || octets_ > kMostOctets)) {
    octets_ -= octets_of(entries_.front());
    entries_.pop_front();
    ++lost_;
  }
}

void Journal::clear() {
  entries_.clear();
  octets_ = 0;
  lost_ = 0;
}

std::size_t Journal::octets_of(const Exchange& one) {
  constexpr std::size_t kSurcharge = 512;
  return kSurcharge + one.target.size() + one.request.size() + one.answer.size();
}

bool Journal::passes(const Exchange& one, const Filter& filter) {
  const Subject& subject = one.subject;
  if (one.number <= filter.since) return false;
  if (!filter.direction.empty() && filter.direction != (one.is_ours ? "out" : "in")) return false;
  if (!filter.operation.empty() && filter.operation != name_of(subject.operation)) return false;
  if (filter.status >= 0 && filter.status != static_cast<std::int64_t>(one.status)) return false;
  if (!filter.message_id.empty() && filter.message_id != subject.message_id) return false;
  if (!filter.fault.empty() && filter.fault != one.fault) return false;
  if (filter.service_id.empty()) return true;
  const auto fits = [&](const std::string& id) { return base::matches(filter.service_id, id); };
  if (fits(subject.from) || fits(subject.to)) return true;
  for (const std::string& id : subject.registered) {
    if (fits(id)) return true;
  }
  return false;
}

boost::json::object Journal::list(const Filter& filter) const {
  boost::json::array entries;
  for (const Exchange& one : entries_) {
    if (entries.size() >= filter.limit) break;
    if (passes(one, filter)) entries.emplace_back(show(one));
  }
  return {{"entries", std::move(entries)}, {"last", last_}, {"lost", lost_}};
}

boost::json::object show(const Exchange& one) {
  boost::json::object out{{"n", one.number},
                          {"at", one.at.count()},
                          {"direction", one.is_ours ? "out" : "in"},
                          {"operation", boost::json::string(name_of(one.subject.operation))},
                          {"peer", one.peer},
                          {"http", one.version == 20 ? "2" : "1.1"},
                          {"method", one.method},
                          {"target", one.target}};
  if (!one.request_type.empty()) out["requestType"] = one.request_type;
  if (!one.request.empty()) out["request"] = body_of(one.request);
  out["status"] = one.status;
  if (!one.fields.empty()) {
    boost::json::object& fields = out["fields"].emplace_object();
    for (const auto& [name, value] : one.fields) fields[name] = value;
  }
  if (!one.answer.empty()) out["answer"] = body_of(one.answer);
  out["tookMs"] = one.took.count();
  if (!one.fault.empty()) out["fault"] = one.fault;
  if (one.attempt != 0) out["attempt"] = one.attempt;
  return out;
}

}  // namespace msggw::m5s
