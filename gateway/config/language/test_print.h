// SPDX-License-Identifier: Apache-2.0
// The values of options as the manual has them; the program itself prints none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/base/text.h"
#include "gateway/config/language/option.h"
#include "gateway/config/language/units.h"

namespace msggw::config_language::test {

/// With '_' between groups of three digits, from five digits on: "20_000".
inline std::string print_number(std::uint64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 5) return digits;
  for (std::size_t at = digits.size() - 3; at < digits.size(); at -= 3) {
    if (at == 0) break;
    digits.insert(at, 1, '_');
  }
  return digits;
}

/// `text` (UTF-8) as a TOML string with its quotes.
inline std::string toml_string(std::string_view text) {
  if (text.find_first_of("\"\\") != std::string_view::npos &&
      text.find('\'') == std::string_view::npos && !base::has_control(text)) {
    return "'" + std::string(text) + "'";
  }
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

inline std::string toml_list(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) {
    out.append(out.empty() ? "" : ", ").append(toml_string(item));
  }
  return "[" + out + "]";
}

struct Print {
  std::string operator()(const Flag& field) const { return *field.value ? "true" : "false"; }
  std::string operator()(const Number& field) const {
    const auto number =
        std::visit([](const auto* from) { return std::uint64_t{*from}; }, field.value);
    if (!field.octets) return print_number(number);
    const std::string text = print_octets(number);
    return text.back() == 'B' ? toml_string(text) : text;
  }
  std::string operator()(const OctetOrAuto& field) const {
    return *field.value ? std::to_string(**field.value) : toml_string("auto");
  }
  std::string operator()(const Span& field) const {
    return toml_string(print_duration(
        std::visit([](const auto* from) { return base::Duration{*from}; }, field.value)));
  }
  std::string operator()(const Text& field) const {
    if (const auto* path = std::get_if<std::filesystem::path*>(&field.value)) {
      return toml_string((*path)->native());
    }
    return toml_string(*std::get<std::string*>(field.value));
  }
  std::string operator()(const List& field) const { return toml_list(*field.value); }
  std::string operator()(const Parsed& field) const { return toml_string(field.get()); }
  std::string operator()(const ParsedList& field) const { return toml_list(field.get()); }
  std::string operator()(const Choice& field) const {
    return toml_string(field.words[field.get()]);
  }
};

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

/// The value that the option has now, as TOML.
inline std::string print_value(const Option& option) {
  return std::visit(Print{}, option.field);
}

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
