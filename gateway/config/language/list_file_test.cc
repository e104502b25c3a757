// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/language/list_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <ctime>
#include <fstream>
#include <string>

#include "gateway/config/language/config_error.h"
#include "gateway/config/language/secret_file.h"
#include "tests/support/temp_folder.h"

namespace msggw::config_language {
namespace {

template <class Function>
std::vector<std::string> mistakes_of(Function function) {
  try {
    function();
  } catch (const ConfigError& error) {
    return error.problems();
  }
  return {};
}

TEST_CASE("mistakes are told by line, with what is of the whole file first, and not all of many") {
  Problems problems("f");
  CHECK(problems.empty());
  CHECK_NOTHROW(problems.throw_if_any());
  problems.add(7, "[x] b", "later");
  problems.add(2, "[x] a", "first");
  problems.add(7, "", "of the line");
  problems.add(0, "", "of the file");
  CHECK(mistakes_of([&] { problems.throw_if_any(); }) ==
        std::vector<std::string>{"f: of the file", "f:2: [x] a: first", "f:7: [x] b: later",
                                 "f:7: of the line"});
  Problems many("f");
  for (unsigned line = 1; line <= 2 * ConfigError::kMostProblems; ++line) many.add(line, "", "w");
  try {
    many.throw_if_any();
    FAIL("nothing was thrown");
  } catch (const ConfigError& error) {
    CHECK(error.problems().size() == ConfigError::kMostProblems);
    CHECK(error.problems().front() == "f:1: w");
    CHECK(error.more() == ConfigError::kMostProblems);
    CHECK(std::string(error.what()).ends_with("\nf:20: w\nand 20 more"));
  }
}

TEST_CASE("what another file has too much of is counted") {
  Problems problems("f");
  problems.add(Problems::kCommandLine, "", "last");
  problems.add_told(ConfigError(std::vector<std::string>(ConfigError::kMostProblems + 3, "g: w")));
  problems.add(9, "", "first");
  try {
    problems.throw_if_any();
    FAIL("nothing was thrown");
  } catch (const ConfigError& error) {
    CHECK(error.problems().size() == ConfigError::kMostProblems);
    CHECK(error.problems().front() == "f:9: first");
    CHECK(error.problems().back() == "g: w");
    CHECK(error.more() == 5);
  }
}

TEST_CASE("a hundred thousand unknown keys take no longer than each by itself") {
  Node::Table table;
  for (unsigned i = 0; i < 100'000; ++i)
    table.members.push_back({"key_" + std::to_string(i), {true, i + 1}});
  OptionTable options;
  options.section("x");
  Problems problems("f");
  TableReader reader(table, 1, "[x]", problems);
  const std::clock_t begun = std::clock();  // of this process alone, whatever else runs
  reader.read(options, "x", {});
  CHECK((std::clock() - begun) / CLOCKS_PER_SEC < 5);
  CHECK(mistakes_of([&] { problems.throw_if_any(); }).front() ==
        "f:1: [x] key_0: unknown key, allowed are ");
}

TEST_CASE("a table goes into options, and every key that is none is told of") {
  const Tree tree = parse_toml("port = 70000\nnmae = \"n\"\nextra = [1]\nname = \"n\"\n", 1);
  REQUIRE(tree.errors.empty());
  std::uint16_t port = 1;
  std::string name;
  OptionTable options;
  options.section("x");
  options.number("port", port, 1, 65'535);
  options.text("name", name);
  Problems problems("f");
  TableReader reader(tree.root, 1, "[x one]", problems);
  unsigned special = 0;
  reader.read(options, "x", {{"extra", [&](const Node& node) { special = node.line; }}});
  CHECK(special == 3);
  CHECK(name == "n");
  CHECK(port == 1);
  CHECK(reader.is_good("name"));
  CHECK(reader.has("port"));
  CHECK_FALSE(reader.is_good("port"));
  CHECK_FALSE(reader.has("missing"));
  reader.problem("missing", "is missing");
  CHECK(mistakes_of([&] { problems.throw_if_any(); }) ==
        std::vector<std::string>{"f:1: [x one] port: 70000 is out of range, allowed are 1 to 65535",
                                 "f:1: [x one] missing: is missing",
                                 "f:2: [x one] nmae: unknown key, did you mean 'name'?"});
}

TEST_CASE("a file is read whole or refused with its name and the reason") {
  const test::TempFolder folder;
  const auto file = folder.path() / "f";
  std::ofstream(file, std::ios::binary) << std::string("a\0b", 3) << std::string(20'000, 'c');
  CHECK(read_file(file, 20'003).size() == 20'003);
  CHECK(mistakes_of([&] { read_file(file, 20'002); }) ==
        std::vector<std::string>{file.string() + ": the file is larger than 20002 octets"});
  CHECK(mistakes_of([&] { read_file(folder.path(), 9); }) ==
        std::vector<std::string>{folder.path().string() + ": cannot be read: it is a folder"});
  CHECK(mistakes_of([&] { read_file(folder.path() / "none", 9); }) ==
        std::vector<std::string>{(folder.path() / "none").string() +
                                 ": cannot be read: No such file or directory"});
  const auto pipe = folder.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(mistakes_of([&] { read_file(pipe, 9); }) ==
        std::vector<std::string>{pipe.string() + ": cannot be read: it is no regular file"});
  CHECK(read_secret(pipe, 9).error().detail ==
        pipe.string() + ": cannot be read: it is no regular file");
}

}  // namespace
}  // namespace msggw::config_language
