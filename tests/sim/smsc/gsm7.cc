// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/gsm7.h"

#include <algorithm>
#include <array>

#include "tests/sim/smsc/utf.h"

namespace msggw::smsc::gsm7 {
namespace {

constexpr char kEscape = 0x1B;

// 3GPP TS 23.038 6.2.1, by septet; 0x1B is the escape and stands for nothing itself.
constexpr std::array<char16_t, 128> kBasic = {
    u'@', u'£', u'$', u'¥', u'è', u'é', u'ù', u'ì', u'ò', u'Ç',  u'\n', u'Ø', u'ø', u'\r', u'Å',
    u'å', u'Δ', u'_', u'Φ', u'Γ', u'Λ', u'Ω', u'Π', u'Ψ', u'Σ',  u'Θ',  u'Ξ', 0,    u'Æ',  u'æ',
    u'ß', u'É', u' ', u'!', u'"', u'#', u'¤', u'%', u'&', u'\'', u'(',  u')', u'*', u'+',  u',',
    u'-', u'.', u'/', u'0', u'1', u'2', u'3', u'4', u'5', u'6',  u'7',  u'8', u'9', u':',  u';',
    u'<', u'=', u'>', u'?', u'¡', u'A', u'B', u'C', u'D', u'E',  u'F',  u'G', u'H', u'I',  u'J',
    u'K', u'L', u'M', u'N', u'O', u'P', u'Q', u'R', u'S', u'T',  u'U',  u'V', u'W', u'X',  u'Y',
    u'Z', u'Ä', u'Ö', u'Ñ', u'Ü', u'§', u'¿', u'a', u'b', u'c',  u'd',  u'e', u'f', u'g',  u'h',
    u'i', u'j', u'k', u'l', u'm', u'n', u'o', u'p', u'q', u'r',  u's',  u't', u'u', u'v',  u'w',
    u'x', u'y', u'z', u'ä', u'ö', u'ñ', u'ü', u'à'};

struct Extended {
  char16_t character;
  char septets[3];
};
// 6.2.1.1
constexpr std::array<Extended, 10> kExtended = {{{u'\f', "\x1B\x0A"},
                                                 {u'^', "\x1B\x14"},
                                                 {u'{', "\x1B\x28"},
                                                 {u'}', "\x1B\x29"},
                                                 {u'\\', "\x1B\x2F"},
                                                 {u'[', "\x1B\x3C"},
                                                 {u'~', "\x1B\x3D"},
                                                 {u']', "\x1B\x3E"},
                                                 {u'|', "\x1B\x40"},
                                                 {u'€', "\x1B\x65"}}};

constexpr std::array<char, 128> all_septets() {
  std::array<char, 128> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i);
  return all;
}
constexpr std::array<char, 128> kSeptets = all_septets();

char32_t extended(char septet) {
  const auto found = std::find_if(kExtended.begin(), kExtended.end(),
                                  [&](const Extended& e) { return e.septets[1] == septet; });
  return found == kExtended.end() ? U' ' : found->character;
}

}  // namespace

std::optional<std::string_view> septets_of(char32_t character) {
  if (character == 0) return std::nullopt;
  const auto found = std::find(kBasic.begin(), kBasic.end(), character);
  if (found != kBasic.end()) return std::string_view(&kSeptets[found - kBasic.begin()], 1);
  for (const Extended& e : kExtended) {
    if (e.character == character) return std::string_view(e.septets, 2);
  }
  return std::nullopt;
}

std::string to_utf8(std::string_view septets) {
  std::string out;
  for (std::size_t i = 0; i < septets.size(); ++i) {
    const auto septet = static_cast<unsigned char>(septets[i]);
    if (septet > 0x7F) {
      append_utf8(out, kReplacement);
    } else if (septets[i] != kEscape) {
      append_utf8(out, kBasic[septet]);
    } else if (++i < septets.size()) {
      append_utf8(out, extended(septets[i]));
    }
  }
  return out;
}

std::string pack(std::string_view septets, unsigned fill) {
  std::string out;
  unsigned bits = 0, held = 0;
  held = fill;
  for (const char septet : septets) {
    bits |= static_cast<unsigned>(septet & 0x7F) << held;
    held += 7;
    for (; held >= 8; held -= 8, bits >>= 8) out.push_back(static_cast<char>(bits));
  }
  if (held > 0) out.push_back(static_cast<char>(bits));
  return out;
}

std::string unpack(std::string_view octets, unsigned fill, std::size_t count) {
  std::string out;
  unsigned bits = 0, held = 0;
  for (const char octet : octets) {
    bits |= static_cast<unsigned>(static_cast<unsigned char>(octet)) << held;
    held += 8;
    if (fill > 0) bits >>= fill, held -= fill, fill = 0;
    for (; held >= 7 && out.size() < count; held -= 7, bits >>= 7) {
      out.push_back(static_cast<char>(bits & 0x7F));
    }
  }
  return out;
}

}  // namespace msggw::smsc::gsm7
