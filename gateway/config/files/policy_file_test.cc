// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/files/policy_file.h"

#include "gateway/config/language/config_error.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/support/temp_folder.h"

namespace msggw::config_files::policy_file_test {

using config_language::ConfigError;

namespace {

using function::PolicyOptions;

PolicyOptions loaded(std::string_view text, const function::Options& pf = {}) {
  return load_policy_text(text, "f", pf);
}

std::string problems_of(std::string_view text, const function::Options& pf = {}) {
  try {
    loaded(text, pf);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("every key of a rule arrives") {
  const auto policy = loaded(R"(
[[rule]]
name = "gold"
ue_types = ["NON_3GPP", "AS"]
private_ids = ["001b63*", "00-1B-63-84-45-E6"]
kinds = ["mac48", "imei"]
gateways = ["gw-?.example"]
info = {vendor = "Acme*", deviceType = "meter"}
quota = 1000
service_id_template = "gold-{id}@x"
servers = [{service_id = "a", weight = 3}, {service_id = "b"}, {weight = 0, service_id = "c"}]
servers_told = 2
segment_size = "4KiB"
service_info = {plmn = "00101", nested = {list = [1, 2.5, true, "x"]}}
lifetime = "30d"

[[rule]]
name = "no prototypes"
private_ids = ["proto-*"]
action = "deny"
reason = "prototypes are not served"

[[rule]]
name = "list"
servers = ["main", "spare"]
service_info = '{ "a" : 1 }'
)");
  REQUIRE(policy.rules.size() == 3);
  const auto& gold = policy.rules[0];
  CHECK(gold.name == "gold");
  CHECK(gold.ue_types == std::vector{core::UeType::non_3gpp, core::UeType::as});
  CHECK(gold.private_ids == std::vector<std::string>{"001b63*", "00-1B-63-84-45-E6"});
  CHECK(gold.kinds == std::vector<std::string>{"mac48", "imei"});
  CHECK(gold.gateways == std::vector<std::string>{"gw-?.example"});
  REQUIRE(gold.info.size() == 2);
  CHECK(gold.info[0] == std::pair<std::string, std::string>{"deviceType", "meter"});
  CHECK(gold.info[1] == std::pair<std::string, std::string>{"vendor", "Acme*"});
  CHECK(gold.allow);
  CHECK(gold.quota == 1'000);
  CHECK(gold.grant.service_id_template == "gold-{id}@x");
  REQUIRE(gold.grant.servers);
  CHECK(gold.grant.servers->by_weight);
  REQUIRE(gold.grant.servers->list.size() == 3);
  CHECK(gold.grant.servers->list[0].service_id == "a");
  CHECK(gold.grant.servers->list[0].weight == 3);
  CHECK(gold.grant.servers->list[1].weight == 1);
  CHECK(gold.grant.servers->list[2].weight == 0);
  CHECK(gold.grant.servers_told == 2);
  CHECK(gold.grant.segment_size == 4'096);
  CHECK(gold.grant.service_info == R"({"nested":{"list":[1,2.5,true,"x"]},"plmn":"00101"})");
  CHECK(gold.grant.lifetime == std::chrono::hours{30 * 24});

  CHECK_FALSE(policy.rules[1].allow);
  CHECK(policy.rules[1].reason == "prototypes are not served");
  CHECK_FALSE(policy.rules[1].grant.servers);
  CHECK_FALSE(policy.rules[1].grant.lifetime);

  REQUIRE(policy.rules[2].grant.servers);
  CHECK_FALSE(policy.rules[2].grant.servers->by_weight);
  CHECK(policy.rules[2].grant.servers->list[0].service_id == "main");
  CHECK(policy.rules[2].grant.service_info == R"({"a":1})");
}

TEST_CASE("without a file, and with an empty one, the policy is [pf.policy]") {
  function::Options pf;
  pf.policy.service_id_template = "x-{id}";
  pf.policy.lifetime = std::chrono::seconds{9};
  for (const auto& policy : {load_policy(pf), loaded("", pf), loaded("[default]", pf)}) {
    CHECK(policy.rules.empty());
    CHECK(policy.otherwise.name == "default");
    CHECK(policy.otherwise.allow);
    CHECK(policy.otherwise.grant.service_id_template == "x-{id}");
    CHECK(policy.otherwise.grant.lifetime == std::chrono::seconds{9});
    CHECK(policy.otherwise.grant.servers->list.size() == 1);
  }
}

TEST_CASE("[default] stands over [pf.policy], wherever it stands in the file") {
  function::Options pf;
  pf.policy.service_id_template = "x-{id}";
  pf.policy.service_info = R"({"a":1})";
  const auto policy = loaded(R"(
[[rule]]
name = "a"
[default]
action = "deny"
reason = "not on the list"
quota = 7
servers = ["s"]
)",
                             pf);
  CHECK_FALSE(policy.otherwise.allow);
  CHECK(policy.otherwise.name == "default");
  CHECK(policy.otherwise.reason == "not on the list");
  CHECK(policy.otherwise.quota == 7);
  CHECK(policy.otherwise.grant.servers->list.at(0).service_id == "s");
  CHECK(policy.otherwise.grant.service_id_template == "x-{id}");
  CHECK(policy.otherwise.grant.service_info == R"({"a":1})");
}

TEST_CASE("the segment size of [default] and [pf.policy]: the nearer one counts") {
  struct Row {
    std::uint32_t pf_size;
    const char* pf_info;
    const char* text;
    std::optional<std::uint32_t> size;
    const char* info;
  };
  const std::uint32_t standard = function::DefaultGrant::kSegmentSize;
  const std::vector<Row> table{
      {standard, "", "[default]", std::nullopt, ""},
      {512, "", "[default]", 512, ""},
      {512, "", "[default]\nsegment_size = 1024", 1'024, ""},
      {512, "", "[default]\nservice_info = {segmentSize = 9}", std::nullopt,
       R"({"segmentSize":9})"},
      {standard, R"({"segmentSize":8,"a":1})", "[default]\nsegment_size = 1024", 1'024,
       R"({"a":1})"},
      {standard, R"({"segmentSize":8,"a":1})", "[default]\nservice_info = {b = 1}", 8,
       R"({"b":1})"},
      {standard, R"({"segmentSize":8})", "[default]\nservice_info = {segmentSize = 9}",
       std::nullopt, R"({"segmentSize":9})"},
  };
  for (const Row& row : table) {
    CAPTURE(row.text);
    CAPTURE(row.pf_info);
    function::Options pf;
    pf.policy.segment_size = row.pf_size;
    pf.policy.service_info = row.pf_info;
    const auto policy = loaded(row.text, pf);
    CHECK(policy.otherwise.grant.segment_size == row.size);
    CHECK(policy.otherwise.grant.service_info == row.info);
  }
}

struct Bad {
  std::string text;
  std::string problem;
};

TEST_CASE("each mistake is told with its line, rule, key and what is allowed") {
  const std::string r = "[[rule]]\nname = \"r\"\n";
  const std::vector<Bad> table{
      {"name = 1",
       "f:1: name: is unknown here, a policy file holds [default] and any number of "
       "[[rule]]"},
      {"[rules]\na = 1",
       "f:1: rules: is unknown here, a policy file holds [default] and any number "
       "of [[rule]]"},
      {"[rule]\nname = \"r\"", "f:1: [rule]: each rule is written [[rule]]"},
      {"rule = [1]", "f:1: [[rule]]: must be a table, not an integer"},
      {"[[default]]", "f:1: default: must be one section, written [default]"},
      {"[default]\nname = \"x\"",
       "f:2: [default] name: unknown key, allowed are action, reason, quota, service_id_template, "
       "servers_told, segment_size, lifetime, servers, service_info"},
      {"[default]\nqouta = 1", "f:2: [default] qouta: unknown key, did you mean 'quota'?"},
      {r + "privat_ids = []", "f:3: [rule r] privat_ids: unknown key, did you mean 'private_ids'?"},
      {"\n[[rule]]\nquota = 1", "f:2: [rule #1] name: is missing, every rule has one of its own"},
      {"[[rule]]\nname = 7", "f:2: [rule #1] name: must be a string, not an integer"},
      {"[[rule]]\nname = \"\"", "f:2: [rule #1] name: must not be empty"},
      {"[[rule]]\nname = \"default\"",
       "f:2: [rule default] name: 'default' is what [default] is called, choose another"},
      {r + "[[rule]]\nname = \"s\"\n" + r,
       "f:6: [rule r] name: is that of the rule in line 1 too, every rule has one of its own"},
      {"[[rule]]\nname = \"" + std::string(65, 'x') + "\"",
       "f:2: [rule " + std::string(64, 'x') +
           "...] name: is 65 octets long, allowed are at most 64"},
      {r + "ue_types = \"AS\"", "f:3: [rule r] ue_types: must be a list of strings, not a string"},
      {r + "ue_types = [\"NON_3GP\"]",
       "f:3: [rule r] ue_types: 'NON_3GP' is unknown, did you mean 'NON_3GPP'?"},
      {r + "ue_types = [\"device\"]",
       "f:3: [rule r] ue_types: 'device' is unknown, allowed are NON_3GPP, LEGACY_3GPP, "
       "MSGIN5G_UE, "
       "AS"},
      {r + "kinds = [\"mac\"]",
       "f:3: [rule r] kinds: 'mac' is unknown, allowed are mac48, eui64, imei, msisdn, uuid, "
       "opaque"},
      {r + "private_ids = [\"\"]", "f:3: [rule r] private_ids: has an empty item"},
      {r + "private_ids = [\"" + std::string(256, 'x') + "\"]",
       "f:3: [rule r] private_ids: 'xxxxxxxxxxxxxxxxxxxx...' is longer than any Private ID"},
      {r + "info = \"vendor\"",
       "f:3: [rule r] info: must be a table such as {vendor = \"Acme*\"}, not a string"},
      {r + "info = {model = 42}",
       "f:3: [rule r] info: the pattern of 'model' must be a string, not an integer"},
      {r + "action = \"refuse\"",
       "f:3: [rule r] action: 'refuse' is unknown, allowed are allow, deny"},
      {r + "reason = \"x\"",
       "f:3: [rule r] reason: is told with a refusal only, add action = \"deny\""},
      {r + "quota = -1", "f:3: [rule r] quota: -1 is out of range, allowed are 0 to 1000000000"},
      {r + "lifetime = 30",
       "f:3: [rule r] lifetime: must be a duration such as \"500ms\", \"2s\" or \"25h\", not an "
       "integer"},
      {r + "lifetime = \"11y\"",
       "f:3: [rule r] lifetime: '11y' is not a duration, write a whole number and ms, s, m, h or "
       "d: "
       "\"2s\""},
      {r + "lifetime = \"3651d\"",
       "f:3: [rule r] lifetime: 3651d is out of range, allowed are 0s to 3650d"},
      {r + "service_id_template = \"x\"",
       "f:3: [rule r] service_id_template: 'x' makes no Service IDs, allowed is text without "
       "spaces "
       "with {id} once and {type} as an addition"},
      {r + "servers = \"a\"", "f:3: [rule r] servers: must be a list, not a string"},
      {r + "servers = []",
       "f:3: [rule r] servers: every response needs at least one (of a weight above 0)"},
      {r + "servers = [\n  {service_id = \"a\", weight = 0},\n]",
       "f:3: [rule r] servers: every response needs at least one (of a weight above 0)"},
      {r + "servers = [\n  {service_id = \"a\"},\n  {service_id = \"b\", wieght = 1},\n]",
       "f:5: [rule r] servers: 'wieght' is unknown, did you mean 'weight'?"},
      {r + "servers = [{service_id = \"a\", weight = 1.5}]",
       "f:3: [rule r] servers: weight must be an integer from 0 to 1000000"},
      {r + "servers = [{service_id = 1}]",
       "f:3: [rule r] servers: service_id must be a string, not an integer"},
      {r + "servers = [\"a\", {service_id = \"b\"}]",
       "f:3: [rule r] servers: must be Service IDs, or tables such as {service_id = \"m5s\", "
       "weight "
       "= 1}, not both and nothing else"},
      {r + "servers = [{weight = 1}]",
       "f:3: [rule r] servers: '' is not a Service ID, allowed are 1 to 255 octets without "
       "controls"},
      {r + "servers = [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\",\"12\","
           "\"13\",\"14\",\"15\",\"16\",\"17\"]",
       "f:3: [rule r] servers: a response would name 17, allowed are at most server_service_ids of "
       "[pf.wire], 16; say with servers_told how many"},
      {r + "service_info = 1",
       "f:3: [rule r] service_info: must be a table or the text of a JSON object, not an integer"},
      {r + "service_info = '[1]'",
       "f:3: [rule r] service_info: is not a JSON object, allowed is one such as "
       "'{\"segmentSize\":2048}' or nothing"},
      {r + "service_info = {a = 2026-01-01}",
       "f:3: [rule r] service_info: holds a date or time, write it as a string"},
      {r + "service_info = {a = [nan]}",
       "f:3: [rule r] service_info: holds a number that JSON has not"},
      {r + "service_info = {segmentSize = 1}\nsegment_size = 2",
       "f:4: [rule r] segment_size: 2 differs from the segmentSize in service_info, which is 1, "
       "say "
       "it in one place"},
      {r + "quota = 1\nquota = 2\nkinds = [\"x\"]",
       "f:4: [rule] quota: given twice, only one is allowed\n"
       "f:5: [rule r] kinds: 'x' is unknown, allowed are mac48, eui64, imei, msisdn, uuid, opaque"},
      {r + "quota = 1d", "f:3: [rule] quota: not TOML: expected a comment"},
  };
  for (const Bad& bad : table) {
    CAPTURE(bad.text);
    const std::string told = problems_of(bad.text);
    if (bad.problem.find("not TOML") != std::string::npos) {
      CHECK(told.starts_with("f:3: [rule] quota: not TOML: "));
    } else {
      CHECK(told == bad.problem);
    }
  }
}

TEST_CASE("all mistakes are told in one go, up to a limit") {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "[[rule]]\nname = \"" + std::to_string(i) + "\"\nx = 1\n";
  const std::string told = problems_of(text);
  CHECK(std::count(told.begin(), told.end(), '\n') == ConfigError::kMostProblems);
  CHECK(told.ends_with("\nand 10 more"));
  CHECK(told.find("f:3: [rule 0] x: unknown key") == 0);
}

TEST_CASE("too many of anything") {
  std::string many;
  for (int i = 0; i < 1'001; ++i) many += "[[rule]]\nname = \"" + std::to_string(i) + "\"\n";
  CHECK(problems_of(many) == "f:1: [[rule]]: 1001 rules, allowed are at most 1000");
  CHECK(problems_of(std::string(kMostPolicyOctets + 1, ' ')) ==
        "f: the file is larger than 4194304 octets");
  CHECK(problems_of("a" + std::string(300, '.')).find("more than 256 dots") != std::string::npos);
}

TEST_CASE("the file named in [pf]") {
  const test::TempFolder folder;
  const std::string file = folder.path() / "policy.toml";
  function::Options pf;
  pf.policy_file = file;
  try {
    load_policy(pf);
    FAIL("loaded");
  } catch (const ConfigError& error) {
    CHECK(std::string(error.what()) == file + ": cannot be read: No such file or directory");
  }
  std::ofstream(file) << "[[rule]]\nname = \"r\"\n";
  CHECK(load_policy(pf).rules.at(0).name == "r");
  std::ofstream(file) << "[[rule]]\n";
  try {
    load_policy(pf);
    FAIL("loaded");
  } catch (const ConfigError& error) {
    CHECK(std::string(error.what()).starts_with(file + ":1: [rule #1] name: is missing"));
  }
}

}  // namespace
}  // namespace msggw::config_files::policy_file_test
