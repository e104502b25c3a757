// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace msggw::base {

/// The title of a ProblemDetails without a type of its own: the phrase of its HTTP status (RFC 9457
/// 4.2.1). Static storage.
std::string_view problem_title(unsigned status) noexcept;

}  // namespace msggw::base
