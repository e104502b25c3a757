// SPDX-License-Identifier: Apache-2.0
// `msggw devices add|import|...` and `msggw status`.
#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include "gateway/cli/command.h"
#include "gateway/cli/report.h"

namespace msggw::cli {
namespace {

using Words = std::vector<const char*>;
using Operation = OperateDevices::Operation;

Command parsed(Words words) {
  words.insert(words.begin(), "msggw");
  return parse(static_cast<int>(words.size()), words.data());
}

template <class T>
T expect(const Words& words) {
  Command command = parsed(words);
  if (const auto* stop = std::get_if<Stop>(&command)) FAIL(stop->text);
  REQUIRE(std::holds_alternative<T>(command));
  return std::get<T>(std::move(command));
}

std::string told(const Words& words) {
  const Command command = parsed(words);
  REQUIRE(std::holds_alternative<Stop>(command));
  CHECK(std::get<Stop>(command).code == ExitCode::usage);
  return std::get<Stop>(command).text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
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
  const auto pipe = expect<ImportDevices>({"devices", "import", "-", "--format", "jsonl",
                                           "--errors", "e", "--resume-from", "1001", "--json"});
  CHECK(pipe.file == "-");
  CHECK(pipe.format == roster::Format::jsonl);
  CHECK(pipe.errors == "e");
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
  CHECK(status.source.folder == "/d");
  CHECK(status.json);
}

TEST_CASE("the status is printed for people") {
  std::ostringstream out;
  CHECK(print_status(
      out,
      R"({"version":"1.2.3","uptime":93784,"folder":"/d","store":"up",)"
      R"("broker":"down","brokerReason":"not authorized","smscs":[{"name":"main","address":"h:2775",)"
      R"("bind":"transceiver","state":"waiting",)"
      R"("since":"2023-11-14T22:13:20Z","reason":"no\u001b[31m"},)"
      R"({"name":"b","address":"h:2","bind":"receiver","state":"bound",)"
      R"("since":"2023-11-14T22:13:20Z"}],"provisioningFunctions":[{"url":"https://pf.example",)"
      R"("origin":"configured","state":"down"}],"servers":[{"name":"m5s-1","serviceId":"m@x",)"
      R"("addresses":[{"url":"https://m5s","state":"down","reason":"HTTP 503"}],"underWay":2}],)"
      R"("devices":{"total":7,)"
      R"("recorded":3},"pending":3,"renewing":0,"listeners":[)"
      R"({"url":"coap://h:5683","purpose":"devices\u001b[31m"}]})"));
  const std::string text = out.str();
  CHECK(contains(text, "1.2.3, up for 1d 2h 3min 4s"));
  CHECK(contains(text, "broker            down: not authorized\n"));
  CHECK(contains(text,
                 "\nSMSCs\n"
                 "  main            h:2775                      transceiver  waiting     since "
                 "2023-11-14T22:13:20Z: no\\x1b[31m\n"
                 "  b               h:2                         receiver     bound       since "
                 "2023-11-14T22:13:20Z\n"));
  CHECK(contains(text, "https://pf.example"));
  CHECK(contains(text, "down  configured"));
  CHECK(contains(text,
                 "\nMSGin5G Servers\n  m5s-1           m@x, 2 under way\n"
                 "  https://m5s                                 down  HTTP 503\n"));
  CHECK(contains(text, "total           7\n"));
  CHECK(contains(text, "pending         3\n"));
  CHECK(contains(text, R"(devices\x1b[31m)"));
  std::ostringstream none;
  for (const char* wrong : {"", "[]", "{}", R"({"devices":7})"})
    CHECK_FALSE(print_status(none, wrong));
}

}  // namespace
}  // namespace msggw::cli
