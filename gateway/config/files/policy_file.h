// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "provisioning/function/options.h"
#include "provisioning/function/policy_options.h"

namespace msggw::config_files {

/// A larger policy file is refused before it is parsed. A thousand rules are a tenth of it; the
/// rest is for lists of Private IDs.
inline constexpr std::size_t kMostPolicyOctets = 4 << 20;

/// The policy of the Provisioning Function: what [pf.policy] says, with the rules of
/// `pf.policy_file` before it and its [default] over it (docs/policy.md). Without such a file it is
/// [pf.policy] alone.
///
/// Throws ConfigError with every mistake as "FILE:LINE: [rule NAME] key: what is wrong, what is
/// allowed"; a rule without a name is called by its place, "[rule #2]".
function::PolicyOptions load_policy(const function::Options& pf);

/// The same for a text in memory; `name` stands for FILE in the messages. `text` may be any octets.
function::PolicyOptions load_policy_text(std::string_view text, std::string_view name,
                                         const function::Options& pf);

}  // namespace msggw::config_files
