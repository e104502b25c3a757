// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/short_text.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/sim/smsc/gsm7.h"
#include "tests/sim/smsc/utf.h"

namespace msggw::smsc {
namespace {

/// What a phone makes of parts that arrived in order.
std::string joined(const std::vector<Part>& parts, Alphabet standard) {
  std::string text;
  for (const Part& part : parts) {
    std::string_view octets = part.octets;
    std::size_t header = 0;
    if ((part.esm_class & esm::header) != 0) {
      header = parse_user_data(octets)->header_octets;
      octets.remove_prefix(header);
    }
    text += decode_text(octets, alphabet_of(part.data_coding, standard), header);
  }
  return text;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  while (times-- > 0) out += text;
  return out;
}

}  // namespace

TEST_CASE("the alphabet of 3GPP TS 23.038") {
  CHECK(gsm7::septets_of(U'@') == std::string_view("\0", 1));
  CHECK(gsm7::septets_of(U'Å') == "\x0E");
  CHECK(gsm7::septets_of(U'à') == "\x7F");
  CHECK(gsm7::septets_of(U'€') == "\x1B\x65");
  CHECK_FALSE(gsm7::septets_of(U'ç'));
  CHECK_FALSE(gsm7::septets_of(U'`'));
  CHECK(gsm7::to_utf8("\x1B\x3C\x1B\x65\x1B\x07z") == "[€ z");
  CHECK(gsm7::to_utf8("a\x1B") == "a");
  CHECK(gsm7::to_utf8("a\x80") == "a\uFFFD");
}

TEST_CASE("every septet of the alphabet comes back") {
  for (int septet = 0; septet < 128; ++septet) {
    if (septet == 0x1B) continue;
    const std::string one(1, static_cast<char>(septet));
    const auto points = code_points(gsm7::to_utf8(one));
    REQUIRE(points);
    CHECK(gsm7::septets_of((*points)[0]) == one);
  }
}

TEST_CASE("packing, against a value from the world") {
  CHECK(to_hex(gsm7::pack("hellohello", 0)) == "e8329bfd4697d9ec37");
  CHECK(gsm7::unpack(*from_hex("e8329bfd4697d9ec37"), 0, 10) == "hellohello");
  CHECK(gsm7::fill_behind(6) == 1);
  CHECK(gsm7::fill_behind(7) == 0);
  for (unsigned fill = 0; fill < 7; ++fill) {
    CHECK(gsm7::unpack(gsm7::pack("hello", fill), fill, 5) == "hello");
  }
}

TEST_CASE("the alphabet is chosen by content") {
  CHECK(parts_of_text("hello {€}", {})->front().data_coding == 0);
  CHECK(parts_of_text("héç", {})->front().data_coding == 8);
  CHECK_FALSE(parts_of_text("ж", {.alphabet = Alphabet::latin1}));
  CHECK_FALSE(parts_of_text("\xFF", {}));
}

TEST_CASE("how many parts, around the borders") {
  struct Row {
    Alphabet alphabet;
    Concatenation how;
    std::size_t characters;
    std::size_t parts;
  };
  using enum Alphabet;
  using enum Concatenation;
  const Row rows[] = {
      {gsm7, udh8, 160, 1},      {gsm7, udh8, 161, 2},    {gsm7, udh8, 306, 2},
      {gsm7, udh8, 307, 3},      {gsm7, udh16, 304, 2},   {gsm7, udh16, 305, 3},
      {packed, udh8, 306, 2},    {packed, udh16, 305, 3}, {latin1, udh8, 140, 1},
      {latin1, udh8, 141, 2},    {latin1, udh8, 268, 2},  {latin1, udh16, 267, 3},
      {ucs2, udh8, 70, 1},       {ucs2, udh8, 71, 2},     {ucs2, udh8, 134, 2},
      {ucs2, udh16, 133, 3},     {gsm7, sar, 307, 3},     {gsm7, payload, 5'000, 1},
      {gsm7, udh8, 39'015, 255},
  };
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.alphabet));
    CAPTURE(row.characters);
    const std::string text = repeated("z", row.characters);
    const auto parts = parts_of_text(text, {row.alphabet, row.how, 0x1234});
    REQUIRE(parts);
    CHECK(parts->size() == row.parts);
    CHECK(joined(*parts, row.alphabet) == text);
    for (const Part& part : *parts) {
      CHECK((part.is_payload || row.alphabet == gsm7 || part.octets.size() <= 140));
    }
  }
  CHECK_FALSE(parts_of_text(repeated("z", 39'016), {Alphabet::gsm7, udh8, 1}));
}

TEST_CASE("escape pairs and surrogates stay together") {
  const std::string euros = repeated("€", 100);
  const auto gsm = parts_of_text(euros, {Alphabet::gsm7, Concatenation::udh8, 1});
  REQUIRE(gsm);
  for (const Part& part : *gsm) CHECK(part.octets.back() != '\x1B');
  CHECK(joined(*gsm, Alphabet::gsm7) == euros);
  const std::string faces = repeated("a😀", 60);
  const auto ucs2 = parts_of_text(faces, {});
  REQUIRE(ucs2);
  CHECK(ucs2->size() > 1);
  for (const Part& part : *ucs2) {
    const std::string text =
        decode_text(std::string_view(part.octets).substr(6), Alphabet::ucs2, 6);
    CHECK(text.find("\uFFFD") == text.npos);
  }
  CHECK(joined(*ucs2, Alphabet::gsm7) == faces);
}

TEST_CASE("user data headers") {
  auto data = parse_user_data(*from_hex("050003aa0302"));
  REQUIRE(data);
  REQUIRE(data->place);
  CHECK(data->header_octets == 6);
  CHECK(data->place->reference == 0xAA);
  CHECK(data->place->total == 3);
  CHECK(data->place->number == 2);
  data = parse_user_data(*from_hex("0c050423f00000080412340201ff"));
  REQUIRE(data);
  CHECK(data->header_octets == 13);
  CHECK(data->place->reference == 0x1234);
  data = parse_user_data(*from_hex("050003aa0304"));  // the fourth of three
  REQUIRE(data);
  CHECK_FALSE(data->place);
  CHECK_FALSE(parse_user_data(""));
  CHECK_FALSE(parse_user_data(*from_hex("0500")));
  CHECK_FALSE(parse_user_data(*from_hex("0200ff")));
}

TEST_CASE("data_coding") {
  CHECK(alphabet_of(0x00, Alphabet::latin1) == Alphabet::latin1);
  CHECK(alphabet_of(0x03, Alphabet::gsm7) == Alphabet::latin1);
  CHECK(alphabet_of(0x04, Alphabet::gsm7) == Alphabet::binary);
  CHECK(alphabet_of(0x08, Alphabet::gsm7) == Alphabet::ucs2);
  CHECK(alphabet_of(0x10, Alphabet::gsm7) == Alphabet::gsm7);
  CHECK(alphabet_of(0x18, Alphabet::gsm7) == Alphabet::ucs2);
  CHECK(alphabet_of(0xF5, Alphabet::gsm7) == Alphabet::binary);
  CHECK(alphabet_of(0xF1, Alphabet::gsm7) == Alphabet::gsm7);
}

TEST_CASE("UTF-16 with broken surrogates") {
  CHECK(utf16_to_utf8(*from_hex("d83dde00")) == "😀");
  CHECK(utf16_to_utf8(*from_hex("d83d0041")) == "\uFFFDA");
  CHECK(utf16_to_utf8(*from_hex("de000041")) == "\uFFFDA");
  CHECK(utf16_to_utf8(*from_hex("004100")) == "A\uFFFD");
}

}  // namespace msggw::smsc
