// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/security.h"

#include <utility>

#include "adapters/wire/tls/names.h"
#include "adapters/wire/tls/psk.h"

namespace msggw::coap {

tls::Options tls_of(const ServerOptions& options) {
  tls::Options tls{.side = tls::Side::server, .datagram = options.transport == Transport::dtls};
  tls.ca = options.security.client_ca;
  tls.crl = options.security.crl;
  tls.certificate = options.security.certificate;
  tls.key = options.security.key;
  tls.ciphers = kCiphers;
  return tls;
}

Identity identity_of(const ssl_st* connection, const tls::PskLookup& psk) {
  if (connection == nullptr) return {};
  if (tls::used_psk(connection)) return {Identity::Kind::psk, {psk.identity}, psk.mark};
  auto names = tls::peer_names(connection);
  if (names.empty()) return {};
  return {Identity::Kind::certificate, std::move(names)};
}

std::string owner_of(const Identity& identity, const Peer& peer) {
  if (identity.kind == Identity::Kind::none)
    return "s" + std::to_string(static_cast<std::uint64_t>(source_of(peer)));
  // Of a PSK the same in all spellings of its identity.
  if (identity.mark != 0) return "m" + std::to_string(identity.mark);
  std::string owner = identity.kind == Identity::Kind::psk ? "p" : "c";
  for (const std::string& name : identity.names) owner.append(name).push_back('\n');
  return owner;
}

void HandshakeLog::write(const std::string& peer, const tls::Problem& problem) {
  if (!limit_.pass(clock_.now())) return;
  base::log::warn("coap_handshake_failed", {{"listener", listener_},
                                            {"peer", peer},
                                            {"reason", name_of(problem.failure)},
                                            {"detail", problem.detail},
                                            {"suppressed", limit_.take_suppressed()}});
}

void HandshakeLog::write_revoked(const std::string& peer) {
  if (!limit_.pass(clock_.now())) return;
  base::log::warn(
      "coap_session_revoked",
      {{"listener", listener_}, {"peer", peer}, {"suppressed", limit_.take_suppressed()}});
}

void HandshakeLog::write_lapsed(const std::string& peer, Lapse why) {
  if (!limit_.pass(clock_.now())) return;
  base::log::warn("coap_session_lapsed", {{"listener", listener_},
                                          {"peer", peer},
                                          {"reason", name_of(why)},
                                          {"suppressed", limit_.take_suppressed()}});
}

}  // namespace msggw::coap
