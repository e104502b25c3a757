// SPDX-License-Identifier: Apache-2.0
// The sections [coap] and [coap.secure].
#include "gateway/config/sections/declare.h"

namespace msggw::config {
namespace {

constexpr std::size_t kMostCertificateNames = 16;

void declare_admission(config_language::OptionTable& table, core::Admission& admission) {
  using core::Admission;
  table.choice(
      "admission", admission,
      {{"open", Admission::open}, {"known", Admission::known}, {"proven", Admission::proven}});
}

void declare_kinds(config_language::OptionTable& table, std::vector<core::PrivateIdKind>& kinds) {
  table.parsed_list("private_id_kinds", kinds, core::kPrivateIdKinds.size(),
                    core::parse_private_id_kind);
}

void declare_secure(config_language::OptionTable& table, coap_adapter::SecureOptions& secure) {
  table.section("coap.secure");
  table.taken(When::live);
  table.flag("udp", secure.udp);
  table.flag("tcp", secure.tcp);
  table.number("port", secure.port, 0, 65'535);
  table.optional_text("certificate", secure.certificate);
  table.optional_text("key", secure.key);
  table.optional_text("client_ca", secure.client_ca);
  table.optional_text("crl", secure.crl);
  table.parsed_list("certificate_names", secure.certificate_names, kMostCertificateNames,
                    coap_adapter::parse_name_pattern);
  declare_admission(table, secure.admission);
  declare_kinds(table, secure.private_id_kinds);
  table.number("max_sessions", secure.max_sessions, 1, 1'000'000);
  table.number("max_sessions_per_identity", secure.max_sessions_per_identity, 1, 1'000'000);
  table.time("session_timeout", secure.session_timeout, kSecond, 720 * kHour);
  table.number("max_handshakes", secure.max_handshakes, 1, 1'000'000);
}

}  // namespace

void declare_coap(config_language::OptionTable& table, coap_adapter::Options& coap) {
  table.section("coap");
  table.taken(When::live);
  table.flag("enabled", coap.enabled);
  table.flag("udp", coap.udp);
  table.flag("tcp", coap.tcp);
  table.numeric("address", coap.address);
  table.number("port", coap.port, 0, 65'535);
  table.number("max_connections", coap.max_connections, 1, 1'000'000);
  table.number("max_open_exchanges", coap.max_open_exchanges, 1, 10'000'000);
  table.number("max_remembered_answers", coap.max_remembered_answers, 0, 10'000'000);
  table.octets("max_body_octets", coap.max_body_octets, 64, 1 << 20);
  table.octets("max_message_octets", coap.max_message_octets, 64, 1 << 20);
  table.number("max_partial_bodies", coap.max_partial_bodies, 1, 100'000);
  table.number("max_separate_responses", coap.max_separate_responses, 0, 1'000'000);
  table.number("max_observations", coap.max_observations, 0, 10'000'000);
  table.number("max_notifications", coap.max_notifications, 1, 1'000'000);
  table.octets("max_unproven_octets", coap.max_unproven_octets, 64 << 10, std::uint64_t{4} << 30);
  table.time("ack_timeout", coap.ack_timeout, 100 * kMillisecond, 60 * kSecond);
  table.number("max_retransmit", coap.max_retransmit, 0, 10);
  declare_admission(table, coap.admission);
  declare_kinds(table, coap.private_id_kinds);
  table.flag("open_messages", coap.open_messages);
  table.flag("claim_inherits", coap.claim_inherits);
  table.flag("claims_despite_credentials", coap.claims_despite_credentials);
  table.parsed_list("push_networks", coap.push_networks, 64, base::Network::parse);
  table.number("wrong_handles_per_address", coap.wrong_handles_per_address, 0, 1'000'000);
  table.octets("amplified_octets_per_source", coap.amplified_octets_per_source, 0, 1 << 30);
  table.octets("receive_buffer_octets", coap.receive_buffer_octets, 4'096, 1 << 30);
  table.time("piggyback_within", coap.piggyback_within, 0 * kMillisecond, 2 * kSecond);
  table.taken(When::at_start, {"enabled", "max_remembered_answers", "max_unproven_octets",
                               "receive_buffer_octets"});
  declare_secure(table, coap.secure);
}

}  // namespace msggw::config
