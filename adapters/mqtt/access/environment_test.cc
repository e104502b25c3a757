// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/environment.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

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

void apply(Writing& writing, std::vector<Writing::Change> changes) {
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
  apply(*writing, {{1, Writing::Named{"a", password(1, "a")}},
                   {2, Writing::Named{"ab", password(2, "ab")}},
                   {3, Writing::Named{"a", password(1, "a")}}});
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

TEST_CASE("changes are seen at the next look-up") {
  const test::TempFolder folder;
  Reading reading(folder.path());
  const auto writing = begin(folder.path());
  apply(*writing, {{1, Writing::Named{"a", password(1, "a")}}});
  REQUIRE(writing->publish());
  REQUIRE(reading.look());
  CHECK(numbers(reading, "a") == Numbers{1});
  const std::uint64_t before = reading.version();
  apply(*writing, {{1, Writing::Named{"b", password(1, "a")}}, {5, std::nullopt}});
  CHECK(reading.version() != before);
  CHECK(numbers(reading, "a") == Numbers{});
  CHECK(numbers(reading, "b") == Numbers{1});
  apply(*writing, {{1, std::nullopt}});
  CHECK(numbers(reading, "b") == Numbers{});
}

TEST_CASE("another generation takes the place of one, and nothing is left of it") {
  const test::TempFolder folder;
  Reading reading(folder.path());
  const auto first = begin(folder.path());
  apply(*first, {{1, Writing::Named{"a", password(1, "a")}}});
  REQUIRE(first->publish());
  REQUIRE(reading.look());
  {
    const auto given_up = begin(folder.path());
  }
  const auto second = begin(folder.path());
  apply(*second, {{1, Writing::Named{"b", password(1, "a")}}});
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

TEST_CASE("the group may read, and nobody else anything") {
  const test::TempFolder folder;
  const mode_t before = ::umask(077);
  const auto writing = begin(folder.path());
  REQUIRE(writing->publish());
  ::umask(before);
  const fs::path base = folder.path() / writing->generation();
  CHECK(mode_of(base.native() + ".mdb") == 0640);
  CHECK(mode_of(base.native() + ".mdb-lock") == 0660);
  CHECK(mode_of(base.native() + ".key") == 0640);
  ::chmod(folder.path().c_str(), 0770);
  CHECK_FALSE(Writing::begin(folder.path(), kLogin));
  ::chmod(folder.path().c_str(), 0700);
  CHECK_FALSE(Writing::begin(folder.path() / "none", kLogin));
}

TEST_CASE("nothing in the folder is trusted") {
  const test::TempFolder folder;
  Reading reading(folder.path());
  auto writing = begin(folder.path());
  apply(*writing, {{1, Writing::Named{"a", password(1, "a")}}});
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
    ::chmod(data.c_str(), 0660);
    CHECK_FALSE(reading.look());
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
    REQUIRE(reading.look());
    writing.reset();
    auto file = LmdbFile::open(folder.path() / "forged.mdb", LmdbFile::For::writing);
    REQUIRE(file);
    auto turn = LmdbTurn::begin(*file, LmdbFile::For::writing);
    REQUIRE(turn);
    CHECK(turn->put(grant_key("b", 2), "not sealed at all, but as long as a row may be"));
    CHECK(turn->commit());
    CHECK(numbers(reading, "b") == Numbers{});
  }
}

}  // namespace
}  // namespace msggw::mqtt::access::environment_test
