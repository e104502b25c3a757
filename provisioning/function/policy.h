// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "provisioning/function/policy_options.h"
#include "provisioning/function/policy_rule.h"
#include "provisioning/protocol/messages.h"

namespace msggw::function {

/// The service policy of the Provisioning Function (the contribution, 6.X.1.3 step 2 and 6.X.1.4
/// step 3), compiled from PolicyOptions: rules in order, the first that matches decides; the
/// default rule matches always. A value that never changes but may be moved: a reload makes another
/// one. Loop thread only.
///
/// Cost of a request: one look at each rule before the one that decides. The information is parsed
/// once at most, and only if a rule is reached whose other conditions are met and that looks at it.
class Policy {
 public:
  /// Throws std::runtime_error, naming rule and fault.
  Policy(const PolicyOptions& options, const protocol::WireLimits& limits);

  /// Never null; valid as long as this object, also after it was moved.
  const PolicyRule* rule_for(const Asked& asked) const;

  /// Everything of the answer but the Service ID: servers in the order in which this endpoint
  /// should use them (by weight, always the same for one Private ID), service information,
  /// lifetime. Uses the memory that `answer` has.
  void describe(const PolicyRule& rule, std::string_view private_id,
                protocol::Response& answer) const;

  /// A rule that was looked at, for an operator.
  struct Step {
    const PolicyRule* rule;
    bool decides;     ///< of the last one only
    std::string why;  ///< the condition that is not met, or which ones are
  };
  /// Which rule decides and why the ones before it do not. Not for the path of a request.
  std::vector<Step> explain(const Asked& asked) const;

  /// All rules in their order, the default rule last.
  const std::deque<PolicyRule>& rules() const noexcept { return rules_; }

 private:
  std::deque<PolicyRule> rules_;
};

}  // namespace msggw::function
