// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace msggw::config {

/// etc/msggw.toml, which explains every option there is and has its default, commented out
/// ("#key = value", without a space).
extern const std::string_view kManual;

}  // namespace msggw::config
