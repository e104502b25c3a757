// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/policy.h"

#include <utility>

namespace msggw::function {

const PolicyRule* Policy::rule_for(const Asked& asked) const {
  InfoTexts info(asked.info);
  for (const PolicyRule& rule : rules_) {
    if (rule.matches(asked, info)) return &rule;
  }
  return &rules_.back();  // it has no conditions
}

void Policy::describe(const PolicyRule& rule, std::string_view private_id,
                      protocol::Response& answer) const {
  rule.gives().servers.order(private_id, answer.server_service_ids);
  answer.service_info = rule.gives().service_info;
  answer.lifetime = rule.gives().lifetime;
}

std::vector<Policy::Step> Policy::explain(const Asked& asked) const {
  InfoTexts info(asked.info);
  std::vector<Step> steps;
  for (const PolicyRule& rule : rules_) {
    std::string why = rule.why_not(asked, info);
    if (!why.empty()) {
      steps.push_back({&rule, false, std::move(why)});
      continue;
    }
    const std::string met = rule.conditions();
    const bool last = &rule == &rules_.back();
    steps.push_back({&rule, true,
                     !met.empty() ? "met: " + met
                     : last       ? "no rule before it matches"
                                  : "it has no conditions"});
    break;
  }
  return steps;
}

}  // namespace msggw::function
