// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/metrics.h"
#include "gateway/base/result.h"
#include "provisioning/function/assignment_record.h"

namespace msggw::function {

/// What the ledger knows of rules: their names, numbered as the records of assignments do it, and
/// how many assignments in use each name has made. A name outlives the policy that it came from, so
/// that quotas hold across restarts and reloads, also while no rule has it.
///
/// A name gets its number with its first assignment, in the same commit. A number whose name has no
/// assignment in the store is free again after the next start, so the table does not grow with
/// every change of the policy. Loop thread only.
class LedgerRules {
 public:
  /// Names with metrics of their own; what is counted of further ones goes to "(others)".
  static constexpr std::size_t kMostLabels = 1'001;

  enum class Result : std::uint8_t {
    assigned,     ///< a new Service ID
    known,        ///< the Service ID of before
    denied,       ///< the rule says no
    over_quota,   ///< its quota is used up
    unavailable,  ///< nothing to do with the rule: overload, max_assignments, no free Service ID
  };
  static constexpr std::size_t kResults = 5;

  /// Of one name; stays in place.
  struct Rule {
    std::string name;
    std::string label;  ///< in metrics
    std::optional<RuleNo> number{};
    bool stored = false;  ///< its name, in the table of names; for the ledger to keep
    std::size_t assignments = 0;
    base::metrics::Gauge* gauge = nullptr;
    std::array<base::metrics::Counter*, kResults> counters{};
  };

  explicit LedgerRules(base::metrics::Registry& metrics);

  // At the start: the rows of the table of names, then every assignment, then loaded(). storage:
  // what this class cannot have written.
  base::Result<void> restore_name(RuleNo no, std::string_view name);
  base::Result<void> restore_assignment(RuleNo no);
  void loaded();

  /// The rule of that name, made if it is new.
  Rule& of(std::string_view name);
  /// Its number, given to it now if it has none.
  RuleNo number(Rule& rule);

  void add(Rule& rule);
  void remove(RuleNo no);
  void count(Rule& rule, Result result);

  std::string_view name(RuleNo no) const;  ///< empty: none
  std::size_t assignments(std::string_view name) const;

 private:
  Rule* find(RuleNo no) const;
  base::metrics::Gauge& gauge_of(Rule& rule);

  base::metrics::Registry& metrics_;
  std::deque<Rule> rules_;
  boost::unordered_flat_map<std::string_view, Rule*> by_name_;
  boost::unordered_flat_map<std::uint32_t, Rule*> by_number_;
  std::vector<std::uint32_t> free_;  ///< below next_, in no record
  std::uint32_t next_ = 1;
};

}  // namespace msggw::function
