// SPDX-License-Identifier: Apache-2.0
// The section [mqtt].
#include "gateway/config/sections/declare.h"

namespace msggw::config {

void declare_mqtt(config_language::OptionTable& table, mqtt::Options& mqtt) {
  table.section("mqtt");
  table.taken(When::live);
  table.flag("enabled", mqtt.enabled);
  table.parsed("host", mqtt.host, mqtt::parse_broker_host);
  table.number("port", mqtt.port, 0, 65'535);
  table.text("client_id", mqtt.client_id);
  table.optional_text("user", mqtt.user);
  table.optional_secret("password", mqtt.password);
  table.optional_text("password_file", mqtt.password_file);
  table.optional_text("ca", mqtt.ca);
  table.optional_text("crl", mqtt.crl);
  table.optional_text("certificate", mqtt.certificate);
  table.optional_text("key", mqtt.key);
  table.text("topic_prefix", mqtt.topic_prefix);
  table.optional_text("shared_group", mqtt.shared_group);
  table.flag("response_topics_beyond_prefix", mqtt.response_topics_beyond_prefix);
  table.time("keep_alive", mqtt.keep_alive, 5 * kSecond, 18 * kHour);
  table.time("reconnect_first", mqtt.reconnect_first, kMillisecond, kHour);
  table.time("reconnect_most", mqtt.reconnect_most, kMillisecond, kHour);
  table.octets("max_payload_octets", mqtt.max_payload_octets, 64, 1 << 20);
  table.number("max_open_requests", mqtt.max_open_requests, 1, 10'000'000);
  table.number("refusals_per_second", mqtt.refusals_per_second, 0, 1'000'000);
  table.number("max_outgoing", mqtt.max_outgoing, 1, 10'000'000);
  table.flag("topics_prove", mqtt.topics_prove);
  table.optional_text("plugin_folder", mqtt.plugin_folder);
  table.flag("plugin_psks", mqtt.plugin_psks);
  using core::Admission;
  table.choice(
      "admission", mqtt.admission,
      {{"open", Admission::open}, {"known", Admission::known}, {"proven", Admission::proven}});
  table.parsed_list("private_id_kinds", mqtt.private_id_kinds, core::kPrivateIdKinds.size(),
                    core::parse_private_id_kind);
  table.flag("open_messages", mqtt.open_messages);
  table.flag("claims_despite_credentials", mqtt.claims_despite_credentials);
  table.choice("proof", mqtt.proof,
               {{"none", msggw::mqtt::Proof::none}, {"broker", msggw::mqtt::Proof::broker}});
  table.time("proof_within", mqtt.proof_within, kSecond, kHour);
  table.number("max_unproven", mqtt.max_unproven, 1, 1'000'000);
  table.octets("max_unproven_octets", mqtt.max_unproven_octets, 64 << 10, std::uint64_t{4} << 30);
  // What stands in topics and in the broker's session, and what its plugin was told.
  table.taken(When::at_start,
              {"enabled", "client_id", "topic_prefix", "shared_group",
               "response_topics_beyond_prefix", "topics_prove", "plugin_folder", "plugin_psks"});
}

}  // namespace msggw::config
