// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/text.h"

#include <cstdint>
#include <cstring>

namespace msggw::base {

namespace {

/// Octets of the well-formed sequence that `text` (not empty) begins with, 0 if there is none
/// (Unicode table 3-7).
std::size_t sequence_length(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xC0) == 0x80; };
  const std::uint8_t lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool overlong = lead == 0xE0 && at(1) < 0xA0;
    const bool surrogate = lead == 0xED && at(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool overlong = lead == 0xF0 && at(1) < 0x90;
    const bool above_unicode = lead == 0xF4 && at(1) > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !above_unicode ? 4 : 0;
  }
  return 0;
}

/// A 1 in each octet.
constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;

/// How many octets at the front are printable ASCII, as nearly all of a name is: they need no look
/// at what they mean.
std::size_t printable_run(std::string_view text) noexcept {
  std::size_t run = 0;
  // Eight at a time: one beyond ASCII, one below a space and DEL each set a high bit.
  for (std::uint64_t word; text.size() - run >= sizeof word; run += sizeof word) {
    std::memcpy(&word, text.data() + run, sizeof word);
    if (((word | (word - 0x20 * kOnes) | (word + kOnes)) & 0x80 * kOnes) != 0) break;
  }
  while (run < text.size() && text[run] >= 0x20 && text[run] < 0x7F) ++run;
  return run;
}

bool is_control(std::string_view sequence) noexcept {
  const auto lead = static_cast<std::uint8_t>(sequence[0]);
  if (sequence.size() == 1) return lead < 0x20 || lead == 0x7F;
  return sequence.size() == 2 && lead == 0xC2 && static_cast<std::uint8_t>(sequence[1]) < 0xA0;
}

/// Characters that are not seen but move what stands beside them, or seem to end a line (Unicode
/// UAX 9, 14): with one of them in a name a table says what it does not.
bool is_hidden(std::string_view sequence) noexcept {
  if (sequence.size() == 2) return sequence == "\xD8\x9C";  // U+061C
  if (sequence.size() != 3) return false;
  const auto last = static_cast<std::uint8_t>(sequence[2]);
  if (sequence.starts_with("\xE2\x80"))  // U+200B to 200F, U+2028 to 202E
    return (last >= 0x8B && last <= 0x8F) || (last >= 0xA8 && last <= 0xAE);
  if (sequence.starts_with("\xE2\x81")) return last >= 0xA0 && last <= 0xAF;  // U+2060 to 206F
  return sequence == "\xEF\xBB\xBF";                                          // U+FEFF
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  for (text.remove_prefix(printable_run(text)); !text.empty();
       text.remove_prefix(printable_run(text))) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void append_as_utf8(std::string& out, std::string_view text) {
  if (is_utf8(text)) {
    out.append(text);
    return;
  }
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    out.append(length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

bool has_control(std::string_view text) noexcept {
  for (text.remove_prefix(printable_run(text)); !text.empty();
       text.remove_prefix(printable_run(text))) {
    const std::size_t length = sequence_length(text);
    if (length > 0 && is_control(text.substr(0, length))) return true;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return false;
}

bool is_plain(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const std::string_view sequence = text.substr(0, length);
    if (length == 0 || is_control(sequence) || is_hidden(sequence)) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view octets, std::size_t most) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  std::size_t taken = 0;
  while (taken < octets.size() && taken < most) {
    const std::string_view rest = octets.substr(taken);
    const std::size_t length = sequence_length(rest);
    const bool plain =
        length > 0 && is_plain(rest.substr(0, length)) && rest[0] != '"' && rest[0] != '\\';
    if (plain) {
      out.append(rest.substr(0, length));
      taken += length;
      continue;
    }
    const auto octet = static_cast<std::uint8_t>(rest[0]);
    out += {'\\', 'x', kHex[octet >> 4], kHex[octet & 15]};
    ++taken;
  }
  if (taken < octets.size()) out += "...";
  return out;
}

}  // namespace msggw::base
