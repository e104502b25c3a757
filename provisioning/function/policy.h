// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/ids.h"
#include "gateway/core/private_id.h"
#include "provisioning/function/policy_options.h"
#include "provisioning/function/service_id_maker.h"
#include "provisioning/protocol/messages.h"

namespace msggw::function {

/// What the policy looks at. Arguments live for the call.
struct Asked {
  core::UeType type{};
  const core::PrivateId& private_id;
  std::string_view info;     ///< compact JSON object, or empty
  std::string_view gateway;  ///< who asks, as far as it is proven; or empty
};

/// The service policy of the Provisioning Function (the contribution, 6.X.1.3 step 2 and 6.X.1.4
/// step 3), compiled from PolicyOptions: rules in order, the first that matches decides; the
/// default rule matches always. A value that never changes: a reload makes another one. Loop thread
/// only.
///
/// Cost of a request: one look at each rule before the one that decides. The information is parsed
/// once at most, and only if a rule is reached whose other conditions are met and that looks at it.
class Policy {
 public:
  class Rule;

  /// Throws std::runtime_error, naming rule and fault.
  Policy(const PolicyOptions& options, const protocol::WireLimits& limits);
  ~Policy();
  Policy(Policy&&) noexcept;
  Policy& operator=(Policy&&) noexcept;

  /// Never null; valid as long as this object, also after it was moved.
  const Rule* rule_for(const Asked& asked) const;

  /// Everything of the answer but the Service ID: servers in the order in which this endpoint
  /// should use them (by weight, always the same for one Private ID), service information,
  /// lifetime. Uses the memory that `answer` has.
  void describe(const Rule& rule, std::string_view private_id, protocol::Response& answer) const;

  /// A rule that was looked at, for an operator.
  struct Step {
    const Rule* rule;
    bool decides;     ///< of the last one only
    std::string why;  ///< the condition that is not met, or which ones are
  };
  /// Which rule decides and why the ones before it do not. Not for the path of a request.
  std::vector<Step> explain(const Asked& asked) const;

  /// All rules in their order, the default rule last.
  std::vector<const Rule*> rules() const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

std::string_view name_of(const Policy::Rule& rule) noexcept;
/// False: the answer is 403 POLICY_DENIED with reason_of() as its detail, also for a known
/// endpoint.
bool allows(const Policy::Rule& rule) noexcept;
std::string_view reason_of(const Policy::Rule& rule) noexcept;
/// Service IDs that the rule may have given and that are in use; 0: no limit.
std::size_t quota_of(const Policy::Rule& rule) noexcept;
const ServiceIdTemplate& template_of(const Policy::Rule& rule) noexcept;

}  // namespace msggw::function
