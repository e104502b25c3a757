// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/words.h"

#include <doctest/doctest.h>

namespace sms = msggw::sms;

TEST_CASE("a keyword is said alone, in any case, with any blanks") {
  for (const char* text : {"STOP", "stop", "  Stop\r\n", "\tsToP "}) CHECK(sms::says(text, "STOP"));
  for (const char* text : {"", "  ", "STOP it", "STO", "STOPP", "S TOP"})
    CHECK_FALSE(sms::says(text, "STOP"));
  CHECK_FALSE(sms::says("", ""));
  CHECK_FALSE(sms::says("STOP", ""));
  CHECK(sms::says("\xc3\x84NDERN", "\xc3\x84ndern"));
  CHECK(sms::says(std::string_view("STOP\0\0", 6), "STOP"));
}

TEST_CASE("a template says what is known") {
  msggw::core::ServiceProfile profile{{"m5s-1", "m5s-2"}, ""};
  msggw::core::RegistrationView view;
  view.private_id = "+4915112345678";
  view.service_id = "svc-1@example";
  view.profile = &profile;
  view.state = msggw::core::DeviceState::provisioned;
  const auto words = sms::words_of(view, nullptr);
  CHECK(sms::fill("Your MSGin5G Service ID: {serviceId}", words) ==
        "Your MSGin5G Service ID: svc-1@example");
  CHECK(sms::fill("{state} {servers} {privateId}{cause}", words) ==
        "provisioned m5s-1, m5s-2 +4915112345678");
  CHECK(sms::fill("{nobody} {} { {serviceId", words) == "{nobody} {} { {serviceId");
  CHECK(sms::fill("", words).empty());
  CHECK(sms::fill("{cause} ", words).empty());
}

TEST_CASE("a refused device is told why, in what is text") {
  const msggw::core::Refusal refusal{"POLICY_DENIED", "not \xff here", 0};
  msggw::core::RegistrationView view;
  view.state = msggw::core::DeviceState::refused;
  const auto words = sms::words_of(view, &refusal);
  CHECK(sms::fill("{state}: {cause}, {detail} {serviceId}", words) ==
        "refused: POLICY_DENIED, not \xef\xbf\xbd here");
}
