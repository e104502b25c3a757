// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/language/list_file.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "gateway/config/language/config_error.h"
#include "tests/contract/temp_folder.h"

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
  CHECK(mistakes_of([&] { many.throw_if_any(); }).size() == ConfigError::kMostProblems);
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
}

}  // namespace
}  // namespace msggw::config_language
