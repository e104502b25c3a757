// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/text/alphabet.h"

#include "adapters/sms/text/gsm7.h"
#include "adapters/sms/text/utf.h"
#include "gateway/base/text.h"

namespace msggw::sms_text {

namespace {

Coding default_of(DefaultCoding coding) noexcept {
  switch (coding) {
    case DefaultCoding::gsm7_unpacked: return {Alphabet::gsm7, false};
    case DefaultCoding::gsm7_packed: return {Alphabet::gsm7, true};
    case DefaultCoding::latin1: return {Alphabet::latin1, false};
  }
  return {};
}

/// SMPP 3.4 5.2.19, values below 0x10 except 0.
Alphabet smpp_alphabet(std::uint8_t data_coding) noexcept {
  switch (data_coding) {
    case 1: return Alphabet::latin1;
    case 3: return Alphabet::latin1;
    case 8: return Alphabet::ucs2;
    default: return Alphabet::octets;
  }
}

/// TS 23.038 clause 4, groups 00xx (general) and 01xx (the same, to be deleted when read).
Alphabet general_alphabet(std::uint8_t data_coding) noexcept {
  constexpr std::uint8_t kCompressed = 0x20;
  if ((data_coding & kCompressed) != 0) return Alphabet::octets;
  switch (data_coding >> 2 & 3) {
    case 1: return Alphabet::octets;
    case 2: return Alphabet::ucs2;
    default: return Alphabet::gsm7;
  }
}

Alphabet gsm_alphabet(std::uint8_t data_coding) noexcept {
  if (data_coding < 0x80) return general_alphabet(data_coding);
  if (data_coding >= 0xF0) return (data_coding & 4) != 0 ? Alphabet::octets : Alphabet::gsm7;
  return data_coding >= 0xE0 ? Alphabet::ucs2 : Alphabet::gsm7;  // message waiting indications
}

bool is_latin1(std::string_view text) noexcept {
  while (!text.empty()) {
    if (take_character(text) > 0xFF) return false;
  }
  return true;
}

std::string from_latin1(std::string_view octets) {
  std::string text;
  text.reserve(octets.size());
  for (const char octet : octets) append_character(text, static_cast<std::uint8_t>(octet));
  return text;
}

base::Result<std::string> to_latin1(std::string_view text) {
  std::string octets;
  octets.reserve(text.size());
  while (!text.empty()) {
    const char32_t character = take_character(text);
    if (character > 0xFF) {
      return base::fail(base::Errc::unsupported, "text has a character outside Latin-1");
    }
    octets.push_back(static_cast<char>(character));
  }
  return octets;
}

}  // namespace

Coding coding_of(std::uint8_t data_coding, DefaultCoding default_coding) noexcept {
  if (data_coding == 0) return default_of(default_coding);
  const Alphabet alphabet =
      data_coding < 0x10 ? smpp_alphabet(data_coding) : gsm_alphabet(data_coding);
  return {alphabet, alphabet == Alphabet::gsm7 && default_coding == DefaultCoding::gsm7_packed};
}

std::uint8_t data_coding_of(Alphabet alphabet, DefaultCoding default_coding) noexcept {
  switch (alphabet) {
    case Alphabet::gsm7: return default_coding == DefaultCoding::latin1 ? 0xF1 : 0;
    case Alphabet::latin1: return 3;
    case Alphabet::octets: return 4;
    case Alphabet::ucs2: return 8;
  }
  return 0;
}

Alphabet best_alphabet(std::string_view text, DefaultCoding default_coding) noexcept {
  if (!base::is_utf8(text)) return Alphabet::octets;
  if (!gsm7_length(text)) return Alphabet::ucs2;
  return default_coding == DefaultCoding::latin1 && is_latin1(text) ? Alphabet::latin1
                                                                    : Alphabet::gsm7;
}

std::string joinable(Coding coding, std::string_view user_data, std::size_t udh_octets) {
  return coding.packed && coding.alphabet == Alphabet::gsm7 ? gsm7_unpack(user_data, udh_octets)
                                                            : std::string(user_data);
}

std::string decode(Alphabet alphabet, std::string_view user_data) {
  switch (alphabet) {
    case Alphabet::gsm7: return gsm7_decode(user_data);
    case Alphabet::latin1: return from_latin1(user_data);
    case Alphabet::octets: return std::string(user_data);
    case Alphabet::ucs2: return from_utf16be(user_data);
  }
  return {};
}

base::Result<std::string> encode(Alphabet alphabet, std::string_view text) {
  if (alphabet == Alphabet::octets) return std::string(text);
  if (alphabet == Alphabet::gsm7) return gsm7_encode(text);
  if (!base::is_utf8(text)) return base::fail(base::Errc::malformed, "text is not UTF-8");
  if (alphabet == Alphabet::latin1) return to_latin1(text);
  return to_utf16be(text);
}

}  // namespace msggw::sms_text
