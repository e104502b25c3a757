// SPDX-License-Identifier: Apache-2.0
#include "gateway/roster/csv.h"

#include <doctest/doctest.h>

namespace msggw::roster {
namespace {

using Fields = std::vector<std::string_view>;

Fields fields(std::string_view record) {
  static CsvRecord csv;
  const auto split = csv.split(record);
  REQUIRE(split);
  return csv.fields();
}

std::string reason(std::string_view record) {
  CsvRecord csv;
  const auto split = csv.split(record);
  return split ? "good" : split.error().detail;
}

TEST_CASE("csv: fields") {
  CHECK(fields("") == Fields{""});
  CHECK(fields("a") == Fields{"a"});
  CHECK(fields("a,b,") == Fields{"a", "b", ""});
  CHECK(fields(",") == Fields{"", ""});
  CHECK(fields(" a , b ") == Fields{" a ", " b "});  // RFC 4180: spaces are part of a field
  CHECK(fields(R"("a,b",c)") == Fields{"a,b", "c"});
  CHECK(fields(R"("","x")") == Fields{"", "x"});
  CHECK(fields("\"a\r\nb\"") == Fields{"a\r\nb"});
  CHECK(fields(R"("say ""hi""","""",plain)") == Fields{R"(say "hi")", "\"", "plain"});
}

TEST_CASE("csv: what is no record") {
  CHECK(reason(R"(a,b"c)") == "field 2: a quote inside of it");
  CHECK(reason(R"("a"b,c)") == "field 1: text behind its closing quote");
  CHECK(reason(R"(x,"a)") == "field 2: no closing quote");
  CHECK(reason(R"("a"")") == "field 1: no closing quote");
}

TEST_CASE("csv: where a record ends") {
  const auto check = [](std::string_view text, std::size_t octets, std::size_t with_end,
                        std::size_t lines) {
    CAPTURE(text);
    const auto extent = csv_extent(text, false);
    REQUIRE(extent);
    CHECK(extent->octets == octets);
    CHECK(extent->with_end == with_end);
    CHECK(extent->lines == lines);
  };
  check("a,b\nc", 3, 4, 1);
  check("a,b\r\nc", 3, 5, 1);
  check("\nc", 0, 1, 1);
  check("\"a\nb\",c\nd", 7, 8, 2);
  check("\"a\"\"\n\",c\nd", 8, 9, 2);
  check("\"\"\nd", 2, 3, 1);
  check("a,\"\"\"\"\nd", 6, 7, 1);
  check("a\"b\nc", 3, 4, 1);  // no record, but its end is where it seems to be
  CHECK_FALSE(csv_extent("a,b", false));
  CHECK_FALSE(csv_extent("\"a\nb", false));
  CHECK_FALSE(csv_extent("", true));
  CHECK(csv_extent("a,b", true)->with_end == 3);
  CHECK(csv_extent("\"a\nb", true)->lines == 2);
  CHECK(csv_extent("a\r", true)->octets == 1);
}

TEST_CASE("lines") {
  CHECK(line_extent("ab\r\nc", false)->octets == 2);
  CHECK(line_extent("ab\r\nc", false)->with_end == 4);
  CHECK_FALSE(line_extent("ab", false));
  CHECK(line_extent("ab", true)->octets == 2);
  CHECK_FALSE(line_extent("", true));
}

}  // namespace
}  // namespace msggw::roster
