// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace msggw::msgin5g {

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kProblemJson = "application/problem+json";

/// Whether a Content-Type names that type, in whatever letter case and with whatever parameters.
bool is_type(std::string_view content_type, std::string_view type) noexcept;

}  // namespace msggw::msgin5g
