// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/ledger_rules.h"

#include <algorithm>

#include "gateway/base/text.h"
#include "provisioning/function/policy_options.h"

namespace msggw::function {

namespace {

constexpr std::array<const char*, LedgerRules::kResults> kResultNames{"assigned", "known", "denied",
                                                                      "over_quota", "unavailable"};

}  // namespace

LedgerRules::LedgerRules(base::metrics::Registry& metrics) : metrics_(metrics) {
  Rule& otherwise = of(PolicyOptions::kOtherwiseName);
  otherwise.number = kDefaultRule;
  otherwise.stored = true;
  by_number_.emplace(static_cast<std::uint32_t>(kDefaultRule), &otherwise);
}

base::Result<void> LedgerRules::restore_name(RuleNo no, std::string_view name) {
  const auto number = static_cast<std::uint32_t>(no);
  if (no == kDefaultRule || name.empty() || name.size() > RuleOptions::kMostNameOctets ||
      base::has_control(name) || !base::is_utf8(name)) {
    return base::fail(base::Errc::storage, "the name of a rule is damaged");
  }
  by_number_[number] = &of(name);
  next_ = std::max(next_, number + 1);
  return {};
}

base::Result<void> LedgerRules::restore_assignment(RuleNo no) {
  Rule* const rule = find(no);
  if (rule == nullptr) return base::fail(base::Errc::storage, "its rule has no name");
  // A name may stand under numbers that no assignment has any more, but assignments have one.
  if (rule->number && *rule->number != no) {
    return base::fail(base::Errc::storage, "its rule has another number in an earlier record");
  }
  rule->number = no;
  rule->stored = true;
  ++rule->assignments;
  return {};
}

void LedgerRules::loaded() {
  erase_if(by_number_, [this](const auto& entry) {
    const auto& [number, rule] = entry;
    const bool unused = rule->number != RuleNo{number};
    if (unused) free_.push_back(number);
    return unused;
  });
  for (const auto& [number, rule] : by_number_) {
    gauge_of(*rule).Set(static_cast<double>(rule->assignments));
  }
}

LedgerRules::Rule& LedgerRules::of(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) return *found->second;
  Rule& rule = rules_.emplace_back();
  rule.name = name;
  rule.label = rules_.size() <= kMostLabels ? rule.name : "(others)";
  by_name_.emplace(rule.name, &rule);
  return rule;
}

RuleNo LedgerRules::number(Rule& rule) {
  if (rule.number) return *rule.number;
  std::uint32_t number = next_;
  if (free_.empty()) {
    ++next_;
  } else {
    number = free_.back();
    free_.pop_back();
  }
  by_number_.emplace(number, &rule);
  rule.number = RuleNo{number};
  return *rule.number;
}

void LedgerRules::add(Rule& rule) {
  ++rule.assignments;
  gauge_of(rule).Increment();
}

void LedgerRules::remove(RuleNo no) {
  Rule* const rule = find(no);
  base::ensure(rule != nullptr && rule->assignments > 0, "what is released was counted");
  --rule->assignments;
  gauge_of(*rule).Decrement();
}

void LedgerRules::count(Rule& rule, Result result) {
  auto& slot = rule.counters[static_cast<std::size_t>(result)];
  if (slot == nullptr) {
    slot = &base::metrics::counter(
        metrics_, "msggw_pf_rule_requests_total",
        "Requests by the rule that decided, and its result",
        {{"rule", rule.label}, {"result", kResultNames[static_cast<std::size_t>(result)]}});
  }
  slot->Increment();
}

std::string_view LedgerRules::name(RuleNo no) const {
  const Rule* const rule = find(no);
  return rule == nullptr ? std::string_view() : rule->name;
}

std::size_t LedgerRules::assignments(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? 0 : found->second->assignments;
}

LedgerRules::Rule* LedgerRules::find(RuleNo no) const {
  const auto found = by_number_.find(static_cast<std::uint32_t>(no));
  return found == by_number_.end() ? nullptr : found->second;
}

base::metrics::Gauge& LedgerRules::gauge_of(Rule& rule) {
  if (rule.gauge == nullptr) {
    rule.gauge = &base::metrics::gauge(metrics_, "msggw_pf_rule_assignments",
                                       "Service IDs in use by the rule that gave them",
                                       {{"rule", rule.label}});
  }
  return *rule.gauge;
}

}  // namespace msggw::function
