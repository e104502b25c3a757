// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/policy.h"

#include <deque>
#include <utility>

#include "provisioning/function/policy_compile.h"
#include "provisioning/function/policy_rule.h"

namespace msggw::function {

struct Policy::Compiled {
  std::deque<Rule> rules;  ///< the default rule last
};

Policy::Policy(const PolicyOptions& options, const protocol::WireLimits& limits)
    : compiled_(std::make_unique<Compiled>(Compiled{compile(options, limits)})) {}
Policy::~Policy() = default;
Policy::Policy(Policy&&) noexcept = default;
Policy& Policy::operator=(Policy&&) noexcept = default;

const Policy::Rule* Policy::rule_for(const Asked& asked) const {
  InfoTexts info(asked.info);
  for (const Rule& rule : compiled_->rules) {
    if (rule.matches(asked, info)) return &rule;
  }
  return &compiled_->rules.back();  // it has no conditions
}

void Policy::describe(const Rule& rule, std::string_view private_id,
                      protocol::Response& answer) const {
  rule.gives().servers.order(private_id, answer.server_service_ids);
  answer.service_info = rule.gives().service_info;
  answer.lifetime = rule.gives().lifetime;
}

std::vector<Policy::Step> Policy::explain(const Asked& asked) const {
  InfoTexts info(asked.info);
  std::vector<Step> steps;
  for (const Rule& rule : compiled_->rules) {
    std::string why = rule.why_not(asked, info);
    if (!why.empty()) {
      steps.push_back({&rule, false, std::move(why)});
      continue;
    }
    const std::string met = rule.conditions();
    const bool last = &rule == &compiled_->rules.back();
    steps.push_back({&rule, true,
                     !met.empty() ? "met: " + met
                     : last       ? "no rule before it matches"
                                  : "it has no conditions"});
    break;
  }
  return steps;
}

std::vector<const Policy::Rule*> Policy::rules() const {
  std::vector<const Rule*> all;
  for (const Rule& rule : compiled_->rules) all.push_back(&rule);
  return all;
}

std::string_view name_of(const Policy::Rule& rule) noexcept {
  return rule.options().name;
}
bool allows(const Policy::Rule& rule) noexcept {
  return rule.options().allow;
}
std::string_view reason_of(const Policy::Rule& rule) noexcept {
  return rule.options().reason;
}
std::size_t quota_of(const Policy::Rule& rule) noexcept {
  return rule.options().quota;
}
const ServiceIdTemplate& template_of(const Policy::Rule& rule) noexcept {
  return rule.gives().service_ids;
}

}  // namespace msggw::function
