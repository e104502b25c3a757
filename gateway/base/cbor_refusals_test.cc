// SPDX-License-Identifier: Apache-2.0
// CBOR that is not taken.
#include <doctest/doctest.h>

#include "gateway/base/test_cbor.h"

namespace msggw::base {

using namespace test;

namespace {

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

}  // namespace msggw::base
