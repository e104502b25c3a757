// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/environment.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/temp_folder.h"

namespace msggw::mqtt::access::environment_test {
namespace {

namespace fs = std::filesystem;

const Login kLogin{"msggw", "$scrypt$", "msgin5g"};

Grant password(std::uint32_t device, const std::string& id) {
  return {device, credentials::Kind::password, "$scrypt$" + id, 0, 0, {id}};
}

std::unique_ptr<Writing> begin(const fs::path& folder) {
  auto begun = Writing::begin(folder, kLogin);
  REQUIRE_MESSAGE(begun, (begun ? "" : begun.error().detail));
  return std::move(*begun);
}

void add(Writing& writing, std::vector<Writing::Row> rows) {
  const auto added = writing.add(rows);
  REQUIRE_MESSAGE(added, (added ? "" : added.error().detail));
}

void apply(Writing& writing, std::vector<Change> changes) {
  const auto applied = writing.apply(changes);
  REQUIRE_MESSAGE(applied, (applied ? "" : applied.error().detail));
}

std::vector<std::uint32_t> numbers(Reading& reading, std::string_view name) {
  std::vector<std::uint32_t> all;
  for (const auto& granted : reading.find(name)) all.push_back(granted.no);
  return all;
}

mode_t mode_of(const fs::path& path) {
  struct stat now{};
  REQUIRE(::stat(path.c_str(), &now) == 0);
  return now.st_mode & 07777;
}

using Numbers = std::vector<std::uint32_t>;

TEST_CASE("what is written is read, by name and once it is published") {
  const test::TempFolder folder;
  Reading reading(folder.path());
  CHECK_FALSE(reading.look());
  const auto writing = begin(folder.path());
  add(*writing,
      {{3, {"a", password(1, "a")}}, {1, {"a", password(1, "a")}}, {2, {"ab", password(2, "ab")}}});
  CHECK_FALSE(reading.look());
  CHECK(reading.find("a").empty());
  REQUIRE(writing->publish());
  REQUIRE(reading.look());
  CHECK(reading.login() == kLogin);
  CHECK(reading.generation() == writing->generation());
  CHECK(numbers(reading, "a") == Numbers{1, 3});
  CHECK(reading.find("a").front().grant == password(1, "a"));
  CHECK(numbers(reading, "ab") == Numbers{2});
  CHECK(reading.find("b").empty());
  CHECK(reading.find("").empty());
  CHECK(reading.find("\1").empty());
  CHECK(reading.find(std::string(600, 'a')).empty());
}

TEST_CASE("changes are seen when it is looked, whatever the table has") {
  const test::TempFolder folder;
  Reading reading(folder.path());
  const auto writing = begin(folder.path());
  apply(*writing, {{4, Named{"d", password(4, "d")}}, {5, std::nullopt}});
  add(*writing, {{1, {"a", password(1, "a")}},
                 {2, {"a", password(1, "a")}},
                 {4, {"c", password(4, "c")}},
                 {5, {"e", password(5, "e")}}});
  REQUIRE(writing->publish());
  REQUIRE(reading.look());
  CHECK(numbers(reading, "a") == Numbers{1, 2});
  CHECK(numbers(reading, "c") == Numbers{});  // what has changed is newer
  CHECK(numbers(reading, "d") == Numbers{4});
  CHECK(numbers(reading, "e") == Numbers{});
  CHECK(reading.take_changed().empty());  // the generation is new
  REQUIRE(reading.look());
  CHECK(reading.take_changed().empty());
  apply(*writing, {{1, Named{"b", password(1, "a")}}, {3, Named{"a", password(3, "a")}}});
  CHECK(numbers(reading, "a") == Numbers{1, 2});
  REQUIRE(reading.look());
  CHECK(reading.take_changed() == Numbers{1, 3});
  CHECK(reading.take_changed().empty());
  CHECK(numbers(reading, "a") == Numbers{2, 3});
  CHECK(numbers(reading, "b") == Numbers{1});
  apply(*writing, {{1, Named{"a", password(1, "x")}}, {2, std::nullopt}});
  apply(*writing, {{3, std::nullopt}});
  REQUIRE(reading.look());
  CHECK(numbers(reading, "a") == Numbers{1});
  CHECK(reading.find("a").front().grant == password(1, "x"));
  CHECK(numbers(reading, "b") == Numbers{});
  CHECK(writing->changes() == 7);
  Reading another(folder.path());
  REQUIRE(another.look());
  CHECK(numbers(another, "a") == Numbers{1});
}

TEST_CASE("changes that are half there are waited for, and others are nothing") {
  const test::TempFolder folder;
  const auto writing = begin(folder.path());
  add(*writing, {{1, {"a", password(1, "a")}}, {2, {"b", password(2, "b")}}});
  REQUIRE(writing->publish());
  Reading reading(folder.path());
  const fs::path log = folder.path() / (writing->generation() + ".log");
  const auto put = [&](std::string_view octets) {
    std::ofstream(log, std::ios::binary | std::ios::trunc) << octets;
  };
  apply(*writing, {{1, std::nullopt}});
  std::ostringstream read;
  read << std::ifstream(log, std::ios::binary).rdbuf();
  const std::string first = read.str();
  apply(*writing, {{2, std::nullopt}});
  read.str("");
  read << std::ifstream(log, std::ios::binary).rdbuf();
  const std::string both = read.str();
  for (std::size_t size = 0; size < first.size(); ++size) {
    put(both.substr(0, size));
    Reading half(folder.path());
    CHECK(half.look());
    CHECK(numbers(half, "a") == Numbers{1});
    put(both.substr(0, first.size() + size));
    CHECK(half.look());
    CHECK(numbers(half, "a") == Numbers{});
    CHECK(numbers(half, "b") == Numbers{2});
    put(both);
    CHECK(half.look());
    CHECK(numbers(half, "b") == Numbers{});
  }
  put(first + std::string(100, '\0'));  // as a power cut may leave it
  CHECK(reading.look());
  CHECK(numbers(reading, "b") == Numbers{2});
  // In another order, twice, and what nobody has sealed.
  for (const std::string& wrong :
       {both.substr(first.size()) + first, first + first, first + std::string(100, 'x'),
        first + std::string("\0\0\0\1x", 5)}) {
    put(wrong);
    Reading strict(folder.path());
    CHECK_FALSE(strict.look());
    CHECK(numbers(strict, "b") == Numbers{});
  }
  put(first);
  Reading again(folder.path());
  CHECK(again.look());
  put(first + first);
  CHECK_FALSE(again.look());
  CHECK(numbers(again, "b") == Numbers{2});  // what was read before holds
}

TEST_CASE("another generation takes the place of one, and nothing is left of it") {
  const test::TempFolder folder;
  Reading reading(folder.path());
  const auto first = begin(folder.path());
  add(*first, {{1, {"a", password(1, "a")}}});
  REQUIRE(first->publish());
  REQUIRE(reading.look());
  {
    const auto given_up = begin(folder.path());
  }
  const auto second = begin(folder.path());
  add(*second, {{1, {"b", password(1, "a")}}});
  REQUIRE(reading.look());
  CHECK(numbers(reading, "a") == Numbers{1});
  REQUIRE(second->publish());
  CHECK(numbers(reading, "a") == Numbers{1});  // until it looks
  REQUIRE(reading.look());
  CHECK(numbers(reading, "a") == Numbers{});
  CHECK(numbers(reading, "b") == Numbers{1});
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& each : fs::directory_iterator(folder.path())) ++files;
  CHECK(files == 4);
}

TEST_CASE("what a process left that was killed before it published goes when the next begins") {
  const test::TempFolder folder;
  const std::string left = begin(folder.path())->generation();
  for (const char* const kind : {".mdb", ".log", ".key", ".key.new"})
    std::ofstream(folder.path() / (left + kind)) << "x";
  const auto published = begin(folder.path());
  REQUIRE(published->publish());
  for (const char* const kind : {".mdb", ".key.new"})
    CHECK_FALSE(fs::exists(folder.path() / (left + kind)));
  std::ofstream(folder.path() / (left + ".mdb")) << "x";
  const auto next = begin(folder.path());
  CHECK_FALSE(fs::exists(folder.path() / (left + ".mdb")));
  CHECK(fs::exists(folder.path() / (published->generation() + ".mdb")));
}

TEST_CASE("the group may read, and nobody but the gateway write anything") {
  const test::TempFolder folder;
  const mode_t before = ::umask(077);
  const auto writing = begin(folder.path());
  REQUIRE(writing->publish());
  ::umask(before);
  const fs::path base = folder.path() / writing->generation();
  CHECK(mode_of(base.native() + ".mdb") == 0640);
  CHECK(mode_of(base.native() + ".log") == 0640);
  CHECK(mode_of(base.native() + ".key") == 0640);
  ::chmod(folder.path().c_str(), 0770);
  CHECK_FALSE(Writing::begin(folder.path(), kLogin));
  ::chmod(folder.path().c_str(), 0700);
  CHECK_FALSE(Writing::begin(folder.path() / "none", kLogin));
}

TEST_CASE(
    "whoever reads takes no more of the address space than the table has, and writes nothing") {
  const test::TempFolder folder;
  const auto writing = begin(folder.path());
  add(*writing, {{1, {"a", password(1, "a")}}});
  REQUIRE(writing->publish());
  const auto mapped = [] {
    std::ifstream file("/proc/self/statm");
    std::size_t pages = 0;
    file >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  };
  const std::size_t before = mapped();
  Reading reading(folder.path());
  ::chmod(folder.path().c_str(), 0500);
  REQUIRE(reading.look());
  ::chmod(folder.path().c_str(), 0700);
  CHECK(numbers(reading, "a") == Numbers{1});
  CHECK(mapped() < before + (std::size_t{64} << 20));
}

TEST_CASE("nothing in the folder is trusted") {
  const test::TempFolder folder;
  Reading reading(folder.path());
  auto writing = begin(folder.path());
  add(*writing, {{1, {"a", password(1, "a")}}});
  REQUIRE(writing->publish());
  const std::string generation = writing->generation();
  const fs::path data = folder.path() / (generation + ".mdb");
  SUBCASE("a link that leads elsewhere") {
    fs::remove(folder.path() / "current");
    for (const char* const target : {"../x.mdb", "/etc/passwd", "0123456789abcdef.mdb/../x", ""}) {
      fs::remove(folder.path() / "current");
      if (*target != '\0') fs::create_symlink(target, folder.path() / "current");
      CHECK_FALSE(reading.look());
    }
  }
  SUBCASE("a file that was cut off") {
    for (const std::uintmax_t size : {std::uintmax_t{0}, std::uintmax_t{5'000}}) {
      REQUIRE(::truncate(data.c_str(), static_cast<off_t>(size)) == 0);
      CHECK_FALSE(reading.look());
    }
  }
  SUBCASE("a file that others may write") {
    for (const char* const kind : {".mdb", ".log"}) {
      const fs::path file = folder.path() / (generation + kind);
      ::chmod(file.c_str(), 0660);
      CHECK_FALSE(reading.look());
      ::chmod(file.c_str(), 0640);
    }
    CHECK(reading.look());
  }
  SUBCASE("another key") {
    std::ofstream(folder.path() / (generation + ".key"), std::ios::binary) << std::string(32, 'k');
    CHECK_FALSE(reading.look());
  }
  SUBCASE("no key") {
    fs::remove(folder.path() / (generation + ".key"));
    CHECK_FALSE(reading.look());
  }
  SUBCASE("rows of somebody without the key, and rows that were moved") {
    writing.reset();
    const auto key = credentials::KeyFile(folder.path() / (generation + ".key")).read();
    REQUIRE((key && *key));
    const credentials::Sealer ours(**key);
    const credentials::Sealer theirs(credentials::Sealer::Key{});
    std::string row;
    append_grant(row, password(1, "a"));
    const auto put = [&](const std::string& name, std::string_view value) {
      auto file = LmdbFile::open(data, LmdbFile::For::writing);
      REQUIRE(file);
      auto turn = LmdbTurn::begin(*file, LmdbFile::For::writing);
      REQUIRE(turn);
      REQUIRE(turn->put(grant_key(name, 2), value));
      REQUIRE(turn->commit());
    };
    put("clear", row);
    put("theirs", theirs.seal(row, grant_key("theirs", 2)));
    put("moved", ours.seal(row, grant_key("a", 1)));
    put("ours", ours.seal(row, grant_key("ours", 2)));
    REQUIRE(reading.look());
    for (const char* const forged : {"clear", "theirs", "moved"}) {
      CAPTURE(forged);
      CHECK(numbers(reading, forged) == Numbers{});
    }
    CHECK(numbers(reading, "ours") == Numbers{2});  // it is this table that is read
    CHECK(numbers(reading, "a") == Numbers{1});
  }
}

}  // namespace
}  // namespace msggw::mqtt::access::environment_test
