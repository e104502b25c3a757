// SPDX-License-Identifier: Apache-2.0
// The sections [msgin5g...]: values, and every mistake in the exact words it is told in.
#include <doctest/doctest.h>

#include <string>

#include "gateway/config/files/load.h"
#include "gateway/config/language/config_error.h"

namespace msggw::config {
namespace {

const std::string kGood =
    "[provisioning]\nuris = [\"https://pf\"]\n[msgin5g.server]\nservice_id = \"m5s\"\n"
    "uris = [\"https://m5s.example\"]\n[msgin5g]\nenabled = true\n";

std::string problems_of(const std::string& text, Purpose purpose = Purpose::gateway) {
  try {
    config_files::load_text(text, "f", {}, purpose);
  } catch (const config_language::ConfigError& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("[msgin5g] as it is written") {
  const Config config = config_files::load_text(R"([msgin5g]
enabled = true
non_3gpp = false
path = "/gw-1"
client_names = ["m5s.example"]
content_encoding = "base64"
text_apps = ["chat"]
segment_octets = "1KiB"
segment_counts = "payload"
store_and_forward = false
registration = "none"
registration_lifetime = "2h"
target_uri = "https://gw-1.example/gw-1/"
[msgin5g.tls]
certificate = "c"
key = "k"
client_ca = "ca"
[msgin5g.server]
service_id = "m5s"
uris = ["https://m5s.example/x/", "https://[::1]:1"]
version = "automatic"
request_timeout = "1s"
[msgin5g.limits]
body_octets = "128KiB"
)",
                                                "f", {}, Purpose::look);
  const msgin5g::Options& msgin5g = config.msgin5g;
  CHECK(msgin5g.enabled);
  CHECK(msgin5g.face.legacy_3gpp);
  CHECK_FALSE(msgin5g.face.non_3gpp);
  CHECK(msgin5g.face.path_prefix == "/gw-1");
  CHECK(msgin5g.content_encoding == msgin5g::PayloadEncoding::base64);
  CHECK(msgin5g.cutting.segment_octets == 1'024);
  CHECK(msgin5g.cutting.segment_counts == msgin5g::SegmentCounts::payload);
  CHECK_FALSE(msgin5g.store_and_forward);
  CHECK(msgin5g.registration == msgin5g::Registration::none);
  CHECK(msgin5g.registration_lifetime == std::chrono::hours{2});
  CHECK(to_string(msgin5g.target_uri) == "https://gw-1.example/gw-1");
  CHECK(msgin5g.face.limits.body_octets == 128 * 1'024);
  REQUIRE(msgin5g.servers.size() == 1);
  CHECK(msgin5g.servers[0].service_id == "m5s");
  CHECK(base::to_string(msgin5g.servers[0].uris.at(0)) == "https://m5s.example/x");
  CHECK(msgin5g.servers[0].http.version == http::Version::automatic);
  CHECK(msgin5g.servers[0].http.request_timeout == base::Duration{1'000});
  CHECK(problems_of(kGood).empty());
}

TEST_CASE("mistakes of [msgin5g...]") {
  struct Bad {
    std::string text;
    std::string problem;
  };
  const Bad table[] = {
      {kGood + "path = \"/a?b\"\n", "f:8: [msgin5g] path: "},
      {kGood + "text_apps = [\"a\"]\nbase64_apps = [\"b\", \"a\"]\n",
       "f:9: [msgin5g] base64_apps: 'a' is one of text_apps too"},
      {kGood + "client_names = [\"a\"]\n",
       "f:8: [msgin5g] client_names: needs client_ca in [msgin5g.tls], or nobody would have a "
       "name"},
      {kGood + "probe_first = \"2s\"\n",
       "f:8: [msgin5g] probe_first: 2s is more than probe_most, which is 800ms"},
      {kGood + "[msgin5g.tls]\nkey = \"k\"\n",
       "f:9: [msgin5g.tls] key: needs certificate beside it"},
      {kGood + "[msgin5g.tls]\nclient_ca = \"c\"\n",
       "f:9: [msgin5g.tls] client_ca: needs certificate beside it"},
      {kGood + "address = \"0.0.0.0\"\n",
       "f:8: [msgin5g] address: '0.0.0.0' is open to the network, and whoever reaches it could "
       "pass "
       "for a MSGin5G Server; name certificate and client_ca in [msgin5g.tls] or set a token"},
      {kGood + "address = \"::\"\ntoken = \"x\"\n",
       "f:8: [msgin5g] address: '::' is open to the network in cleartext, name a certificate in "
       "[msgin5g.tls] or set allow_cleartext = true"},
      {"[msgin5g]\nenabled = true\n",
       "f: [msgin5g.server] service_id: is empty, so no device would have this server"},
      {kGood + "[msgin5g.limits]\nsegments = 0\n",
       "f:9: [msgin5g.limits] segments: 0 is out of range, allowed are 1 to 65536"},
  };
  for (const Bad& bad : table) {
    CAPTURE(bad.text);
    CHECK(problems_of(bad.text).starts_with(bad.problem));
  }
  const auto server = [](const std::string& uri) {
    return problems_of(
        "[msgin5g]\nenabled = true\n[msgin5g.server]\nservice_id = \"m\"\nuris = [\"" + uri +
            "\"]\n",
        Purpose::look);
  };
  CHECK(server("http://127.0.0.1:7580").empty());
  CHECK(server("http://m5s.example") ==
        "f:5: [msgin5g.server] uris: 'http://m5s.example' would be spoken to in cleartext over the "
        "network, use https or set allow_cleartext = true");
  CHECK(server("coaps://m5s.example") ==
        "f:5: [msgin5g.server] uris: 'coaps://m5s.example': a MSGin5G Server is spoken to by https "
        "or http");
  const std::string open = kGood + "address = \"0.0.0.0\"\ntoken = \"x\"\nallow_cleartext = true\n";
  CHECK(problems_of(open) ==
        "f: [msgin5g] target_uri: is the listener's own, and servers cannot be told to reach "
        "'0.0.0.0'");
  CHECK(problems_of(open + "target_uri = \"http://gw-1.example:8081\"\n").empty());
  CHECK(problems_of(open + "registration = \"none\"\n").empty());
  CHECK(problems_of(kGood + "target_uri = \"coap://gw-1.example\"\n")
            .starts_with("f:8: [msgin5g] target_uri: "));
  // While it is off, and beside a running gateway, nothing is asked for.
  CHECK(problems_of("[msgin5g]\naddress = \"0.0.0.0\"\n", Purpose::look).empty());
}

/// With these lines at the end of [msgin5g.server], which is followed by nothing.
std::string problems_of_server(const std::string& lines) {
  return problems_of(
      "[provisioning]\nuris = [\"https://pf\"]\n[msgin5g]\nenabled = true\n[msgin5g.server]\n"
      "service_id = \"m5s\"\nuris = [\"https://m5s.example\"]\n" +
      lines);
}

TEST_CASE("where access tokens are asked for") {
  const std::string uri = "token_uri = \"https://nrf.example/oauth2/token\"\n";
  CHECK(problems_of_server(uri + "nf_instance_id = \"4947a69a\"\n").empty());
  CHECK(problems_of_server(uri + "client_id = \"gw-1\"\nclient_secret = \"s\"\n").empty());
  CHECK(problems_of_server(uri) ==
        "f:8: [msgin5g.server] token_uri: needs client_id or nf_instance_id beside it");
  CHECK(problems_of_server(uri + "client_id = \"gw-1\"\nscope = \"\"\n") ==
        "f:10: [msgin5g.server] scope: is empty, a token is for something");
  CHECK(problems_of_server("client_id = \"gw-1\"\n") ==
        "f:8: [msgin5g.server] client_id: is for a token endpoint; name it, in token_uri");
  CHECK(problems_of_server(uri + "nf_instance_id = \"x\"\nclient_secret = \"secret\"\n") ==
        "f:10: [msgin5g.server] client_secret: needs client_id beside it");
  CHECK(problems_of_server("token_uri = \"http://nrf.example/\"\nclient_id = \"g\"\n")
            .starts_with("f:8: [msgin5g.server] token_uri: 'http://nrf.example' would be spoken "
                         "to in cleartext"));
  CHECK(problems_of_server("token_uri = \"coap://nrf.example/\"\n")
            .starts_with("f:8: [msgin5g.server] token_uri: "));
}

TEST_CASE("whose access tokens are taken") {
  const std::string keys = "token_keys = \"/etc/os-release\"\n";
  CHECK(problems_of(kGood + keys + "token_audiences = [\"AF\"]\n").empty());
  CHECK(problems_of(kGood + keys)
            .starts_with("f: [msgin5g] token_audiences: is empty, and a token for anybody"));
  CHECK(problems_of(kGood + keys + "token_audiences = [\"AF\"]\ntoken = \"x\"\n") ==
        "f:8: [msgin5g] token_keys: stands beside token, only one of them is allowed");
  CHECK(problems_of(kGood + "token_audiences = [\"AF\"]\n") ==
        "f:8: [msgin5g] token_audiences: needs token_keys beside it");
  CHECK(problems_of(kGood + "token_issuers = [\"nrf\"]\n") ==
        "f:8: [msgin5g] token_issuers: needs token_keys beside it");
  CHECK(problems_of(kGood + "token_keys = \"/no/such\"\ntoken_audiences = [\"AF\"]\n")
            .starts_with("f:8: [msgin5g] token_keys: "));
}

}  // namespace
}  // namespace msggw::config
