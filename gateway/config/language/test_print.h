// SPDX-License-Identifier: Apache-2.0
// What is allowed of options, as the manual says it; the program itself prints none of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/config/language/option.h"
#include "gateway/config/language/option_text.h"
#include "gateway/config/language/units.h"

namespace msggw::config_language::test {

inline std::string at_most(std::size_t items) {
  return "At most " + std::to_string(items) + ".";
}

inline std::string range(const std::string& least, const std::string& most) {
  return "Allowed: " + least + " to " + most + ".";
}

struct Allowed {
  std::string operator()(const Flag&) const { return {}; }
  std::string operator()(const Number& field) const {
    const auto print = [&](std::uint64_t number) {
      return field.octets ? print_octets(number) : std::to_string(number);
    };
    return range(print(field.least), print(field.most));
  }
  std::string operator()(const OctetOrAuto&) const { return "Allowed: 0 to 255 or \"auto\"."; }
  std::string operator()(const Span& field) const {
    return range(print_duration(field.least), print_duration(field.most));
  }
  std::string operator()(const Text& field) const {
    if (field.most_octets == Text::kMostOctets) return {};
    return "At most " + std::to_string(field.most_octets) + " octets.";
  }
  std::string operator()(const List& field) const { return at_most(field.most_items); }
  std::string operator()(const Parsed&) const { return {}; }
  std::string operator()(const ParsedList& field) const { return at_most(field.most_items); }
  std::string operator()(const Choice& field) const {
    std::string words;
    for (const auto word : field.words) words.append(words.empty() ? "" : ", ").append(word);
    return "One of: " + words + ".";
  }
};

/// What is allowed beyond the kind of value, one sentence; may be empty.
inline std::string allowed(const Option& option) {
  return std::visit(Allowed{}, option.field);
}

/// The options of `table` that have another value than in `defaults`, which declares the same ones,
/// as a TOML text.
inline std::string written(const OptionTable& table, const OptionTable& defaults) {
  std::string out;
  std::string_view section;
  for (std::size_t i = 0; i < table.options().size(); ++i) {
    const Option& option = table.options()[i];
    const std::string value = print_value(option);
    if (value == print_value(defaults.options()[i])) continue;
    if (option.section != section) out.append("[").append(option.section).append("]\n");
    section = option.section;
    out.append(option.key).append(" = ").append(value).append("\n");
  }
  return out;
}

}  // namespace msggw::config_language::test
