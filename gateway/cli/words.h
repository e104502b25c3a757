// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/ids.h"

namespace msggw::cli {

// Words that several commands take.

/// "ue", "as", "legacy", "non3gpp" of --type.
std::vector<std::string> type_words();
/// Requires one of them.
core::UeType type_of(std::string_view word);

/// What is wrong with one --info NAME=VALUE; empty: nothing.
std::string wrong_info(const std::string& text);
/// The --info options as a compact JSON object in `out`; false if one name is given twice.
bool info_of(const std::vector<std::string>& pairs, std::string& out);

}  // namespace msggw::cli
