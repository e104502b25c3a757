// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/utf.h"

#include "gateway/base/text.h"

namespace msggw::smsc {
namespace {

char32_t octet(char c) {
  return static_cast<unsigned char>(c);
}

/// Of well-formed UTF-8, at `at`, which moves behind it.
char32_t next_character(std::string_view in, std::size_t& at) {
  const char32_t first = octet(in[at++]);
  if (first < 0x80) return first;
  const unsigned more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  char32_t character = first & (0x3Fu >> more);
  for (unsigned i = 0; i < more; ++i) character = character << 6 | (octet(in[at++]) & 0x3F);
  return character;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

void append_utf8(std::string& out, char32_t c) {
  const auto push = [&out](char32_t value) { out.push_back(static_cast<char>(value)); };
  if (c < 0x80) {
    push(c);
    return;
  }
  if (c < 0x800) {
    push(0xC0 | c >> 6);
  } else {
    if (c < 0x10000) {
      push(0xE0 | c >> 12);
    } else {
      push(0xF0 | c >> 18);
      push(0x80 | (c >> 12 & 0x3F));
    }
    push(0x80 | (c >> 6 & 0x3F));
  }
  push(0x80 | (c & 0x3F));
}

std::optional<std::u32string> code_points(std::string_view utf8) {
  if (!base::is_utf8(utf8)) return std::nullopt;
  std::u32string out;
  out.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) out.push_back(next_character(utf8, at));
  return out;
}

void append_utf16(std::string& out, char32_t c) {
  const auto unit = [&out](char32_t value) {
    out.push_back(static_cast<char>(value >> 8));
    out.push_back(static_cast<char>(value));
  };
  if (c < 0x10000) {
    unit(c);
  } else {
    unit(0xD800 + ((c - 0x10000) >> 10));
    unit(0xDC00 + ((c - 0x10000) & 0x3FF));
  }
}

std::string utf16_to_utf8(std::string_view octets) {
  std::string out;
  const auto unit = [&octets](std::size_t at) {
    return octet(octets[at]) << 8 | octet(octets[at + 1]);
  };
  const auto is_low = [&](std::size_t at) {
    return at + 1 < octets.size() && unit(at) >= 0xDC00 && unit(at) < 0xE000;
  };
  std::size_t at = 0;
  for (; at + 1 < octets.size(); at += 2) {
    const char32_t here = unit(at);
    if (here < 0xD800 || here >= 0xE000) {
      append_utf8(out, here);
    } else if (here < 0xDC00 && is_low(at + 2)) {
      append_utf8(out, 0x10000 + ((here & 0x3FF) << 10) + (unit(at + 2) & 0x3FF));
      at += 2;
    } else {
      append_utf8(out, kReplacement);
    }
  }
  if (at < octets.size()) append_utf8(out, kReplacement);
  return out;
}

std::string latin1_to_utf8(std::string_view octets) {
  std::string out;
  for (const char c : octets) append_utf8(out, octet(c));
  return out;
}

std::string to_hex(std::string_view octets) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(octets.size() * 2);
  for (const char c : octets) {
    out.push_back(kDigits[octet(c) >> 4]);
    out.push_back(kDigits[octet(c) & 0xF]);
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high << 4 | low));
  }
  return out;
}

}  // namespace msggw::smsc
