// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "gateway/cli/command.h"
#include "gateway/core/private_id.h"
#include "provisioning/function/gateway_options.h"
#include "provisioning/function/options.h"
#include "provisioning/function/policy.h"
#include "provisioning/protocol/messages.h"

namespace msggw::commands {

/// What the store of the Provisioning Function holds, as far as an explanation needs it.
struct Stored {
  std::string fault;    ///< why it could not be read, or empty
  bool exists = false;  ///< false: nothing was ever given out
  std::size_t assignments = 0;
  std::map<std::string, std::size_t, std::less<>> by_rule;  ///< assignments in use
  struct Known {
    std::string service_id;
    std::string rule;
    core::UeType type;
  };
  std::optional<Known> known;  ///< the assignment of the Private ID
};

/// What the Provisioning Function would answer to a request, and why: everything that
/// `msggw pf --explain` tells. Looks at nothing but its arguments.
class Explanation {
 public:
  /// What the Provisioning Function goes by.
  struct Rules {
    const function::Options& pf;
    const function::Policy& policy;
    const std::vector<function::GatewayOptions>& gateways;  ///< those of pf.gateways_file
  };

  /// `command`, `id`, `rules.pf` and `rules.policy` outlive it.
  Explanation(const cli::Explain& command, const core::PrivateId& id, const Rules& rules,
              Stored stored);

  /// One of "not authorized", "denied", "known", "over quota", "full" and "new".
  const std::string& outcome() const noexcept { return outcome_; }
  /// A sentence about the outcome, with the status of the answer.
  const std::string& because() const noexcept { return because_; }

  const Stored& stored() const noexcept { return stored_; }

  /// For people.
  void print_text(std::ostream& out) const;
  /// One JSON object and a line feed.
  void print_json(std::ostream& out) const;

 private:
  bool is_answered() const { return outcome_ == "new" || outcome_ == "known"; }
  /// Assignments of the rule that are in use.
  std::size_t used() const;
  std::string gateway_fault(const std::vector<function::GatewayOptions>& gateways) const;
  void decide(const std::string& gateway_fault);
  std::string asked_as() const;
  std::string service_id() const;
  std::string store() const;

  const cli::Explain& command_;
  const core::PrivateId& id_;
  const function::Options& pf_;
  std::vector<function::Policy::Step> steps_;
  const function::PolicyRule& rule_;
  Stored stored_;
  std::string outcome_;
  std::string because_;
  protocol::Response answer_;  ///< without the Service ID; empty if it is a refusal
};

/// One line a rule: its name, what it asks for and what it gives. For `msggw check --pf`.
void print_rules(std::ostream& out, const function::Policy& policy);

}  // namespace msggw::commands
