// SPDX-License-Identifier: Apache-2.0
#include "gateway/demo/sample_devices.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

namespace msggw::demo {
namespace {

TEST_CASE("a line of msggw-sim is a row of the table, whatever else it says") {
  const auto device = sample_of(
      R"({"bearer":"coap","privateId":"02005e100001","state":"registered","serviceId":"a@b","x":[1]})");
  REQUIRE(device.has_value());
  CHECK(device->private_id == "02005e100001");
  CHECK(device->bearer == "coap");
  CHECK(device->state == "registered");
  CHECK(device->service_id == "a@b");
}

TEST_CASE("what a line does not say, or not as text, is a dash") {
  const auto device = sample_of(R"({"privateId":"p","state":7,"serviceId":null})");
  REQUIRE(device.has_value());
  CHECK(device->private_id == "p");
  CHECK(device->bearer == "-");
  CHECK(device->state == "-");
  CHECK(device->service_id == "-");
}

TEST_CASE("lines that are no object are no rows") {
  for (const char* line : {"", "ready", "[]", "7", "\"p\"", "{\"privateId\":\"p\"", "{} {}"}) {
    CAPTURE(line);
    CHECK_FALSE(sample_of(line).has_value());
  }
}

TEST_CASE("the table is as wide as the longest Private ID") {
  std::ostringstream out;
  print_samples(out,
                {{"p", "coap", "registered", "one@x"}, {"f81d4fae7dec", "sms", "pending", "-"}});
  CHECK(out.str() ==
        "PRIVATE ID    BEARER  STATE        SERVICE ID\n"
        "p             coap    registered   one@x\n"
        "f81d4fae7dec  sms     pending      -\n"
        "\n");
  std::ostringstream none;
  print_samples(none, {});
  CHECK(none.str() == "PRIVATE ID  BEARER  STATE        SERVICE ID\n\n");
}

}  // namespace
}  // namespace msggw::demo
