// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/numbers.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "gateway/base/text.h"

namespace msggw::sms {

namespace {

constexpr std::uint8_t kUnknown = 0;
constexpr std::uint8_t kInternational = 1;
constexpr std::uint8_t kNational = 2;
constexpr std::uint8_t kAlphanumeric = 5;
constexpr std::uint8_t kE164 = 1;
constexpr std::size_t kLeastDigits = 5;
constexpr std::size_t kMostDigits = 15;  // ITU-T E.164 6

bool is_digits(std::string_view text) noexcept {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool take_prefix(std::string_view& text, std::string_view prefix) noexcept {
  if (prefix.empty() || !text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

tl::unexpected<base::Error> no_number(const smpp::Address& address, std::string_view why) {
  return base::fail(base::Errc::incorrect, "'" + base::printable(address.text) + "' (TON " +
                                               std::to_string(address.ton) +
                                               ") is no number in E.164: " + std::string(why));
}

}  // namespace

base::Result<std::string> to_e164(const smpp::Address& address, const Options& options) {
  std::string_view digits = address.text;
  const bool plus = take_prefix(digits, "+");
  bool national = false;
  if (address.ton == kInternational || plus) {
    if (!plus) take_prefix(digits, options.international_prefix);
  } else if (address.ton == kNational) {
    national = true;
  } else if (address.ton == kUnknown) {
    if (!take_prefix(digits, options.international_prefix)) {
      national = !options.country_code.empty() && !options.national_prefix.empty() &&
                 digits.starts_with(options.national_prefix);
      if (!national && options.bare_numbers == BareNumbers::refuse)
        return no_number(address, "without a prefix it is refused by sms.bare_numbers");
      national = national || options.bare_numbers == BareNumbers::national;
    }
  } else {
    return no_number(address, "of this type of number none is unique in the world");
  }
  if (!is_digits(digits)) return no_number(address, "there must be digits only");
  std::string number = "+";
  if (national) {
    if (options.country_code.empty())
      return no_number(address, "it is national, and sms.country_code is not set");
    take_prefix(digits, options.national_prefix);
    number += options.country_code;
  }
  number += digits;
  if (number.size() - 1 < kLeastDigits || number.size() - 1 > kMostDigits)
    return no_number(address, "it must have 5 to 15 digits");
  if (number[1] == '0') return no_number(address, "no country code begins with 0");
  return number;
}

std::string number_of(core::DeviceNo device, const core::Tables& tables) {
  const core::Device& row = tables.device(device);
  if (row.kind == core::PrivateIdKind::msisdn) return row.private_id;
  for (const std::string& alias : tables.aliases(device)) {
    const auto parsed = core::PrivateId::parse(alias);
    if (parsed && parsed->kind() == core::PrivateIdKind::msisdn) return alias;
  }
  return {};
}

Source parse_source(const std::string& source) {
  const std::size_t colon = std::min(source.find(':'), source.size());
  Source parsed{source_address(source.substr(0, colon)), std::nullopt};
  std::uint16_t port = 0;
  if (colon == source.size()) return parsed;
  if (std::from_chars(source.data() + colon + 1, source.data() + source.size(), port).ec ==
      std::errc())
    parsed.port = port;
  return parsed;
}

std::string own_name(std::string_view address, std::optional<std::uint16_t> port,
                     const Options& options) {
  std::string name(digits_of(address));
  if (!port) return name;
  const auto has_both = [&](const std::string& source) {
    const Source one = parse_source(source);
    return one.port == port && digits_of(one.address.text) == digits_of(address);
  };
  if (std::ranges::any_of(options.sources, has_both)) name += ':' + std::to_string(*port);
  return name;
}

smpp::Address source_address(const std::string& source) {
  if (source.starts_with('+')) return {kInternational, kE164, source.substr(1)};
  if (is_digits(source)) return {kUnknown, kE164, source};
  return {kAlphanumeric, kUnknown, source};
}

}  // namespace msggw::sms
