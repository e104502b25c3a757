// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/short_text.h"

#include <algorithm>

#include "tests/sim/smsc/gsm7.h"
#include "tests/sim/smsc/utf.h"

namespace msggw::smsc {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMostParts = 255;
constexpr std::size_t kMostPayload = 64'000;
constexpr std::size_t kTpduOctets = 140;  // 3GPP TS 23.040 9.2.3.24
constexpr std::size_t kTpduSeptets = 160;

/// A text cut where it may be cut: each unit is one character in the alphabet's form.
struct Units {
  Alphabet alphabet;
  std::string octets;
  std::vector<std::uint8_t> sizes;
};

std::optional<Units> units_of(const std::u32string& text, Alphabet alphabet) {
  Units units{alphabet, {}, {}};
  for (const char32_t c : text) {
    const std::size_t before = units.octets.size();
    switch (alphabet) {
      case Alphabet::gsm7:
      case Alphabet::packed: {
        const auto septets = gsm7::septets_of(c);
        if (!septets) return std::nullopt;
        units.octets.append(*septets);
        break;
      }
      case Alphabet::latin1:
        if (c > 0xFF) return std::nullopt;
        units.octets.push_back(static_cast<char>(c));
        break;
      case Alphabet::ucs2: append_utf16(units.octets, c); break;
      case Alphabet::binary: append_utf8(units.octets, c); break;
    }
    units.sizes.push_back(static_cast<std::uint8_t>(units.octets.size() - before));
  }
  return units;
}

bool in_septets(Alphabet alphabet) {
  return alphabet == Alphabet::gsm7 || alphabet == Alphabet::packed;
}

std::uint8_t data_coding_of(Alphabet alphabet) {
  switch (alphabet) {
    case Alphabet::gsm7:
    case Alphabet::packed: return 0x00;
    case Alphabet::latin1: return 0x03;
    case Alphabet::ucs2: return 0x08;
    case Alphabet::binary: return 0x04;
  }
  return 0;
}

/// How many octets (septets) of one part are left beside the header of that concatenation. SAR
/// leaves what an 8-bit reference does, since an SMSC makes one of it on the air.
std::size_t room(Alphabet alphabet, Concatenation how) {
  const std::size_t header = how == Concatenation::udh16 ? 7 : 6;
  if (in_septets(alphabet)) return (kTpduOctets - header) * 8 / 7;
  return kTpduOctets - header;
}

/// The pieces of `units`, none longer than `most`.
std::vector<std::string_view> cut(const Units& units, std::size_t most) {
  std::vector<std::string_view> pieces;
  const std::string_view all = units.octets;
  std::size_t begin = 0, end = 0;
  for (const std::uint8_t size : units.sizes) {
    if (end + size - begin > most) pieces.push_back(all.substr(begin, end - begin)), begin = end;
    end += size;
  }
  pieces.push_back(all.substr(begin, end - begin));
  return pieces;
}

std::string header_of(const Encoding& how, std::size_t total, std::size_t number) {
  std::string out;
  const auto push = [&out](std::size_t value) { out.push_back(static_cast<char>(value)); };
  if (how.concatenation == Concatenation::udh16) {
    push(6), push(8), push(4), push(how.reference >> 8);
  } else {
    push(5), push(0), push(3);
  }
  push(how.reference & 0xFF), push(total), push(number);
  return out;
}

Part one_of_many(std::string_view piece, Alphabet alphabet, const Encoding& how, std::size_t total,
                 std::size_t number) {
  Part part;
  part.data_coding = data_coding_of(alphabet);
  std::size_t header = 0;
  if (how.concatenation == Concatenation::sar) {
    part.segment =
        Segment{how.reference, static_cast<std::uint8_t>(total), static_cast<std::uint8_t>(number)};
  } else {
    part.octets = header_of(how, total, number);
    part.esm_class = esm::header;
    header = part.octets.size();
  }
  if (alphabet == Alphabet::packed) {
    part.octets += gsm7::pack(piece, header == 0 ? 0 : gsm7::fill_behind(header));
  } else {
    part.octets += piece;
  }
  return part;
}

Part alone(std::string_view octets, Alphabet alphabet, bool is_payload) {
  Part part;
  part.octets = alphabet == Alphabet::packed ? gsm7::pack(octets, 0) : std::string(octets);
  part.data_coding = data_coding_of(alphabet);
  part.is_payload = is_payload;
  return part;
}

base::Result<std::vector<Part>> parts_of(const Units& units, const Encoding& how) {
  std::vector<Part> parts;
  if (how.concatenation == Concatenation::payload) {
    if (units.octets.size() > kMostPayload) return fail(Errc::too_large, "more than 64,000 octets");
    parts.push_back(alone(units.octets, units.alphabet, true));
    return parts;
  }
  if (units.octets.size() <= (in_septets(units.alphabet) ? kTpduSeptets : kTpduOctets)) {
    parts.push_back(alone(units.octets, units.alphabet, false));
    return parts;
  }
  const auto pieces = cut(units, room(units.alphabet, how.concatenation));
  if (pieces.size() > kMostParts) return fail(Errc::too_large, "more than 255 parts");
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    parts.push_back(one_of_many(pieces[i], units.alphabet, how, pieces.size(), i + 1));
  }
  return parts;
}

}  // namespace

Alphabet alphabet_of(std::uint8_t data_coding, Alphabet standard) {
  const auto by_bits = [&](unsigned bits) {
    return bits == 1 ? Alphabet::binary : bits == 2 ? Alphabet::ucs2 : standard;
  };
  switch (data_coding) {
    case 0x00: return standard;
    case 0x01:
    case 0x03: return Alphabet::latin1;
    case 0x02:
    case 0x04: return Alphabet::binary;
    case 0x08: return Alphabet::ucs2;
    default: break;
  }
  if (data_coding >= 0x10 && data_coding < 0x80) return by_bits(data_coding >> 2 & 3);
  if (data_coding >= 0xC0 && data_coding < 0xE0) return standard;
  if (data_coding >= 0xE0 && data_coding < 0xF0) return Alphabet::ucs2;
  if (data_coding >= 0xF0) return (data_coding & 4) != 0 ? Alphabet::binary : standard;
  return Alphabet::binary;
}

std::string decode_text(std::string_view octets, Alphabet alphabet, std::size_t header) {
  switch (alphabet) {
    case Alphabet::gsm7: return gsm7::to_utf8(octets);
    case Alphabet::packed: {
      const unsigned fill = header == 0 || octets.empty() ? 0 : gsm7::fill_behind(header);
      const std::size_t bits = octets.size() * 8 - fill;
      std::string septets = gsm7::unpack(octets, fill, bits / 7);
      // 3GPP TS 23.038 6.1.2.3.1: seven bits left over read as an '@' that nobody wrote.
      if (bits % 7 == 0 && !septets.empty() && septets.back() == 0) septets.pop_back();
      return gsm7::to_utf8(septets);
    }
    case Alphabet::latin1: return latin1_to_utf8(octets);
    case Alphabet::ucs2: return utf16_to_utf8(octets);
    case Alphabet::binary: return to_hex(octets);
  }
  return {};
}

std::optional<UserData> parse_user_data(std::string_view octets) {
  const auto at = [&octets](std::size_t i) { return static_cast<std::uint8_t>(octets[i]); };
  if (octets.empty() || at(0) + std::size_t{1} > octets.size()) return std::nullopt;
  UserData out;
  out.header_octets = at(0) + std::size_t{1};
  for (std::size_t i = 1; i < out.header_octets;) {
    if (i + 2 > out.header_octets) return std::nullopt;
    const std::uint8_t element = at(i), length = at(i + 1);
    i += 2;
    if (i + length > out.header_octets) return std::nullopt;
    Place place;
    if (element == 0 && length == 3) {
      place = {at(i), at(i + 1), at(i + 2)};
    } else if (element == 8 && length == 4) {
      place = {static_cast<std::uint16_t>(at(i) << 8 | at(i + 1)), at(i + 2), at(i + 3)};
    } else {
      place.number = 0;
    }
    // 9.2.3.24.1: an element with such numbers is ignored; of several the last one counts.
    if (place.number != 0 && place.number <= place.total) out.place = place;
    i += length;
  }
  return out;
}

base::Result<std::vector<Part>> parts_of_text(std::string_view utf8, const Encoding& encoding) {
  const auto characters = code_points(utf8);
  if (!characters) return fail(Errc::incorrect, "the text is not UTF-8");
  auto units = units_of(*characters, encoding.alphabet.value_or(Alphabet::gsm7));
  if (!units && !encoding.alphabet) units = units_of(*characters, Alphabet::ucs2);
  if (!units) return fail(Errc::incorrect, "the encoding does not have all characters of the text");
  return parts_of(*units, encoding);
}

base::Result<std::vector<Part>> parts_of_octets(std::string_view octets, const Encoding& encoding) {
  return parts_of({Alphabet::binary, std::string(octets),
                   std::vector<std::uint8_t>(octets.size(), std::uint8_t{1})},
                  encoding);
}

}  // namespace msggw::smsc
