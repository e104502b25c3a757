// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "provisioning/function/policy_options.h"
#include "provisioning/function/policy_rule.h"
#include "provisioning/protocol/messages.h"

namespace msggw::function {

/// The rules in their order, the default rule last. Throws std::runtime_error, naming rule and
/// fault.
std::deque<Policy::Rule> compile(const PolicyOptions& options, const protocol::WireLimits& limits);

}  // namespace msggw::function
