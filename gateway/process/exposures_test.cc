// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/exposures.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/support/temp_folder.h"

namespace msggw::process {
namespace {

/// A folder with files of given modes.
struct Files : test::TempFolder {
  std::filesystem::path make(const char* name, mode_t mode) const {
    const auto made = file(name, "x");
    ::chmod(made.c_str(), mode);
    return made;
  }
};

bool told(const std::vector<std::string>& all, const std::string& part) {
  for (const std::string& one : all) {
    if (one.find(part) != std::string::npos) return true;
  }
  return false;
}

TEST_CASE("secrets that others can read or write, and settings that they can write") {
  const Files files;
  config::Config config;
  config.pf.tls.key = files.make("tls.key", 0644);
  config.pf.tls.certificate = files.make("tls.crt", 0644);
  config.pf.gateways_file = files.make("gateways.toml", 0606);
  config.pf.policy_file = files.make("policy.toml", 0646);
  const std::vector<function::GatewayOptions> gateways{
      {.name = "a", .secret_files = {files.make("a.token", 0604)}}};
  auto found = exposures_of_function(config, files.make("conf.toml", 0666), gateways);
  CHECK(found.size() == 5);
  CHECK(told(found, "tls.key is readable by every user"));
  CHECK(told(found, "gateways.toml is readable and writable by every user"));
  CHECK(told(found, "policy.toml is writable by every user"));
  CHECK(told(found, "a.token is readable"));
  CHECK(told(found, "conf.toml is writable"));

  config.mqtt.key = files.make("mqtt.key", 0640);
  config.mqtt.password_file = files.make("mqtt.password", 0644);
  config.sms.enabled = true;
  config.sms.smscs_file = files.make("smscs.toml", 0644);
  config.sms.all.resize(1);
  config.sms.all[0].password_file = files.make("smsc.password", 0602);
  config.provisioning.psk_key_file = files.make("psk", 0444);
  config.provisioning.token_file = files.make("token", 0400);
  found = exposures_of_gateway(config, files.make("gw.toml", 0644));
  CHECK(found.size() == 4);
  for (const char* name : {"mqtt.password", "smscs.toml", "smsc.password", "psk"})
    CHECK(told(found, name));
  config.msgin5g.tls.key = files.make("gateway.key", 0644);
  config.msgin5g.token_file = files.make("m5s.token", 0644);
  config.msgin5g.servers.resize(1);
  config.msgin5g.servers[0].http.tls.key = files.make("to-m5s.key", 0644);
  CHECK(exposures_of_gateway(config, {}).size() == 4);
  config.msgin5g.enabled = true;
  found = exposures_of_gateway(config, {});
  CHECK(found.size() == 7);
  for (const char* name : {"gateway.key", "m5s.token", "to-m5s.key"}) CHECK(told(found, name));
  config.file_holds_secrets = true;
  CHECK(told(exposures_of_gateway(config, files.make("gw.toml", 0644)), "gw.toml is readable"));
  CHECK(
      told(exposures_of_function(config, files.make("pf.toml", 0644), {}), "pf.toml is readable"));
}

TEST_CASE("ways on which a secret goes in cleartext") {
  config::Config config;
  CHECK(exposures_of_gateway(config, {}).empty());
  CHECK(exposures_of_function(config, {}, {}).empty());
  config.admin.address = boost::asio::ip::make_address("0.0.0.0");
  config.mqtt.host = mqtt::parse_broker_host("broker.example").value();
  config.mqtt.password = "x";
  config.provisioning.uris = {base::parse_uri("http://pf.example").value()};
  config.provisioning.token = "x";
  auto found = exposures_of_gateway(config, {});
  CHECK(found.size() == 3);
  CHECK(told(found, "operator's listener"));
  CHECK(told(found, "broker's password"));
  CHECK(told(found, "token of [provisioning]"));
  config.mqtt.open_messages = true;
  CHECK(told(exposures_of_gateway(config, {}), "as any device"));
  config.mqtt.topics_prove = true;
  CHECK(exposures_of_gateway(config, {}).size() == 3);
  config.mqtt.ca = "ca.pem";
  config.provisioning.token.clear();
  CHECK(exposures_of_gateway(config, {}).size() == 1);
  config.coap.open_messages = true;
  CHECK(told(exposures_of_gateway(config, {}), "open_messages of [coap]"));
  config.coap.enabled = false;
  CHECK(exposures_of_gateway(config, {}).size() == 1);

  config.pf.address = boost::asio::ip::make_address("::");
  config.pf.allow_cleartext = true;
  config.pf.test.enabled = true;
  config.pf.test.address = boost::asio::ip::make_address("0.0.0.0");
  found = exposures_of_function(config, {}, {{.name = "a", .token = "t"}});
  CHECK(found.size() == 2);
  CHECK(told(found, "tokens of gateways"));
  CHECK(told(found, "tester's controls"));
}

TEST_CASE("what a claim over CoAP in the clear is enough for") {
  config::Config config;
  config.coap.secure.udp = true;
  CHECK(exposures_of_gateway(config, {}).empty());
  config.coap.private_id_kinds.push_back(core::PrivateIdKind::msisdn);
  CHECK(told(exposures_of_gateway(config, {}), "whoever knows a phone number"));
  config.coap.secure.certificate_names = {{"", ".example"}};
  CHECK(told(exposures_of_gateway(config, {}), "certificate_names"));
  CHECK(exposures_of_gateway(config, {}).size() == 2);
  SUBCASE("nobody is served there") {
    config.coap.admission = core::Admission::proven;
  }
  SUBCASE("nothing listens there") {
    config.coap.udp = false;
  }
  CHECK(exposures_of_gateway(config, {}).empty());
}

TEST_CASE("a folder in which every user can put his own files in the place of ours") {
  const Files files;
  const auto folder = files.path() / "state";
  std::filesystem::create_directory(folder);
  config::Config config;
  config.gateway.folder = config.pf.folder = folder;
  config.provisioning.token_file = folder / "token";
  files.make("state/token", 0600);
  CHECK(exposures_of_gateway(config, {}).empty());
  ::chmod(folder.c_str(), 01777);
  CHECK(exposures_of_gateway(config, {}).size() == 1);
  ::chmod(folder.c_str(), 0777);
  const auto found = exposures_of_gateway(config, {});
  CHECK(found.size() == 1);  // once, though it is the folder of two
  CHECK(told(found, "state is writable by every user of this machine"));
  CHECK(told(exposures_of_function(config, {}, {}), "chmod o-w " + folder.string()));
  config.gateway.folder = files.path();
  CHECK(told(exposures_of_gateway(config, {}), "state is writable"));  // that of the token
}

TEST_CASE("a secret on the command line") {
  const auto found =
      exposures_of_settings({"provisioning.token=geheim", "mqtt.port=1", "mqtt.password=", "x"});
  REQUIRE(found.size() == 1);
  CHECK(told(found, "provisioning.token stands on the command line"));
  CHECK_FALSE(told(found, "geheim"));
}

}  // namespace
}  // namespace msggw::process
