// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/journal.h"

#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <fstream>
#include <stdexcept>

#include "tests/support/temp_folder.h"

namespace msggw::m5s {

namespace {

Exchange exchange(std::string to, unsigned status = 200, std::string body = "{}") {
  Exchange out;
  out.subject = {Operation::deliver_ue_message, "from", std::move(to), "m", {}};
  out.status = status;
  out.request = std::move(body);
  return out;
}

std::size_t count(const Journal& journal, const Journal::Filter& filter) {
  return journal.list(filter).at("entries").as_array().size();
}

}  // namespace

TEST_CASE("the journal is bounded in entries and in octets") {
  Journal journal(3, "");
  for (int i = 0; i < 5; ++i) journal.add(exchange(std::to_string(i)));
  const auto list = journal.list({});
  CHECK(list.at("last") == 5);
  CHECK(list.at("lost") == 2);
  REQUIRE(list.at("entries").as_array().size() == 3);
  CHECK(list.at("entries").as_array()[0].at("n") == 3);
  Journal large(1'000'000, "");
  for (int i = 0; i < 70; ++i) large.add(exchange("d", 200, std::string(kMostBody, 'x')));
  CHECK(large.list({}).at("lost").to_number<int>() > 0);
  CHECK(count(large, {}) < 65);
  large.clear();
  CHECK(count(large, {}) == 0);
  Journal none(0, "");
  none.add(exchange("d"));
  CHECK(count(none, {}) == 0);
}

TEST_CASE("the journal is filtered") {
  Journal journal(100, "");
  journal.add(exchange("a"));
  journal.add(exchange("b", 503));
  Exchange ours = exchange("a", 0);
  ours.is_ours = true;
  ours.subject.operation = Operation::give_message;
  ours.fault = "f";
  journal.add(ours);
  Exchange bulk;
  bulk.subject = {Operation::register_bulk, "", "", "", {"x", "a"}};
  journal.add(bulk);
  Journal::Filter filter;
  CHECK(count(journal, filter) == 4);
  filter.direction = "out";
  CHECK(count(journal, filter) == 1);
  filter.direction = "in";
  filter.service_id = "a";
  CHECK(count(journal, filter) == 2);
  filter = {};
  filter.status = 503;
  CHECK(count(journal, filter) == 1);
  filter = {};
  filter.operation = "give-message";
  CHECK(count(journal, filter) == 1);
  filter = {};
  filter.fault = "f";
  CHECK(count(journal, filter) == 1);
  filter = {};
  filter.since = 3;
  CHECK(count(journal, filter) == 1);
  filter = {};
  filter.limit = 2;
  CHECK(count(journal, filter) == 2);
}

TEST_CASE("bodies that are JSON are told as JSON, others as they came") {
  Journal journal(10, "");
  Exchange one = exchange("a", 200, R"({"k":1})");
  one.answer = "<html>";
  journal.add(one);
  const auto entry = journal.list({}).at("entries").as_array()[0].as_object();
  CHECK(entry.at("request").at("k") == 1);
  CHECK(entry.at("answer") == "<html>");
}

TEST_CASE("a file gets every exchange, or is refused") {
  const test::TempFolder folder;
  const std::string path = folder.path() / "journal";
  {
    Journal journal(1, path);
    for (int i = 0; i < 3; ++i) journal.add(exchange(std::to_string(i)));
  }
  std::ifstream file(path);
  std::string line;
  int lines = 0;
  while (std::getline(file, line)) CHECK(boost::json::parse(line).at("n") == ++lines);
  CHECK(lines == 3);
  CHECK_THROWS_AS(Journal(1, "/nowhere/journal"), std::runtime_error);
}

}  // namespace msggw::m5s
