// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/load/book.h"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/support/temp_folder.h"

namespace msggw::m5s {
namespace {

TEST_CASE("a server that was killed goes on where it was") {
  const test::TempFolder folder;
  const std::string file = folder.path() / "ledger.jsonl";
  const traffic::Plan plan;
  {
    Book book(file);
    CHECK(book.devices() == 0);
    CHECK(book.add_device("a", "http://127.0.0.1:1"));
    CHECK(book.add_device("b", "http://127.0.0.1:1"));
    CHECK_FALSE(book.add_device("a", "http://127.0.0.1:1"));
    book.sends(0, {1, traffic::Instant(10)}, plan);
    book.taken(0, {1, traffic::Instant(10)});
    book.sends(0, {2, traffic::Instant(20)}, plan);
    book.sends(1, {1, traffic::Instant(30)}, plan);
    book.refused(1, {1, traffic::Instant(30)}, 404);
    CHECK(book.got("a", "1-1", true, true));
    CHECK_FALSE(book.got("a", "1-1", true, true));
    CHECK(book.got("a", "2-2", true, true));
    CHECK(book.got("b", "1-1", false, true));
    book.got_text("a", "5c0e", "3-30 hello");
    book.told("a", "2-20", "REPT_DELY_FAILED", "NO_PROOF");
    book.reported({0, "1-1"}, "REPT_DELY_SUCCESS");
  }
  std::ofstream(file, std::ios::app) << R"({"event":"sent","dev)";  // cut off by the kill
  Book book(file);
  CHECK(book.devices() == 2);
  CHECK(book.target() == "http://127.0.0.1:1");
  CHECK(book.find("b") == 1);
  REQUIRE(book.sent().size() == 2);
  CHECK(book.sent()[0].stamp.number == 2);
  CHECK(book.sent()[0].stamp.at == traffic::Instant(20));
  CHECK(book.sent()[0].open);
  CHECK_FALSE(book.sent()[1].open);
  const auto owed = book.take_owed();
  REQUIRE(owed.size() == 1);
  CHECK(owed[0].device == 0);
  CHECK(owed[0].message_id == "2-2");
  CHECK_FALSE(book.got("b", "1-1", false, true));
  book.taken(0, {2, traffic::Instant(20)});
  CHECK_FALSE(Book(file).sent()[0].open);
}

TEST_CASE("without a ledger nothing is remembered of messages") {
  Book book("");
  book.add_device("a", "http://127.0.0.1:1");
  CHECK(book.got("a", "1-1", true, true));
  CHECK(book.got("a", "1-1", true, true));
}

}  // namespace
}  // namespace msggw::m5s
