// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/place.h"

#include <stdexcept>
#include <utility>

#include "adapters/wire/coap/security.h"
#include "adapters/wire/coap/socket.h"
#include "gateway/base/listening.h"

namespace msggw::coap {

namespace {

tls::Context context_of(const ServerOptions& options) {
  if (!is_secure(options.transport) || !options.listens) return {};
  auto made = tls::make(tls_of(options));
  if (!made) throw std::runtime_error(made.error().detail);
  return *std::move(made);
}

base::UniqueFd open_socket(const ServerOptions& options, int beside) {
  if (!options.listens) return {};
  return is_stream(options.transport) ? listen_tcp(options, beside) : bind_udp(options, beside);
}

}  // namespace

void ServerOptions::take_changes(const ServerOptions& from) {
  address = from.address;
  port = from.port;
  listens = from.listens;
  security.certificate = from.security.certificate;
  security.key = from.security.key;
  security.client_ca = from.security.client_ca;
  security.crl = from.security.crl;
  max_idle_sessions = from.max_idle_sessions;
  max_sessions_per_identity = from.max_sessions_per_identity;
  max_connections = from.max_connections;
  max_connections_per_source = from.max_connections_per_source;
  max_handshakes = from.max_handshakes;
  max_handshakes_per_source = from.max_handshakes_per_source;
  session_timeout = from.session_timeout;
  handshake_timeout = from.handshake_timeout;
  max_open_exchanges = from.max_open_exchanges;
  max_body_octets = from.max_body_octets;
  max_partial_bodies = from.max_partial_bodies;
  max_separate_responses = from.max_separate_responses;
  ack_timeout = from.ack_timeout;
  max_retransmit = from.max_retransmit;
  amplified_octets_per_source = from.amplified_octets_per_source;
  max_unsent_octets = from.max_unsent_octets;
  piggyback_within = from.piggyback_within;
}

Place place_of(const ServerOptions& options) {
  Place place{.options = options};
  place.context = context_of(options);
  place.socket = open_socket(options, base::SharedPort::kNone);
  return place;
}

Place place_after(const ServerOptions& has, int socket, const ServerOptions& wanted) {
  const bool listens = socket >= 0;
  const std::uint16_t port = listens ? local_port(socket) : 0;
  const bool is_same_port = wanted.port == has.port || wanted.port == port;
  const bool stays =
      listens == wanted.listens && (!listens || (has.address == wanted.address && is_same_port));
  Place place{.options = wanted, .is_other = !stays};
  place.context = context_of(wanted);
  const bool shares = listens && wanted.port == port;
  if (!stays) place.socket = open_socket(wanted, shares ? socket : base::SharedPort::kNone);
  return place;
}

}  // namespace msggw::coap
