// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/numbers.h"

#include <doctest/doctest.h>

namespace sms = msggw::sms;

namespace {

std::string number(std::uint8_t ton, const char* digits, const sms::Options& options) {
  const auto found = sms::to_e164({ton, 1, digits}, options);
  return found ? *found : "";
}

}  // namespace

TEST_CASE("one phone has one number, however it is written") {
  sms::Options german;
  german.country_code = "49";
  for (const auto& [ton, digits] :
       std::initializer_list<std::pair<std::uint8_t, const char*>>{{1, "4915112345678"},
                                                                   {1, "+4915112345678"},
                                                                   {1, "004915112345678"},
                                                                   {0, "+4915112345678"},
                                                                   {0, "004915112345678"},
                                                                   {0, "4915112345678"},
                                                                   {0, "015112345678"},
                                                                   {2, "015112345678"},
                                                                   {2, "15112345678"},
                                                                   {5, "+4915112345678"}}) {
    CAPTURE(int(ton));
    CAPTURE(digits);
    CHECK(number(ton, digits, german) == "+4915112345678");
  }
}

TEST_CASE("numbers without a prefix are what the configuration says") {
  sms::Options options;
  options.country_code = "49";
  CHECK(number(0, "15112345678", options) == "+15112345678");
  options.bare_numbers = sms::BareNumbers::national;
  CHECK(number(0, "15112345678", options) == "+4915112345678");
  options.bare_numbers = sms::BareNumbers::refuse;
  CHECK(number(0, "15112345678", options).empty());
  CHECK(number(0, "+4915112345678", options) == "+4915112345678");
}

TEST_CASE("a country without a trunk prefix, and one whose exit code is longer") {
  sms::Options italian;
  italian.country_code = "39";
  italian.national_prefix = "";
  CHECK(number(2, "0612345678", italian) == "+390612345678");
  sms::Options american;
  american.country_code = "1";
  american.national_prefix = "1";
  american.international_prefix = "011";
  CHECK(number(0, "0114915112345678", american) == "+4915112345678");
  CHECK(number(2, "12125550100", american) == "+12125550100");
  CHECK(number(2, "2125550100", american) == "+12125550100");
}

TEST_CASE("what is no number is said to be none, with the reason") {
  const sms::Options none;
  for (const auto& [ton, digits] :
       std::initializer_list<std::pair<std::uint8_t, const char*>>{{1, ""},
                                                                   {1, "+"},
                                                                   {1, "1234"},
                                                                   {1, "1234567890123456"},
                                                                   {1, "49151-1234567"},
                                                                   {1, "0151123456"},
                                                                   {2, "015112345678"},
                                                                   {3, "4915112345678"},
                                                                   {5, "ALERTS"},
                                                                   {5, "12345678"},
                                                                   {6, "12345678"},
                                                                   {77, "12345678"}}) {
    CAPTURE(int(ton));
    CAPTURE(digits);
    const auto found = sms::to_e164({ton, 1, digits}, none);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == msggw::base::Errc::incorrect);
    CHECK(found.error().detail.find("is no number in E.164: ") != std::string::npos);
  }
}

TEST_CASE("what messages to devices come from") {
  CHECK(sms::source_address("+4915112345678") == msggw::smpp::Address{1, 1, "4915112345678"});
  CHECK(sms::source_address("12345") == msggw::smpp::Address{0, 1, "12345"});
  CHECK(sms::source_address("MSGIN5G") == msggw::smpp::Address{5, 0, "MSGIN5G"});
}
