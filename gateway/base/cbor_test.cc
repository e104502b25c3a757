// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/cbor.h"

#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/static_resource.hpp>
#include <boost/json/value.hpp>
#include <cmath>

namespace msggw::base {

namespace {

std::string octets_of(std::string_view hex) {
  std::string octets;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    octets += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return octets;
}

std::string hex_of(std::string_view octets) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (const char c : octets) {
    hex += kHex[static_cast<unsigned char>(c) >> 4];
    hex += kHex[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

/// The item as compact JSON, or the name of the error.
std::string json_of(std::string_view octets, const DocumentLimits& limits = {}) {
  const auto value = parse_cbor(octets, limits);
  if (!value) return name_of(value.error().code);
  std::string out;
  append_json(out, *value);
  return out;
}

std::string json_of_hex(std::string_view hex, const DocumentLimits& limits = {}) {
  return json_of(octets_of(hex), limits);
}

std::string cbor_of_json(std::string_view text) {
  std::string out;
  append_cbor(out, parse_json(text, {}).value());
  return out;
}

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
    {"3b8000000000000000", "-9223372036854775808"},
    {"79000161", "\"a\""},
    {"9a00000001f6", "[null]"},
    {"bf7f616161626163ff00ff", R"({"abc":0})"},
    {"7fff", "\"\""},
    {"7f6060ff", "\"\""},
    {"fa3fc00000", "1.5"},
    {"bfff", "{}"},
};

constexpr const char* kMalformed[] = {
    "",
    "1c",
    "1d",
    "1e",
    "1f",  // reserved additional information
    "3c",
    "3f",
    "5c",
    "7c",
    "9c",
    "bc",
    "dc",
    "df",
    "fc",
    "fd",
    "fe",
    "f800",
    "f81f",  // simple values that have a shorter form
    "ff",
    "81ff",
    "a1ff",
    "a16161ff",  // a break where none may be
    "0000",
    "f6f6",
    "80ff",
    "a000",  // more behind the item
    "61",
    "6261",
    "7f",
    "7f6161",
    "9f",
    "9f01",
    "bf",
    "bf6161",
    "bf616101",
    "8201",
    "a1",
    "a16161",
    "a2616101",
    "bf6161ff",  // a key without a value
    "7f01ff",
    "7ff6ff",
    "7f80ff",
    "7fa0ff",
    "7f4161ff",
    "7f7fffff",
    "7fc0ff",
    "7f5fffff",
    "61ff",
    "62c080",
    "63eda080",
    "61c3",
    "64f4908080",
    "a161ff01",      // not UTF-8
    "7f61c361bcff",  // a character parted between chunks
    "a2616101616102",
    "bf616101616102ff",
    "8181a2616101616101",  // a key twice
    "a2617801"
    "7f6178ff02",
    "7bffffffffffffffff",
    "7b7fffffffffffffff61",
    "7affffffff61",
    "7810",
    "9bffffffffffffffff",
    "9b8000000000000000f6",
    "9affffffff",
    "9b0000000100000000",
    "bbffffffffffffffff",
    "bb8000000000000000",
    "bb7fffffffffffffff",
    "ba8000000061",
};

constexpr const char* kUnsupported[] = {
    "40",
    "4401020304",
    "5f42010243030405ff",  // byte strings
    "c001",
    "c11a514b67b0",
    "d74401020304",
    "d9d9f7f6",  // tags
    "f7",
    "f0",
    "e0",
    "f3",
    "f820",
    "f8ff",  // undefined, simple values
    "f97c00",
    "f97e00",
    "f9fc00",
    "fa7f800000",
    "fa7fc00000",
    "fb7ff0000000000000",
    "fb7ff8000000000000",
    "fbfff0000000000000",  // infinities and NaN
    "a10102",
    "a1f602",
    "a1800a",
    "bf2001ff",
    "a24001616102",  // keys that are no text
    "8240f6",
    "a1616140",
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

TEST_CASE("text that is not UTF-8 is mended when it is written") {
  std::string out;
  append_cbor_text(out, "a\xFF");
  CHECK(hex_of(out) == "6461efbfbd");
}

TEST_CASE("what is not one well-formed item is malformed") {
  for (const char* hex : kMalformed) {
    CAPTURE(std::string(hex));
    CHECK(json_of_hex(hex) == "malformed");
  }
}

TEST_CASE("what has no JSON value is unsupported") {
  for (const char* hex : kUnsupported) {
    CAPTURE(std::string(hex));
    CHECK(json_of_hex(hex) == "unsupported");
  }
}

TEST_CASE("every limit holds at its value and refuses one more") {
  CHECK(json_of_hex("83010203", {.octets = 4}) == "[1,2,3]");
  CHECK(json_of_hex("83010203", {.octets = 3}) == "too_large");

  CHECK(json_of_hex("8181a161618100", {.depth = 4}) == R"([[{"a":[0]}]])");
  CHECK(json_of_hex("8181a161618100", {.depth = 3}) == "too_large");
  CHECK(json_of_hex("9f9fbf61617f616261"
                    "63ffffffff",
                    {.depth = 3}) == R"([[{"a":"bc"}]])");
  CHECK(json_of_hex("80", {.depth = 0}) == "too_large");

  CHECK(json_of_hex("83016132a16133f6", {.items = 5}) == R"([1,"2",{"3":null}])");
  CHECK(json_of_hex("83016132a16133f6", {.items = 4}) == "too_large");
  CHECK(json_of_hex("00", {.items = 0}) == "too_large");
}

TEST_CASE("a bomb of heads is refused before it costs anything") {
  CHECK(json_of(std::string(60'000, '\x81')) == "too_large");
  CHECK(json_of(std::string(60'000, '\x9F')) == "too_large");
  std::string objects;
  for (int i = 0; i < 10'000; ++i) objects += octets_of("a16161");
  CHECK(json_of(objects) == "too_large");
  CHECK(json_of(octets_of("99ea60") + std::string(60'000, '\0')) == "too_large");
  CHECK(json_of(std::string(60'000, '\x7F')) == "malformed");
  CHECK(json_of("\x7F" + std::string(60'000, '\x60') + "\xFF") == "\"\"");
}

TEST_CASE("the detail says where") {
  CHECK(parse_cbor(octets_of("820140"), {}).error().detail.find("octet 2") != std::string::npos);
  CHECK(parse_cbor(octets_of("0000"), {}).error().detail.find("octet 1") != std::string::npos);
}

TEST_CASE("no prefix of an item passes for one") {
  for (const char* hex : {"bf61616568656c6c6f61629f01fb3ff199999999999a7f6161ffff6163a0ff",
                          "a4616119ffff61621affffffff61631bffffffffffffffff616482f6f93e00"}) {
    const std::string octets = octets_of(hex);
    REQUIRE(parse_cbor(octets, {}).has_value());
    for (std::size_t size = 0; size < octets.size(); ++size) {
      CAPTURE(size);
      const std::string exact(octets, 0, size);
      CHECK(json_of(exact) == "malformed");
    }
  }
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
