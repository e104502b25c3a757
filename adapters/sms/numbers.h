// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/sms/options.h"
#include "adapters/sms/smpp/pdu.h"
#include "gateway/base/result.h"
#include "gateway/core/tables.h"

namespace msggw::sms {

/// The number behind an address in E.164, "+" and 5 to 15 digits: a phone has one Private ID,
/// however its SMSC writes its number. By TON (SMPP 3.4 5.2.5):
///
/// - 1 international: the digits as they are; a leading '+' or international prefix is taken away.
/// - 2 national: the digits behind `country_code`; a leading national prefix is taken away.
/// - 0 unknown: told by '+', by the prefixes, or without one by `bare_numbers`.
/// - Others are no number that is unique in the world.
///
/// Returns incorrect, with the reason, if there is none.
base::Result<std::string> to_e164(const smpp::Address& address, const Options& options);

/// Returns the number of a device: its Private ID or, if it is known by another one, the first
/// alias that is a number; empty: it has none.
std::string number_of(core::DeviceNo device, const core::Tables& tables);

/// Returns an address of the gateway without a leading '+', which not all SMSCs write.
constexpr std::string_view digits_of(std::string_view address) noexcept {
  return address.substr(address.starts_with('+') ? 1 : 0);
}

/// One of Options::sources: an address, or an address and an application port, "12345:16001".
struct Source {
  smpp::Address address;
  std::optional<std::uint16_t> port;  ///< its originator port, where messages have ports
};
Source parse_source(const std::string& source);
/// By what of its own the gateway remembers whom a phone writes to: the address, with the port if
/// there is a source of both.
std::string own_name(std::string_view address, std::optional<std::uint16_t> port,
                     const Options& options);

/// Returns `source` of the configuration as an address: "+digits" is international, digits alone
/// are a short code (TON unknown), anything else is alphanumeric.
smpp::Address source_address(const std::string& source);

}  // namespace msggw::sms
