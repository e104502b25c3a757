// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/listeners.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "adapters/wire/coap/uri.h"
#include "provisioning/function/coap_face.h"

namespace msggw::function {

namespace {

using base::Scheme;

/// What a MSGin5G message adds to the request that it carries (protocol::decode_envelope).
constexpr std::size_t kAroundPayload = 4'096;
/// So that a body which is a little too large gets a problem document.
constexpr std::size_t kHttpMargin = 64 * 1024;

}  // namespace

std::vector<Scheme> schemes_to_open(const Options& options, bool has_psk) {
  const bool cleartext = options.allow_cleartext || base::is_loopback(options.address);
  const bool certificate = !options.tls.certificate.empty();
  std::vector<Scheme> all;
  if (certificate) all.push_back(Scheme::https);
  if (cleartext) all.push_back(Scheme::http);
  if (options.coap.enabled && (certificate || has_psk)) {
    all.push_back(Scheme::coaps);
    all.push_back(Scheme::coaps_tcp);
  }
  if (options.coap.enabled && cleartext) {
    all.push_back(Scheme::coap);
    all.push_back(Scheme::coap_tcp);
  }
  if (all.empty()) {
    throw std::runtime_error("[pf] address " + options.address.to_string() +
                             " is not a loopback address: name a certificate in [pf.tls], or set "
                             "allow_cleartext = true");
  }
  return all;
}

http::ServerOptions http_listener(const Options& options, Scheme scheme) {
  http::ServerOptions listener;
  const bool secure = base::is_secure(scheme);
  listener.name = secure ? "pf_tls" : "pf";
  listener.address = options.address;
  listener.port = secure ? options.tls_port : options.port;
  listener.section = "pf";
  listener.port_option = secure ? "tls_port" : "port";
  if (secure) listener.tls = options.tls;
  listener.max_connections = options.max_connections;
  listener.max_connections_per_source = options.max_connections_per_source;
  listener.max_buffered_octets = options.max_buffered_octets;
  listener.max_unread_octets_per_connection = options.max_unread_octets_per_connection;
  listener.max_unread_octets = options.max_unread_octets;
  listener.max_useless_frames = options.max_useless_frames;
  listener.max_body_octets =
      std::max(options.wire.body_octets, options.wire.bulk_octets) + kHttpMargin;
  return listener;
}

coap::ServerOptions coap_listener(const Options& options, Scheme scheme,
                                  std::function<const Gateways&()> gateways) {
  const CoapOptions& coap = options.coap;
  const bool secure = base::is_secure(scheme);
  coap::ServerOptions listener;
  listener.transport = coap::transport_of(scheme).value();
  listener.address = options.address;
  listener.port = secure ? coap.coaps_port : coap.coap_port;
  listener.section = "pf.coap";
  listener.port_option = secure ? "coaps_port" : "coap_port";
  listener.metrics = "msggw_pf_coap";
  listener.resources = listed_resources();
  listener.max_idle_sessions = coap.max_idle_sessions;
  listener.max_connections = options.max_connections;
  if (scheme != Scheme::coap) listener.session_timeout = coap.session_timeout;
  listener.max_open_exchanges = options.max_unanswered;
  listener.max_remembered_answers = coap.max_remembered_answers;
  listener.max_body_octets = options.wire.body_octets + kAroundPayload;
  listener.max_partial_bodies = coap.max_partial_bodies;
  listener.receive_buffer_octets = coap.receive_buffer_octets;
  listener.piggyback_within = coap.piggyback_within;
  if (!secure) return listener;
  listener.security.certificate = options.tls.certificate;
  listener.security.key = options.tls.key;
  listener.security.client_ca = options.tls.client_ca;
  listener.security.crl = options.tls.crl;
  listener.security.psk_key = [gateways = std::move(gateways)](std::string_view identity) {
    return gateways().psk_key(identity);
  };
  return listener;
}

std::string api_root(Scheme scheme, const boost::asio::ip::address& address, std::uint16_t port) {
  return std::string(base::name_of(scheme)) + "://" +
         base::to_string(base::Address{base::Host(address), port});
}

}  // namespace msggw::function
