// The sections [provisioning...], the gateway's way to the Provisioning Function, and [pf...], the
// function itself.
#include "gateway/config/declare.h"

namespace msggw::config {
namespace {

void declare_wire(OptionTable& table, protocol::WireLimits& wire) {
  table.octets("body_octets", wire.body_octets, 256, 1 << 20, "The largest body.");
  table.octets("private_id_octets", wire.private_id_octets, 8, 255, "The longest Private ID.");
  table.octets("info_octets", wire.info_octets, 0, 1 << 20,
               "The longest information of a request, as compact JSON.");
  table.octets("service_id_octets", wire.service_id_octets, 8, 255, "The longest Service ID.");
  table.number("server_service_ids", wire.server_service_ids, 1, 256,
               "Server Service IDs in one response.");
  table.octets("service_info_octets", wire.service_info_octets, 0, 1 << 20,
               "The longest service information of a response, as compact JSON.");
}

void declare_http(OptionTable& table, http::ClientOptions& http) {
  table.section("provisioning.http", "The HTTP connections to the Provisioning Function.");
  using http::Version;
  table.choice(
      "version", http.version,
      {{"automatic", Version::automatic}, {"http1", Version::http1}, {"http2", Version::http2}},
      "automatic: for https HTTP/2 if the other side offers it, else HTTP/1.1; for http HTTP/1.1. "
      "http2 "
      "with http means prior knowledge.");
  table.number(
      "max_connections", http.max_connections, 1, 4'096,
      "Connections kept open. With HTTP/1.1 this is also how many requests are in flight at most.");
  table.number("max_streams", http.max_streams, 1, 4'096,
               "With HTTP/2, how many requests are in flight at most.");
  table.time("connect_timeout", http.connect_timeout, 10 * kMillisecond, 5 * kMinute,
             "The longest wait for a connection, TLS included.");
  table.time("request_timeout", http.request_timeout, 10 * kMillisecond, 5 * kMinute,
             "The longest wait for a whole answer, from the moment the request is started.");
  table.octets("max_response_octets", http.max_response_octets, 256, 16 << 20,
               "The largest body of an answer.");

  table.section("provisioning.tls", "Certificates for https.");
  table.optional_text(
      "ca", http.tls.ca,
      "PEM file with the certificates that may sign the Provisioning Function's. Empty: those that "
      "the system trusts.");
  table.optional_text("certificate", http.tls.certificate,
                      "PEM file with the gateway's own certificate, for mutual TLS. Needs key.");
  table.optional_text("key", http.tls.key, "PEM file with the private key of that certificate.");
}

void declare_policy(OptionTable& table, function::Policy& policy) {
  table.section("pf.policy", "How Service IDs are made and what is told with them.");
  table.text(
      "service_id_template", policy.service_id_template,
      "New Service IDs. {id} is required and becomes 20 random lower-case letters and digits; "
      "{type} becomes "
      "ue, as, l3g or n3g by the type of endpoint. Service IDs given out before stay as they are.");
  table.list("server_service_ids", policy.server_service_ids, 16,
             "Service IDs of the MSGin5G Servers that an endpoint may use; at least one.");
  table.optional_text("service_info", policy.service_info,
                      "Service information for every response, a JSON object. Empty: none.");
}

}  // namespace

void declare_provisioning(OptionTable& table, Config& config) {
  client::Options& client = config.provisioning;
  table.section(
      "provisioning",
      "Where and how the gateway obtains Service IDs. Either uris or mcc and mnc must be given.");
  table.list("uris", client.uris, 16,
             "API roots of the Provisioning Function, tried in this order: "
             "[\"https://pf.example\"]. The path "
             "/msgin5g-provisioning/v1/provisionings is appended.");
  table.optional_text(
      "mcc", client.mcc,
      "Mobile country code, three digits. With mnc the address is derived when uris is empty: "
      "https://msgin5g-prov.mnc<MNC>.mcc<MCC>.3gppnetwork.org.");
  table.optional_text("mnc", client.mnc, "Mobile network code, two or three digits.");
  table.flag("allow_cleartext", config.provisioning_allow_cleartext,
             "Allows http:// to a Provisioning Function that is not on this machine. Private IDs, "
             "Service IDs and "
             "the token then cross the network for everybody to read.");
  table.optional_text("token", client.token,
                      "Bearer token sent with every request. Empty: none. Keep this file readable "
                      "to the gateway alone.");
  table.number("max_queue", client.max_queue, 1, 1'000'000,
               "Devices asked for and not answered yet. Those above wait in the device table, "
               "nothing is lost.");
  table.number(
      "breaker_failures", client.breaker_failures, 1, 1'000,
      "After so many failures in a row only one probe at a time is sent until one succeeds.");
  table.time("probe_first", client.probe_first, kMillisecond, kHour,
             "Ceiling of the random wait between probes at first. It doubles with each failure.");
  table.time("probe_most", client.probe_most, kMillisecond, kHour,
             "The most that the ceiling grows to. Below one second, waiting devices are served "
             "within a second of "
             "the Provisioning Function coming back.");
  table.time("retry_after_most", client.retry_after_most, 0 * kMillisecond, 24 * kHour,
             "A longer Retry-After of the Provisioning Function is cut to this.");
  declare_http(table, client.http);
  table.section("provisioning.wire",
                "The largest elements that the gateway takes from the Provisioning Function and "
                "sends to it.");
  declare_wire(table, client.wire);
}

void declare_function(OptionTable& table, Config& config) {
  function::Options& pf = config.pf;
  table.section(
      "pf",
      "The bundled Provisioning Function, started by `msggw pf`. The gateway does not read this.");
  table.text("folder", pf.folder,
             "Holds the assignments (an LMDB environment), made with mode 0700 if it is missing. "
             "Whoever loses it "
             "loses every Service ID given out.");
  table.flag("volatile_store", pf.volatile_store,
             "Keeps nothing on disk: every start begins with no Service IDs. For tests.");
  table.text("address", pf.address, "Address to listen on, numeric.");
  table.number("port", pf.port, 0, 65'535,
               "TCP port for cleartext HTTP/1.1 and HTTP/2. 0 takes any free one.");
  table.number("tls_port", pf.tls_port, 0, 65'535,
               "TCP port for TLS, used if [pf.tls] names a certificate.");
  table.number(
      "admin_port", pf.admin_port, 0, 65'535,
      "TCP port of the operator's listener of `msggw pf` on 127.0.0.1: /metrics, /healthz and "
      "/readyz; 0: none.");
  table.flag("allow_cleartext", pf.allow_cleartext,
             "Opens the cleartext port also on an address that other machines can reach. Without "
             "it such an address "
             "has the TLS port alone.");
  table.number("max_connections", pf.max_connections, 1, 1'000'000,
               "Open connections of each listener.");
  table.number("max_assignments", pf.max_assignments, 1, 1'000'000'000,
               "Private IDs that may have a Service ID. Above this new ones are answered 403 "
               "QUOTA_EXCEEDED. Memory is "
               "about 120 octets each.");
  table.number("max_unanswered", pf.max_unanswered, 1, 10'000'000,
               "Requests that wait until their assignment is on disk. Above this the answer is 503 "
               "NF_CONGESTION.");
  table.section("pf.tls", "Certificates of the TLS port.");
  table.optional_text(
      "certificate", pf.tls.certificate,
      "PEM file with the certificate chain, the server's own first. Empty: no TLS port.");
  table.optional_text("key", pf.tls.key, "PEM file with the private key of that certificate.");
  table.optional_text(
      "client_ca", pf.tls.client_ca,
      "PEM file with the certificates that may sign a client's. Naming it makes TLS mutual.");
  declare_policy(table, pf.policy);
  table.section("pf.wire", "The largest elements that the Provisioning Function takes and sends.");
  declare_wire(table, pf.wire);
}

}  // namespace msggw::config
