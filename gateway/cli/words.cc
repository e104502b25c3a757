// SPDX-License-Identifier: Apache-2.0
#include "gateway/cli/words.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/base/json.h"
#include "gateway/base/result.h"
#include "gateway/base/text.h"

namespace msggw::cli {
namespace {

constexpr std::array kTypes{
    std::pair{"ue", core::UeType::msgin5g_ue}, std::pair{"as", core::UeType::as},
    std::pair{"legacy", core::UeType::legacy_3gpp}, std::pair{"non3gpp", core::UeType::non_3gpp}};

}  // namespace

std::vector<std::string> type_words() {
  std::vector<std::string> words;
  for (const auto& [word, type] : kTypes) words.emplace_back(word);
  return words;
}

core::UeType type_of(std::string_view word) {
  const auto found = std::find_if(kTypes.begin(), kTypes.end(),
                                  [word](const auto& entry) { return entry.first == word; });
  base::ensure(found != kTypes.end(), "the command line takes known types only");
  return found->second;
}

std::string wrong_info(const std::string& text) {
  if (!base::is_utf8(text)) return "not UTF-8";
  return text.find('=') == std::string::npos || text.front() == '=' ? "allowed is NAME=VALUE" : "";
}

bool info_of(const std::vector<std::string>& pairs, std::string& out) {
  std::vector<std::string_view> names;
  for (const std::string& pair : pairs) {
    const auto equals = pair.find('=');
    const auto name = std::string_view(pair).substr(0, equals);
    if (std::find(names.begin(), names.end(), name) != names.end()) return false;
    names.push_back(name);
    out += out.empty() ? '{' : ',';
    base::append_json_string(out, name);
    out += ':';
    base::append_json_string(out, std::string_view(pair).substr(equals + 1));
  }
  if (!out.empty()) out += '}';
  return true;
}

}  // namespace msggw::cli
