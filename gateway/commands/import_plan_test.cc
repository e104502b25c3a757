// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/import_plan.h"

#include <doctest/doctest.h>

#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "gateway/admin/api.h"

namespace msggw::commands::import_plan_test {
namespace {

using Chunk = ImportPlan::Chunk;
using std::chrono::seconds;

constexpr std::size_t kMostRows = admin::Api::kMostRows;
constexpr ImportPlan::Time kStart{seconds{1'000}};

/// A plan for a list in memory, with what it told of rows.
struct Fixture {
  explicit Fixture(std::string list, roster::Format format = roster::Format::jsonl,
                   std::size_t resume_from = 1)
      : in(std::move(list)),
        plan(in, format, resume_from,
             [this](std::size_t line, std::string_view reason, std::string_view row) {
               failed.emplace_back(line, reason);
               rejected.emplace_back(row);
             }) {}

  std::istringstream in;
  std::vector<std::pair<std::size_t, std::string>> failed;
  std::vector<std::string> rejected;
  ImportPlan plan;
};

std::string rows(std::size_t count) {
  std::string list;
  for (std::size_t i = 1; i <= count; ++i)
    list += R"({"privateId":"p)" + std::to_string(i) + "\"}\n";
  return list;
}

base::Result<http::ClientResponse> status(unsigned status, std::string body = {}) {
  http::ClientResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

base::Result<http::ClientResponse> silence() {
  return base::fail(base::Errc::unavailable, "no connection");
}

/// An answer that has the same outcome for each row of `chunk`.
base::Result<http::ClientResponse> outcome(const Chunk& chunk, const std::string& row) {
  std::string body = R"({"rows":[)";
  for (std::size_t i = 0; i < chunk.lines.size(); ++i) body += (i == 0 ? "" : ",") + row;
  return status(200, body + "]}");
}

const std::string kAdded = R"({"status":"added"})";
const std::string kKnown = R"({"status":"known"})";

TEST_CASE("a list is cut into chunks of the rows that the API takes, a few under way at a time") {
  Fixture f(rows(4 * kMostRows + 1));
  std::vector<Chunk*> chunks;
  while (Chunk* const chunk = f.plan.next(kStart)) chunks.push_back(chunk);
  REQUIRE(chunks.size() == ImportPlan::kMostUnderWay);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    CHECK(chunks[i]->lines.size() == kMostRows);
    CHECK(chunks[i]->lines.front() == i * kMostRows + 1);
    CHECK(chunks[i]->lines.back() == (i + 1) * kMostRows);
  }
  CHECK_FALSE(f.plan.over());
  CHECK(f.plan.resume_line() == 1);
  CHECK_FALSE(f.plan.answered(*chunks[1], outcome(*chunks[1], kKnown), kStart));
  CHECK(f.plan.resume_line() == 1);  // the first is still under way
  CHECK_FALSE(f.plan.answered(*chunks[0], outcome(*chunks[0], kAdded), kStart));
  CHECK(f.plan.resume_line() == 2 * kMostRows + 1);
  Chunk* const fourth = f.plan.next(kStart);
  REQUIRE(fourth != nullptr);
  Chunk* const last = f.plan.next(kStart);
  REQUIRE(last != nullptr);
  CHECK(last->text == "{\"privateId\":\"p4001\"}\n");
  for (Chunk* const chunk : {chunks[2], fourth, last})
    CHECK_FALSE(f.plan.answered(*chunk, outcome(*chunk, kAdded), kStart));
  CHECK(f.plan.next(kStart) == nullptr);
  CHECK(f.plan.over());
  CHECK(f.plan.stopped().empty());
  CHECK(f.plan.counts().added == 3 * kMostRows + 1);
  CHECK(f.plan.counts().known == kMostRows);
  CHECK(f.plan.counts().rows() == 4 * kMostRows + 1);
  CHECK(f.failed.empty());
}

TEST_CASE("long rows make chunks of fewer") {
  std::string list;
  const std::string row = R"({"privateId":"p","info":{"x":")" + std::string(4'000, 'x') + "\"}}\n";
  for (std::size_t i = 0; i < kMostRows; ++i) list += row;
  Fixture f(list);
  const Chunk* const chunk = f.plan.next(kStart);
  REQUIRE(chunk != nullptr);
  CHECK(chunk->text.size() >= ImportPlan::kMostChunkOctets);
  CHECK(chunk->text.size() < ImportPlan::kMostChunkOctets + row.size());
  CHECK(chunk->lines.size() < kMostRows);
  const Chunk* const rest = f.plan.next(kStart);
  REQUIRE(rest != nullptr);
  CHECK(rest->lines.front() == chunk->lines.back() + 1);
}

TEST_CASE("every chunk of CSV has the header, and a list that should have one is refused without") {
  std::string list = "private_id,type\n";
  for (std::size_t i = 0; i <= kMostRows; ++i) list += "p" + std::to_string(i) + ",ue\n";
  Fixture f(list, roster::Format::csv);
  f.plan.read_header();
  const Chunk* const first = f.plan.next(kStart);
  const Chunk* const second = f.plan.next(kStart);
  REQUIRE(first != nullptr);
  REQUIRE(second != nullptr);
  CHECK(first->lines.front() == 2);
  CHECK(first->text.starts_with("private_id,type\np0,ue\n"));
  CHECK(second->text == "private_id,type\np1000,ue\n");
  Fixture empty("", roster::Format::csv);
  CHECK_THROWS_AS(empty.plan.read_header(), std::runtime_error);
  Fixture wrong("\nnothing,of,use\n", roster::Format::csv);
  CHECK_THROWS_AS(wrong.plan.read_header(), std::runtime_error);
}

TEST_CASE("rows before the line to resume from are passed over") {
  Fixture f(rows(10), roster::Format::jsonl, 8);
  const Chunk* const chunk = f.plan.next(kStart);
  REQUIRE(chunk != nullptr);
  CHECK(chunk->lines == std::vector<std::size_t>{8, 9, 10});
  Fixture behind(rows(10), roster::Format::jsonl, 11);
  CHECK(behind.plan.next(kStart) == nullptr);
  CHECK(behind.plan.over());
  CHECK(behind.plan.resume_line() == 11);
}

TEST_CASE("a row that cannot be sent fails by its line, and the rest goes on") {
  Fixture f(rows(1) + std::string(2 * roster::RowReader::kMostRecordOctets, 'x') + "\n" + rows(1));
  Chunk* const chunk = f.plan.next(kStart);
  REQUIRE(chunk != nullptr);
  CHECK(chunk->lines == std::vector<std::size_t>{1, 3});
  CHECK_FALSE(f.plan.answered(*chunk, outcome(*chunk, kAdded), kStart));
  REQUIRE(f.failed.size() == 1);
  CHECK(f.failed[0].first == 2);
  CHECK(f.rejected[0].empty());  // a part of it could be taken for a row
  CHECK(f.plan.counts().failed == 1);
  CHECK(f.plan.counts().rows() == 3);
}

TEST_CASE("a row that cannot be sent is told by who goes on, if nothing was told of it") {
  Fixture f(std::string(2 * roster::RowReader::kMostRecordOctets, 'x') + "\n" + rows(1));
  Chunk* const chunk = f.plan.next(kStart);
  REQUIRE(chunk != nullptr);
  CHECK_FALSE(f.plan.answered(*chunk, status(400), kStart));
  CHECK(f.plan.over());
  CHECK(f.failed.empty());
  CHECK(f.plan.resume_line() == 1);
}

TEST_CASE("rows that the gateway refuses fail by their lines and with its words") {
  Fixture f(rows(4), roster::Format::jsonl, 2);
  Chunk* const chunk = f.plan.next(kStart);
  REQUIRE(chunk != nullptr);
  const auto answer = status(
      200, R"({"rows":[{"status":"added"},{"status":"refused","detail":"full"},{"detail":7}]})");
  CHECK_FALSE(f.plan.answered(*chunk, answer, kStart));
  CHECK(f.failed == std::vector<std::pair<std::size_t, std::string>>{{3, "full"}, {4, ""}});
  CHECK(f.plan.counts().added == 1);
  CHECK(f.plan.counts().failed == 2);
  CHECK(f.plan.over());
  CHECK(f.plan.stopped().empty());
}

TEST_CASE("rows that failed are given as they stand in the list") {
  Fixture f("private_id,info.a\r\nx,\"1\n2\"\r\ny,\n\"z,\nv,3", roster::Format::csv);
  f.plan.read_header();
  CHECK(f.plan.header() == "private_id,info.a\n");
  Chunk* const chunk = f.plan.next(kStart);
  REQUIRE(chunk != nullptr);
  const auto answer =
      status(200, R"({"rows":[{"status":"failed"},{"status":"added"},{"status":"failed"}]})");
  CHECK_FALSE(f.plan.answered(*chunk, answer, kStart));
  CHECK(f.rejected == std::vector<std::string>{"x,\"1\n2\"", "\"z,", "v,3"});
}

TEST_CASE("a list of rows that cannot be sent ends, with each of them told") {
  const std::string long_row(roster::RowReader::kMostRecordOctets + 3, 'x');
  std::string list;
  for (std::size_t i = 0; i <= kMostRows; ++i) list += long_row + "\n";
  Fixture f(list);
  CHECK(f.plan.next(kStart) == nullptr);
  CHECK(f.plan.over());
  REQUIRE(f.failed.size() == kMostRows + 1);
  CHECK(f.failed.back().first == kMostRows + 1);
  Fixture good(list + rows(1));
  const Chunk* const chunk = good.plan.next(kStart);
  REQUIRE(chunk != nullptr);
  CHECK(chunk->lines == std::vector<std::size_t>{kMostRows + 2});
}

TEST_CASE("known devices of which the list says otherwise are counted") {
  Fixture f(rows(3));
  Chunk* const chunk = f.plan.next(kStart);
  REQUIRE(chunk != nullptr);
  const auto answer = status(200, R"({"rows":[{"status":"known","kept":["info"]},)"
                                  R"({"status":"known"},{"status":"known","kept":["ueType"]}]})");
  CHECK_FALSE(f.plan.answered(*chunk, answer, kStart));
  CHECK(f.plan.counts().known == 3);
  CHECK(f.plan.counts().kept == 2);
  CHECK(f.plan.counts().rows() == 3);
}

TEST_CASE("a gateway that is away, busy or started anew is tried again for a minute") {
  for (const auto& answer : {silence(), status(503), status(401)}) {
    Fixture f(rows(1));
    Chunk* const chunk = f.plan.next(kStart);
    REQUIRE(chunk != nullptr);
    CHECK(f.plan.answered(*chunk, answer, kStart));
    CHECK(f.plan.answered(*chunk, answer, kStart + ImportPlan::kGiveUpAfter));
    CHECK_FALSE(f.plan.over());
    CHECK_FALSE(f.plan.answered(*chunk, answer, kStart + ImportPlan::kGiveUpAfter + seconds{1}));
    CHECK(f.plan.over());
    CHECK_FALSE(f.plan.stopped().empty());
    CHECK(f.plan.resume_line() == 1);
    CHECK(f.plan.counts().rows() == 0);
  }
}

TEST_CASE("a chunk that is answered at last counts once") {
  Fixture f(rows(2));
  Chunk* const chunk = f.plan.next(kStart);
  REQUIRE(chunk != nullptr);
  CHECK(f.plan.answered(*chunk, silence(), kStart + seconds{30}));
  CHECK_FALSE(f.plan.answered(*chunk, outcome(*chunk, kKnown), kStart + seconds{31}));
  CHECK(f.plan.over());
  CHECK(f.plan.counts().known == 2);
  CHECK(f.plan.resume_line() == 3);
}

TEST_CASE("any other answer ends the import at once, and the chunk is to be sent again") {
  const std::string problem = R"({"detail":"no such thing"})";
  const std::vector<std::pair<base::Result<http::ClientResponse>, std::string>> table{
      {status(400, problem), "no such thing"},
      {status(413), "HTTP status 413"},
      {status(200, "{"), "the gateway's answer is not understood"},
      {status(200, R"({"rows":7})"), "the gateway's answer is not understood"},
      {status(200, R"({"rows":[{"status":"added"}]})"), "the gateway's answer is not understood"}};
  for (const auto& [answer, why] : table) {
    CAPTURE(why);
    Fixture f(rows(3 * kMostRows));
    Chunk* const first = f.plan.next(kStart);
    Chunk* const second = f.plan.next(kStart);
    REQUIRE(second != nullptr);
    CHECK_FALSE(f.plan.answered(*first, outcome(*first, kAdded), kStart));
    CHECK_FALSE(f.plan.answered(*second, answer, kStart));
    CHECK(f.plan.stopped() == why);
    CHECK(f.plan.over());
    CHECK(f.plan.next(kStart) == nullptr);
    CHECK(f.plan.resume_line() == kMostRows + 1);
    CHECK(f.plan.counts().rows() == kMostRows);
  }
}

TEST_CASE("an import that is stopped begins no chunk and waits for those under way") {
  Fixture f(rows(3 * kMostRows));
  Chunk* const chunk = f.plan.next(kStart);
  REQUIRE(chunk != nullptr);
  f.plan.stop("interrupted");
  f.plan.stop("another reason");
  CHECK(f.plan.next(kStart) == nullptr);
  CHECK_FALSE(f.plan.over());
  CHECK_FALSE(f.plan.answered(*chunk, outcome(*chunk, kAdded), kStart));
  CHECK(f.plan.over());
  CHECK(f.plan.stopped() == "interrupted");
  CHECK(f.plan.resume_line() == kMostRows + 1);
}

}  // namespace
}  // namespace msggw::commands::import_plan_test
