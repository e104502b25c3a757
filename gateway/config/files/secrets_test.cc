// SPDX-License-Identifier: Apache-2.0
// Secrets from files of their own and from the environment.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <fstream>
#include <string>

#include "gateway/config/files/gateways_file.h"
#include "gateway/config/files/load.h"
#include "gateway/config/language/config_error.h"
#include "tests/support/temp_folder.h"

namespace msggw::config_files {
namespace {

using config::Purpose;

struct Folder : test::TempFolder {
  /// "key = "FILE"\n" for a file with that text.
  std::string line(const std::string& key, const std::string& text) const {
    return key + " = \"" + file(key, text).string() + "\"\n";
  }
};

const std::string kRest = "[provisioning]\nuris = [\"https://pf.example\"]\n";

config::Config load_it(const std::string& text) {
  return load_text(text + kRest, "f", {}, Purpose::gateway);
}

std::string problems(const std::string& text) {
  try {
    load_it(text);
  } catch (const config_language::ConfigError& error) {
    return error.what();
  }
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("secrets of the broker, an SMSC and the way to the PF in files of their own") {
  const Folder folder;
  const auto config =
      load_text("[mqtt]\nuser = \"u\"\n" + folder.line("password_file", "of mqtt\n\r\n") + kRest +
                    folder.line("token_file", "of-the-way"),
                "f", {}, Purpose::gateway);
  CHECK(config.mqtt.password == "of mqtt");
  CHECK(config.provisioning.token == "of-the-way");
  const std::string sms = "[sms]\nenabled = true\naddresses = [\"a\"]\n" +
                          folder.line("password_file", "of sms") + "smscs_file = \"" +
                          (folder.path() / "smscs").string() + "\"\n";
  folder.file("own", "its own\n");
  std::ofstream(folder.path() / "smscs")
      << "[[smsc]]\nname = \"one\"\n[[smsc]]\nname = \"two\"\npassword_file = \""
      << (folder.path() / "own").string()
      << "\"\n[[smsc]]\nname = \"three\"\npassword = \"written\"\n";
  const auto smscs = load_it(sms).sms.all;
  REQUIRE(smscs.size() == 3);
  CHECK(smscs[0].password == "of sms");
  CHECK(smscs[1].password == "its own");
  CHECK(smscs[2].password == "written");
}

TEST_CASE("the client secrets of MSGin5G Servers, each in a file of its own") {
  const Folder folder;
  folder.file("own", "its own\n");
  std::ofstream(folder.path() / "servers")
      << "[[server]]\nname = \"one\"\nservice_id = \"1\"\nuris = [\"https://one.example\"]\n"
         "[[server]]\nname = \"two\"\nservice_id = \"2\"\nuris = [\"https://two.example\"]\n"
         "client_secret_file = \""
      << (folder.path() / "own").string() << "\"\n";
  const auto config = load_it(
      "[msgin5g]\nenabled = true\nservers_file = \"" + (folder.path() / "servers").string() +
      "\"\n[msgin5g.server]\ntoken_uri = \"https://nrf.example/token\"\nclient_id = \"gw-1\"\n" +
      folder.line("client_secret_file", "of all\n"));
  REQUIRE(config.msgin5g.servers.size() == 2);
  CHECK(config.msgin5g.servers[0].token.client_secret == "of all");
  CHECK(config.msgin5g.servers[1].token.client_secret == "its own");
}

TEST_CASE("a file of a secret that cannot be used is told, and never quoted") {
  const Folder folder;
  const std::string mqtt = "[mqtt]\nuser = \"u\"\n";
  CHECK(
      contains(problems(mqtt + folder.line("password_file", "\n")), "f:3: [mqtt] password_file: "));
  CHECK(contains(problems(mqtt + folder.line("password_file", "\n")), "is empty"));
  CHECK(contains(problems(mqtt + folder.line("password_file", std::string(5'000, 's'))), "octets"));
  CHECK_FALSE(
      contains(problems(mqtt + folder.line("password_file", std::string(5'000, 's'))), "ssss"));
  CHECK(contains(problems(mqtt + "password_file = \"/absent\"\n"), "No such file"));
  CHECK(contains(problems(mqtt + "password = \"x\"\n" + folder.line("password_file", "y")),
                 "stands beside password"));
  CHECK(problems("[mqtt]\nenabled = false\npassword_file = \"/absent\"\n").empty());
}

TEST_CASE("a gateway's PSK in a file of its own") {
  const Folder folder;
  const std::string text = "[[gateway]]\nname = \"a\"\npsk_identity = \"i\"\n";
  const auto gateways = load_gateways_text(text + folder.line("psk_key_file", "hex:6162\n"), "f");
  CHECK(gateways.at(0).psk_key == "ab");
  CHECK(gateways.at(0).secret_files.size() == 1);
  CHECK_THROWS(load_gateways_text(text + folder.line("psk_key_file", ""), "f"));
  CHECK_THROWS(
      load_gateways_text(text + "psk_key = \"x\"\n" + folder.line("psk_key_file", "y"), "f"));
}

TEST_CASE("the environment gives a secret that nothing else does") {
  ::setenv("MSGGW_MQTT_PASSWORD", "from outside", 1);
  ::setenv("MSGGW_PROVISIONING_TOKEN", "outer-token", 1);
  CHECK(load_it("[mqtt]\nuser = \"u\"\n").mqtt.password == "from outside");
  CHECK(load_it("[mqtt]\nuser = \"u\"\npassword = \"written\"\n").mqtt.password == "written");
  CHECK(load_it("[mqtt]\nuser = \"u\"\n").provisioning.token == "outer-token");
  CHECK(load_text("[mqtt]\nuser = \"u\"\n", "f", {}, Purpose::look).mqtt.password.empty());
  const Folder folder;
  CHECK(
      load_it("[mqtt]\nuser = \"u\"\n" + folder.line("password_file", "of a file")).mqtt.password ==
      "of a file");
  ::unsetenv("MSGGW_MQTT_PASSWORD");
  ::unsetenv("MSGGW_PROVISIONING_TOKEN");
  CHECK(load_it("[mqtt]\nuser = \"u\"\n").mqtt.password.empty());
}

TEST_CASE("of the SMSCs and of the way to the PF too, as the documents name them") {
  const Folder folder;
  const auto sms = [](const std::string& more) {
    return load_it("[sms]\nenabled = true\naddresses = [\"a\"]\n" + more).sms.all.at(0).password;
  };
  ::setenv("MSGGW_SMS_PASSWORD", "outer-word", 1);
  CHECK(sms("") == "outer-word");
  CHECK(sms("password = \"written\"\n") == "written");
  CHECK(sms(folder.line("password_file", "of a file")) == "of a file");
  ::unsetenv("MSGGW_SMS_PASSWORD");
  CHECK(sms("").empty());

  const auto psk = [](const std::string& more) {
    return load_text(kRest + "psk_identity = \"i\"\n" + more, "f", {}, Purpose::gateway)
        .provisioning.psk_key;
  };
  ::setenv("MSGGW_PROVISIONING_PSK_KEY", "outer-key", 1);
  CHECK(psk("") == "outer-key");
  CHECK(psk("psk_key = \"written\"\n") == "written");
  CHECK(psk(folder.line("psk_key_file", "of a file")).empty());  // the client reads it
  ::unsetenv("MSGGW_PROVISIONING_PSK_KEY");
  CHECK_THROWS(psk(""));
}

TEST_CASE("the environment gives the secrets of items of lists, by their names") {
  const Folder folder;
  ::setenv("MSGGW_SMSC_WEST_1_PASSWORD", "of west", 1);
  ::setenv("MSGGW_GATEWAY_GW_1_TOKEN", "token-of-sixteen-letters", 1);
  ::setenv("MSGGW_GATEWAY_GW_2_PSK_KEY", "hex:6162", 1);
  const std::string list = folder.file("smscs",
                                       "[[smsc]]\nname = \"west-1\"\n[[smsc]]\nname = "
                                       "\"east\"\n[[smsc]]\nname = \"West.1\"\npassword "
                                       "= \"own\"\n");
  const auto smscs = load_it(
                         "[sms]\nenabled = true\naddresses = [\"a\"]\npassword = \"of all\"\n"
                         "smscs_file = \"" +
                         list + "\"\n")
                         .sms.all;
  REQUIRE(smscs.size() == 3);
  CHECK(smscs[0].password == "of west");
  CHECK(smscs[1].password == "of all");
  CHECK(smscs[2].password == "own");
  const auto gateways = load_gateways_text(
      "[[gateway]]\nname = \"gw-1\"\n[[gateway]]\nname = \"gw-2\"\npsk_identity = \"i\"\n", "f");
  CHECK(gateways.at(0).token == "token-of-sixteen-letters");
  CHECK(gateways.at(1).psk_key == "ab");
  ::unsetenv("MSGGW_SMSC_WEST_1_PASSWORD");
  ::unsetenv("MSGGW_GATEWAY_GW_1_TOKEN");
  ::unsetenv("MSGGW_GATEWAY_GW_2_PSK_KEY");
  CHECK_THROWS(load_gateways_text("[[gateway]]\nname = \"gw-1\"\n", "f"));
  const std::string two =
      "[[gateway]]\nname = \"a-b\"\ncertificate = \"x\"\n[[gateway]]\nname = \"a_b\"\n"
      "certificate = \"y\"\n";
  CHECK(load_gateways_text(two, "f").size() == 2);
  ::setenv("MSGGW_GATEWAY_A_B_TOKEN", "token-of-sixteen-letters", 1);
  CHECK_THROWS_WITH(load_gateways_text(two, "f"),
                    "f:5: [gateway a_b] name: has MSGGW_GATEWAY_A_B_TOKEN of the environment in "
                    "common with 'a-b'; name one of them otherwise");
  ::unsetenv("MSGGW_GATEWAY_A_B_TOKEN");
  CHECK_THROWS(load_gateways_text("[[gateway]]\nname = \"gw-2\"\npsk_identity = \"i\"\n", "f"));
}

TEST_CASE("whence each value is") {
  const Folder folder;
  ::setenv("MSGGW_PROVISIONING_TOKEN", "outer-token", 1);
  const auto origins = load_text_with_origins("[log]\nlevel = \"warn\"\n[mqtt]\nuser = \"u\"\n" +
                                                  folder.line("password_file", "of a file") + kRest,
                                              "f", {"coap.port=1"}, Purpose::gateway)
                           .origins;
  ::unsetenv("MSGGW_PROVISIONING_TOKEN");
  CHECK(origins.at("log.level") == "f:2");
  CHECK(origins.at("coap.port") == "command line");
  CHECK(origins.at("provisioning.token") == "environment MSGGW_PROVISIONING_TOKEN");
  CHECK(origins.at("mqtt.password") == (folder.path() / "password_file").string());
  CHECK_FALSE(origins.contains("coap.address"));
}

TEST_CASE("whether a secret is written in the configuration's file itself") {
  const std::string user = "[mqtt]\nuser = \"u\"\n";
  const auto holds = [&](const std::string& text, const std::vector<std::string>& settings = {}) {
    return load_text(user + text + kRest, "f", settings, Purpose::gateway).file_holds_secrets;
  };
  const Folder folder;
  CHECK(holds("password = \"p\"\n"));
  CHECK(holds("password = \"p\"\n", {"mqtt.password=other"}));
  CHECK(load_text(user + "password = \"p\"\n", "f", {}, Purpose::function).file_holds_secrets);
  CHECK_FALSE(holds("password = \"\"\n"));
  CHECK_FALSE(holds("", {"mqtt.password=p"}));
  CHECK_FALSE(holds(folder.line("password_file", "p")));
  ::setenv("MSGGW_MQTT_PASSWORD", "p", 1);
  CHECK_FALSE(holds(""));
  ::unsetenv("MSGGW_MQTT_PASSWORD");
}

}  // namespace
}  // namespace msggw::config_files
