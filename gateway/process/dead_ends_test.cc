// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/dead_ends.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/temp_folder.h"

namespace msggw::process {
namespace {

/// The only sentence, or how many there are.
std::string only(const config::Config& config) {
  const auto all = dead_ends_of_gateway(config);
  return all.size() == 1 ? all.front() : std::to_string(all.size());
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

config::Config with_messages() {
  config::Config config;
  config.msgin5g.enabled = true;
  config.coap.enabled = config.mqtt.enabled = false;
  return config;
}

TEST_CASE("a configuration as it is by default leads nowhere in nothing") {
  CHECK(only(config::Config()) == "0");
}

TEST_CASE("messages that no protocol may bring") {
  config::Config config = with_messages();
  CHECK(only(config) == "0");
  config.mqtt.enabled = true;
  CHECK(holds(only(config), "topics_prove and open_messages of [mqtt] are false"));
  config.mqtt.topics_prove = true;
  CHECK(only(config) == "0");
  config.mqtt.topics_prove = false;
  config.mqtt.open_messages = true;
  CHECK(only(config) == "0");
  config.coap.enabled = true;
  CHECK(holds(only(config), "open_messages of [coap] is false"));
  config.coap.open_messages = true;
  CHECK(only(config) == "0");
  config.coap.open_messages = config.mqtt.open_messages = false;
  CHECK(only(config) == "2");
  config.msgin5g.enabled = false;
  CHECK(only(config) == "0");
}

TEST_CASE("an address that holds the path of the API") {
  config::Config config;
  config.provisioning.uris = {base::parse_uri("https://pf.example/root").value()};
  CHECK(only(config) == "0");
  config.provisioning.uris = {
      base::parse_uri("https://pf.example/msgin5g-provisioning/v1/provisionings").value()};
  CHECK(holds(only(config), "uris of [provisioning] holds the path of an API"));
  config = with_messages();
  config.msgin5g.servers.resize(1);
  config.msgin5g.servers[0].name = "one";
  config.msgin5g.servers[0].uris = {
      base::parse_uri("https://m5s.example/root/msgs-msgdelivery/v1").value()};
  CHECK(holds(only(config), "uris of the MSGin5G Server one"));
}

TEST_CASE("limits that another one does not let come true") {
  config::Config config = with_messages();
  config.coap.enabled = config.coap.open_messages = true;
  config.messages.limits.max_content_octets = config.coap.max_message_octets;
  CHECK(only(config) == "0");
  ++config.messages.limits.max_content_octets;
  CHECK(holds(only(config), "max_message_octets of [coap]"));
  config.coap.enabled = false;
  config.msgin5g.face.limits.content_octets = config.msgin5g.face.limits.body_octets + 1;
  CHECK(holds(only(config), "body_octets of [msgin5g.limits]"));
}

TEST_CASE("a folder that the broker's plugin can get nothing from") {
  const test::TempFolder folder;
  config::Config config;
  config.mqtt.plugin_folder = folder.path();
  CHECK(only(config) == "0");
  ::chmod(folder.path().c_str(), 02777);
  CHECK(holds(only(config), "writable to nobody else"));
  ::chmod(folder.path().c_str(), 0750);
  if (::chown(folder.path().c_str(), static_cast<uid_t>(-1), ::getegid() + 1) == 0) {
    CHECK(holds(only(config), "set-group-ID"));
    ::chmod(folder.path().c_str(), 02750);
    CHECK(only(config) == "0");
  }
  config.mqtt.plugin_folder = folder.file("plain", "");
  CHECK(holds(only(config), "is no folder"));
  config.mqtt.plugin_folder = folder.path() / "none";
  CHECK(holds(only(config), "No such file"));
  config.mqtt.enabled = false;
  CHECK(only(config) == "0");
}

}  // namespace
}  // namespace msggw::process
