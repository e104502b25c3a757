// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/certificates.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "adapters/wire/tls/test_certificates.h"
#include "gateway/config/language/config_error.h"

namespace msggw::process {
namespace {

using config::Purpose;

std::vector<std::string> problems(const config::Config& config, Purpose purpose,
                                  const std::vector<std::string>& settings = {}) {
  try {
    check_certificates(config, purpose, {"conf", settings});
    return {};
  } catch (const config_language::ConfigError& error) {
    return error.problems();
  }
}

TEST_CASE("every fault of a certificate is told, with the section that names it") {
  tls::test::Certificates files;
  config::Config config;
  config.sms.enabled = true;
  config.sms.all.resize(2);
  config.sms.all[0].name = "one";
  config.sms.all[1].name = "two";
  const auto use = [&](auto& section, const std::string& certificate, const std::string& key) {
    section.ca = files.pem("ca");
    section.certificate = files.pem(certificate);
    section.key = files.key(key);
  };
  use(config.mqtt, "client", "client");
  use(config.sms.all[0], "client", "client");
  use(config.sms.all[1], "client", "client");
  use(config.provisioning.http.tls, "client", "client");
  config.pf.tls = {files.pem("server"), files.key("server"), files.pem("ca")};
  CHECK(problems(config, Purpose::gateway).empty());
  CHECK(problems(config, Purpose::function).empty());

  use(config.mqtt, "client", "server");
  use(config.sms.all[1], "expired", "expired");
  config.provisioning.http.tls.key = files.encrypt_key("client", true);
  const auto found = problems(config, Purpose::gateway);
  REQUIRE(found.size() == 3);
  CHECK(found[0] == "conf: [mqtt] key: " + files.key("server").string() + ": is not the key of " +
                        files.pem("client").string());
  CHECK(found[1].starts_with("conf: SMSC two certificate: " + files.pem("expired").string() +
                             ": has expired on "));
  CHECK(found[2].starts_with("conf: [provisioning.tls] key: "));
  CHECK(found[2].find("the key is encrypted") != std::string::npos);

  config.msgin5g.servers.resize(1);
  config.msgin5g.servers[0].http.tls.ca = files.key("ca");
  CHECK(problems(config, Purpose::gateway).size() == 3);  // it is off
  config.msgin5g.enabled = true;
  config.msgin5g.tls = {files.pem("expired"), files.key("expired"), files.pem("ca")};
  const auto with_servers = problems(config, Purpose::gateway);
  REQUIRE(with_servers.size() == 5);
  CHECK(with_servers[3].starts_with("conf: [msgin5g.tls] certificate: "));
  CHECK(with_servers[4].starts_with("conf: MSGin5G Server server ca: "));

  config.pf.tls.client_ca = files.key("ca");
  const auto of_function = problems(config, Purpose::function);
  REQUIRE(of_function.size() == 1);
  CHECK(of_function[0].starts_with("conf: [pf.tls] client_ca: "));
  CHECK(problems(config, Purpose::function, {"pf.tls.client_ca=x"})[0].starts_with(
      "command line: [pf.tls] client_ca: "));
  CHECK(problems(config, Purpose::function, {"pf.tls.key=x"})[0].starts_with("conf: "));
}

TEST_CASE("files of what is off, and of the other process, are not looked at") {
  config::Config config;
  config.mqtt.enabled = false;
  config.mqtt.ca = config.pf.tls.certificate = "/nowhere";
  config.sms.all.resize(1);
  config.sms.all[0].ca = "/nowhere";
  CHECK(problems(config, Purpose::gateway).empty());
  config.pf.tls.certificate.clear();
  CHECK(problems(config, Purpose::function).empty());
}

}  // namespace
}  // namespace msggw::process
