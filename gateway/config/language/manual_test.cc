// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/language/manual.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "gateway/config/language/toml_file.h"

namespace msggw::config_language {
namespace {

struct Values {
  bool open = false;
  std::size_t room = 65'536;
  std::chrono::seconds wait{90};
  std::string secret = "s";
};

OptionTable table_of(Values& values) {
  OptionTable table;
  table.section("door", "Who may come in.");
  table.flag("open", values.open, "Whether anybody may.");
  table.octets("room", values.room, 1, 1 << 20, "How much they may bring.");
  table.section("door.bell", "How they are heard.");
  table.time("wait", values.wait, base::Duration{1'000}, base::Duration{3'600'000},
             "How long they wait.");
  table.secret("secret", values.secret, 8, "What they say.");
  return table;
}

TEST_CASE("a manual has sections, helps, ranges and values, and defaults are commented out") {
  Values changed;
  changed.open = true;
  Values defaults;
  CHECK(manual_of(table_of(changed), table_of(defaults)) == R"(

[door]
# Who may come in.

# Whether anybody may.
open = true

# How much they may bring. Allowed: 1 to 1MiB.
#room = "64KiB"


[door.bell]
# How they are heard.

# How long they wait. Allowed: 1s to 1h.
#wait = "90s"

# What they say. At most 8 octets.
#secret = "s"
)");
}

TEST_CASE("what a manual holds can be read as it was") {
  Values changed;
  changed.room = 1'000;
  changed.secret = "it's \"\\";
  Values defaults;
  const Document read = parse_toml(manual_of(table_of(changed), table_of(defaults)), 1);
  REQUIRE(read.errors.empty());
  Values other;
  const OptionTable table = table_of(other);
  for (const Entry& entry : read.entries) {
    const Option* const option = table.find(entry.section, entry.key);
    REQUIRE(option != nullptr);
    CHECK_FALSE(assign(*option, entry.value).has_value());
  }
  CHECK(other.room == changed.room);
  CHECK(other.secret == changed.secret);
  CHECK(other.wait == defaults.wait);
}

TEST_CASE("a long help is broken between words, and a word that fits no line has one of its own") {
  const std::string help =
      std::string(60, 'a') + " " + std::string(60, 'b') + " " + std::string(200, 'c') + " d.";
  bool value = false;
  OptionTable table;
  table.section("s", help);
  table.flag("f", value, "Flag.");
  const std::string manual = manual_of(table, table);
  CHECK(manual.find("\n# " + std::string(60, 'a') + "\n# " + std::string(60, 'b') + "\n# " +
                    std::string(200, 'c') + "\n# d.\n") != std::string::npos);
}

}  // namespace
}  // namespace msggw::config_language
