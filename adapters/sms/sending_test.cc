// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/sending.h"

#include <doctest/doctest.h>

namespace sms = msggw::sms;

TEST_CASE("what is known of a message at an SMSC comes back as it was") {
  for (const sms::Sending& sending :
       {sms::Sending{},
        sms::Sending{"smsc-1", {{"0a", true}, {}, {std::string("\0", 1), false}}}}) {
    const std::string octets = sms::encode(sending);
    CHECK(sms::parse_sending(octets).value() == sending);
    for (std::size_t size = 0; size < octets.size(); ++size) {
      CAPTURE(size);
      CHECK_FALSE(sms::parse_sending(octets.substr(0, size)));
    }
    CHECK_FALSE(sms::parse_sending(octets + "x"));
    CHECK_FALSE(sms::parse_sending("\2" + octets.substr(1)));
  }
}
