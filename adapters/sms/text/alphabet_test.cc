// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/text/alphabet.h"

#include <doctest/doctest.h>

#include "adapters/sms/text/gsm7.h"

namespace msggw::sms_text {

namespace {

constexpr DefaultCoding kUnpacked = DefaultCoding::gsm7_unpacked;

Alphabet alphabet_of(int data_coding) {
  return coding_of(static_cast<std::uint8_t>(data_coding), kUnpacked).alphabet;
}

}  // namespace

TEST_CASE("data_coding 0 is what the SMSC makes it") {
  CHECK(coding_of(0, kUnpacked) == Coding{Alphabet::gsm7, false});
  CHECK(coding_of(0, DefaultCoding::gsm7_packed) == Coding{Alphabet::gsm7, true});
  CHECK(coding_of(0, DefaultCoding::latin1) == Coding{Alphabet::latin1, false});
  CHECK(coding_of(0xF1, DefaultCoding::gsm7_packed) == Coding{Alphabet::gsm7, true});
  CHECK(coding_of(0xF1, DefaultCoding::latin1) == Coding{Alphabet::gsm7, false});
  CHECK(coding_of(8, DefaultCoding::gsm7_packed) == Coding{Alphabet::ucs2, false});
}

TEST_CASE("the alphabet of every other data_coding") {
  for (int coding = 1; coding < 0x10; ++coding) {
    const Alphabet expected = coding == 1 || coding == 3 ? Alphabet::latin1
                              : coding == 8              ? Alphabet::ucs2
                                                         : Alphabet::octets;
    CHECK(alphabet_of(coding) == expected);
  }
  for (int group = 0x10; group < 0x80; group += 0x10) {
    const bool compressed = (group & 0x20) != 0;
    for (int low = 0; low < 0x10; ++low) {
      const Alphabet uncompressed = low / 4 == 1   ? Alphabet::octets
                                    : low / 4 == 2 ? Alphabet::ucs2
                                                   : Alphabet::gsm7;
      CHECK(alphabet_of(group + low) == (compressed ? Alphabet::octets : uncompressed));
    }
  }
  for (int coding = 0x80; coding < 0xE0; ++coding) CHECK(alphabet_of(coding) == Alphabet::gsm7);
  for (int coding = 0xE0; coding < 0xF0; ++coding) CHECK(alphabet_of(coding) == Alphabet::ucs2);
  for (int coding = 0xF0; coding < 0x100; ++coding) {
    CHECK(alphabet_of(coding) == ((coding & 4) != 0 ? Alphabet::octets : Alphabet::gsm7));
  }
}

TEST_CASE("what is sent is read with the same alphabet") {
  for (const auto at : {kUnpacked, DefaultCoding::gsm7_packed, DefaultCoding::latin1}) {
    for (const auto alphabet :
         {Alphabet::gsm7, Alphabet::latin1, Alphabet::octets, Alphabet::ucs2}) {
      CHECK(coding_of(data_coding_of(alphabet, at), at).alphabet == alphabet);
    }
  }
  CHECK(data_coding_of(Alphabet::gsm7, kUnpacked) == 0);
  CHECK(data_coding_of(Alphabet::latin1, kUnpacked) == 3);
  CHECK(data_coding_of(Alphabet::octets, kUnpacked) == 4);
  CHECK(data_coding_of(Alphabet::ucs2, kUnpacked) == 8);
}

TEST_CASE("the best alphabet is the smallest that has every character") {
  CHECK(best_alphabet("", kUnpacked) == Alphabet::gsm7);
  CHECK(best_alphabet("a{€}Ω", kUnpacked) == Alphabet::gsm7);
  CHECK(best_alphabet("ç", kUnpacked) == Alphabet::ucs2);
  CHECK(best_alphabet("a😀", kUnpacked) == Alphabet::ucs2);
  CHECK(best_alphabet("a\x1B", kUnpacked) == Alphabet::ucs2);
  CHECK(best_alphabet("a\xFF", kUnpacked) == Alphabet::octets);
  CHECK(best_alphabet("aé{", DefaultCoding::latin1) == Alphabet::latin1);
  CHECK(best_alphabet("a€", DefaultCoding::latin1) == Alphabet::gsm7);
  CHECK(best_alphabet("ç", DefaultCoding::latin1) == Alphabet::ucs2);
}

TEST_CASE("text round-trips in each alphabet that has it") {
  CHECK(decode(Alphabet::gsm7, encode(Alphabet::gsm7, "Ω € é\n").value()) == "Ω € é\n");
  CHECK(encode(Alphabet::latin1, "é").value() == "\xE9");
  CHECK(decode(Alphabet::latin1, "\xE9\x80") == "é\u0080");
  CHECK(encode(Alphabet::latin1, "€").error().code == base::Errc::unsupported);
  CHECK(encode(Alphabet::ucs2, "aΩ😀").value() == std::string("\0a\x03\xA9\xD8\x3D\xDE\x00", 8));
  CHECK(decode(Alphabet::ucs2, encode(Alphabet::ucs2, "aΩ😀\u0800").value()) == "aΩ😀\u0800");
  for (const auto alphabet : {Alphabet::gsm7, Alphabet::latin1, Alphabet::ucs2}) {
    CHECK(encode(alphabet, "\xC3").error().code == base::Errc::malformed);
  }
  CHECK(encode(Alphabet::octets, "\xC3").value() == "\xC3");
  CHECK(decode(Alphabet::octets, "\xC3") == "\xC3");
}

TEST_CASE("broken UCS2 becomes U+FFFD") {
  const auto ucs2 = [](const std::string& octets) { return decode(Alphabet::ucs2, octets); };
  CHECK(ucs2("\xD8\x3D") == "\uFFFD");
  CHECK(ucs2("\xDE\x41") == "\uFFFD");
  CHECK(ucs2(std::string("\xD8\x3D\0a", 4)) == "\uFFFDa");
  CHECK(ucs2("\xD8\x3D\xD8\x3D\xDE\x01") == "\uFFFD😁");
  CHECK(ucs2("\xD8\x3D\xDE") == "\uFFFD\uFFFD");
  CHECK(ucs2(std::string("\0a\0", 3)) == "a\uFFFD");
  CHECK(ucs2(std::string("\xFE\xFF\0a", 4)) == "a");
  CHECK(ucs2("").empty());
}

TEST_CASE("packed parts are unpacked before they are joined") {
  const std::string packed = gsm7_pack("hello", 6, Tail::carriage_return);
  CHECK(joinable({Alphabet::gsm7, true}, packed, 6) == "hello");
  CHECK(joinable({Alphabet::gsm7, false}, "hello", 6) == "hello");
  CHECK(joinable({Alphabet::octets, true}, packed, 6) == packed);
}

}  // namespace msggw::sms_text
