// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/pattern.h"

#include <doctest/doctest.h>

#include <string>

namespace msggw::base {
namespace {

TEST_CASE("a pattern describes the whole text") {
  struct Row {
    const char* pattern;
    const char* text;
    bool yes;
  };
  const Row rows[] = {
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      {"*", "", true},
      {"***", "", true},
      {"?", "", false},
      {"?", "a", true},
      {"?", "ab", false},
      {"?", "\xC3\xB6", true},
      {"??", "\xC3\xB6", false},
      {"m?ter", "m\xE2\x82\xACter", true},
      {"abc", "abc", true},
      {"abc", "ABC", false},
      {"abc", "abcd", false},
      {"ab*", "ab", true},
      {"ab*", "abcd", true},
      {"ab*", "xabcd", false},
      {"*cd", "abcd", true},
      {"*cd", "abcdcd", true},
      {"*cd", "abcdx", false},
      {"a*b*c", "a1b2c", true},
      {"a*b*c", "abbbbc", true},
      {"a*b*c", "acb", false},
      {"a*?c", "ac", false},
      {"a*?c", "axc", true},
      {"001b63*", "001b638445e6", true},
      {"*-meter-??", "acme-meter-07", true},
      {"*-meter-??", "acme-meter-7", false},
      {"[a]", "a", false},
      {"[a]", "[a]", true},
      {"\\*", "\\anything", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CAPTURE(row.text);
    CHECK(matches(row.pattern, row.text) == row.yes);
  }
}

/// What the definition says, step by step.
bool matches_slowly(const char* pattern, const char* text) {
  if (*pattern == '\0') return *text == '\0';
  if (*pattern == '*') {
    return matches_slowly(pattern + 1, text) ||
           (*text != '\0' && matches_slowly(pattern, text + 1));
  }
  return *text != '\0' && (*pattern == '?' || *pattern == *text) &&
         matches_slowly(pattern + 1, text + 1);
}

/// The `number`-th text over `letters`.
std::string text_of(unsigned number, const std::string& letters) {
  std::string text;
  for (; number > 0; number /= static_cast<unsigned>(letters.size() + 1)) {
    const auto digit = number % (letters.size() + 1);
    if (digit > 0) text += letters[digit - 1];
  }
  return text;
}

TEST_CASE("every short pattern means for every short text what the definition says") {
  for (unsigned p = 0; p < 5U * 5 * 5 * 5 * 5; ++p) {
    const std::string pattern = text_of(p, "ab*?");
    for (unsigned t = 0; t < 3U * 3 * 3 * 3 * 3; ++t) {
      const std::string text = text_of(t, "ab");
      if (matches(pattern, text) != matches_slowly(pattern.c_str(), text.c_str())) {
        FAIL("pattern '" << pattern << "', text '" << text << "'");
      }
    }
  }
}

TEST_CASE("a hostile pattern costs no more than its length times that of the text") {
  std::string pattern;
  for (int i = 0; i < 2'000; ++i) pattern += "*a";
  CHECK_FALSE(matches(pattern + "b", std::string(4'000, 'a')));
  CHECK(matches(pattern, std::string(4'000, 'a')));
}

TEST_CASE("one of several patterns is enough, none are not") {
  CHECK_FALSE(matches_any({}, ""));
  CHECK(matches_any({"x*", "*y"}, "say"));
  CHECK_FALSE(matches_any({"x*", "*z"}, "say"));
}

}  // namespace
}  // namespace msggw::base
