// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace msggw::base {

/// Whether `pattern` describes all of `text`. `*` is any text, also none, `?` one character (of
/// UTF-8, not one octet); anything else is itself, letter case counts and nothing is escaped. At
/// most pattern.size() * text.size() steps, whatever the two are.
bool matches(std::string_view pattern, std::string_view text) noexcept;

/// Whether one of them describes it; no patterns describe nothing.
bool matches_any(const std::vector<std::string>& patterns, std::string_view text) noexcept;

}  // namespace msggw::base
