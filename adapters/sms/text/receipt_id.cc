// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/text/receipt_id.h"

#include <algorithm>
#include <cstddef>

namespace msggw::sms_text {

namespace {

constexpr std::size_t kMostDigits = 64;
constexpr std::string_view kDigits = "0123456789abcdef";

std::string_view trimmed(std::string_view id) noexcept {
  constexpr std::string_view kBlank(" \t\r\n\0", 5);
  const std::size_t first = id.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return id.substr(first, id.find_last_not_of(kBlank) - first + 1);
}

std::string lower(std::string_view id) {
  std::string out(id);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string without_zeros(std::string_view id) {
  const std::size_t first = id.find_first_not_of('0');
  if (first == std::string_view::npos) return id.empty() ? "" : "0";
  return std::string(id.substr(first));
}

bool is_number(std::string_view id, std::size_t base) noexcept {
  return !id.empty() && id.size() <= kMostDigits &&
         id.find_first_not_of(kDigits.substr(0, base)) == std::string_view::npos;
}

/// Decimal digits as hexadecimal ones, of any length.
std::string to_hex(std::string_view decimal) {
  std::string low_first;  // hexadecimal digits as numbers
  for (const char digit : decimal) {
    unsigned carry = static_cast<unsigned>(digit - '0');
    for (char& place : low_first) {
      carry += static_cast<unsigned>(place) * 10;
      place = static_cast<char>(carry & 0xF);
      carry >>= 4;
    }
    if (carry != 0) low_first.push_back(static_cast<char>(carry));
  }
  std::string hex;
  for (auto place = low_first.rbegin(); place != low_first.rend(); ++place) {
    hex.push_back(kDigits[static_cast<std::size_t>(*place)]);
  }
  return hex.empty() ? "0" : hex;
}

}  // namespace

std::string same_id_key(std::string_view id, IdForm form) {
  id = trimmed(id);
  const std::string folded = lower(id);
  switch (form.base) {
    case IdForm::Base::as_is: {
      const std::string key = form.fold_case ? folded : std::string(id);
      return form.strip_zeros ? without_zeros(key) : key;
    }
    case IdForm::Base::decimal: return is_number(folded, 10) ? to_hex(folded) : folded;
    case IdForm::Base::hex: {
      const std::string_view digits =
          std::string_view(folded).substr(folded.starts_with("0x") ? 2 : 0);
      return is_number(digits, 16) ? without_zeros(digits) : folded;
    }
  }
  return folded;
}

}  // namespace msggw::sms_text
