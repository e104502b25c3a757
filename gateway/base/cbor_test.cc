// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/cbor.h"

#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/static_resource.hpp>
#include <boost/json/value.hpp>
#include <cmath>

#include "gateway/base/test_cbor.h"

namespace msggw::base {

using namespace test;

namespace {

struct Vector {
  const char* hex;
  const char* json;
};

/// RFC 8949 appendix A, all examples with a JSON value whose encoding is the shortest.
constexpr Vector kShortest[] = {
    {"00", "0"},
    {"01", "1"},
    {"0a", "10"},
    {"17", "23"},
    {"1818", "24"},
    {"1819", "25"},
    {"1864", "100"},
    {"1903e8", "1000"},
    {"1a000f4240", "1000000"},
    {"1b000000e8d4a51000", "1000000000000"},
    {"1bffffffffffffffff", "18446744073709551615"},
    {"20", "-1"},
    {"29", "-10"},
    {"3863", "-100"},
    {"3903e7", "-1000"},
    {"f93e00", "1.5"},
    {"fb3ff199999999999a", "1.1"},
    {"fb7e37e43c8800759c", "1e+300"},
    {"f90001", "5.960464477539063e-08"},
    {"f90400", "6.103515625e-05"},
    {"fbc010666666666666", "-4.1"},
    {"f4", "false"},
    {"f5", "true"},
    {"f6", "null"},
    {"60", "\"\""},
    {"6161", "\"a\""},
    {"6449455446", "\"IETF\""},
    {"62225c", "\"\\\"\\\\\""},
    {"62c3bc", "\"\xC3\xBC\""},
    {"63e6b0b4", "\"\xE6\xB0\xB4\""},
    {"64f0908591", "\"\xF0\x90\x85\x91\""},
    {"80", "[]"},
    {"83010203", "[1,2,3]"},
    {"8301820203820405", "[1,[2,3],[4,5]]"},
    {"98190102030405060708090a0b0c0d0e0f101112131415161718181819",
     "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25]"},
    {"a0", "{}"},
    {"a26161016162820203", R"({"a":1,"b":[2,3]})"},
    {"826161a161626163", R"(["a",{"b":"c"}])"},
    {"a56161614161626142616361436164614461656145", R"({"a":"A","b":"B","c":"C","d":"D","e":"E"})"},
};

/// The rest of appendix A with a JSON value: whole floats, and encodings that are not the shortest.
constexpr Vector kOthers[] = {
    {"3bffffffffffffffff", "-18446744073709551616"},
    {"f90000", "0"},
    {"f98000", "-0.0"},
    {"f93c00", "1"},
    {"f97bff", "65504"},
    {"fa47c35000", "1e+05"},
    {"fa7f7fffff", "3.4028234663852886e+38"},
    {"f9c400", "-4"},
    {"7f657374726561646d696e67ff", "\"streaming\""},
    {"9fff", "[]"},
    {"9f018202039f0405ffff", "[1,[2,3],[4,5]]"},
    {"9f01820203820405ff", "[1,[2,3],[4,5]]"},
    {"83018202039f0405ff", "[1,[2,3],[4,5]]"},
    {"83019f0203ff820405", "[1,[2,3],[4,5]]"},
    {"9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff",
     "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25]"},
    {"bf61610161629f0203ffff", R"({"a":1,"b":[2,3]})"},
    {"826161bf61626163ff", R"(["a",{"b":"c"}])"},
    {"bf6346756ef563416d7421ff", R"({"Fun":true,"Amt":-2})"},
    // Not in the RFC: longer heads than needed, an indefinite key, text in no and in empty chunks.
    {"1b0000000000000001", "1"},
    {"3900ff", "-256"},
    {"3b7fffffffffffffff", "-9223372036854775808"},
    {"3b8000000000000000", "-9223372036854775809"},
    {"79000161", "\"a\""},
    {"9a00000001f6", "[null]"},
    {"bf7f616161626163ff00ff", R"({"abc":0})"},
    {"7fff", "\"\""},
    {"7f6060ff", "\"\""},
    {"fa3fc00000", "1.5"},
    {"bfff", "{}"},
};

}  // namespace

TEST_CASE("RFC 8949 appendix A: decoded, and encoded back octet for octet") {
  for (const auto& [hex, json] : kShortest) {
    CAPTURE(std::string(hex));
    const std::string octets = octets_of(hex);
    CHECK(json_of(octets) == std::string(json));
    std::string out;
    append_cbor(out, parse_cbor(octets, {}).value());
    CHECK(hex_of(out) == hex);
  }
}

TEST_CASE("RFC 8949 appendix A: other encodings of the same values") {
  for (const auto& [hex, json] : kOthers) {
    CAPTURE(std::string(hex));
    CHECK(json_of_hex(hex) == std::string(json));
  }
}

TEST_CASE("floats are written in the fewest octets that lose nothing") {
  const auto encoded = [](double number) {
    std::string out;
    append_cbor(out, boost::json::value(number));
    return hex_of(out);
  };
  CHECK(encoded(0.0) == "f90000");
  CHECK(encoded(-0.0) == "f98000");
  CHECK(encoded(1.0) == "f93c00");
  CHECK(encoded(-4.0) == "f9c400");
  CHECK(encoded(65504.0) == "f97bff");
  CHECK(encoded(65536.0) == "fa47800000");
  CHECK(encoded(65505.0) == "fa477fe100");
  CHECK(encoded(100000.0) == "fa47c35000");
  CHECK(encoded(3.4028234663852886e+38) == "fa7f7fffff");
  CHECK(encoded(3.5e+38) == "fb47f074f8c4d3cd7b");
  CHECK(encoded(std::ldexp(1.0, -14)) == "f90400");
  CHECK(encoded(std::ldexp(1023.0, -24)) == "f903ff");
  CHECK(encoded(std::ldexp(-3.0, -24)) == "f98003");
  CHECK(encoded(std::ldexp(1.0, -24)) == "f90001");
  CHECK(encoded(std::ldexp(1.0, -25)) == "fa33000000");
  CHECK(encoded(std::ldexp(1.5, -24)) == "fa33c00000");
  CHECK(encoded(std::ldexp(1.0, -149)) == "fa00000001");
  CHECK(encoded(std::ldexp(1.0, -150)) == "fb3690000000000000");
}

TEST_CASE("every half-precision number survives a round trip in its own three octets") {
  unsigned checked = 0;
  for (unsigned half = 0; half <= 0xFFFF; ++half) {
    if ((half & 0x7C00) == 0x7C00) continue;  // infinities and NaN
    const std::string octets{'\xF9', static_cast<char>(half >> 8), static_cast<char>(half)};
    std::string out;
    append_cbor(out, parse_cbor(octets, {}).value());
    if (out == octets) ++checked;
  }
  CHECK(checked == 2 * 31 * 1024);
}

TEST_CASE("JSON survives the way through CBOR") {
  for (const char* text :
       {"{}", R"({"deviceType":"meter","vendor":"x","n":[0,-1,1.25,1e+300,null,true]})",
        R"(["","a",{"b":{"c":[[],{}]}}])", "4294967295", "4294967296", "65535", "65536", "255",
        "256", "-9223372036854775808", "18446744073709551615"}) {
    CAPTURE(std::string(text));
    CHECK(json_of(cbor_of_json(text)) == text);
  }
  const std::string long_text = std::string(1, '"').append(70'000, 'x').append("\"");
  std::string octets;
  append_cbor_text(octets, std::string(70'000, 'x'));
  CHECK(json_of(octets, {.octets = 80'000}) == long_text);
}

TEST_CASE("what JSON keeps as digits: a text if it is whole, else the nearest double") {
  const auto value = parse_json(R"([89490200001234567890,0.10000000000000001])", {});
  REQUIRE(value);
  std::string cbor;
  append_cbor(cbor, *value);
  const auto back = parse_cbor(cbor, {});
  REQUIRE(back);
  std::string text;
  append_json(text, *back);
  CHECK(text == R"(["89490200001234567890",0.1])");
}

TEST_CASE("an integer that only CBOR holds is written as it was read") {
  for (const char* hex : {"3b8000000000000000", "3b8000000000000001", "3bffffffffffffffff"}) {
    CAPTURE(hex);
    const auto value = parse_cbor(octets_of(hex), {});
    REQUIRE(value);
    std::string out;
    append_cbor(out, *value);
    CHECK(hex_of(out) == hex);
  }
  CHECK(hex_of(cbor_of_json("-9223372036854775809")) == "3b8000000000000000");
  CHECK(hex_of(cbor_of_json("-18446744073709551617"))[0] == '7');  // a text
}

TEST_CASE("text that is not UTF-8 is mended when it is written") {
  std::string out;
  append_cbor_text(out, "a\xFF");
  CHECK(hex_of(out) == "6461efbfbd");
}

TEST_CASE("a value is made in the storage given") {
  unsigned char room[8'192];
  boost::json::static_resource memory(room, sizeof room);
  const auto value = parse_cbor(
      cbor_of_json(R"({"a":["text that is too long for a small string",2]})"), {}, &memory);
  REQUIRE(value.has_value());
  CHECK(value->storage().get() == &memory);
  CHECK(value->at("a").at(1) == 2);
}

}  // namespace msggw::base
