// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/language/option_text.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/base/text.h"
#include "gateway/config/language/units.h"

namespace msggw::config_language {

namespace {

/// With '_' between groups of three digits, from five digits on: "20_000".
std::string print_number(std::uint64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 5) return digits;
  for (std::size_t at = digits.size() - 3; at < digits.size(); at -= 3) {
    if (at == 0) break;
    digits.insert(at, 1, '_');
  }
  return digits;
}

/// `text` (UTF-8) as a TOML string with its quotes.
std::string toml_string(std::string_view text) {
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

std::string toml_list(const std::vector<std::string>& items) {
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

}  // namespace

std::string print_value(const Option& option) {
  return std::visit(Print{}, option.field);
}

std::string shown_value(const Option& option) {
  if (!option.is_secret()) return print_value(option);
  const auto& text = std::get<std::string*>(std::get<Text>(option.field).value);
  return toml_string(text->empty() ? std::string_view() : kHidden);
}

std::string name_of(const Option& option) {
  return std::string(option.section) + "." + std::string(option.key);
}

}  // namespace msggw::config_language
