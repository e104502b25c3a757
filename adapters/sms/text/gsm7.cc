// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/text/gsm7.h"

#include <algorithm>
#include <array>

#include "adapters/sms/text/utf.h"
#include "gateway/base/text.h"

namespace msggw::sms_text {

namespace {

constexpr char kCarriageReturn = 0x0D;
constexpr char kAt = 0x00;
constexpr std::uint8_t kExtended = 0x80;  ///< in a Code: an escape goes before
constexpr std::uint8_t kNone = 0xFF;

constexpr std::array<char16_t, 128> kDefault{
    u'@', u'£', u'$', u'¥', u'è', u'é', u'ù', u'ì', u'ò', u'Ç',  u'\n', u'Ø', u'ø',    u'\r', u'Å',
    u'å', u'Δ', u'_', u'Φ', u'Γ', u'Λ', u'Ω', u'Π', u'Ψ', u'Σ',  u'Θ',  u'Ξ', u'\x1B', u'Æ',  u'æ',
    u'ß', u'É', u' ', u'!', u'"', u'#', u'¤', u'%', u'&', u'\'', u'(',  u')', u'*',    u'+',  u',',
    u'-', u'.', u'/', u'0', u'1', u'2', u'3', u'4', u'5', u'6',  u'7',  u'8', u'9',    u':',  u';',
    u'<', u'=', u'>', u'?', u'¡', u'A', u'B', u'C', u'D', u'E',  u'F',  u'G', u'H',    u'I',  u'J',
    u'K', u'L', u'M', u'N', u'O', u'P', u'Q', u'R', u'S', u'T',  u'U',  u'V', u'W',    u'X',  u'Y',
    u'Z', u'Ä', u'Ö', u'Ñ', u'Ü', u'§', u'¿', u'a', u'b', u'c',  u'd',  u'e', u'f',    u'g',  u'h',
    u'i', u'j', u'k', u'l', u'm', u'n', u'o', u'p', u'q', u'r',  u's',  u't', u'u',    u'v',  u'w',
    u'x', u'y', u'z', u'ä', u'ö', u'ñ', u'ü', u'à'};

struct Extension {
  std::uint8_t septet;
  char16_t character;
};
constexpr std::array kExtension{
    Extension{0x0A, u'\f'}, Extension{0x14, u'^'}, Extension{0x28, u'{'}, Extension{0x29, u'}'},
    Extension{0x2F, u'\\'}, Extension{0x3C, u'['}, Extension{0x3D, u'~'}, Extension{0x3E, u']'},
    Extension{0x40, u'|'},  Extension{0x65, u'€'}};

/// Septets of U+0000 to U+00FF, with kExtended, or kNone.
constexpr std::array<std::uint8_t, 256> kOfLatin1 = [] {
  std::array<std::uint8_t, 256> codes{};
  codes.fill(kNone);
  for (std::size_t i = 0; i < kDefault.size(); ++i) {
    if (kDefault[i] < 256 && i != kEscape) codes[kDefault[i]] = static_cast<std::uint8_t>(i);
  }
  for (const Extension& row : kExtension) {
    if (row.character < 256) codes[row.character] = row.septet | kExtended;
  }
  return codes;
}();

std::uint8_t code_of(char32_t character) noexcept {
  if (character < 256) return kOfLatin1[character];
  if (character == U'€') return 0x65 | kExtended;
  for (std::uint8_t septet = 0x10; septet <= 0x1A; ++septet) {  // the Greek capitals
    if (kDefault[septet] == character) return septet;
  }
  return kNone;
}

char32_t extension_of(std::uint8_t septet) noexcept {
  if (septet == kEscape) return U' ';
  for (const Extension& row : kExtension) {
    if (row.septet == septet) return row.character;
  }
  return septet < 0x80 ? kDefault[septet] : kReplacement;
}

}  // namespace

std::optional<std::size_t> gsm7_length(std::string_view text) noexcept {
  if (!base::is_utf8(text)) return std::nullopt;
  std::size_t septets = 0;
  while (!text.empty()) {
    const std::uint8_t code = code_of(take_character(text));
    if (code == kNone) return std::nullopt;
    septets += (code & kExtended) != 0 ? 2 : 1;
  }
  return septets;
}

base::Result<std::string> gsm7_encode(std::string_view text) {
  if (!base::is_utf8(text)) return base::fail(base::Errc::malformed, "text is not UTF-8");
  std::string septets;
  septets.reserve(text.size());
  while (!text.empty()) {
    const std::uint8_t code = code_of(take_character(text));
    if (code == kNone) {
      return base::fail(base::Errc::unsupported,
                        "text has a character outside the GSM 7-bit alphabet");
    }
    if ((code & kExtended) != 0) septets.push_back(kEscape);
    septets.push_back(static_cast<char>(code & 0x7F));
  }
  return septets;
}

std::string gsm7_decode(std::string_view septets) {
  std::string text;
  text.reserve(septets.size());
  for (std::size_t i = 0; i < septets.size(); ++i) {
    const auto septet = static_cast<std::uint8_t>(septets[i]);
    if (septet >= 0x80) {
      append_character(text, kReplacement);
    } else if (septet != kEscape) {
      append_character(text, kDefault[septet]);
    } else if (++i < septets.size()) {
      append_character(text, extension_of(static_cast<std::uint8_t>(septets[i])));
    } else {
      append_character(text, U' ');
    }
  }
  return text;
}

std::string gsm7_pack(std::string_view septets, std::size_t udh_octets, Tail tail) {
  const std::size_t fill = fill_bits(udh_octets);
  const std::size_t over = (fill + 7 * septets.size()) % 8;
  const bool ends_in_cr = !septets.empty() && septets.back() == kCarriageReturn;
  const bool add_cr =
      tail == Tail::carriage_return && !septets.empty() && (over == 1 || (over == 0 && ends_in_cr));
  const std::size_t count = septets.size() + (add_cr ? 1 : 0);
  std::string packed((fill + 7 * count + 7) / 8, '\0');
  if (count == 0) packed.clear();
  for (std::size_t i = 0, bit = fill; i < count; ++i, bit += 7) {
    const unsigned septet = (i < septets.size() ? septets[i] : kCarriageReturn) & 0x7F;
    const unsigned shifted = septet << (bit % 8);
    packed[bit / 8] = static_cast<char>(packed[bit / 8] | (shifted & 0xFF));
    if (shifted > 0xFF) packed[bit / 8 + 1] = static_cast<char>(shifted >> 8);
  }
  return packed;
}

std::string gsm7_unpack(std::string_view packed, std::size_t udh_octets,
                        std::optional<std::size_t> septets) {
  const std::size_t fill = fill_bits(udh_octets);
  const std::size_t there = packed.empty() ? 0 : (8 * packed.size() - fill) / 7;
  const std::size_t count = std::min(septets.value_or(there), there);
  std::string out;
  out.reserve(count);
  for (std::size_t i = 0, bit = fill; i < count; ++i, bit += 7) {
    unsigned two = static_cast<std::uint8_t>(packed[bit / 8]);
    if (bit / 8 + 1 < packed.size()) {
      two |= static_cast<unsigned>(static_cast<std::uint8_t>(packed[bit / 8 + 1])) << 8;
    }
    out.push_back(static_cast<char>((two >> (bit % 8)) & 0x7F));
  }
  if (septets || out.empty()) return out;
  const std::size_t spare = packed.size() * 8 - fill - 7 * there;
  const bool fills = spare == 0 && (out.back() == kCarriageReturn || out.back() == kAt);
  const bool repeated = spare == 1 && out.ends_with("\r\r");
  if (fills || repeated) out.pop_back();
  return out;
}

}  // namespace msggw::sms_text
