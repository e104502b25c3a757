// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace msggw::sms_text {

// The GSM 7-bit default alphabet and its extension table (TS 23.038 6.2.1). "Septets" are one in an
// octet, 0x00 to 0x7F, as SMPP usually carries them; "packed" are 8 septets in 7 octets.

/// Leads a character of the extension table; never a character itself.
inline constexpr char kEscape = 0x1B;

/// Returns the septets that `text` takes, 2 for a character of the extension table. Returns none if
/// it is not UTF-8 or has a character that is in neither table.
std::optional<std::size_t> gsm7_length(std::string_view text) noexcept;

/// Returns malformed if `text` is not UTF-8, unsupported if it has a character that is in neither
/// table.
base::Result<std::string> gsm7_encode(std::string_view text);

/// UTF-8 of `septets`; never fails. An escape before a septet that the extension table does not
/// have shows the septet's character of the default table; a second escape, or one at the end, is a
/// space (6.2.1 and 6.2.1.1). An octet from 0x80 on is U+FFFD.
std::string gsm7_decode(std::string_view septets);

/// Bits between a header of `udh_octets` octets (its length octet included) and the septet boundary
/// that packed text starts on, 0 to 6 (TS 23.040 9.2.3.24).
constexpr std::size_t fill_bits(std::size_t udh_octets) noexcept {
  return (7 - 8 * udh_octets % 7) % 7;
}

/// What is put into 7 spare bits at the end, where nothing could be told from '@'.
enum class Tail {
  zeros,            ///< the receiver is told the number of septets, as TP-UDL does
  carriage_return,  ///< it is not, as in SMPP: TS 23.038 6.1.2.3.1
};

/// What follows the header, fill bits first. Tail::carriage_return also repeats a CR that ends on
/// an octet boundary, which makes one octet more.
std::string gsm7_pack(std::string_view septets, std::size_t udh_octets, Tail tail);

/// The septets in `packed`, which follows a header of `udh_octets` octets. With `septets` given: as
/// many, or as many as there are. Without: as many as there are, less a last one that only fills 7
/// spare bits, be it '@', which is zeros (TS 23.038 6.1.2.1), or a CR, and less the CR that
/// gsm7_pack() repeats under Tail::carriage_return.
std::string gsm7_unpack(std::string_view packed, std::size_t udh_octets,
                        std::optional<std::size_t> septets = std::nullopt);

}  // namespace msggw::sms_text
