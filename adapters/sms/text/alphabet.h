// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace msggw::sms_text {

enum class Alphabet {
  gsm7,    ///< TS 23.038 6.2.1
  latin1,  ///< ISO 8859-1; also IA5, which is its lower half
  octets,  ///< no text, or text in an alphabet that is not spoken here
  ucs2,    ///< UTF-16, high octet first
};

/// What data_coding 0, "SMSC Default Alphabet" in SMPP 3.4 5.2.19, means at one SMSC.
enum class DefaultCoding { gsm7_unpacked, gsm7_packed, latin1 };

struct Coding {
  Alphabet alphabet = Alphabet::gsm7;
  bool packed = false;  ///< gsm7 only: 8 septets in 7 octets

  bool operator==(const Coding&) const = default;
};

/// How to read a short message with this data_coding: below 0x10 by SMPP 3.4 5.2.19, above by
/// TS 23.038 clause 4, where what is reserved is gsm7. Compressed text (TS 23.042) and alphabets
/// that are not spoken here (JIS, Cyrillic ...) are octets. Where a GSM 7-bit value other than 0 is
/// met, text is packed if that of data_coding 0 is.
Coding coding_of(std::uint8_t data_coding, DefaultCoding default_coding) noexcept;

/// The data_coding to send: 0, 3, 4 or 8. For gsm7 to an SMSC whose data_coding 0 is latin1: 0xF1,
/// the one GSM 7-bit value that asks for nothing special (class 1 is what a phone does anyway).
std::uint8_t data_coding_of(Alphabet alphabet, DefaultCoding default_coding) noexcept;

/// gsm7 if `text` has nothing else, else ucs2; octets if it is not UTF-8. Where data_coding 0 is
/// latin1: latin1 instead of gsm7 if every character is in both.
Alphabet best_alphabet(std::string_view text, DefaultCoding default_coding) noexcept;

/// The user data of one part behind a header of `udh_octets` octets in the form in which parts can
/// be put one after the other: packed septets are unpacked, all else stays as it is.
std::string joinable(Coding coding, std::string_view user_data, std::size_t udh_octets);

/// UTF-8 of joinable user data; octets as they are. Never fails: what cannot be read is U+FFFD
/// (gsm7.h, utf.h).
std::string decode(Alphabet alphabet, std::string_view user_data);

/// Joinable user data of `text`; for octets `text` as it is. Returns malformed if it
/// is not UTF-8, unsupported if the alphabet does not have a character of it.
base::Result<std::string> encode(Alphabet alphabet, std::string_view text);

}  // namespace msggw::sms_text
