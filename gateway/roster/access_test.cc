// SPDX-License-Identifier: Apache-2.0
#include "gateway/roster/access.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

namespace msggw::roster {
namespace {

struct Folder {
  Folder() {
    std::string made = (std::filesystem::temp_directory_path() / "msggw-access-XXXXXX").string();
    REQUIRE(::mkdtemp(made.data()) != nullptr);
    path = made;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

TEST_CASE("operator.json: written for its owner alone, read back, gone with the gateway") {
  const Folder folder;
  CHECK(read_access(folder.path).error().code == base::Errc::unavailable);
  CHECK(read_access(folder.path / "nowhere").error().code == base::Errc::unavailable);
  {
    std::ofstream(folder.path / "operator.json") << "left behind";
    CHECK(read_access(folder.path).error().code == base::Errc::malformed);
    const AccessFile file(folder.path, {base::parse_uri("http://127.0.0.1:1").value(), "secret"});
    const auto access = read_access(folder.path);
    REQUIRE(access);
    CHECK(base::to_string(access->url) == "http://127.0.0.1:1");
    CHECK(access->token == "secret");
    struct stat status{};
    REQUIRE(::stat((folder.path / "operator.json").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
  CHECK(std::filesystem::is_empty(folder.path));
  CHECK_THROWS_AS(AccessFile(folder.path / "nowhere", {}), std::runtime_error);
}

TEST_CASE("tokens differ") {
  const std::string token = random_token();
  CHECK(token.size() == 64);
  CHECK(token != random_token());
}

}  // namespace
}  // namespace msggw::roster
