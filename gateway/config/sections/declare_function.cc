// SPDX-License-Identifier: Apache-2.0
// The sections [pf...], but for [pf.policy].
#include "gateway/config/sections/declare.h"

namespace msggw::config {

using config_language::OptionTable;

namespace {

void declare_coap(OptionTable& table, function::CoapOptions& coap) {
  table.section("pf.coap");
  table.taken(When::live);
  table.flag("enabled", coap.enabled);
  table.number("coap_port", coap.coap_port, 0, 65'535);
  table.number("coaps_port", coap.coaps_port, 0, 65'535);
  table.number("max_idle_sessions", coap.max_idle_sessions, 1, 1'000'000);
  table.time("session_timeout", coap.session_timeout, kSecond, 24 * kHour);
  table.number("max_remembered_answers", coap.max_remembered_answers, 16, 10'000'000);
  table.number("max_partial_bodies", coap.max_partial_bodies, 1, 1'000'000);
  table.time("piggyback_within", coap.piggyback_within, kMillisecond, 2 * kSecond);
  table.octets("receive_buffer_octets", coap.receive_buffer_octets, 4'096, 1 << 30);
  table.taken(When::at_start, {"max_remembered_answers", "receive_buffer_octets"});
}

void declare_test(OptionTable& table, tester::Options& test) {
  table.section("pf.test");
  table.flag("enabled", test.enabled);
  table.numeric("address", test.address);
  table.number("port", test.port, 0, 65'535);
  table.number("journal_entries", test.journal_entries, 1, 100'000'000);
  table.parsed_list("hosts", test.hosts, 16, base::Host::parse);
  table.optional_text("scenario", test.scenario);
}

}  // namespace

void declare_function(OptionTable& table, function::Options& pf) {
  table.section("pf");
  table.taken(When::live);
  table.text("folder", pf.folder);
  table.flag("volatile_store", pf.volatile_store);
  table.numeric("address", pf.address);
  table.number("port", pf.port, 0, 65'535);
  table.number("tls_port", pf.tls_port, 0, 65'535);
  table.number("admin_port", pf.admin_port, 0, 65'535);
  table.flag("allow_cleartext", pf.allow_cleartext);
  table.number("max_connections", pf.max_connections, 1, 1'000'000);
  table.number("max_connections_per_source", pf.max_connections_per_source, 0, 1'000'000);
  table.octets("max_buffered_octets", pf.max_buffered_octets, 1 << 20, 1 << 30);
  table.octets("max_unread_octets_per_connection", pf.max_unread_octets_per_connection, 64 << 10,
               1 << 30);
  table.octets("max_unread_octets", pf.max_unread_octets, 64 << 10, 1 << 30);
  table.number("max_useless_frames", pf.max_useless_frames, 100, 1'000'000);
  table.number("max_assignments", pf.max_assignments, 1, 1'000'000'000);
  table.number("max_unanswered", pf.max_unanswered, 1, 10'000'000);
  table.optional_text("policy_file", pf.policy_file);
  table.optional_text("gateways_file", pf.gateways_file);
  table.flag("allow_unknown_gateways", pf.allow_unknown_gateways);
  table.flag("require_known_gateway", pf.require_known_gateway);
  table.text("service_id", pf.service_id);
  table.taken(When::at_start, {"folder", "volatile_store", "service_id"});
  table.section("pf.tls");
  table.taken(When::live);
  table.optional_text("certificate", pf.tls.certificate);
  table.optional_text("key", pf.tls.key);
  table.optional_text("client_ca", pf.tls.client_ca);
  table.optional_text("crl", pf.tls.crl);
  declare_coap(table, pf.coap);
  declare_policy(table, pf.policy);
  table.section("pf.wire");
  declare_wire(table, pf.wire);
  declare_test(table, pf.test);
}

}  // namespace msggw::config
