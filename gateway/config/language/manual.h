// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gateway/config/language/option.h"

namespace msggw::config_language {

/// The options of `table` as an annotated TOML text that loads to their values: every section and
/// option with its explanation, commented out ("#key = value", without a space) where it has the
/// value that it has in `defaults`, which declares the same options in the same order. It holds
/// passwords and tokens.
std::string manual_of(const OptionTable& table, const OptionTable& defaults);

}  // namespace msggw::config_language
