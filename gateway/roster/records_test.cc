// SPDX-License-Identifier: Apache-2.0
#include "gateway/roster/records.h"

#include <doctest/doctest.h>

#include <sstream>
#include <vector>

namespace msggw::roster {
namespace {

struct Seen {
  std::string text;
  std::size_t line;
  bool whole;
  bool cut = false;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> seen(const std::string& list, Format format) {
  std::istringstream in(list);
  RecordStream records(in, format);
  std::vector<Seen> all;
  while (const auto record = records.next())
    all.push_back({std::string(record->text), record->line, record->whole, record->cut});
  CHECK(records.octets() == list.size());
  return all;
}

TEST_CASE("records: with their lines, blank ones left out") {
  CHECK(seen("a\r\n\r\n\"b\nc\",d\n\ne", Format::csv) ==
        std::vector<Seen>{{"a", 1, true}, {"\"b\nc\",d", 3, true}, {"e", 6, true}});
  CHECK(seen("{}\n \n{\"a\n", Format::jsonl) ==
        std::vector<Seen>{{"{}", 1, true}, {"{\"a", 3, true}});
  CHECK(seen("", Format::csv).empty());
}

TEST_CASE("records: a byte order mark before the first is no part of it") {
  const std::string mark = "\xEF\xBB\xBF";
  for (const Format format : {Format::csv, Format::jsonl}) {
    CHECK(seen(mark + "{}\n" + mark + "\n", format) ==
          std::vector<Seen>{{"{}", 1, true}, {mark, 2, true}});
    CHECK(seen(mark, format).empty());
    CHECK(seen(mark + "\n\n{}", format) == std::vector<Seen>{{"{}", 3, true}});
  }
}

TEST_CASE("records: a quote that is not closed costs its line") {
  CHECK(seen("a\n\"b\nc\nd\n", Format::csv) ==
        std::vector<Seen>{{"a", 1, true}, {"\"b", 2, false}, {"c", 3, true}, {"d", 4, true}});
  CHECK(seen("\"b", Format::csv) == std::vector<Seen>{{"\"b", 1, true}});  // its reader says so
}

TEST_CASE("records: a line too long is passed over, however long") {
  for (const std::size_t size : {20'000U, 300'000U, 1'000'000U}) {
    for (const Format format : {Format::csv, Format::jsonl}) {
      const auto all = seen("a\n" + std::string(size, 'x') + "\nb\n", format);
      REQUIRE(all.size() == 3);
      CHECK_FALSE(all[1].whole);
      CHECK(all[1].cut);
      CHECK(all[1].line == 2);
      CHECK(all[1].text.size() <= size);
      CHECK(all[2] == Seen{"b", 3, true});
      CHECK_FALSE(seen(std::string(size, 'x'), format).at(0).whole);
    }
  }
}

TEST_CASE("records: the longest record that is allowed, and many blocks of records") {
  const std::string longest(RowReader::kMostRecordOctets, 'x');
  CHECK(seen(longest + "\r\n" + longest + "\n" + longest, Format::csv).size() == 3);
  std::string list;
  for (int i = 0; i < 200'000; ++i) list += "row-" + std::to_string(i) + "\n";
  const auto all = seen(list, Format::jsonl);
  REQUIRE(all.size() == 200'000);
  CHECK(all.back() == Seen{"row-199999", 200'000, true});
}

}  // namespace
}  // namespace msggw::roster
