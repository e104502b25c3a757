// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/files/servers_file.h"

#include <doctest/doctest.h>

#include <string>

#include "gateway/config/files/load.h"
#include "gateway/config/language/config_error.h"
#include "gateway/config/sections/difference.h"
#include "tests/support/temp_folder.h"

namespace msggw::config_files::servers_file_test {
namespace {

const std::string kOne =
    "[[server]]\nname = \"a\"\nservice_id = \"m5s-a\"\nuris = [\"https://a.example\"]\n";

std::string problems_of(const std::string& text) {
  try {
    load_servers_text(text, "f", {});
  } catch (const config_language::ConfigError& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("servers as they are written, and what they take from [msgin5g.server]") {
  msgin5g::Options defaults;
  defaults.server.service_id = "of the section";
  defaults.server.http.tls.ca = "ca.pem";
  defaults.server.http.request_timeout = base::Duration{7'000};
  const auto servers = load_servers_text(kOne + R"(version = "http1"
[[server]]
name = "b"
service_id = "m5s-b"
uris = ["https://b1.example", "https://b2.example/x"]
ca = ""
)",
                                         "f", defaults);
  REQUIRE(servers.size() == 2);
  CHECK(servers[0].name == "a");
  CHECK(servers[0].service_id == "m5s-a");
  CHECK(servers[0].http.version == http::Version::http1);
  CHECK(servers[0].http.tls.ca == "ca.pem");
  CHECK(servers[1].uris.size() == 2);
  CHECK(servers[1].http.tls.ca.empty());
  CHECK(servers[1].http.request_timeout == base::Duration{7'000});
}

TEST_CASE("every mistake is told with file, line, server and key") {
  struct Bad {
    std::string text;
    std::string problem;
  };
  const Bad table[] = {
      {"", "f: names no MSGin5G Server, write at least one [[server]]"},
      {"[[servers]]\n", "f:1: servers: is unknown here, this file holds nothing but [[server]]"},
      {kOne + kOne, "f:6: [server a] name: is that of the MSGin5G Server in line 1 too"},
      {kOne + "[[server]]\nname = \"b\"\nservice_id = \"m5s-a\"\nuris = [\"https://b\"]\n",
       "f:7: [server b] service_id: is that of the MSGin5G Server in line 1 too"},
      {"[[server]]\nname = \"a\"\nservice_id = \"s\"\n",
       "f:1: [server a] uris: is empty, a MSGin5G Server needs at least one"},
      {"[[server]]\nname = \"a\"\nuris = [\"https://b\"]\n",
       "f:1: [server a] service_id: is empty, so no device would have this server"},
      {"[[server]]\nname = \"a\"\nservice_id = \"s\"\nuris = [\"http://b\"]\n",
       "f:4: [server a] uris: 'http://b' would be spoken to in cleartext over the network"},
      {kOne + "key = \"k\"\n", "f:5: [server a] key: needs certificate beside it"},
      {kOne + "certificate = 5\nkey = \"k\"\n",
       "f:5: [server a] certificate: must be a string, not an integer"},
  };
  for (const Bad& bad : table) {
    CAPTURE(bad.text);
    const std::string told = problems_of(bad.text);
    CHECK(told.starts_with(bad.problem));
  }
}

TEST_CASE("the list is filled from the file, or from the section; a change in it is seen") {
  const test::TempFolder folder;
  const std::string file = folder.file("servers", kOne);
  const std::string text =
      "[provisioning]\nuris = [\"https://pf\"]\n[msgin5g]\nenabled = true\n"
      "servers_file = \"" +
      file + "\"\n";
  using config::Purpose;
  const config::Config read = load_text(text, "f", {}, Purpose::gateway);
  REQUIRE(read.msgin5g.servers.size() == 1);
  CHECK(read.msgin5g.servers[0].name == "a");
  CHECK(load_text(text, "f", {}, Purpose::look).msgin5g.servers.at(0).name == "server");
  config::Config changed = read;
  CHECK(config::changes(read, changed, Purpose::gateway).empty());
  changed.msgin5g.servers[0].service_id = "other";
  const auto changes = config::changes(read, changed, Purpose::gateway);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].name == "[server a] service_id");
}

}  // namespace
}  // namespace msggw::config_files::servers_file_test
