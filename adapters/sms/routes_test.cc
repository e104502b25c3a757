// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/routes.h"

#include <doctest/doctest.h>

namespace sms = msggw::sms;

TEST_CASE("routes are read and written alike") {
  for (const char* text : {"ops AS as-1@example", "x UE ue-1"})
    CHECK(to_string(sms::parse_alias(text).value()) == text);
  for (const char* text : {"+4917* AS as-1", "* GROUP g"})
    CHECK(to_string(sms::parse_number_route(text).value()) == text);
  for (const char* text : {"12345 AS as-1", ":16000 AS as-1", "12345:0 AS as-1"})
    CHECK(to_string(sms::parse_service_route(text).value()) == text);
  CHECK(to_string(sms::parse_port_application("65535 org.example").value()) == "65535 org.example");
  CHECK(sms::parse_service_route("+12345 AS a").value().service == "12345");
}

TEST_CASE("what is no route says so") {
  for (const char* text : {"", "ops", "ops AS", "ops AS ", " AS a", "ops none", "a:b AS a",
                           "ops XX a", "ops AS a b"}) {
    CAPTURE(text);
    CHECK_FALSE(sms::parse_alias(text));
  }
  for (const char* text :
       {"12345", ":x AS a", ":70000 AS a", ": AS a", "1:2:3 AS a", "+ AS a", "++1 AS a"}) {
    CAPTURE(text);
    CHECK_FALSE(sms::parse_service_route(text));
  }
  for (const char* text : {"16000", "x a", "16000 a b", "-1 a"}) {
    CAPTURE(text);
    CHECK_FALSE(sms::parse_port_application(text));
  }
}

TEST_CASE("an alias is a word behind the prefix, with something behind it") {
  sms::Routes routes;
  routes.alias_prefix = "//";
  routes.aliases = {sms::parse_alias("ops AS as-1").value(), sms::parse_alias("o AS as-2").value()};
  const auto rest_of = [&](std::string_view text) {
    const auto named = routes.named(text);
    return named ? named->to.address + '<' + std::string(named->rest) + '>' : std::string("-");
  };
  CHECK(rest_of("//ops open") == "as-1<open>");
  CHECK(rest_of("//O:\r\n open it ") == "as-2<open it >");
  CHECK(rest_of("//ops\nopen") == "as-1<open>");
  for (const char* text : {"", "//", "//ops", "//ops  ", "/ops open", " //ops open", "//opsx open"})
    CHECK(rest_of(text) == "-");
  CHECK_FALSE(sms::Routes{}.named("@ops open"));
}

TEST_CASE("an application is that of the port written to, else of the one written from") {
  sms::Routes routes;
  routes.applications = {{1, "one"}, {2, "two"}, {3, "one"}};
  using msggw::sms_text::Ports;
  CHECK(routes.application(std::nullopt).empty());
  CHECK(routes.application(Ports{1, 2}) == "one");
  CHECK(routes.application(Ports{9, 2}) == "two");
  CHECK(routes.application(Ports{9, 8}).empty());
  CHECK(routes.port_of("one") == 1);
  CHECK_FALSE(routes.port_of("three"));
  CHECK_FALSE(routes.port_of(""));
}

TEST_CASE("the number comes before the address") {
  sms::Routes routes;
  routes.numbers = {sms::parse_number_route("+4917* AS n").value()};
  routes.services = {sms::parse_service_route("1:2 AS both").value(),
                     sms::parse_service_route(":2 AS port").value(),
                     sms::parse_service_route("1 AS service").value()};
  CHECK(routes.otherwise("+49171", "1", 2)->address == "n");
  CHECK(routes.otherwise("+44", "+1", 2)->address == "both");
  CHECK(routes.otherwise("+44", "3", 2)->address == "port");
  CHECK(routes.otherwise("+44", "1", std::nullopt)->address == "service");
  CHECK_FALSE(routes.otherwise("+44", "3", 1));
}
