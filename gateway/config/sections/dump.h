// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gateway/config/sections/config.h"

namespace msggw::config {

/// `config` as an annotated TOML file that loads to the same values: every option with its
/// explanation, commented out
/// ("#key = value", without a space) where it has its default. It holds passwords and tokens. For
/// Config{} this is the manual, etc/msggw.toml.
std::string dump(const Config& config);

}  // namespace msggw::config
