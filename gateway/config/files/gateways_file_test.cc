// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/files/gateways_file.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gateway/config/language/config_error.h"
#include "tests/support/temp_folder.h"

namespace msggw::config_files {
namespace {

std::string problems_of(std::string_view text) {
  try {
    load_gateways_text(text, "f");
  } catch (const config_language::ConfigError& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("gateways as they are written") {
  const auto gateways = load_gateways_text(R"(
# who may ask
[[gateway]]
name = "meters"
certificate = "gw-1.example"
token = "abc.DEF-1"
psk_identity = "gw-1"
psk_key = "hex:00fF10"
ue_types = ["NON_3GPP", "LEGACY_3GPP"]
private_ids = ["001b63*", "meter-??"]

[[gateway]]
name = "plain"
psk_identity = "gw-2"
psk_key = "secret"
)",
                                           "f");
  REQUIRE(gateways.size() == 2);
  CHECK(gateways[0].name == "meters");
  CHECK(gateways[0].certificate == "gw-1.example");
  CHECK(gateways[0].token == "abc.DEF-1");
  CHECK(gateways[0].psk_identity == "gw-1");
  CHECK(gateways[0].psk_key == std::string("\0\xFF\x10", 3));
  CHECK(gateways[0].ue_types == std::vector{core::UeType::non_3gpp, core::UeType::legacy_3gpp});
  CHECK(gateways[0].private_ids == std::vector<std::string>{"001b63*", "meter-??"});
  CHECK(gateways[1].psk_key == "secret");
  CHECK(gateways[1].ue_types.empty());
  CHECK(gateways[1].token.empty());
  CHECK(load_gateways_text("", "f").empty());
  CHECK(load_gateways({}).empty());
}

TEST_CASE("a token may stand in a file of its own") {
  const test::TempFolder folder;
  const auto file = folder.file("token", "from-a-file\n");
  const std::string text = "[[gateway]]\nname = \"a\"\ntoken_file = \"" + file.string() + "\"\n";
  CHECK(load_gateways_text(text, "f").at(0).token == "from-a-file");
  CHECK(problems_of(text + "token = \"x\"").find("stands beside token") != std::string::npos);
  std::ofstream(file) << "two words\n";
  CHECK(problems_of(text).find("f:3: [gateway a] token_file: is no token") == 0);
  std::filesystem::remove(file);
  CHECK(problems_of(text).find("No such file") != std::string::npos);
}

TEST_CASE("every mistake is told with file, line, gateway and key") {
  struct Bad {
    const char* text;
    const char* problem;
  };
  const std::string a = "[[gateway]]\nname = \"a\"\n";
  const Bad table[] = {
      {"[gateway]\nname = \"a\"", "f:1: [gateway]: each gateway is written [[gateway]]"},
      {"gateway = [1]", "f:1: [[gateway]]: must be a table, not an integer"},
      {"[[gateways]]\nname = \"a\"",
       "f:1: gateways: is unknown here, this file holds any number of [[gateway]]"},
      {"[[gateway]]\ntoken = \"t\"",
       "f:1: [gateway #1] name: is missing, every gateway has one of its own"},
      {"[[gateway]]\nname = \"a\"",
       "f:1: [gateway a] certificate: is missing, and so are token and psk_identity: it could not "
       "be told apart"},
      {"[[gateway]]\nname = \"a\"\ntokn = \"t\"\ncertificate = \"c\"",
       "f:3: [gateway a] tokn: unknown key, did you mean 'token'?"},
      {"[[gateway]]\nname = \"a\"\ntoken = 7",
       "f:3: [gateway a] token: must be a string, not an "
       "integer"},
      {"[[gateway]]\nname = \"a\"\ntoken = \"b c\"",
       "f:3: [gateway a] token: is no token, allowed are 1 to 1024 printable ASCII characters "
       "without spaces"},
      {"[[gateway]]\nname = \"a\"\npsk_identity = \"i\"",
       "f:3: [gateway a] psk_identity: needs psk_key or psk_key_file beside it"},
      {"[[gateway]]\nname = \"a\"\npsk_key = \"i\"",
       "f:3: [gateway a] psk_key: needs psk_identity beside it"},
      {"[[gateway]]\nname = \"a\"\npsk_identity = \"i\"\npsk_key = \"hex:0g\"",
       "f:4: [gateway a] psk_key: behind \"hex:\" must stand pairs of hex digits"},
      {"[[gateway]]\nname = \"a\"\ntoken = \"t\"\nue_types = [\"NON3GPP\"]",
       "f:4: [gateway a] ue_types: 'NON3GPP' is unknown, did you mean 'NON_3GPP'?"},
      {"[[gateway]]\nname = \"a\"\ntoken = \"t\"\nue_types = []",
       "f:4: [gateway a] ue_types: is empty, name some or leave it out to allow all"},
      {"[[gateway]]\nname = \"a\"\ntoken = \"t\"\nprivate_ids = []",
       "f:4: [gateway a] private_ids: is empty, name some or leave it out to allow all"},
      {"[[gateway]]\nname = \"a\"\ntoken = \"t\"\n[[gateway]]\nname = \"a\"\ntoken = \"u\"",
       "f:5: [gateway a] name: is that of the gateway in line 1 too, every gateway has one of its "
       "own"},
      {"[[gateway]]\nname = \"a\"\ntoken = \"t\"\n[[gateway]]\nname = \"b\"\ntoken = \"t\"",
       "f:6: [gateway b] token: is that of the gateway in line 1 too, every gateway has one of its "
       "own"},
  };
  for (const Bad& bad : table) {
    CAPTURE(bad.text);
    CHECK(problems_of(bad.text) == bad.problem);
  }
  CHECK(problems_of("[[gateway]]\nname = \"" + std::string(65, 'n') + "\"\ntoken = \"t\"")
            .find("name: is 65 octets long, allowed are at most 64") != std::string::npos);
  // All of them at once, and no secret among them.
  const std::string all = problems_of(
      "[[gateway]]\ntoken = \"my secret\"\n[[gateway]]\nname = \"b\"\npsk_key = \"hex:5ecre7\"");
  CHECK(all.find("#1] name") != std::string::npos);
  CHECK(all.find("[gateway b] psk_key") != std::string::npos);
  CHECK(all.find("secret") == std::string::npos);
  CHECK(all.find("5ecre7") == std::string::npos);
  CHECK(problems_of("[[gateway]]\nname = \"a\"\ntoken = \"5ecre7\\u0001\"") ==
        "f:3: [gateway a] token: holds control characters or is not UTF-8");
}

}  // namespace
}  // namespace msggw::config_files
