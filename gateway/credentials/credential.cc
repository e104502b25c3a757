// SPDX-License-Identifier: Apache-2.0
#include "gateway/credentials/credential.h"

#include <algorithm>
#include <array>

namespace msggw::credentials {

namespace {

constexpr std::array<std::string_view, kKinds> kWords{"psk", "password", "certificate"};

int digit_of(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> octets_of(std::string_view digits) {
  std::string octets;
  if (digits.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = digit_of(digits[i]);
    const int low = digit_of(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    octets += static_cast<char>(high << 4 | low);
  }
  return octets;
}

}  // namespace

std::string_view name_of(Kind kind) noexcept {
  return kWords.at(static_cast<std::size_t>(kind));
}

std::optional<Kind> kind_of(std::string_view word) noexcept {
  const auto found = std::find(kWords.begin(), kWords.end(), word);
  if (found == kWords.end()) return std::nullopt;
  return static_cast<Kind>(found - kWords.begin());
}

base::Result<std::string> read_key(std::string_view text) {
  constexpr std::string_view kHex = "hex:";
  constexpr std::string_view kText = "text:";
  const auto key = text.starts_with(kText)
                       ? std::optional(std::string(text.substr(kText.size())))
                       : octets_of(text.substr(text.starts_with(kHex) ? kHex.size() : 0));
  if (!key)
    return base::fail(base::Errc::incorrect,
                      "the key is neither pairs of hexadecimal digits nor text behind text:");
  if (key->size() < Credential::kLeastKeyOctets || key->size() > Credential::kMostKeyOctets)
    return base::fail(base::Errc::incorrect, "the key has " + std::to_string(key->size()) +
                                                 " octets, allowed are 16 to 64");
  return *key;
}

base::Result<void> check_name(std::string_view name) {
  const auto is_good = [](char c) { return c > ' ' && c <= '~'; };
  if (!name.empty() && name.size() <= Credential::kMostNameOctets &&
      std::all_of(name.begin(), name.end(), is_good))
    return {};
  return base::fail(base::Errc::incorrect,
                    "name: allowed are 1 to 128 printable characters of ASCII without blanks");
}

}  // namespace msggw::credentials
