// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/message_query.h"

#include <doctest/doctest.h>

#include "gateway/admin/query.h"

namespace msggw::admin {
namespace {

TEST_CASE("queries of lists of messages") {
  const auto all = parse_message_list_query("");
  REQUIRE(all);
  CHECK(all->selection.private_id.empty());
  CHECK_FALSE(all->selection.of.up);
  CHECK_FALSE(all->selection.of.state);
  CHECK(all->limit == 100);
  const auto some = parse_message_list_query(
      "device=00%3A1b&direction=down&priority=high&stage=handed&msgId=a%26b&limit=1000&from=7");
  REQUIRE(some);
  CHECK(some->selection.private_id == "00:1b");
  CHECK(some->selection.of.up == false);
  CHECK(some->selection.of.priority == messages::Priority::high);
  CHECK(some->selection.of.state == messages::State::handed);
  CHECK(some->message_id == "a&b");
  CHECK(some->limit == 1'000);
  CHECK(some->first == messages::MessageNo{7});
  for (const char* query :
       {"limit=0", "limit=1001", "limit=x", "limit", "from=-1", "from=", "direction=left",
        "priority=2", "stage=ended", "stage=", "device=", "device=%", "device=a&device=a",
        "msgId=", "content=true", "=", "&&x"}) {
    CAPTURE(query);
    CHECK_FALSE(parse_message_list_query(query));
  }
  std::string many;
  for (char name = 'a'; name <= 'z'; ++name) many += std::string(1, name) + "&";
  CHECK(parse_message_list_query(many).error().detail == "the query has too many parameters");
}

TEST_CASE("queries of one message, and of the trace") {
  CHECK_FALSE(read_flag("", "content").value());
  CHECK(read_flag("content=true", "content").value());
  CHECK_FALSE(read_flag("content=false", "content").value());
  for (const char* query : {"content", "content=1", "contents=true", "content=true&content=true"})
    CHECK_FALSE(read_flag(query, "content"));
  CHECK(parse_trace_query("of=%2B15551234567").value() == "+15551234567");
  for (const char* query : {"", "of=", "of", "of=a&x=b", "of=%4"})
    CHECK_FALSE(parse_trace_query(query));
}

TEST_CASE("what a removal of messages may say: above all not nothing") {
  const auto query = parse_message_removal_query(
      R"({"device":"meter","direction":"up","priority":"low","first":5,"before":9,"preview":true})");
  REQUIRE(query);
  CHECK(query->selection.private_id == "meter");
  CHECK(query->selection.of.up == true);
  CHECK(query->selection.of.priority == messages::Priority::low);
  CHECK(query->first == messages::MessageNo{5});
  CHECK(query->before == messages::MessageNo{9});
  CHECK(query->preview);
  CHECK_FALSE(parse_message_removal_query(R"({"direction":"down"})")->preview);
  for (const char* body :
       {"", "[]", "{}", R"({"preview":true})", R"({"device":""})", R"({"device":7})",
        R"({"direction":"left"})", R"({"direction":true})", R"({"direction":"up","first":-1})",
        R"({"direction":"up","before":"9"})", R"({"direction":"up","preview":1})",
        R"({"direction":"up","all":true})", R"({"direction":"up","stage":"done"})"}) {
    CAPTURE(body);
    const auto wrong = parse_message_removal_query(body);
    REQUIRE_FALSE(wrong);
    CHECK_FALSE(wrong.error().detail.empty());
  }
}

}  // namespace
}  // namespace msggw::admin
