// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gateway/config/language/option.h"

namespace msggw::config_language {

/// What stands in place of a secret.
inline constexpr std::string_view kHidden = "(hidden)";

/// "section.key".
std::string name_of(const Option& option);
/// The value that the option has now, as TOML, a secret too.
std::string print_value(const Option& option);
/// The same for people to see: of a secret only whether there is one.
std::string shown_value(const Option& option);

}  // namespace msggw::config_language
