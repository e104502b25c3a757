// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/plain_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <thread>

#include "tests/support/temp_folder.h"

namespace msggw::base {
namespace plain_file_test {

std::string why(const std::filesystem::path& file, std::size_t most = 100,
                FileKind kind = FileKind::plain) {
  const auto read = read_file(file, most, kind);
  return read ? "read: " + *read : read.error().detail;
}

TEST_CASE("a file is read whole, through a link too, or refused with the reason") {
  const msggw::test::TempFolder folder;
  const auto file = folder.path() / "f";
  std::ofstream(file, std::ios::binary) << std::string("a\0b", 3);
  CHECK(read_file(file, 3).value() == std::string("a\0b", 3));
  CHECK(why(file, 2) == "the file is larger than 2 octets");
  std::filesystem::create_symlink(file, folder.path() / "link");
  CHECK(read_file(folder.path() / "link", 3).value().size() == 3);
  CHECK(why(folder.path()) == "it is a folder");
  CHECK(why(folder.path() / "none") == "No such file or directory");
}

TEST_CASE("what has no end, or would be waited for, is refused at once") {
  const msggw::test::TempFolder folder;
  const auto pipe = folder.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(why(pipe) == "it is no regular file");
  CHECK(why("/dev/zero") == "it is no regular file");
  CHECK(why("/dev/zero", 100'000, FileKind::anything) == "the file is larger than 100000 octets");
}

TEST_CASE("a pipe that a command line names is read to its end") {
  const msggw::test::TempFolder folder;
  const auto pipe = folder.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer([&] { std::ofstream(pipe) << "[log]\n"; });
  CHECK(why(pipe, 100, FileKind::anything) == "read: [log]\n");
  writer.join();
}

}  // namespace plain_file_test
}  // namespace msggw::base
