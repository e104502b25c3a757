// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/text.h"

#include <doctest/doctest.h>

namespace msggw::base {

namespace {

constexpr std::string_view kGood[] = {
    "",
    "plain",
    std::string_view("\0", 1),
    "\x7F",
    "\xC2\x80",          // U+0080
    "\xDF\xBF",          // U+07FF
    "\xE0\xA0\x80",      // U+0800
    "\xED\x9F\xBF",      // U+D7FF
    "\xEE\x80\x80",      // U+E000
    "\xEF\xBF\xBF",      // U+FFFF
    "\xF0\x90\x80\x80",  // U+10000
    "\xF4\x8F\xBF\xBF",  // U+10FFFF
};

constexpr std::string_view kBad[] = {
    "\x80",  // a tail alone
    "\xBF",
    "\xC0\x80",  // overlong NUL
    "\xC1\xBF",
    "\xC2",  // cut off
    "\xC2 ",
    "\xE0\x9F\xBF",  // overlong
    "\xE2\x82",
    "\xED\xA0\x80",      // U+D800, a surrogate
    "\xED\xBF\xBF",      // U+DFFF
    "\xF0\x8F\xBF\xBF",  // overlong
    "\xF0\x9F\x98",
    "\xF4\x90\x80\x80",  // U+110000
    "\xF5\x80\x80\x80",
    "\xFF",
};

}  // namespace

TEST_CASE("UTF-8 is told from what is not") {
  for (const auto text : kGood) {
    CAPTURE(printable(text));
    CHECK(is_utf8(text));
    CHECK(is_utf8(std::string("a").append(text).append("z")));
  }
  for (const auto text : kBad) {
    CAPTURE(printable(text));
    CHECK_FALSE(is_utf8(text));
    CHECK_FALSE(is_utf8(std::string("a").append(text)));
    CHECK_FALSE(is_utf8(std::string(text) + "z"));
  }
}

TEST_CASE("as UTF-8: good text stays, each octet of bad text is replaced") {
  const auto as_utf8 = [](std::string_view text) {
    std::string out = "<";
    append_as_utf8(out, text);
    return out;
  };
  for (const auto text : kGood) CHECK(as_utf8(text) == std::string("<").append(text));
  for (const auto text : kBad) {
    CAPTURE(printable(text));
    CHECK(is_utf8(as_utf8(text)));
  }
  CHECK(as_utf8("a\xFFz") == "<a\xEF\xBF\xBDz");
  CHECK(as_utf8("\xE2\x82") == "<\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("controls are found, also those beyond ASCII, and nothing else is") {
  for (const auto text :
       {std::string_view("\0", 1), std::string_view("a\nb"), std::string_view("\x1F"),
        std::string_view("\x7F"), std::string_view("x\xC2\x80"), std::string_view("\xC2\x9F"),
        std::string_view("\xFF\n")}) {
    CAPTURE(printable(text));
    CHECK(has_control(text));
  }
  for (const auto text : {"", " ", "~", "\xC2\xA0", "\xC3\xA4", "\xE2\x80\xA8", "\xFF"}) {
    CAPTURE(printable(text));
    CHECK_FALSE(has_control(text));
  }
}

TEST_CASE("printable text holds no octet that could forge a log line") {
  CHECK(printable("abc") == "abc");
  CHECK(printable("\xC3\xA4") == "\xC3\xA4");
  CHECK(printable("a\nb") == "a\\x0ab");
  CHECK(printable("\"\\") == "\\x22\\x5c");
  CHECK(printable("\xFF\xC2\x85") == "\\xff\\xc2\\x85");
  CHECK(printable("0123456789", 4) == "0123...");
  CHECK(printable("0123", 4) == "0123");
  CHECK(printable("", 0) == "");
}

TEST_CASE("an octet means the same wherever it stands in a long text") {
  for (int octet = 0; octet < 256; ++octet) {
    const bool control = octet < 0x20 || octet == 0x7F;
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'a');
      text[at] = static_cast<char>(octet);
      CHECK(is_utf8(text) == (octet < 0x80));
      CHECK(has_control(text) == control);
    }
  }
}

TEST_CASE("marks of direction and other characters that are not seen are shown") {
  CHECK(printable("ab\u202Ecd") == "ab\\xe2\\x80\\xaecd");
  for (const char* hidden :
       {"\u061C", "\u200B", "\u200E", "\u200F", "\u2028", "\u2029", "\u202A", "\u202D", "\u202E",
        "\u2060", "\u2066", "\u2069", "\uFEFF", "\n", "\xFF"}) {
    CAPTURE(printable(hidden));
    CHECK_FALSE(is_plain(std::string("a").append(hidden).append("z")));
    CHECK(printable(hidden).find_first_not_of("\\x0123456789abcdef") == std::string::npos);
  }
  for (const char* seen : {"", "a", "\u00E4", "\u061B", "\u2010", "\u2027", "\u202F", "\u2070",
                           "\u20AC", "\u05D0", "\U0001F600"}) {
    CAPTURE(seen);
    CHECK(is_plain(seen));
    CHECK(printable(seen) == seen);
  }
}

}  // namespace msggw::base
