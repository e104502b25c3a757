// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/private_id.h"

#include <doctest/doctest.h>

using msggw::base::Errc;
using msggw::core::PrivateId;
using msggw::core::PrivateIdKind;

TEST_CASE("two spellings of one identifier are one Private ID") {
  struct Row {
    const char* spelling;
    const char* canonical;
    PrivateIdKind kind;
  };
  const Row rows[] = {
      {"00-1B-63-84-45-E6", "001b638445e6", PrivateIdKind::mac48},
      {"00:1b:63:84:45:e6", "001b638445e6", PrivateIdKind::mac48},
      {"001b.6384.45E6", "001b638445e6", PrivateIdKind::mac48},
      {"001B638445E6", "001b638445e6", PrivateIdKind::mac48},
      {"00-1B-63-FF-FE-84-45-E6", "001b63fffe8445e6", PrivateIdKind::eui64},
      {"001b63fffe8445e6", "001b63fffe8445e6", PrivateIdKind::eui64},
      {"001b.63ff.fe84.45e6", "001b63fffe8445e6", PrivateIdKind::eui64},
      {"490154203237518", "490154203237518", PrivateIdKind::imei},
      {"imei:490154203237518", "490154203237518", PrivateIdKind::imei},
      {"urn:gsma:imei:49015420-323751-0", "490154203237518", PrivateIdKind::imei},
      {"+49 (151) 1234-5678", "+4915112345678", PrivateIdKind::msisdn},
      {"tel:+49-151-12345678", "+4915112345678", PrivateIdKind::msisdn},
      {"F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
       PrivateIdKind::uuid},
      {"URN:UUID:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
       PrivateIdKind::uuid},
      {"{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
       PrivateIdKind::uuid},
      {"f81d4fae7dec11d0a76500a0c91e6bf6", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
       PrivateIdKind::uuid},
  };
  for (const Row& row : rows) {
    CAPTURE(row.spelling);
    const auto id = PrivateId::parse(row.spelling);
    REQUIRE(id);
    CHECK(id->text() == row.canonical);
    CHECK(id->kind() == row.kind);
    const auto again = PrivateId::parse(id->text());  // a canonical text is its own canonical text
    REQUIRE(again);
    CHECK(*again == *id);
  }
}

TEST_CASE("what is not quite one of them stays as it is") {
  for (const char* text :
       {"00-1B-63-84-45", "00-1B-63-84-45-E6-", "00:1B-63:84-45:E6", "00-1B-63-84-45-G6",
        "490154203237517",   // wrong check digit
        "1234567890123456",  // an IMEISV more often than an EUI-64
        "urn:gsma:imei:49015420-323751-1", "+1234", "+1234567890123456", "+49x151", "tel:49151",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf", "Meter 7", "Z\xC3\xA4hler", "a/b", "+", "#"}) {
    CAPTURE(text);
    const auto id = PrivateId::parse(text);
    REQUIRE(id);
    CHECK(id->text() == text);
    CHECK(id->kind() == PrivateIdKind::opaque);
  }
}

TEST_CASE("opaque Private IDs are compared octet by octet") {
  CHECK(PrivateId::parse("meter-7")->text() != PrivateId::parse("Meter-7")->text());
}

TEST_CASE("what can be no Private ID is refused by cause") {
  CHECK(PrivateId::parse("").error().code == Errc::missing);
  CHECK(PrivateId::parse(std::string(129, 'x')).error().code == Errc::too_large);
  CHECK(PrivateId::parse(std::string(128, 'x')));
  CHECK(PrivateId::parse(std::string(256, 'x'), 10'000).error().code == Errc::too_large);
  for (const std::string& text :
       {std::string("a\nb"), std::string("a\0b", 3), std::string("\x7f"), std::string("\xC2\x85"),
        std::string("\xFF"), std::string("\xC0\xAF"), std::string("\xED\xA0\x80"),
        std::string("\xE2\x82")}) {
    CHECK(PrivateId::parse(text).error().code == Errc::malformed);
  }
}

TEST_CASE("a pattern that is written like a MAC finds none") {
  using msggw::core::why_finds_no_mac;
  for (const char* pattern :
       {"00-1B-63-*", "00:1b:*", "*:45:e6", "00:1b:63:84:45:e?", "001b.6384.*", "00-1B-63-84-45-E6",
        "00:1b:6*", "00:1b:63:ff:fe:84:45:*"}) {
    CAPTURE(pattern);
    CHECK_FALSE(why_finds_no_mac(pattern).empty());
  }
  CHECK(why_finds_no_mac("00-1B-63-*").find("say 001b63*,") != std::string::npos);
  for (const char* pattern :
       {"001b63*", "*", "test-*", "00?1B?63?*", "12-*", "meter-00-1b-*", "192.168.*", "00:1b-*",
        "a:b:*", "", "1.2.3.4", "00-1b-63-xx-*", "6fa459ea-ee8a-*"}) {
    CAPTURE(pattern);
    CHECK(why_finds_no_mac(pattern).empty());
  }
}
