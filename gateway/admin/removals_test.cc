// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/removals.h"

#include <doctest/doctest.h>

namespace msggw::admin {

TEST_CASE("what a removal may say") {
  const auto query = parse_removal_query(
      R"({"matching":"test-*","idleSince":"2026-01-31","source":"192.0.2.7","first":5,"before":9,"preview":true})");
  REQUIRE(query);
  CHECK(query->selection.matching == "test-*");
  CHECK(query->selection.idle_since_s == 1'769'817'600);
  CHECK(query->selection.source == base::source_of(boost::asio::ip::make_address("192.0.2.7")));
  CHECK(query->first == 5);
  CHECK(query->before == 9);
  CHECK(query->preview);
  const auto time = parse_removal_query(R"({"idleSince":"2026-01-31T01:02:03Z"})");
  REQUIRE(time);
  CHECK(time->selection.idle_since_s == 1'769'821'323);
  CHECK_FALSE(time->preview);
  CHECK_FALSE(time->forget);
  CHECK_FALSE(time->selection.removing);
  const auto forget = parse_removal_query(R"({"matching":"*","forget":true})");
  REQUIRE(forget);
  CHECK(forget->forget);
  CHECK(forget->selection.removing);
  CHECK(parse_removal_query(R"({"source":"broker"})")->selection.source == base::broker_source());
  CHECK(parse_removal_query(R"({"source":"smsc:2"})")->selection.source == base::smsc_source(1));
}

TEST_CASE("what a removal may not say: above all not nothing") {
  for (const char* body : {"",
                           "[]",
                           "{}",
                           R"({"preview":true})",
                           R"({"matching":""})",
                           R"({"matching":7})",
                           R"({"idleSince":"yesterday"})",
                           R"({"idleSince":"2026-02-30"})",
                           R"({"idleSince":"2026-01-31T25:00:00Z"})",
                           R"({"idleSince":"2026-01-31 01:02:03Z"})",
                           R"({"idleSince":"2026-+1-31"})",
                           R"({"source":"smsc:0"})",
                           R"({"source":"smsc:"})",
                           R"({"source":"host.example"})",
                           R"({"source":"192.0.2.7\u0000x"})",
                           R"({"source":"smsc:1x"})",
                           R"({"matching":"a","first":-1})",
                           R"({"matching":"a","before":4294967296})",
                           R"({"matching":"a","preview":1})",
                           R"({"matching":"a","forget":"yes"})",
                           R"({"matching":"00-1B-63-*"})",
                           R"({"matching":"a","all":true})"}) {
    CAPTURE(body);
    const auto query = parse_removal_query(body);
    REQUIRE_FALSE(query);
    CHECK_FALSE(query.error().detail.empty());
  }
}

}  // namespace msggw::admin
