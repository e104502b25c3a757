// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/faults.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <utility>

#include "gateway/base/pattern.h"

namespace msggw::m5s {

namespace {

bool fits(const std::string& pattern, std::string_view text) {
  return pattern.empty() || base::matches(pattern, text);
}

bool is_about(const Fault& fault, const Subject& subject) {
  const auto& wanted = fault.operations;
  const bool is_named = std::find(wanted.begin(), wanted.end(), subject.operation) != wanted.end();
  if (!is_named && (!wanted.empty() || is_ours(subject.operation))) return false;
  if (!fits(fault.from, subject.from) || !fits(fault.to, subject.to)) return false;
  if (!fits(fault.message_id, subject.message_id)) return false;
  return fits(fault.service_id, subject.from) || fits(fault.service_id, subject.to) ||
         std::any_of(subject.registered.begin(), subject.registered.end(),
                     [&](const std::string& id) { return fits(fault.service_id, id); });
}

bool is_counted(const Fault& fault, std::uint64_t number) {
  if (!fault.nth.empty()) {
    return std::find(fault.nth.begin(), fault.nth.end(), number) != fault.nth.end();
  }
  if (number < fault.first || (fault.last != 0 && number > fault.last)) return false;
  return (number - fault.first + 1) % fault.every == 0;
}

}  // namespace

std::optional<Problem> Faults::add(Fault fault, std::string& name) {
  if (entries_.size() >= kMostFaults) return Problem{403, "", "there are 1000 faults, the most"};
  const auto taken = [&](const std::string& one) {
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const Entry& entry) { return entry.fault.name == one; });
  };
  if (fault.name.empty()) {
    do fault.name = "fault-" + std::to_string(++last_name_);
    while (taken(fault.name));
  } else if (taken(fault.name)) {
    return Problem{409, "", "there is a fault of that name already", "/name"};
  }
  name = fault.name;
  Entry entry;
  entry.random.seed(fault.seed);
  entry.fault = std::move(fault);
  entries_.push_back(std::move(entry));
  return std::nullopt;
}

bool Faults::remove(std::string_view name) {
  return std::erase_if(entries_, [&](const Entry& one) { return one.fault.name == name; }) > 0;
}

const Fault* Faults::on_request(const Subject& subject) {
  const Fault* fate = nullptr;
  for (Entry& entry : entries_) {
    if (!is_about(entry.fault, subject) || !is_due(entry) || fate != nullptr) continue;
    ++entry.fired;
    fate = &entry.fault;
  }
  return fate;
}

bool Faults::is_due(Entry& entry) {
  if (!is_counted(entry.fault, ++entry.matched)) return false;
  if (entry.fault.probability >= 1) return true;
  constexpr double kSteps = 9007199254740992.0;  // 2^53, what a double holds exactly
  return static_cast<double>(entry.random() >> 11) / kSteps < entry.fault.probability;
}

boost::json::object Faults::show() const {
  boost::json::array all;
  for (const Entry& entry : entries_) {
    all.push_back(boost::json::object{{"name", entry.fault.name},
                                      {"do", boost::json::string(name_of(entry.fault.kind))},
                                      {"matched", entry.matched},
                                      {"fired", entry.fired}});
  }
  return {{"faults", std::move(all)}};
}

}  // namespace msggw::m5s
