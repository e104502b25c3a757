// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/name_pattern.h"

#include <doctest/doctest.h>

namespace msggw::coap_adapter {
namespace {

TEST_CASE("a pattern finds the Private ID in a name") {
  struct Case {
    const char* pattern;
    const char* name;
    std::optional<std::string_view> found;
  };
  for (const auto& [pattern, name, found] :
       {Case{"{privateId}", "meter-7", "meter-7"},
        Case{"{privateId}.example", "meter-7.example", "meter-7"},
        Case{"urn:dev:mac:{privateId}", "urn:dev:mac:001b638445e6", "001b638445e6"},
        Case{"a-{privateId}.b", "a-x.b.b", "x.b"}, Case{"{privateId}.example", ".example", {}},
        Case{"{privateId}.example", "meter-7.Example", {}},
        Case{"{privateId}.example", "*.example", {}}, Case{"{privateId}", "", {}},
        Case{"aa{privateId}aa", "aaa", {}},
        Case{"{privateId}.example", "meter-7.example.com", {}}}) {
    CAPTURE(pattern);
    CAPTURE(name);
    const auto read = parse_name_pattern(pattern);
    REQUIRE(read);
    CHECK(read->private_id_in(name) == found);
    CHECK(to_string(*read) == pattern);
  }
}

TEST_CASE("a pattern holds {privateId} once") {
  for (const char* const wrong : {"", "meter", "{privateId}{privateId}", "{privateid}"})
    CHECK(parse_name_pattern(wrong).error().detail == "does not hold {privateId} once");
}

}  // namespace
}  // namespace msggw::coap_adapter
