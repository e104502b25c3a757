// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "tests/sim/smsc/wire.h"

namespace msggw::smsc {

/// How text stands in the octets of a short message. `gsm7` has a septet an octet, `packed` eight
/// septets in seven octets, `binary` is no text.
enum class Alphabet { gsm7, packed, latin1, ucs2, binary };

/// Of a data_coding (SMPP 3.4, 5.2.19, with the groups of 3GPP TS 23.038 4); `standard` is what 0
/// means at this SMSC.
Alphabet alphabet_of(std::uint8_t data_coding, Alphabet standard);

/// The text as UTF-8, hexadecimal for binary. `header` is how many octets of user data header stood
/// before `octets`: packed septets begin at a septet's border behind it.
std::string decode_text(std::string_view octets, Alphabet alphabet, std::size_t header);

/// How the parts of a long text say that they belong together.
enum class Concatenation { udh8, udh16, sar, payload };

/// Which part of what, as a user data header or SAR TLVs say it.
struct Place {
  std::uint16_t reference = 0;
  std::uint8_t total = 1;
  std::uint8_t number = 1;
};

/// User data header in front of `octets` (esm_class has UDHI).
struct UserData {
  std::size_t header_octets = 0;  ///< its length octet counted
  std::optional<Place> place;     ///< of information elements 0 and 8 (3GPP TS 23.040 9.2.3.24)
};
/// None: the header is longer than the octets, or its elements do not fill it.
std::optional<UserData> parse_user_data(std::string_view octets);

/// One short message, ready but for its addresses.
struct Part {
  std::string octets;
  std::uint8_t esm_class = 0;
  std::uint8_t data_coding = 0;
  bool is_payload = false;
  std::optional<Segment> segment;
};

struct Encoding {
  std::optional<Alphabet> alphabet;  ///< none: gsm7 if that can write the text, else UCS2
  Concatenation concatenation = Concatenation::udh8;
  std::uint16_t reference = 0;
};

/// A text in as few short messages as hold it; escape pairs and surrogates stay together.
/// incorrect: not UTF-8, or characters that the alphabet does not have; too_large: more than 255
/// parts, or more than 64,000 octets of payload.
base::Result<std::vector<Part>> parts_of_text(std::string_view utf8, const Encoding& encoding);
/// The same for octets that stay as they are.
base::Result<std::vector<Part>> parts_of_octets(std::string_view octets, const Encoding& encoding);

}  // namespace msggw::smsc
