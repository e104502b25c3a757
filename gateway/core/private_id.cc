// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/private_id.h"

#include <algorithm>
#include <optional>

#include "gateway/base/text.h"

namespace msggw::core {

namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// What stands behind `prefix`, whose letters may be of either case (URN and URI schemes); none if
/// it does not match.
std::optional<std::string_view> after_prefix(std::string_view text,
                                             std::string_view prefix) noexcept {
  if (text.size() < prefix.size()) return std::nullopt;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    if (lower(text[i]) != prefix[i]) return std::nullopt;
  }
  return text.substr(prefix.size());
}

/// `text` as hex digits in groups of `group` parted by `separator`, in lower case; empty if it is
/// not that.
std::string grouped_hex(std::string_view text, std::size_t digits, std::size_t group,
                        char separator) {
  const std::size_t separators = digits / group - 1;
  if (text.size() != digits + separators) return {};
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % (group + 1) == group) {
      if (text[i] != separator) return {};
    } else if (is_hex(text[i])) {
      out.push_back(lower(text[i]));
    } else {
      return {};
    }
  }
  return out;
}

std::string bare_hex(std::string_view text, std::size_t digits) {
  if (text.size() != digits || !std::all_of(text.begin(), text.end(), is_hex)) return {};
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string as_mac48(std::string_view text) {
  if (auto hex = grouped_hex(text, 12, 2, ':'); !hex.empty()) return hex;
  if (auto hex = grouped_hex(text, 12, 2, '-'); !hex.empty()) return hex;
  if (auto hex = grouped_hex(text, 12, 4, '.'); !hex.empty()) return hex;
  return bare_hex(text, 12);
}

std::string as_eui64(std::string_view text) {
  if (auto hex = grouped_hex(text, 16, 2, ':'); !hex.empty()) return hex;
  if (auto hex = grouped_hex(text, 16, 2, '-'); !hex.empty()) return hex;
  if (auto hex = grouped_hex(text, 16, 4, '.'); !hex.empty()) return hex;
  if (std::all_of(text.begin(), text.end(), is_digit)) return {};
  return bare_hex(text, 16);
}

/// The check digit behind the 14 digits of an IMEI (TS 23.003 annex B: Luhn).
char imei_check_digit(std::string_view digits14) noexcept {
  int sum = 0;
  for (std::size_t i = 0; i < digits14.size(); ++i) {
    const int digit = digits14[i] - '0';
    const int doubled = 2 * digit;
    sum += i % 2 == 0 ? digit : doubled / 10 + doubled % 10;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

std::string as_imei_urn(
    std::string_view text) {  // RFC 7254: TAC, SNR and a spare digit that is always 0
  const bool shape = text.size() == 17 && text[8] == '-' && text[15] == '-' && text[16] == '0';
  if (!shape) return {};
  std::string digits(text.substr(0, 8));
  digits += text.substr(9, 6);
  if (!std::all_of(digits.begin(), digits.end(), is_digit)) return {};
  return digits + imei_check_digit(digits);
}

std::string as_imei(std::string_view text) {
  if (const auto urn = after_prefix(text, "urn:gsma:imei:")) return as_imei_urn(*urn);
  if (const auto bare = after_prefix(text, "imei:")) text = *bare;
  if (text.size() != 15 || !std::all_of(text.begin(), text.end(), is_digit)) return {};
  return text.back() == imei_check_digit(text.substr(0, 14)) ? std::string(text) : std::string{};
}

std::string as_msisdn(std::string_view text) {
  if (const auto number = after_prefix(text, "tel:")) text = *number;
  if (text.empty() || text.front() != '+') return {};
  std::string out = "+";
  for (const char c : text.substr(1)) {
    if (is_digit(c)) {
      out.push_back(c);
    } else if (c != ' ' && c != '-' && c != '.' && c != '(' && c != ')') {
      return {};
    }
  }
  const std::size_t digits = out.size() - 1;
  return digits >= 5 && digits <= 15 ? out : std::string{};
}

std::string as_uuid(std::string_view text) {
  if (const auto urn = after_prefix(text, "urn:uuid:")) text = *urn;
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  std::string hex;
  if (text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' &&
      text[23] == '-') {
    for (const std::size_t from : {0, 9, 14, 19, 24}) {
      hex += text.substr(from, from == 0 ? 8 : from == 24 ? 12 : 4);
    }
    hex = bare_hex(hex, 32);
  } else {
    hex = bare_hex(text, 32);
  }
  if (hex.empty()) return {};
  for (const std::size_t at : {8, 13, 18, 23}) hex.insert(at, 1, '-');
  return hex;
}

/// Whether `pattern` is groups of `digits` hex digits parted by `separator`, with wildcards here
/// and there, and two whole groups at least.
bool has_mac_groups(std::string_view pattern, char separator, std::size_t digits) {
  std::size_t whole = 0;
  for (std::size_t groups = 0;; ++groups) {
    const std::string_view group = pattern.substr(0, pattern.find(separator));
    const bool is_whole = group.size() == digits && std::all_of(group.begin(), group.end(), is_hex);
    const bool fits = std::all_of(group.begin(), group.end(),
                                  [](char c) { return is_hex(c) || c == '?' || c == '*'; });
    const bool is_open = group.find('*') != std::string_view::npos;
    if (!fits || groups == 16 / digits || (!is_open && group.size() != digits)) return false;
    whole += is_whole ? 1 : 0;
    if (group.size() == pattern.size()) return whole >= 2;
    pattern.remove_prefix(group.size() + 1);
  }
}

}  // namespace

std::string why_finds_no_mac(std::string_view pattern) {
  const bool is_meant = has_mac_groups(pattern, ':', 2) || has_mac_groups(pattern, '-', 2) ||
                        has_mac_groups(pattern, '.', 4);
  if (!is_meant) return {};
  std::string bare;
  for (const char c : pattern) {
    if (is_hex(c) || c == '*' || c == '?') bare.push_back(lower(c));
  }
  return "Private IDs that are MACs have lower-case digits and no separators; for them say " +
         bare + ", and for others put ? where the separators are";
}

std::string_view name_of(PrivateIdKind kind) noexcept {
  switch (kind) {
    case PrivateIdKind::opaque: return "opaque";
    case PrivateIdKind::mac48: return "mac48";
    case PrivateIdKind::eui64: return "eui64";
    case PrivateIdKind::imei: return "imei";
    case PrivateIdKind::msisdn: return "msisdn";
    case PrivateIdKind::uuid: return "uuid";
  }
  return "?";
}

base::Result<PrivateId> PrivateId::parse(std::string_view text, std::size_t most_octets) {
  const std::size_t most = std::min(most_octets, kMostOctets);
  if (text.empty()) return base::fail(base::Errc::missing, "the Private ID is empty");
  if (text.size() > most) {
    return base::fail(base::Errc::too_large, "the Private ID has " + std::to_string(text.size()) +
                                                 " octets, at most " + std::to_string(most) +
                                                 " are allowed");
  }
  if (!base::is_utf8(text))
    return base::fail(base::Errc::malformed, "the Private ID is not valid UTF-8");
  if (base::has_control(text)) {
    return base::fail(base::Errc::malformed, "the Private ID holds a control character: \"" +
                                                 base::printable(text) + "\"");
  }
  if (auto mac = as_mac48(text); !mac.empty())
    return PrivateId(std::move(mac), PrivateIdKind::mac48);
  if (auto eui = as_eui64(text); !eui.empty())
    return PrivateId(std::move(eui), PrivateIdKind::eui64);
  if (auto imei = as_imei(text); !imei.empty())
    return PrivateId(std::move(imei), PrivateIdKind::imei);
  if (auto msisdn = as_msisdn(text); !msisdn.empty())
    return PrivateId(std::move(msisdn), PrivateIdKind::msisdn);
  if (auto uuid = as_uuid(text); !uuid.empty())
    return PrivateId(std::move(uuid), PrivateIdKind::uuid);
  return PrivateId(std::string(text), PrivateIdKind::opaque);
}

}  // namespace msggw::core
