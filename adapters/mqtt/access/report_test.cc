// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/report.h"

#include <doctest/doctest.h>

namespace msggw::mqtt::access {
namespace {

TEST_CASE("reports are lines, read as they were written") {
  for (const Report& report :
       {Report{Report::Kind::hello, "0123456789abcdef"}, Report{Report::Kind::came, {}, 0},
        Report{Report::Kind::went, {}, 4'294'967'295}, Report{Report::Kind::all},
        Report{Report::Kind::refused, {}, 4, 18'446'744'073'709'551'615U}}) {
    std::string line;
    append_report(line, report);
    CAPTURE(line);
    REQUIRE(line.ends_with('\n'));
    line.pop_back();
    CHECK(line.size() <= kMostLineOctets);
    CHECK(parse_report(line) == report);
  }
}

TEST_CASE("what is no report") {
  for (const char* const line : {"",
                                 "hello",
                                 "hello 1 ",
                                 "hello 2 0123456789abcdef",
                                 "hello 1 0123456789abcdef0",
                                 "+",
                                 "+ ",
                                 "+ -1",
                                 "+ 4294967296",
                                 "+ 1 ",
                                 "+1",
                                 "- x",
                                 "all ",
                                 "ALL",
                                 "refused",
                                 "refused 1",
                                 "refused 5 1",
                                 "refused 1 -1",
                                 "refused  1",
                                 "refused 1 1 1"}) {
    CAPTURE(line);
    CHECK_FALSE(parse_report(line));
  }
}

}  // namespace
}  // namespace msggw::mqtt::access
