// SPDX-License-Identifier: Apache-2.0
#include "gateway/roster/access.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/temp_folder.h"

namespace msggw::roster {
namespace {

TEST_CASE("operator.json: written for its owner alone, read back, gone with the gateway") {
  const test::TempFolder folder;
  CHECK(read_access(folder.path()).error().code == base::Errc::unavailable);
  CHECK(read_access(folder.path() / "nowhere").error().code == base::Errc::unavailable);
  {
    folder.file("operator.json", "left behind");
    CHECK(read_access(folder.path()).error().code == base::Errc::malformed);
    const AccessFile file(folder.path(), {base::parse_uri("http://127.0.0.1:1").value(), "secret"});
    const auto access = read_access(folder.path());
    REQUIRE(access);
    CHECK(base::to_string(access->url) == "http://127.0.0.1:1");
    CHECK(access->token == "secret");
    struct stat status{};
    REQUIRE(::stat((folder.path() / "operator.json").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
  CHECK(std::filesystem::is_empty(folder.path()));
  CHECK_THROWS_AS(AccessFile(folder.path() / "nowhere", {}), std::runtime_error);
}

TEST_CASE("operator.json of a stranger, in a folder that is open to all, is not taken") {
  const test::TempFolder folder;
  const auto file = folder.file("operator.json", R"({"url":"http://127.0.0.1:1","token":"t"})");
  if (::chown(file.c_str(), ::geteuid() + 1, static_cast<gid_t>(-1)) != 0) return;  // not root
  CHECK(read_access(folder.path()));
  ::chmod(folder.path().c_str(), 0777);
  const auto refused = read_access(folder.path());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == base::Errc::refused);
  CHECK(refused.error().detail.find("chmod o-w") != std::string::npos);
  REQUIRE(::chown(folder.path().c_str(), ::geteuid() + 1, static_cast<gid_t>(-1)) == 0);
  CHECK(read_access(folder.path()));  // that of its owner
}

TEST_CASE("tokens differ") {
  const std::string token = random_token();
  CHECK(token.size() == 64);
  CHECK(token != random_token());
}

}  // namespace
}  // namespace msggw::roster
