// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gateway/cli/test_words.h"

namespace msggw::cli {
namespace {

using test::contains;
using test::expect;
using test::told;

TEST_CASE("messages list, show, remove") {
  const auto list =
      expect<ListMessages>({"messages", "list", "--device", "m", "--direction", "up", "--priority",
                            "low", "--stage", "handed", "--limit", "7", "--dir", "/d", "--json"});
  CHECK(list.filter.device == "m");
  CHECK(list.filter.direction == "up");
  CHECK(list.filter.priority == "low");
  CHECK(list.stage == "handed");
  CHECK(list.limit == 7);
  CHECK(list.source.folder == "/d");
  CHECK(list.json);
  CHECK(expect<ListMessages>({"messages", "list"}).limit == 0);
  CHECK(contains(told({"messages", "list", "--direction", "left"}), "--direction"));
  CHECK(contains(told({"messages", "list", "--stage", "ended"}), "--stage"));
  const auto show = expect<ShowMessage>({"messages", "show", "4711", "--content"});
  CHECK(show.number == 4'711);
  CHECK(show.content);
  CHECK_FALSE(expect<ShowMessage>({"messages", "show", "1"}).content);
  CHECK(contains(told({"messages", "show"}), "NUMBER is required"));
  for (const char* const word : {"x", "0", "-1", "1x", "18446744073709551616", ""})
    CHECK(contains(told({"messages", "show", word}), "no number of a message"));
  CHECK(expect<RemoveMessages>({"messages", "remove", "1", "2"}).numbers ==
        std::vector<std::uint64_t>{1, 2});
  const std::string wrong = told({"messages", "remove", "1", "abc", "999", "7.5"});
  CHECK(
      contains(wrong, "'abc', '7.5': no number of a message, as `msggw messages list` shows them"));
  CHECK(contains(wrong, "Nothing is removed."));
  const auto many = expect<RemoveMessages>({"messages", "remove", "--device", "m", "--yes"});
  CHECK(many.filter.device == "m");
  CHECK(many.yes);
  CHECK(contains(told({"messages", "remove"}), "say NUMBERs, or --device"));
  CHECK(contains(told({"messages", "remove", "1", "--device", "m"}), "say NUMBERs, or --device"));
  told({"messages"});
}

TEST_CASE("why and trace") {
  CHECK(expect<Why>({"why", "meter", "--json"}).private_id == "meter");
  CHECK(expect<Trace>({"trace", "m1", "--dir", "/d"}).of == "m1");
  CHECK(contains(told({"why"}), "PRIVATE_ID is required"));
  CHECK(contains(told({"trace"}), "ID is required"));
}

}  // namespace
}  // namespace msggw::cli
