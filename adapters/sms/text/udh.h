// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace msggw::sms_text {

/// Which part of which message (TS 23.040 9.2.3.24.1 and 9.2.3.24.8).
struct Concatenation {
  std::uint16_t reference = 0;  ///< the same in all parts; below 256 unless `wide`
  std::uint8_t total = 0;       ///< 1 to 255
  std::uint8_t sequence = 0;    ///< 1 to `total`
  bool wide = false;            ///< the reference has 16 bits

  bool operator==(const Concatenation&) const = default;
};

/// Application port addresses (TS 23.040 9.2.3.24.3 and 9.2.3.24.4).
struct Ports {
  std::uint16_t destination = 0;
  std::uint16_t originator = 0;

  bool operator==(const Ports&) const = default;
};

/// What a user data header says that matters here.
struct UserDataHeader {
  std::size_t octets = 0;  ///< with its length octet: where the text or data begins
  std::optional<Concatenation> concatenation;
  std::optional<Ports> ports;
  /// Its length and those of its elements do not agree, or it is longer than the data: as
  /// TS 23.040 9.2.3.24 wants, nothing in it counts.
  bool ignored = false;
};

/// The header at the beginning of `user_data`, which is known to have one (the UDHI bit); never
/// fails. Elements that are not known, have the wrong length or impossible numbers (total 0,
/// sequence 0 or above the total) are skipped; of several that say the same the last counts. A
/// header longer than the data takes all of it.
UserDataHeader parse_udh(std::string_view user_data) noexcept;

/// A header with these elements, empty if there are none. Ports are written with 16 bits; a
/// reference that is not wide with its low 8 bits.
std::string write_udh(const std::optional<Concatenation>& concatenation,
                      const std::optional<Ports>& ports);

/// The size of what write_udh() makes, 0 to 13 octets.
constexpr std::size_t udh_size(bool concatenated, bool wide, bool ports) noexcept {
  const std::size_t elements = (concatenated ? (wide ? 6U : 5U) : 0U) + (ports ? 6U : 0U);
  return elements == 0 ? 0 : 1 + elements;
}

}  // namespace msggw::sms_text
