// SPDX-License-Identifier: Apache-2.0
#include "gateway/demo/sample_devices.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

namespace msggw::demo {
namespace {

using Lines = std::vector<std::string>;

std::string devices(const Lines& lines) {
  std::ostringstream out;
  print_devices(out, lines);
  return out.str();
}

TEST_CASE("a line of msggw-sim is a row of the table, whatever else it says") {
  CHECK(
      devices(
          {R"({"bearer":"coap","privateId":"p","state":"registered","serviceId":"one@x","x":[1]})",
           R"({"bearer":"sms","privateId":"f81d4fae7dec","state":"pending"})"}) ==
      "PRIVATE ID    BEARER  STATE       SERVICE ID\n"
      "p             coap    registered  one@x\n"
      "f81d4fae7dec  sms     pending     -\n"
      "\n");
}

TEST_CASE("what a line does not say, or not as text, is a dash") {
  CHECK(devices({R"({"privateId":"p","state":7,"serviceId":null})"}) ==
        "PRIVATE ID  BEARER  STATE  SERVICE ID\n"
        "p           -       -      -\n"
        "\n");
}

TEST_CASE("lines that are no object are no rows") {
  CHECK(devices({"", "ready", "[]", "7", "\"p\"", "{\"privateId\":\"p\"", "{} {}"}) ==
        "PRIVATE ID  BEARER  STATE  SERVICE ID\n\n");
}

TEST_CASE("messages and what became of them") {
  std::ostringstream out;
  print_exchanges(
      out,
      {R"({"bearer":"mqtt","privateId":"p","direction":"up","payload":"21.5","report":"OK"})"});
  CHECK(out.str() ==
        "PRIVATE ID  BEARER  MESSAGE  PAYLOAD  REPORT\n"
        "p           mqtt    up       21.5     OK\n"
        "\n");
}

}  // namespace
}  // namespace msggw::demo
