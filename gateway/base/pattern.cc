// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/pattern.h"

#include <algorithm>
#include <cstddef>

namespace msggw::base {

namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool continues_character(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Where the character that begins at `at` ends.
std::size_t end_of_character(std::string_view text, std::size_t at) noexcept {
  do ++at;
  while (at < text.size() && continues_character(text[at]));
  return at;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) noexcept {
  std::size_t in_pattern = 0;
  std::size_t in_text = 0;
  // Only the last star needs another try: what an earlier one took is the shortest that there is,
  // and a longer piece could not let more be found behind it.
  std::size_t after_star = kNone;
  std::size_t taken_to = 0;
  while (in_text < text.size()) {
    const char wanted = in_pattern < pattern.size() ? pattern[in_pattern] : '\0';
    const bool there = in_pattern < pattern.size();
    if (there && wanted == '*') {
      after_star = ++in_pattern;
      taken_to = in_text;
    } else if (there && wanted == '?') {
      ++in_pattern;
      in_text = end_of_character(text, in_text);
    } else if (there && wanted == text[in_text]) {
      ++in_pattern;
      ++in_text;
    } else if (after_star != kNone) {
      in_pattern = after_star;
      taken_to = end_of_character(text, taken_to);
      in_text = taken_to;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == kNone;
}

bool matches_any(const std::vector<std::string>& patterns, std::string_view text) noexcept {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, text); });
}

}  // namespace msggw::base
