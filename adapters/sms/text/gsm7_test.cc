// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/text/gsm7.h"

#include <doctest/doctest.h>

#include <array>

#include "adapters/sms/text/utf.h"

namespace msggw::sms_text {

namespace {

/// TS 23.038 6.2.1, row by row of the low four bits; 0x1B is the escape.
constexpr std::string_view kRows[8] = {
    "@£$¥èéùìòÇ\nØø\rÅå", "Δ_ΦΓΛΩΠΨΣΘΞ\x1BÆæßÉ", " !\"#¤%&'()*+,-./", "0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNO",   "PQRSTUVWXYZÄÖÑÜ§",    "¿abcdefghijklmno",  "pqrstuvwxyzäöñüà"};
/// TS 23.038 6.2.1.1.
constexpr std::pair<char, std::string_view> kExtensions[] = {
    {0x0A, "\f"}, {0x14, "^"}, {0x28, "{"}, {0x29, "}"}, {0x2F, "\\"},
    {0x3C, "["},  {0x3D, "~"}, {0x3E, "]"}, {0x40, "|"}, {0x65, "€"}};

std::string character(char32_t code) {
  std::string out;
  append_character(out, code);
  return out;
}

}  // namespace

TEST_CASE("every character of the default table has its septet, both ways") {
  int seen = 0;
  for (std::size_t row = 0; row < 8; ++row) {
    std::string_view rest = kRows[row];
    for (std::size_t column = 0; column < 16; ++column) {
      const std::string text = character(take_character(rest));
      const std::string septet(1, static_cast<char>(16 * row + column));
      CAPTURE(16 * row + column);
      if (septet[0] == kEscape) continue;
      CHECK(gsm7_decode(septet) == text);
      CHECK(gsm7_encode(text).value() == septet);
      CHECK(gsm7_length(text) == 1);
      ++seen;
    }
    CHECK(rest.empty());
  }
  CHECK(seen == 127);
}

TEST_CASE("every character of the extension table is an escape pair, both ways") {
  for (const auto& [septet, text] : kExtensions) {
    const std::string pair{kEscape, septet};
    CHECK(gsm7_decode(pair) == text);
    CHECK(gsm7_encode(text).value() == pair);
    CHECK(gsm7_length(text) == 2);
  }
}

TEST_CASE("no other character of Unicode is in the tables") {
  std::size_t there = 0;
  for (char32_t code = 0; code < 0x110000; code += code == 0xD7FF ? 0x801 : 1) {
    there += gsm7_length(character(code)) ? 1 : 0;
  }
  CHECK(there == 137);
  CHECK(gsm7_encode("a\x1B").error().code == base::Errc::unsupported);
  CHECK(gsm7_encode("ç").error().code == base::Errc::unsupported);
  CHECK(gsm7_encode("a\xFF").error().code == base::Errc::malformed);
  CHECK(!gsm7_length("a\xFF"));
}

TEST_CASE("an unknown escape shows the default table's character") {
  for (int septet = 0; septet < 0x80; ++septet) {
    const std::string one(1, static_cast<char>(septet));
    bool extended = septet == kEscape;
    for (const auto& row : kExtensions) extended = extended || row.first == septet;
    if (!extended) CHECK(gsm7_decode(kEscape + one) == gsm7_decode(one));
  }
  CHECK(gsm7_decode("a\x1B") == "a ");
  CHECK(gsm7_decode("\x1B\x1B\x65") == " e");
}

TEST_CASE("an octet that is no septet becomes U+FFFD") {
  for (int octet = 0x80; octet < 0x100; ++octet) {
    CHECK(gsm7_decode(std::string(1, static_cast<char>(octet))) == "\uFFFD");
  }
  CHECK(gsm7_decode("a\x1B\xE9z") == "a\uFFFDz");
}

TEST_CASE("known packed texts") {
  CHECK(gsm7_pack("hellohello", 0, Tail::zeros) == "\xE8\x32\x9B\xFD\x46\x97\xD9\xEC\x37");
  CHECK(gsm7_unpack("\xE8\x32\x9B\xFD\x46\x97\xD9\xEC\x37", 0) == "hellohello");
  // Behind a header of 6 octets: one fill bit.
  CHECK(fill_bits(6) == 1);
  CHECK(fill_bits(7) == 0);
  CHECK(fill_bits(12) == 2);
  CHECK(gsm7_pack("a", 6, Tail::zeros) == "\xC2");
  CHECK(gsm7_unpack("\xC2", 6) == "a");
  CHECK(gsm7_pack("", 6, Tail::carriage_return).empty());
  CHECK(gsm7_unpack("", 6).empty());
}

TEST_CASE("packed text round-trips at every length and fill") {
  for (std::size_t header = 0; header <= 14; ++header) {
    for (std::size_t size = 0; size <= 170; ++size) {
      std::string septets;
      for (std::size_t i = 0; i < size; ++i) {
        septets.push_back(static_cast<char>((i * 31 + size) % 128));
      }
      for (const char last : {'z', '@', '\0', '\r'}) {
        if (!septets.empty()) septets.back() = last;
        CAPTURE(header);
        CAPTURE(size);
        CHECK(gsm7_unpack(gsm7_pack(septets, header, Tail::zeros), header, size) == septets);
        const bool fills = (fill_bits(header) + 7 * size) % 8 == 0 && last == '\0';
        if (septets.ends_with("\r\r") || fills) continue;
        CHECK(gsm7_unpack(gsm7_pack(septets, header, Tail::carriage_return), header) == septets);
      }
    }
  }
}

TEST_CASE("7 spare bits are no character, whether zeros or a CR fill them") {
  const std::string zeros = gsm7_pack("abcdefg", 0, Tail::zeros);
  const std::string filled = gsm7_pack("abcdefg", 0, Tail::carriage_return);
  CHECK(zeros.size() == 7);
  CHECK(filled.size() == 7);
  CHECK(gsm7_unpack(zeros, 0, 7) == "abcdefg");
  CHECK(gsm7_unpack(zeros, 0) == "abcdefg");
  CHECK(gsm7_unpack(zeros, 0, 8) == std::string("abcdefg\0", 8));
  CHECK(gsm7_unpack(gsm7_pack(std::string("abcdef\0", 7), 0, Tail::carriage_return), 0) ==
        std::string("abcdef\0", 7));
  CHECK(gsm7_unpack(gsm7_pack(std::string("abcde\0", 6), 0, Tail::zeros), 0) ==
        std::string("abcde\0", 6));  // there are not 7 spare bits
  // Behind a header: 1 fill bit and 6 septets more fill 7 octets less 5 bits, 7 septets more 8.
  for (std::size_t size = 1; size <= 20; ++size)
    CHECK(gsm7_unpack(gsm7_pack(std::string(size, 'x'), 6, Tail::zeros), 6) ==
          std::string(size, 'x'));
  CHECK(gsm7_unpack(filled, 0) == "abcdefg");
  CHECK(gsm7_unpack(filled, 0, 8) == "abcdefg\r");
  // A CR that ends on the octet boundary is written twice, and read once.
  const std::string twice = gsm7_pack("abcdefg\r", 0, Tail::carriage_return);
  CHECK(twice.size() == 8);
  CHECK(gsm7_unpack(twice, 0) == "abcdefg\r");
  CHECK(gsm7_unpack(twice, 0, 9) == "abcdefg\r\r");
  CHECK(gsm7_unpack(twice, 0, 100) == "abcdefg\r\r");
}

}  // namespace msggw::sms_text
