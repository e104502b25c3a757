// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/listeners.h"

#include <algorithm>
#include <utility>

namespace msggw::coap_adapter {

namespace {

using coap::Transport;

constexpr std::array kTransports = {Transport::udp, Transport::dtls, Transport::tcp,
                                    Transport::tls};

bool is_wanted(Transport transport, const Options& options) {
  switch (transport) {
    case Transport::udp: return options.udp;
    case Transport::tcp: return options.tcp;
    case Transport::dtls: return options.secure.udp;
    case Transport::tls: return options.secure.tcp;
  }
  return false;
}

coap::ServerOptions server_options(Transport transport, const Options& options) {
  const SecureOptions& secure = options.secure;
  const bool is_secure = coap::is_secure(transport);
  coap::ServerOptions server;
  server.number = static_cast<std::uint8_t>(transport);
  server.transport = transport;
  server.listens = is_wanted(transport, options);
  server.address = options.address;
  server.port = is_secure ? secure.port : options.port;
  server.section = is_secure ? "coap.secure" : "coap";
  server.resources = {{"rd", "core.rd", "40 50 60"}};
  server.max_open_exchanges = options.max_open_exchanges;
  server.max_remembered_answers = options.max_remembered_answers;
  server.max_body_octets = options.max_body_octets;
  server.max_partial_bodies = options.max_partial_bodies;
  server.max_separate_responses = options.max_separate_responses;
  server.ack_timeout = options.ack_timeout;
  server.max_retransmit = options.max_retransmit;
  server.amplified_octets_per_source = options.amplified_octets_per_source;
  server.receive_buffer_octets = options.receive_buffer_octets;
  server.piggyback_within = options.piggyback_within;
  server.max_connections = is_secure ? secure.max_sessions : options.max_connections;
  server.max_connections_per_source = std::max<std::size_t>(server.max_connections / 2, 1);
  server.max_idle_sessions = secure.max_sessions;
  server.max_sessions_per_identity = secure.max_sessions_per_identity;
  server.session_timeout = secure.session_timeout;
  server.max_handshakes = secure.max_handshakes;
  server.max_handshakes_per_source = std::max<std::size_t>(secure.max_handshakes / 2, 1);
  return server;
}

void name_files(const SecureOptions& options, coap::ServerSecurity& security) {
  security.certificate = options.certificate;
  security.key = options.key;
  security.client_ca = options.client_ca;
  security.crl = options.crl;
}

coap::ServerSecurity security_of(const base::Clock& clock, const SecureOptions& options,
                                 credentials::Proofs* proofs) {
  coap::ServerSecurity security;
  name_files(options, security);
  security.hides_unknown_psk = true;
  security.psk_key = [&clock, proofs](std::string_view identity) -> std::optional<coap::FoundPsk> {
    if (proofs == nullptr) return std::nullopt;
    const base::TimePoint now = clock.now();
    auto key = proofs->psk_key(identity, now);
    if (!key) return std::nullopt;
    const auto owner = proofs->owner(credentials::Kind::psk, identity, now);
    if (!owner) return std::nullopt;
    return coap::FoundPsk(*std::move(key), credentials::number(owner->by));
  };
  return security;
}

}  // namespace

Listeners::Listeners(const base::Context& context, const Options& options,
                     credentials::Proofs* proofs, const Whom& whom, const Handle& handle,
                     const coap::UnaskedEvents& unasked) {
  for (const Transport transport : kTransports) {
    coap::ServerOptions server = server_options(transport, options);
    if (coap::is_secure(transport)) {
      server.security = security_of(context.clock, options.secure, proofs);
      server.security.whom = whom;
    }
    servers_[index(transport)] = std::make_unique<coap::Server>(
        context, server,
        [handle, transport](coap::Incoming& incoming, coap::Response& out) {
          return handle(transport, incoming, out);
        },
        unasked);
  }
}

std::uint16_t Listeners::port(Transport transport) const noexcept {
  return servers_[index(transport)]->port();
}

void Listeners::stop(const std::string& diagnostic) {
  for (const auto& server : servers_) server->stop(diagnostic);
}

Listeners::Places Listeners::prepare(const Options& options) {
  Places places;
  for (const Transport transport : kTransports) {
    coap::ServerOptions wanted = server_options(transport, options);
    if (coap::is_secure(transport)) name_files(options.secure, wanted.security);
    places.push_back(servers_[index(transport)]->prepare(wanted));
  }
  return places;
}

void Listeners::take(Places places) {
  for (std::size_t i = 0; i < kTransports.size(); ++i)
    servers_[index(kTransports[i])]->take(std::move(places.at(i)));
}

coap::Reply Listeners::refuse(coap::Response& out, coap::Reason reason, coap::Code code,
                              std::string_view diagnostic) {
  return servers_.front()->refuse(out, reason, code, diagnostic);
}

}  // namespace msggw::coap_adapter
