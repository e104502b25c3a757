// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/policy.h"

#include <doctest/doctest.h>

namespace msggw::messages {
namespace {

TEST_CASE("a recipient is a type and a Service ID, or nobody") {
  const auto recipient = parse_recipient("GROUP g-1@example");
  REQUIRE(recipient);
  REQUIRE(*recipient);
  CHECK(**recipient == Address{AddressType::group, "g-1@example"});
  CHECK(to_string(*recipient) == "GROUP g-1@example");
  CHECK(parse_recipient("none").value() == std::nullopt);
  CHECK(to_string(std::optional<Address>()) == "none");
  for (const char* const wrong : {"", "AS", "AS ", "as as-1", "PHONE x", "AS a b"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_recipient(wrong));
  }
}

}  // namespace
}  // namespace msggw::messages
