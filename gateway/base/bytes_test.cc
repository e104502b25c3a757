// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/bytes.h"

#include <doctest/doctest.h>

#include <array>
#include <limits>

namespace msggw::base {

TEST_CASE("varints: octets as LEB128 has them, and back") {
  struct Case {
    std::uint64_t value;
    std::string octets;
  };
  const Case cases[] = {
      {0, std::string(1, '\0')},
      {1, "\x01"},
      {127, "\x7F"},
      {128, "\x80\x01"},
      {300, "\xAC\x02"},
      {std::numeric_limits<std::uint32_t>::max(), "\xFF\xFF\xFF\xFF\x0F"},
      {std::numeric_limits<std::uint64_t>::max(), "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"},
  };
  for (const auto& [value, octets] : cases) {
    CAPTURE(value);
    std::string out;
    ByteWriter(out).varint(value);
    CHECK(out == octets);
    ByteReader reader(octets);
    CHECK(reader.varint() == value);
    CHECK(reader.ok());
    CHECK(reader.at_end());
  }
}

TEST_CASE("a record comes back as it was written, and no prefix of it passes for one") {
  std::string out;
  ByteWriter writer(out);
  writer.varint(70'000);
  writer.bytes("");
  writer.bytes(std::string_view("a\0b", 3));
  writer.varint(5);
  writer.bytes(std::string(200, 'x'));

  const auto read = [](std::string_view octets, bool& ok) {
    ByteReader reader(octets);
    const bool same = reader.varint() == 70'000 && reader.bytes().empty() &&
                      reader.bytes() == std::string_view("a\0b", 3) && reader.varint() == 5 &&
                      reader.bytes() == std::string(200, 'x');
    ok = reader.ok();
    return same;
  };
  bool ok = false;
  CHECK(read(out, ok));
  CHECK(ok);
  for (std::size_t size = 0; size < out.size(); ++size) {
    CAPTURE(size);
    read(std::string_view(out).substr(0, size), ok);
    CHECK_FALSE(ok);
  }
}

TEST_CASE("numbers written together are written as one by one") {
  constexpr std::array<std::uint64_t, 6> kNumbers{0, 0x7F, 0x80, 0x3FFF, 0x4000, ~std::uint64_t{0}};
  std::string together = "head";
  ByteWriter(together).varints(kNumbers);
  std::string alone = "head";
  for (const std::uint64_t number : kNumbers) ByteWriter(alone).varint(number);
  CHECK(together == alone);
}

TEST_CASE("a reader that met a malformed element stays empty") {
  const std::string_view malformed[] = {
      "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02",      // more than 64 bits
      "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",  // ten continuation octets
      "\x05"
      "abcd",  // a length beyond the end
      "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"
      "ab",
  };
  for (const std::string_view octets : malformed) {
    CAPTURE(octets.size());
    ByteReader reader(octets);
    CHECK(reader.bytes().empty());
    CHECK_FALSE(reader.ok());
    CHECK(reader.varint() == 0);
    CHECK(reader.bytes().empty());
    CHECK_FALSE(reader.ok());
  }
}

}  // namespace msggw::base
