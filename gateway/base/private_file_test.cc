// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/private_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/temp_folder.h"

namespace msggw::base::private_file_test {
namespace {

mode_t mode_of(const std::filesystem::path& path) {
  struct stat now{};
  REQUIRE(::stat(path.c_str(), &now) == 0);
  return now.st_mode & 07777;
}

TEST_CASE("a file for secrets is its owner's alone, whatever the umask is") {
  const msggw::test::TempFolder folder;
  for (const mode_t mask : {mode_t{0}, mode_t{0022}, mode_t{0777}}) {
    const auto path = folder.path() / std::to_string(mask);
    const mode_t before = ::umask(mask);
    const auto made = make_private(path);
    ::umask(before);
    REQUIRE(made);
    CHECK(mode_of(path) == 0600);
  }
}

TEST_CASE("one that is there is emptied and closed to others") {
  const msggw::test::TempFolder folder;
  const auto path = folder.file("keys", "old");
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  REQUIRE(make_private(path));
  CHECK(mode_of(path) == 0600);
  CHECK(std::filesystem::file_size(path) == 0);
  std::ofstream(path) << "new";
  CHECK(std::filesystem::file_size(path) == 3);
  CHECK(mode_of(path) == 0600);
}

TEST_CASE("what cannot be made is said, and what is no file is left as it is") {
  const msggw::test::TempFolder folder;
  const auto made = make_private(folder.path() / "none" / "keys");
  REQUIRE_FALSE(made);
  CHECK(made.error().detail.find("No such file") != std::string::npos);
  CHECK(make_private("/dev/null"));
}

}  // namespace
}  // namespace msggw::base::private_file_test
