// SPDX-License-Identifier: Apache-2.0
// What a reload finds changed, and what becomes of it.
#include "gateway/config/sections/difference.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "gateway/config/files/load.h"
#include "gateway/config/language/option_text.h"
#include "gateway/config/sections/declare.h"

namespace msggw::config_files::difference_test {
namespace {

using config::Change;
using config::Purpose;

using Names = std::vector<std::string>;

Names names(const config::Config& before, const config::Config& after,
            Purpose purpose = Purpose::gateway) {
  Names names;
  for (const Change& change : config::changes(before, after, purpose)) names.push_back(change.name);
  return names;
}

config::Config read(const std::string& text) {
  return load_text(text, "f", {}, Purpose::look);
}

TEST_CASE("what two configurations differ in, by name, whatever kind of option it is") {
  CHECK(names(read(""), read("")).empty());
  CHECK(names(read(""),
              read("[mqtt]\nport = 1884\nhost = \"a\"\nenabled = false\nuser = \"u\"\npassword = "
                   "\"p\"\nkeep_alive = \"31s\"\n[log]\nlevel = \"warn\"\n[admin]\nhosts = "
                   "[\"a\"]\n[gateway]\nfolder = \"/x\"\n[sms]\nsource_ton = 3\nnumbers = "
                   "[\"+4*\"]\n[limits]\nmax_devices = 7\n")) ==
        Names{"gateway.folder", "log.level", "admin.hosts", "limits.max_devices", "mqtt.enabled",
              "mqtt.host", "mqtt.port", "mqtt.user", "mqtt.password", "mqtt.keep_alive",
              "sms.source_ton", "sms.numbers"});
}

TEST_CASE("what a process has no use for is no difference to it") {
  const config::Config other = read(
      "[log]\nlevel = \"warn\"\n[gateway]\nfolder = \"/x\"\nwatchdog_turn = \"1s\"\n[mqtt]\n"
      "port = 1884\n[pf]\nport = 7000\n[pf.test]\nport = 7001\n");
  CHECK(names(read(""), other) ==
        Names{"gateway.folder", "gateway.watchdog_turn", "log.level", "mqtt.port"});
  CHECK(names(read(""), other, Purpose::function) ==
        Names{"gateway.watchdog_turn", "log.level", "pf.port", "pf.test.port"});
}

TEST_CASE("values are told, secrets never") {
  const auto changes =
      config::changes(read("[mqtt]\nuser = \"a\"\npassword = \"old-secret\"\n"),
                      read("[mqtt]\npassword = \"new-secret\"\nuser = \"b\"\n[log]\nlevel = "
                           "\"debug\"\n[provisioning]\ntoken = \"third-secret\"\n"),
                      Purpose::gateway);
  REQUIRE(changes.size() == 4);
  CHECK(changes[0].name == "log.level");
  CHECK(changes[0].before == "\"info\"");
  CHECK(changes[0].after == "\"debug\"");
  CHECK(changes[0].is_live);
  CHECK(changes[2].name == "mqtt.password");
  CHECK(changes[2].before == "\"(hidden)\"");
  CHECK(changes[2].after == "\"(hidden)\"");
  CHECK(changes[3].before == "\"\"");
  CHECK(changes[3].after == "\"(hidden)\"");
}

TEST_CASE("what stands in a list is told by the name of its item") {
  config::Config one;
  one.sms.enabled = true;
  one.sms.smscs_file = "smscs.toml";
  one.sms.all.resize(2);
  one.sms.all[0].name = "first";
  one.sms.all[1].name = "second";
  config::Config other = one;
  CHECK(names(one, other).empty());
  other.sms.all[1].password = "changed";
  other.sms.all[0].rate = 7;
  CHECK(names(one, other) == Names{"[smsc first] rate", "[smsc second] password"});
  CHECK(names(one, other, Purpose::function).empty());
  other = one;
  other.sms.all[1].name = "third";
  const auto changes = config::changes(one, other, Purpose::gateway);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].name == "[smsc second]");
  CHECK(changes[0].after.empty());
  CHECK(changes[1].name == "[smsc third]");
  CHECK(changes[1].before.empty());
}

TEST_CASE("a list has after a reload the order in which it is wanted") {
  config::Config one;
  one.sms.enabled = true;
  one.sms.smscs_file = "smscs.toml";
  one.sms.all.resize(2);
  one.sms.all[0].name = "first";
  one.sms.all[1].name = "second";
  config::Config other = one;
  other.sms.all.insert(other.sms.all.begin(), one.sms.all[0]);
  other.sms.all[0].name = "new";
  other.sms.all[2].bind = sms::BindMode::receiver;
  CHECK(names(one, other) == Names{"[smsc second] bind", "[smsc new]"});
  auto now = config::after_reload(one, other, Purpose::gateway);
  REQUIRE(now.sms.all.size() == 3);
  CHECK(now.sms.all[0].name == "new");
  CHECK(now.sms.all[2].bind == one.sms.all[1].bind);  // until a restart
  std::swap(other.sms.all[1], other.sms.all[2]);
  const auto changes = config::changes(one, other, Purpose::gateway);
  REQUIRE(changes.size() == 3);
  CHECK(changes[2].name == "order of [[smsc]]");
  CHECK(changes[2].before == "\"first, second\"");
  CHECK(changes[2].after == "\"second, first\"");
  CHECK(changes[2].is_live);
}

TEST_CASE("a reload takes over what is live, and leaves all else as it is") {
  const config::Config running = read("[mqtt]\nport = 1884\nclient_id = \"a\"\n");
  const config::Config wanted = read(
      "[gateway]\nfolder = \"/x\"\n[log]\nlevel = \"warn\"\nformat = \"json\"\n[limits]\n"
      "max_devices = 7\nanswer_within = \"1s\"\n[mqtt]\nport = 1885\nclient_id = "
      "\"b\"\n[messages]\n"
      "recipients = [\"AS\"]\ndefault_recipient = \"AS as-1@example\"\n[provisioning]\n"
      "uris = [\"https://other.example\"]\n");
  const config::Config now = config::after_reload(running, wanted, Purpose::gateway);
  CHECK(now.log.level == base::log::Level::warn);
  CHECK(now.log.format == base::log::Format::text);
  CHECK(now.gateway.folder == running.gateway.folder);
  CHECK(now.limits.max_devices == 7);
  CHECK(now.limits.answer_within == base::Duration{1'000});
  CHECK(now.mqtt.port == 1885);
  CHECK(now.mqtt.client_id == "a");
  CHECK(now.messages.policy.recipients.size() == 1);
  CHECK(now.messages.policy.default_recipient.has_value());
  CHECK(now.provisioning.uris.size() == 1);
  // Whatever was not taken over is still a difference, and nothing else is.
  for (const Change& change : config::changes(now, wanted, Purpose::gateway))
    CHECK_FALSE(change.is_live);
  for (const Change& change : config::changes(running, now, Purpose::gateway))
    CHECK(change.is_live);
}

TEST_CASE("what stands in a section that is switched on waits for the restart with it") {
  const config::Config running = read("");
  const config::Config wanted = read(
      "[msgin5g]\nenabled = true\nstore_and_forward = false\nsegment_octets = 100\n"
      "[msgin5g.server]\nname = \"a\"\nservice_id = \"s@x\"\nuris = [\"https://m5s\"]\n");
  const auto changes = config::changes(running, wanted, Purpose::gateway);
  CHECK(changes.size() == 6);
  for (const Change& change : changes) CHECK_FALSE(change.is_live);
  const config::Config now = config::after_reload(running, wanted, Purpose::gateway);
  CHECK(config::changes(running, now, Purpose::gateway).empty());
}

TEST_CASE("each kind of value can be taken over as it is written") {
  config::Config from = read(
      "[coap]\naddress = \"::1\"\npush_networks = [\"192.0.2.0/24\"]\nprivate_id_kinds = "
      "[\"mac48\"]\n[coap.secure]\ncertificate_names = [\"urn:dev:mac:{privateId}\"]\n[mqtt]\nhost "
      "= \"/run/x\"\n[sms]\naddresses = [\"[::1]:2776\", \"smsc.example\"]\nsource_ton = "
      "3\naliases "
      "= [\"ops AS as-ops@example\"]\nnumber_recipients = [\"+4917* AS fleet@example\"]\n"
      "service_recipients = [\"12345 AS m@example\", \":16000 AS m@example\"]\nport_applications = "
      "[\"16000 org.example.meter\"]\nsources = [\"12345:16001\"]\n[msgin5g]\ntarget_uri = "
      "\"https://gw\"\n[msgin5g.server]\nuris = [\"https://a/b\"]\ntoken_uri = \"https://nrf/t\"\n"
      "[admin]\nhosts = [\"a.example\"]\n[messages]\nlegacy_3gpp_recipient = \"UE u@example\"\n");
  config::Config to;
  const auto from_table = config::options_of(from);
  const auto to_table = config::options_of(to);
  for (std::size_t i = 0; i < from_table.options().size(); ++i) {
    CAPTURE(config_language::name_of(from_table.options()[i]));
    config_language::copy_value(from_table.options()[i], to_table.options()[i]);
    CHECK(config_language::is_same(from_table.options()[i], to_table.options()[i]));
  }
}

}  // namespace
}  // namespace msggw::config_files::difference_test
