// SPDX-License-Identifier: Apache-2.0
#include "provisioning/tester/faults.h"

#include <algorithm>
#include <array>

#include "gateway/base/pattern.h"
#include "gateway/base/text.h"

namespace msggw::tester {

namespace {

template <class T>
bool holds(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

bool is_about(const Match& match, const Subject& subject) {
  if (!match.ue_types.empty() && !(subject.ue_type && holds(match.ue_types, *subject.ue_type)))
    return false;
  return match.private_id.empty() || base::matches(match.private_id, subject.private_id);
}

bool is_counted(const When& when, std::uint64_t number) {
  if (!when.nth.empty())
    return std::find(when.nth.begin(), when.nth.end(), number) != when.nth.end();
  if (number < when.from || (when.to != 0 && number > when.to)) return false;
  return (number - when.from + 1) % when.every == 0;
}

}  // namespace

base::Result<std::string> Faults::add(Fault fault) {
  if (entries_.size() >= kMostFaults) {
    return base::fail(base::Errc::overloaded,
                      "there are " + std::to_string(kMostFaults) + " faults, the most allowed");
  }
  const auto taken = [&](const std::string& name) {
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const Entry& entry) { return entry.fault.name == name; });
  };
  if (fault.name.empty()) {
    do fault.name = "fault-" + std::to_string(++last_name_);
    while (taken(fault.name));
  } else if (taken(fault.name)) {
    return base::fail(base::Errc::incorrect,
                      "there is a fault named \"" + base::printable(fault.name) + "\" already");
  }
  Entry entry;
  entry.random.seed(fault.when.seed);
  entry.fault = std::move(fault);
  entries_.push_back(std::move(entry));
  return entries_.back().fault.name;
}

bool Faults::remove(std::string_view name) {
  return std::erase_if(entries_, [&](const Entry& entry) { return entry.fault.name == name; }) > 0;
}

std::optional<Faults::Fate> Faults::on_request(const Seen& seen) {
  std::optional<Fate> fate;
  for (Entry& entry : entries_) {
    // Every fault counts what it matches, whichever decides, so that "the third" means the same
    // whatever other faults there are.
    if (!matches(entry.fault.match, seen) || !is_due(entry) || fate) continue;
    ++entry.fired;
    fate.emplace(Fate{entry.fault.name, entry.fault.action});
  }
  return fate;
}

bool Faults::matches(const Match& match, const Seen& seen) {
  if (!holds(match.channels, seen.channel) || !holds(match.operations, seen.operation))
    return false;
  if (!match.gateway.empty() && !base::matches(match.gateway, seen.gateway)) return false;
  if (match.ue_types.empty() && match.private_id.empty()) return true;
  return std::any_of(seen.subjects.begin(), seen.subjects.end(),
                     [&](const Subject& subject) { return is_about(match, subject); });
}

/// Counts the request; draws for each one that is counted, so that fates do not depend on other
/// faults either.
bool Faults::is_due(Entry& entry) {
  const When& when = entry.fault.when;
  if (!is_counted(when, ++entry.matched)) return false;
  if (when.probability >= 1.0) return true;
  constexpr double kSteps = 9007199254740992.0;  // 2^53, what a double holds exactly
  return static_cast<double>(entry.random() >> 11) / kSteps < when.probability;
}

}  // namespace msggw::tester
