// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/table_lines.h"

#include <doctest/doctest.h>

#include <string>

namespace msggw::commands::table_lines_test {
namespace {

TEST_CASE("the first line says what follows, the last one how much that was") {
  const auto head = parse_first_line(first_line({"gateway", true}));
  REQUIRE(head);
  CHECK(head->of == "gateway");
  CHECK(head->credentials);
  CHECK_FALSE(parse_first_line(first_line({"pf", false})).value().credentials);
  for (const char* other :
       {"", "{}", "[]", R"({"export":"msggw"})", R"({"export":"msggw gateway"})",
        R"({"export":"msggw gateway","version":2})", R"({"privateId":"x"})"})
    CHECK_FALSE(parse_first_line(other));
  CHECK(parse_last_line(last_line(7)) == 7);
  for (const char* other : {"", R"({"privateId":"x"})", R"({"end":true})",
                            R"({"end":true,"lines":-1})", R"({"end":true,"lines":7)"})
    CHECK_FALSE(parse_last_line(other));
}

TEST_CASE("an assignment comes back as it was, also of a gateway's line") {
  std::string line;
  append_assignment(line, {core::UeType::as, "as-1", "as-1@a.example"}, "rule-1");
  const auto read = parse_assignment(line, false);
  REQUIRE(read);
  CHECK(read->ue_type == core::UeType::as);
  CHECK(read->private_id == "as-1");
  CHECK(read->service_id == "as-1@a.example");
  CHECK(read->rule == "rule-1");
  const std::string device =
      R"({"privateId":"m","ueType":"AS","state":"provisioned","serviceId":"m@a","serverServiceIds":)"
      R"(["s"],"firstSeen":"2026-11-30T12:00:00Z","registrations":[]})";
  CHECK(parse_assignment(device, true).value().service_id == "m@a");
  CHECK_FALSE(parse_assignment(device, false));
  std::string too_long = device;
  too_long.replace(too_long.find("m@a"), 3, std::string(256, 'm'));
  CHECK_FALSE(parse_assignment(too_long, true));
  CHECK_FALSE(parse_assignment(line, true));
}

TEST_CASE("what no export of a Provisioning Function has is refused") {
  const auto takes = [](const char* line) { return parse_assignment(line, false).has_value(); };
  CHECK(takes(R"({"privateId":"m","ueType":"AS","serviceId":"m@a","rule":"default"})"));
  CHECK_FALSE(takes(R"({"privateId":"","ueType":"AS","serviceId":"m@a","rule":"default"})"));
  CHECK_FALSE(
      takes(R"({"privateId":"00-1B-63-84-45-E6","ueType":"AS","serviceId":"m@a","rule":"d"})"));
  CHECK_FALSE(takes(R"({"privateId":"m","ueType":"as-1","serviceId":"m@a","rule":"default"})"));
  CHECK_FALSE(takes(R"({"privateId":"m","ueType":"AS","serviceId":"","rule":"default"})"));
  CHECK_FALSE(takes(R"({"privateId":"m","ueType":"AS","serviceId":"m\u001b@a","rule":"d"})"));
  CHECK_FALSE(takes(R"({"privateId":"m","ueType":"AS","serviceId":7,"rule":"default"})"));
  CHECK_FALSE(takes(R"({"privateId":"m","ueType":"AS","serviceId":"m@a","rule":"d","more":1})"));
  const auto takes_rule = [&](const std::string& rule) {
    return takes(
        (R"({"privateId":"m","ueType":"AS","serviceId":"m@a","rule":")" + rule + "\"}").c_str());
  };
  CHECK(takes_rule(std::string(64, 'r')));
  for (const std::string& rule : {std::string(65, 'r'), std::string(R"(a\nb)"), std::string()})
    CHECK_FALSE(takes_rule(rule));
  CHECK_FALSE(takes("[]"));
}

}  // namespace
}  // namespace msggw::commands::table_lines_test
