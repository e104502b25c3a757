// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/config/language/toml_file.h"
#include "gateway/core/ids.h"
#include "provisioning/function/policy_options.h"

namespace msggw::config_files {

// The values of a policy file that are no plain options. What is wrong is told with its line.
using Tell = std::function<void(unsigned line, const std::string& what)>;

/// The words of `ue_types`, and what they mean; other words are passed over.
std::vector<std::string_view> ue_type_names();
std::vector<core::UeType> ue_types_of(const std::vector<std::string>& words);

/// `servers`: a list of Service IDs, for all in that order, or of tables {service_id, weight}.
function::ServerOptions servers_of(const config_language::Node& node, const Tell& tell);

/// `service_info`, a table or JSON text, as compact JSON; empty: none.
std::string service_info_of(const config_language::Node& node, const Tell& tell);

/// `info`: a table of member names and patterns.
std::vector<std::pair<std::string, std::string>> conditions_of(const config_language::Node& node,
                                                               const Tell& tell);

/// `own`, and where it is silent `inherited`. A segment size that one of them has in its
/// service_info is like one in segment_size: that of `own` counts.
function::GrantOptions merged(function::GrantOptions own, function::GrantOptions inherited);

}  // namespace msggw::config_files
