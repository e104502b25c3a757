// SPDX-License-Identifier: Apache-2.0
#include "gateway/credentials/sealer.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_folder.h"

namespace msggw::credentials {
namespace {

TEST_CASE("what is sealed can be opened with the same key and bond alone") {
  Sealer::Key key{};
  key.fill(7);
  const Sealer sealer(key);
  const std::string secret = "0123456789abcdef";
  const std::string sealed = sealer.seal(secret, "meter-1");
  CHECK(sealed.size() == secret.size() + Sealer::kMoreOctets);
  CHECK(sealed.find(secret) == std::string::npos);
  CHECK(sealer.open(sealed, "meter-1") == secret);
  CHECK(sealer.seal(secret, "meter-1") != sealed);
  CHECK_FALSE(sealer.open(sealed, "meter-2"));
  CHECK(sealer.open(sealer.seal("", "x"), "x") == "");
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CHECK_FALSE(sealer.open(changed, "meter-1"));
  }
  for (std::size_t size = 0; size < sealed.size(); ++size)
    CHECK_FALSE(sealer.open(std::string_view(sealed).substr(0, size), "meter-1"));
  key.fill(8);
  CHECK_FALSE(Sealer(key).open(sealed, "meter-1"));
}

TEST_CASE("one after the other is sealed and opened, whatever came of the one before") {
  Sealer::Key key{};
  key.fill(7);
  Sealer sealer(key);
  const Sealer copy(sealer);
  const std::string one = sealer.seal("0123456789abcdef", "a");
  const std::string other = copy.seal(std::string(64, 'x'), "b");
  for (int i = 0; i < 3; ++i) {
    CHECK(sealer.open(other, "b") == std::string(64, 'x'));
    CHECK_FALSE(sealer.open(other, "a"));
    CHECK(sealer.open(sealer.seal("between", ""), "") == "between");
    CHECK(copy.open(one, "a") == "0123456789abcdef");
    CHECK_FALSE(copy.open(one.substr(0, Sealer::kMoreOctets), "a"));
    CHECK(sealer.open(one, "a") == "0123456789abcdef");
  }
  key.fill(8);
  sealer = Sealer(key);
  CHECK_FALSE(sealer.open(one, "a"));
  sealer = copy;
  CHECK(sealer.open(one, "a"));
}

TEST_CASE("a key file is made once, for its owner alone") {
  const test::TempFolder folder;
  const KeyFile file(folder.path() / "key");
  const auto none = file.read();
  REQUIRE(none);
  CHECK_FALSE(none->has_value());
  const auto made = file.make();
  REQUIRE(made);
  CHECK(file.read().value() == *made);
  struct stat now{};
  REQUIRE(::stat(file.path().c_str(), &now) == 0);
  CHECK((now.st_mode & 0777) == 0600);
  CHECK(now.st_size == 32);
  CHECK_FALSE(file.make());
  CHECK(file.read().value() == *made);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "key.new"));
}

TEST_CASE("a key file of another length, and one that cannot be made, are told of") {
  const test::TempFolder folder;
  const KeyFile file(folder.path() / "key");
  for (const std::size_t size : {std::size_t{0}, std::size_t{31}, std::size_t{33}}) {
    std::ofstream(file.path(), std::ios::binary) << std::string(size, 'k');
    const auto read = file.read();
    REQUIRE_FALSE(read);
    CHECK(read.error().detail.find("does not hold 32 octets") != std::string::npos);
  }
  const auto made = KeyFile(folder.path() / "none" / "key").make();
  REQUIRE_FALSE(made);
  CHECK(made.error().code == base::Errc::storage);
}

}  // namespace
}  // namespace msggw::credentials
