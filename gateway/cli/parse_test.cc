// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gateway/cli/ports.h"
#include "gateway/cli/test_words.h"

namespace msggw::cli {
namespace {

using test::expect;
using test::Words;

TEST_CASE("demo") {
  const auto plain = expect<Demo>({"demo"});
  CHECK(plain.folder.empty());
  CHECK_FALSE(plain.port_base.has_value());
  CHECK(plain.devices);

  const auto full =
      expect<Demo>({"demo", "--dir", "/tmp/d", "--port-base", "20000", "--no-devices"});
  CHECK(full.folder == "/tmp/d");
  CHECK(full.port_base == 20'000);
  CHECK_FALSE(full.devices);

  CHECK(expect<Demo>({"demo", "--port-base", "65515"}).port_base == 65'515);
  CHECK(expect<Demo>({"demo", "--dir", ""}).folder.empty());  // a fresh one, too
}

TEST_CASE("the ports of a demo are the documented ones") {
  constexpr Ports standard;
  CHECK(standard.coap == 5683);
  CHECK(standard.mqtt == 1883);
  CHECK(standard.function_coaps == 7484);
  constexpr Ports moved = ports_from(20'000);
  CHECK(moved.coap == 20'000);
  CHECK(moved.coaps == 20'001);
  CHECK(moved.mqtt == 20'002);
  CHECK(moved.mqtt_tls == 20'003);
  CHECK(moved.admin == 20'004);
  CHECK(moved.msgin5g_tls == 20'005);
  CHECK(moved.msgin5g == 20'006);
  CHECK(moved.function == 20'007);
  CHECK(moved.function_tls == 20'008);
  CHECK(moved.function_coap == 20'009);
  CHECK(moved.function_coaps == 20'010);
  CHECK(moved.smpp == 20'011);
  CHECK(moved.smsc_control == 20'012);
  CHECK(moved.server == 20'013);
  CHECK(moved.server_control == 20'014);
  CHECK(ports_from(kMostPortBase).function_coaps == 65'525);
}

TEST_CASE("run, pf and check") {
  const auto run = expect<Run>(
      {"run", "-c", "f", "-s", "coap.port=1", "--set", "provisioning.uris=[\"a\",\"b\"]"});
  CHECK(run.config == "f");
  CHECK(run.settings == std::vector<std::string>{"coap.port=1", "provisioning.uris=[\"a\",\"b\"]"});

  CHECK(expect<Function>({"pf"}).config.empty());
  CHECK(expect<Function>({"pf", "--config", "f", "-s", "a.b=c"}).settings.size() == 1);

  const auto check = expect<Check>({"check", "-c", "f"});
  CHECK(check.config == "f");
  CHECK_FALSE(check.function);
  CHECK(expect<Check>({"check", "--pf", "-c", "f"}).function);
  CHECK(expect<Check>({"check", "--pf", "-s", "pf.port=1"}).config.empty());
  CHECK(expect<Check>({"check", "--server", "-c", "f"}).reach);
  expect<Defaults>({"check", "--defaults"});
}

TEST_CASE("pf --explain") {
  const auto plain = expect<Explain>({"pf", "--explain", "00-1B-63-84-45-E6"});
  CHECK(plain.config.empty());
  CHECK(plain.private_id == "00-1B-63-84-45-E6");
  CHECK(plain.type == core::UeType::non_3gpp);
  CHECK(plain.gateway.empty());
  CHECK(plain.info.empty());
  CHECK_FALSE(plain.json);

  const auto full = expect<Explain>({"pf", "-c", "f", "-s", "a.b=c", "--explain", "x", "--type",
                                     "as", "--gateway", "gw-1", "--info", "vendor=Acme Inc",
                                     "--info", "model=7", "--json"});
  CHECK(full.config == "f");
  CHECK(full.settings == std::vector<std::string>{"a.b=c"});
  CHECK(full.type == core::UeType::as);
  CHECK(full.gateway == "gw-1");
  CHECK(full.info == R"({"vendor":"Acme Inc","model":"7"})");
  CHECK(full.json);

  for (const Words& words :
       {Words{"pf", "--explain", ""}, Words{"pf", "--type", "as"}, Words{"pf", "--json"},
        Words{"pf", "--gateway", "g"}, Words{"pf", "--explain", "x", "--type", "device"},
        Words{"pf", "--explain", "x", "--info", "a=1", "--info", "a=2"},
        Words{"pf", "--explain", "x", "--info", "a"}}) {
    CHECK(expect<Stop>(words).code == ExitCode::usage);
  }
}

TEST_CASE("a wrong command line is told on one line and ends with 2") {
  struct Bad {
    Words words;
    std::string told;
  };
  const std::vector<Bad> table{
      {{}, "A subcommand is required"},
      {{"chekc"}, "'chekc' is no command of msggw, did you mean 'check'?"},
      {{"devices", "lsit"}, "'lsit' is no command of msggw devices, did you mean 'list'?"},
      {{"nonsense"}, "'nonsense' is no command of msggw, allowed are "},
      {{"demo", "extra"}, "The following argument was not expected: extra"},
      {{"demo", "--port-base", "80"}, "--port-base: Value 80 not in range 1024 to 65515"},
      {{"demo", "--port-base", "65516"}, "--port-base: Value 65516 not in range 1024 to 65515"},
      {{"demo", "--port-base", "x"}, "--port-base: "},
      {{"demo", "--port-base", ""}, "--port-base: "},
      {{"run"}, "--config is required"},
      {{"run", "-c", ""}, "run: --config must not be empty"},
      {{"check"}, "check: -c FILE, --pf or --defaults is required"},
      {{"check", "-s", "coap.port=1"}, "check: -c FILE, --pf or --defaults is required"},
      {{"check", "-c", "f", "--defaults"}, "excludes"},
      {{"devices"}, "A subcommand is required"},
      {{"devices", "show"}, "PRIVATE_ID is required"},
      {{"devices", "list", "--state", "gone"}, "--state: gone not in {"},
      {{"devices", "list", "--limit", "-1"}, "--limit: Value -1 not in range 0 to 1000000000"},
      {{"devices", "list", "--dir", "a", "-c", "b"}, "excludes"},
      {{"provision", "--private-id", "x", "--pf", "https://a"}, "--type is required"},
      {{"provision", "--type", "x", "--private-id", "x", "--pf", "https://a"},
       "--type: x not in {"},
      {{"provision", "--type", "ue", "--private-id", "", "--pf", "https://a"},
       "--private-id: must not be empty"},
      {{"provision", "--type", "ue", "--private-id", "x", "--pf", "coap://a"},
       "--pf: coap://a would be spoken to in cleartext over the network, use https or coaps, or "
       "--allow-cleartext"},
      {{"provision", "--type", "ue", "--private-id", "x", "--pf", "ftp://a"},
       "--pf: the scheme \\x22ftp\\x22 is not spoken here"},
      {{"provision", "--type", "ue", "--private-id", "x", "--pf", "http://pf.example"},
       "--pf: http://pf.example would be spoken to in cleartext over the network, use https or "
       "coaps, "
       "or --allow-cleartext"},
      {{"provision", "--private-id", "x", "--pf", "https://a", "--get", "--release"}, "excludes"},
      {{"provision", "--type", "ue", "--private-id", "x", "--pf", "https://a", "--message"},
       "--message: only for requests over CoAP"},
      {{"provision", "--private-id", "x", "--pf", "coaps://a", "--get", "--message"},
       "--message: only for requests over CoAP"},
      {{"provision", "--type", "ue", "--private-id", "x", "--pf", "coaps://a", "--psk-identity",
        "gw"},
       "--psk-identity requires --psk-key"},
      {{"provision", "--type", "ue", "--private-id", "x", "--pf", "https://a", "--encoding", "xml"},
       "--encoding: xml not in {"},
      {{"provision", "--type", "ue", "--private-id", "x", "--pf", "https://a", "--info", "x"},
       "--info: allowed is NAME=VALUE"},
      {{"provision", "--type", "ue", "--private-id", "x", "--pf", "https://a", "--info", "x=1",
        "--info", "x=2"},
       "--info: a name is given twice"},
      {{"provision", "--type", "ue", "--private-id", "x", "--pf", "https://a", "--timeout", "5"},
       "--timeout: allowed are 1ms to 1h, for example 5s"},
      {{"provision", "--type", "ue", "--private-id", "x", "--pf", "https://a", "--cert",
        "/dev/null"},
       "--cert requires --key"},
      {{"provision", "--type", "ue", "--private-id", "x", "--pf", "https://a", "--ca",
        "/nonexistent"},
       "--ca: File does not exist: /nonexistent"},
  };
  for (const Bad& bad : table) {
    CAPTURE(bad.told);
    const auto stop = expect<Stop>(bad.words);
    CAPTURE(stop.text);
    CHECK(stop.code == ExitCode::usage);
    CHECK(stop.text.find(bad.told) != std::string::npos);
    CHECK(stop.text.ends_with('\n'));
  }
}

TEST_CASE("help and version") {
  const auto version = expect<Stop>({"--version"});
  CHECK(version.code == ExitCode::ok);
  CHECK(version.text == "msggw " MSGGW_VERSION "\n");

  for (const Words& words :
       {Words{"--help"}, Words{"demo", "--help"}, Words{"run", "-h"}, Words{"pf", "--help"},
        Words{"check", "--help"}, Words{"provision", "--help"}, Words{"devices", "--help"},
        Words{"devices", "list", "--help"}, Words{"devices", "show", "--help"}}) {
    const auto help = expect<Stop>(words);
    CAPTURE(help.text);
    CHECK(help.code == ExitCode::ok);
    CHECK(help.text.find("Usage: msggw") != std::string::npos);
    CHECK(help.text.find("Exit codes: 0 ") != std::string::npos);
  }
  const auto whole = expect<Stop>({"--help"});
  CHECK(whole.text.find("CoAP, MQTT or SMS") != std::string::npos);
  CHECK(expect<Stop>({"demo", "--help"}).text.find("N+10") != std::string::npos);
}

}  // namespace
}  // namespace msggw::cli
