// SPDX-License-Identifier: Apache-2.0
#include "gateway/credentials/credential.h"

#include <doctest/doctest.h>

namespace msggw::credentials {
namespace {

TEST_CASE("a key is hexadecimal digits or text, and no error quotes it") {
  const std::string digits = "00112233445566778899aabbCCDDEEFF";
  CHECK(read_key(digits).value().size() == 16);
  CHECK(read_key("hex:" + digits).value() == read_key(digits).value());
  CHECK(read_key(digits)->substr(0, 3) == std::string("\0\x11\x22", 3));
  CHECK(read_key("text:0123456789abcdef").value() == "0123456789abcdef");
  for (const std::string bad : {"", "00", "text:", "text:short", "0011223344556677889", "secretkey",
                                "hex:zz112233445566778899aabbccddeeff"}) {
    CAPTURE(bad);
    const auto read = read_key(bad);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == base::Errc::incorrect);
    if (bad.size() > 5) CHECK(read.error().detail.find(bad) == std::string::npos);
  }
  CHECK(read_key(std::string(128, 'a')));
  CHECK_FALSE(read_key(std::string(130, 'a')));
}

TEST_CASE("a name is printable ASCII without blanks") {
  CHECK(check_name("meter-42/2026"));
  CHECK(check_name(std::string(128, 'x')));
  for (const std::string& bad :
       {std::string(), std::string(129, 'x'), std::string("a b"), std::string("a\0b", 3),
        std::string("a\n"), std::string("\xc3\xa4")})
    CHECK_FALSE(check_name(bad));
}

TEST_CASE("kinds have words") {
  for (const Kind kind : {Kind::psk, Kind::password, Kind::certificate})
    CHECK(kind_of(name_of(kind)) == kind);
  CHECK_FALSE(kind_of("token"));
}

}  // namespace
}  // namespace msggw::credentials
