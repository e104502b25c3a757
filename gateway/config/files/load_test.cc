// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "gateway/config/files/load.h"
#include "gateway/config/language/config_error.h"
#include "gateway/config/language/option.h"
#include "tests/support/temp_folder.h"

namespace msggw::config_files::load_test {

using config::Config;
using config::Purpose;
using config_language::ConfigError;
using config_language::nearest;

namespace {

using Lines = std::vector<std::string>;

Lines problems_of(std::string_view text, const Lines& settings = {},
                  Purpose purpose = Purpose::look) {
  try {
    load_text(text, "f", settings, purpose);
  } catch (const ConfigError& error) {
    return error.problems();
  }
  return {};
}

Config good(std::string_view text, const Lines& settings = {}, Purpose purpose = Purpose::look) {
  return load_text(text, "f", settings, purpose);
}

Lines texts(const std::vector<base::Uri>& uris) {
  Lines all;
  for (const base::Uri& uri : uris) all.push_back(base::to_string(uri));
  return all;
}

TEST_CASE("an empty file is the defaults") {
  const Config config = good("");
  CHECK(config.coap.port == 5683);
  CHECK(config.gateway.folder == "/var/lib/msggw");
  CHECK(config.limits.default_lifetime == std::chrono::hours{25});
  CHECK(config.log.level == base::log::Level::info);
}

TEST_CASE("every kind of value reaches its field") {
  const Config config = good(R"(
[gateway]
folder = "/tmp/gw"
map_size = "1GiB"
[limits]
max_devices = 1_000
max_info_octets = 256
answer_within = "1500ms"
default_lifetime = "2h"
[coap]
enabled = false
port = 0
[mqtt]
host = "broker.example"
[provisioning]
uris = ["https://a.example/root", "http://127.0.0.1:7480", "http://[::1]:7480"]
breaker_failures = 7
[provisioning.http]
version = "http2"
[pf.policy]
service_info = '{ "segmentSize": 512 }'
[log]
level = "debug"
format = "json"
)");
  CHECK(config.gateway.folder == "/tmp/gw");
  CHECK(config.gateway.map_size == std::size_t{1} << 30);
  CHECK(config.limits.max_devices == 1'000);
  CHECK(config.limits.max_info_octets == 256);
  CHECK(config.limits.answer_within == base::Duration{1'500});
  CHECK(config.limits.default_lifetime == std::chrono::hours{2});
  CHECK_FALSE(config.coap.enabled);
  CHECK(config.coap.port == 0);
  CHECK(to_string(config.mqtt.host) == "broker.example");
  CHECK(texts(config.provisioning.uris) ==
        Lines{"https://a.example/root", "http://127.0.0.1:7480", "http://[::1]:7480"});
  CHECK(config.provisioning.breaker_failures == 7);
  CHECK(config.provisioning.http.version == http::Version::http2);
  CHECK(config.pf.policy.service_info == R"({"segmentSize":512})");
  CHECK(config.log.level == base::log::Level::debug);
  CHECK(config.log.format == base::log::Format::json);
}

TEST_CASE("what looks like a mistake and is none") {
  CHECK_NOTHROW(good("[admin]\nenabled = false\nport = 7480"));
  CHECK_NOTHROW(good("[admin]\nport = 0\n[pf]\nport = 0\ntls_port = 0"));
  CHECK_NOTHROW(good("[admin]\naddress = \"127.0.0.2\"\nport = 7480"));
  CHECK_NOTHROW(good("[mqtt]\nhost = \"/run/mosquitto.sock\"\nport = 0"));
  CHECK_NOTHROW(good("[mqtt]\nhost = \"broker.example\"\nport = 8080"));
  CHECK_NOTHROW(good("[provisioning]\nallow_cleartext = true\nuris = [\"http://pf.example\"]"));
  CHECK_NOTHROW(
      good("[provisioning]\nuris = [\"http://localhost:1/a/b\", \"http://127.255.0.1\"]"));
  CHECK_NOTHROW(good("[pf]\naddress = \"::\"\nallow_cleartext = true"));
  CHECK_NOTHROW(good("[pf]\naddress = \"::ffff:127.0.0.1\""));
  CHECK_NOTHROW(good("[provisioning]\nuris = [\"http://[::ffff:127.0.0.1]\"]"));
  for (const char* v6 : {"::1", "[::1]", "0::0:1"}) {
    CAPTURE(v6);
    const std::string address = "address = \"" + std::string(v6) + "\"\n";
    const Config config = good("[coap]\n" + address + "[admin]\n" + address + "[pf]\n" + address +
                               "[pf.test]\n" + address + "[mqtt]\nhost = \"" + v6 + "\"");
    for (const auto& at : {config.coap.address, config.admin.address, config.pf.address,
                           config.pf.test.address, *config.mqtt.host.host->numeric()})
      CHECK(at.to_string() == "::1");
  }
  CHECK_NOTHROW(good("coap.port = 1\npf = { port = 2, tls = { } }"));
  CHECK_NOTHROW(good("\xEF\xBB\xBF[coap]\r\nport = 1\r\n"));
  CHECK_NOTHROW(good("[pf.policy]\nservice_info = ''"));
}

TEST_CASE("all mistakes are told at once, in the order of the file") {
  CHECK(problems_of("x = 1\n[mqtt]\nport = \"a\"\nhost = broker\n[coap]\nprot = 1\nport = 2\nport "
                    "= 3\n[log]\n"
                    "level = 1\n") ==
        Lines{"f:1: x: stands outside of any section, put it below its [section]",
              "f:3: [mqtt] port: must be an integer, not a string",
              "f:4: [mqtt] host: not TOML: could not determine value type (text and values with a "
              "unit stand in "
              "quotation marks)",
              "f:6: [coap] prot: unknown key, did you mean 'port'?",
              "f:8: [coap] port: given twice, only one is allowed",
              "f:10: [log] level: must be one of debug, info, warn, error, not an integer"});
}

TEST_CASE("a mistake in one option does not accuse another") {
  CHECK(problems_of("[provisioning]\nmcc = 234\nmnc = \"15\"") ==
        Lines{"f:2: [provisioning] mcc: must be a string, not an integer"});
}

TEST_CASE("no more than kMostProblems are told") {
  std::string text = "[coap]\n";
  for (int i = 0; i < 50; ++i) text += "unknown_" + std::to_string(i) + " = 1\n";
  CHECK(problems_of(text).size() == ConfigError::kMostProblems);
  text = "[coap]\n";
  for (int i = 0; i < 50; ++i) text += "k" + std::to_string(i) + " = nonsense\n";
  CHECK(problems_of(text).size() == ConfigError::kMostProblems);
}

TEST_CASE("settings of the command line come last and are checked alike") {
  const Config config =
      good("[coap]\nport = 1\n",
           {"coap.port=2", "gateway.folder=/tmp/x=y", "limits.answer_within=3s",
            "provisioning.uris=[\"https://a\", \"https://b\"]", "coap.max_body_octets=1KiB",
            "log.level=\"warn\"", "provisioning.mcc=234", "provisioning.mnc=015",
            "provisioning.token=true", "admin.enabled=false", "pf.policy.service_info={\"a\": 1}"});
  CHECK(config.coap.port == 2);
  CHECK(config.gateway.folder == "/tmp/x=y");
  CHECK(config.limits.answer_within == base::Duration{3'000});
  CHECK(texts(config.provisioning.uris) == Lines{"https://a", "https://b"});
  CHECK(config.coap.max_body_octets == 1'024);
  CHECK(config.log.level == base::log::Level::warn);
  CHECK(config.provisioning.derived.mnc == "015");
  CHECK(config.provisioning.token == "true");
  CHECK_FALSE(config.admin.enabled);
  CHECK(config.pf.policy.service_info == R"({"a":1})");

  CHECK(problems_of("", {"coap.prot=1", "nodot=1", "coap.port", "cap.port=1", "coap.port=x",
                         "coap.port=1\nx=2", "admin.port=7480"}) ==
        Lines{"f: [pf] port: 7480 is taken by [admin] port, every listener needs a port of its own",
              "command line: [coap] prot: unknown key, did you mean 'port'?",
              "command line: 'nodot=1' is not section.key=value",
              "command line: 'coap.port' is not section.key=value",
              "command line: [cap]: unknown section, did you mean [coap]?",
              "command line: [coap] port: must be an integer, not a string",
              "command line: [coap] port: must be an integer, not a string"});
}

TEST_CASE("the gateway needs a Provisioning Function, other purposes do not") {
  CHECK(problems_of("", {}, Purpose::gateway) ==
        Lines{"f: [provisioning] uris: no Provisioning Function is named, give uris, or mcc and "
              "mnc to derive its "
              "address"});
  CHECK_NOTHROW(good("[provisioning]\nmcc = \"234\"\nmnc = \"15\"", {}, Purpose::gateway));
  CHECK_NOTHROW(good("[provisioning]\nuris = [\"https://pf.example\"]", {}, Purpose::gateway));
  CHECK_NOTHROW(good("", {}, Purpose::function));
}

TEST_CASE("key files are looked at by whoever uses them") {
  const test::TempFolder folder;
  const std::string path = folder.path();
  const std::string there = folder.file("there.pem", "x");
  const std::string absent = path + "/absent.pem";
  const std::string text = "[provisioning]\nuris = [\"https://pf\"]\n[provisioning.tls]\nca = \"" +
                           absent + "\"\n[pf.tls]\ncertificate = \"" + there + "\"\nkey = \"" +
                           path + "\"\n";
  CHECK(problems_of(text, {}, Purpose::look).empty());
  CHECK(problems_of(text, {}, Purpose::gateway) ==
        Lines{"f:4: [provisioning.tls] ca: '" + absent +
              "' cannot be read: No such file or directory"});
  CHECK(problems_of(text, {}, Purpose::function) ==
        Lines{"f:7: [pf.tls] key: '" + path + "' cannot be read: it is a folder"});
}

TEST_CASE("files that cannot be read or are too large") {
  const auto told = [](const std::filesystem::path& file) {
    try {
      load(file, {}, Purpose::look);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string("good");
  };
  const test::TempFolder folder;
  const std::string path = folder.path();
  CHECK(told(folder.file("good.toml", "[coap]\nport = 1\n")) == "good");
  CHECK(told({}) == "good");
  const std::string bad = folder.file("bad.toml", "[coap]\nprot = 1\nport = -1\n");
  CHECK(told(bad) == bad + ":2: [coap] prot: unknown key, did you mean 'port'?\n" + bad +
                         ":3: [coap] port: -1 is out of range, allowed are 0 to 65535");
  CHECK(told(path) == path + ": cannot be read: it is a folder");
  CHECK(told(path + "/x") == path + "/x: cannot be read: No such file or directory");
  const std::string large = folder.file("large.toml", std::string(kMostFileOctets + 1, '\n'));
  CHECK(told(large) == large + ": the file is larger than 262144 octets");
  CHECK(told(folder.file("edge.toml", std::string(kMostFileOctets, '\n'))) == "good");
}

TEST_CASE("hostile nesting is refused before it is built") {
  std::string dots = "[coap]\na";
  for (int i = 0; i < 100'000; ++i) dots += ".a";
  CHECK(problems_of(dots + " = 1") == Lines{"f:2: more than 256 dots in one line"});
  CHECK(problems_of("[coap]\nport = " + std::string(100'000, '[')).size() == 1);
  std::string sections;
  for (int i = 0; i < 2'000; ++i) sections += "[a" + std::to_string(i) + ".b.c.d.e]\n";
  CHECK(problems_of(sections).size() == ConfigError::kMostProblems);
}

TEST_CASE("the nearest word is near enough") {
  CHECK(nearest("prot", {"port", "enabled"}) == "port");
  CHECK(nearest("enable", {"port", "enabled"}) == "enabled");
  CHECK(nearest("xyz", {"port", "enabled"}).empty());
  CHECK(nearest("ab", {"x"}).empty());
  CHECK(nearest("", {"x"}).empty());
}

}  // namespace
}  // namespace msggw::config_files::load_test
