// SPDX-License-Identifier: Apache-2.0
// `msggw devices` and `msggw status`.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "gateway/cli/test_words.h"
#include "gateway/roster/device_json.h"

namespace msggw::cli {
namespace {

using test::contains;
using test::expect;
using test::told;
using Operation = OperateDevices::Operation;

TEST_CASE("devices list, devices show") {
  const auto all = expect<ListDevices>({"devices", "list"});
  CHECK(all.source.config.empty());
  CHECK(all.source.folder.empty());
  CHECK_FALSE(all.state.has_value());
  CHECK(all.limit == 0);

  const auto some = expect<ListDevices>(
      {"devices", "list", "--dir", "/d", "--state", "refused", "--limit", "20", "--json"});
  CHECK(some.source.folder == "/d");
  CHECK(some.state == core::DeviceState::refused);
  CHECK(some.limit == 20);
  CHECK(some.json);

  const auto one =
      expect<ShowDevice>({"devices", "show", "00-1B-63-84-45-E6", "-c", "f", "--json"});
  CHECK(one.private_id == "00-1B-63-84-45-E6");
  CHECK(one.source.config == "f");
  CHECK(one.json);
  CHECK(expect<ShowDevice>({"devices", "show", "--", "-dash"}).private_id == "-dash");
}

TEST_CASE("devices add") {
  const auto plain = expect<AddDevice>({"devices", "add", "meter"});
  CHECK(plain.private_id == "meter");
  CHECK_FALSE(plain.type);
  CHECK(plain.info.empty());
  const auto full =
      expect<AddDevice>({"devices", "add", "+15551234567", "--type", "legacy", "--info", "a=1",
                         "--info", "b=x=y", "--dir", "/d", "--json"});
  CHECK(full.type == core::UeType::legacy_3gpp);
  CHECK(full.info == R"({"a":"1","b":"x=y"})");
  CHECK(full.source.folder == "/d");
  CHECK(full.json);
  CHECK(full.aliases.empty());
  const auto joined = expect<AddDevice>(
      {"devices", "add", "--alias", "+15551234567", "001b638445e6", "--alias", "x"});
  CHECK(joined.private_id == "001b638445e6");
  CHECK(joined.aliases == std::vector<std::string>{"+15551234567", "x"});
  CHECK(contains(told({"devices", "add", "x", "--alias"}), "--alias"));
  CHECK(contains(told({"devices", "add"}), "PRIVATE_ID is required"));
  CHECK(contains(told({"devices", "add", "x", "--type", "car"}), "--type"));
  CHECK(contains(told({"devices", "add", "x", "--info", "a=1", "--info", "a=2"}), "twice"));
}

TEST_CASE("devices import") {
  const auto csv = expect<ImportDevices>({"devices", "import", "fleet.csv", "-c", "f"});
  CHECK(csv.file == "fleet.csv");
  CHECK(csv.format == roster::Format::csv);
  CHECK(csv.resume_from == 1);
  CHECK(csv.errors.empty());
  CHECK(csv.source.config == "f");
  CHECK(expect<ImportDevices>({"devices", "import", "a.jsonl"}).format == roster::Format::jsonl);
  CHECK(expect<ImportDevices>({"devices", "import", "a.ndjson"}).format == roster::Format::jsonl);
  const auto pipe =
      expect<ImportDevices>({"devices", "import", "-", "--format", "jsonl", "--errors", "e",
                             "--rejected", "r", "--resume-from", "1001", "--json"});
  CHECK(pipe.file == "-");
  CHECK(pipe.format == roster::Format::jsonl);
  CHECK(pipe.errors == "e");
  CHECK(pipe.rejected == "r");
  CHECK(pipe.resume_from == 1'001);
  CHECK(pipe.json);
  CHECK(expect<ImportDevices>({"devices", "import", "x.jsonl", "--format", "csv"}).format ==
        roster::Format::csv);
  CHECK(contains(told({"devices", "import", "-"}), "--format"));
  CHECK(contains(told({"devices", "import", "a.txt"}), "--format"));
  CHECK(contains(told({"devices", "import", "a.csv", "--resume-from", "0"}), "--resume-from"));
  CHECK(contains(told({"devices", "import"}), "FILE is required"));
}

TEST_CASE("devices suspend, resume, remove, reprovision") {
  const std::vector<std::pair<const char*, Operation>> all{{"suspend", Operation::suspend},
                                                           {"resume", Operation::resume},
                                                           {"remove", Operation::remove},
                                                           {"reprovision", Operation::reprovision}};
  for (const auto& [word, operation] : all) {
    const auto some = expect<OperateDevices>({"devices", word, "a", "b", "--dir", "/d"});
    CHECK(some.operation == operation);
    CHECK(some.private_ids == std::vector<std::string>{"a", "b"});
    CHECK(some.source.folder == "/d");
    CHECK_FALSE(some.json);
    CHECK(contains(told({"devices", word}), "PRIVATE_ID is required"));
  }
  CHECK(contains(told({"devices", "suspend", "a", "--dir", "/d", "-c", "f"}), "excludes"));
}

TEST_CASE("devices remove --alias takes away an alias of one device") {
  const auto one = expect<RemoveAliases>(
      {"devices", "remove", "mac", "--alias", "a", "--alias", "b", "--dir", "/d", "--json"});
  CHECK(one.private_id == "mac");
  CHECK(one.aliases == std::vector<std::string>{"a", "b"});
  CHECK(one.source.folder == "/d");
  CHECK(one.json);
  CHECK(expect<RemoveAliases>({"devices", "remove", "--alias", "a", "mac"}).private_id == "mac");
  CHECK(contains(told({"devices", "remove", "one", "two", "--alias", "a"}), "one PRIVATE_ID"));
  CHECK(contains(told({"devices", "remove", "--alias", "a"}), "PRIVATE_ID is required"));
}

TEST_CASE("devices remove of many") {
  const auto many = expect<RemoveDevices>({"devices", "remove", "--matching", "test-*", "--source",
                                           "192.0.2.7", "--idle-since", "2026-01-31", "--yes"});
  CHECK(many.matching == "test-*");
  CHECK(many.from == "192.0.2.7");
  CHECK(many.idle_since == "2026-01-31");
  CHECK(many.yes);
  const auto ago = expect<RemoveDevices>({"devices", "remove", "--idle-since", "30d"});
  CHECK(roster::parse_time(ago.idle_since));
  CHECK_FALSE(ago.yes);
  CHECK(contains(told({"devices", "remove", "--idle-since", "long"}),
                 "allowed are times, as 2026-01-31"));
  CHECK(contains(told({"devices", "remove"}), "PRIVATE_ID is required"));
  CHECK(contains(told({"devices", "remove", "--yes"}), "PRIVATE_ID is required"));
  CHECK(contains(told({"devices", "remove", "a", "--matching", "b*"}), "or --matching"));
  CHECK(contains(told({"devices", "suspend", "--matching", "b*"}), "--matching"));
  CHECK(contains(told({"devices", "suspend", "one", "--alias", "a"}), "--alias"));
}

TEST_CASE("devices remove --force, of one and of many") {
  CHECK(expect<OperateDevices>({"devices", "remove", "a", "--force"}).force);
  CHECK_FALSE(expect<OperateDevices>({"devices", "remove", "a"}).force);
  CHECK(expect<RemoveDevices>({"devices", "remove", "--matching", "b*", "--force"}).force);
  CHECK_FALSE(expect<RemoveDevices>({"devices", "remove", "--matching", "b*"}).force);
  CHECK(contains(told({"devices", "remove", "--force"}), "PRIVATE_ID is required"));
  CHECK(contains(told({"devices", "remove", "a", "--alias", "b", "--force"}), "--force"));
  CHECK(contains(told({"devices", "suspend", "a", "--force"}), "--force"));
}

TEST_CASE("devices list knows every state that can be seen") {
  for (const core::DeviceState state : core::kVisibleStates) {
    const std::string word(core::name_of(state));
    CHECK(expect<ListDevices>({"devices", "list", "--state", word.c_str()}).state == state);
  }
  CHECK(contains(told({"devices", "list", "--state", "removed"}), "--state"));
}

TEST_CASE("status") {
  const auto status = expect<ShowStatus>({"status", "--dir", "/d", "--json"});
  CHECK(status.of.source.folder == "/d");
  CHECK_FALSE(status.of.function);
  CHECK(status.json);
  CHECK(expect<ShowStatus>({"status", "--pf", "-c", "f"}).of.function);
  CHECK(status.timeout == base::Duration{5'000});
  CHECK(expect<ShowStatus>({"status", "--timeout", "250ms"}).timeout == base::Duration{250});
  CHECK(contains(told({"status", "--timeout", "0s"}), "--timeout: allowed are 1ms to 1h"));
}

}  // namespace
}  // namespace msggw::cli
