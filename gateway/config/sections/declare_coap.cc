// SPDX-License-Identifier: Apache-2.0
// The section [coap].
#include "gateway/config/sections/declare.h"

namespace msggw::config {

void declare_coap(config_language::OptionTable& table, coap_adapter::Options& coap) {
  table.section("coap");
  table.flag("enabled", coap.enabled);
  table.numeric("address", coap.address);
  table.number("port", coap.port, 0, 65'535);
  table.number("max_open_exchanges", coap.max_open_exchanges, 1, 10'000'000);
  table.number("max_remembered_answers", coap.max_remembered_answers, 0, 10'000'000);
  table.octets("max_body_octets", coap.max_body_octets, 64, 1 << 20);
  table.octets("max_message_octets", coap.max_message_octets, 64, 1 << 20);
  table.number("max_partial_bodies", coap.max_partial_bodies, 1, 100'000);
  table.number("max_separate_responses", coap.max_separate_responses, 0, 1'000'000);
  table.number("max_observations", coap.max_observations, 0, 10'000'000);
  table.number("max_notifications", coap.max_notifications, 1, 1'000'000);
  table.time("ack_timeout", coap.ack_timeout, 100 * kMillisecond, 60 * kSecond);
  table.number("max_retransmit", coap.max_retransmit, 0, 10);
  using core::Admission;
  table.choice(
      "admission", coap.admission,
      {{"open", Admission::open}, {"known", Admission::known}, {"proven", Admission::proven}});
  table.flag("open_messages", coap.open_messages);
  table.flag("claim_inherits", coap.claim_inherits);
  table.parsed_list("push_networks", coap.push_networks, 64, base::Network::parse);
  table.number("wrong_handles_per_address", coap.wrong_handles_per_address, 0, 1'000'000);
  table.octets("amplified_octets_per_source", coap.amplified_octets_per_source, 0, 1 << 30);
  table.octets("receive_buffer_octets", coap.receive_buffer_octets, 4'096, 1 << 30);
  table.time("piggyback_within", coap.piggyback_within, 0 * kMillisecond, 2 * kSecond);
}

}  // namespace msggw::config
