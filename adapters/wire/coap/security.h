// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "adapters/wire/coap/message.h"
#include "adapters/wire/coap/server_options.h"
#include "adapters/wire/coap/standing.h"
#include "adapters/wire/tls/contexts.h"
#include "adapters/wire/tls/handshake.h"
#include "adapters/wire/tls/psk.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"

struct ssl_st;

namespace msggw::coap {

/// What TLS 1.2 offers, of either side; version 1.3 has suites of its own. What RFC 7252 9.1.3 and
/// RFC 7925 ask for of PSK is among it, as far as OpenSSL's security level lets it.
inline constexpr const char* kCiphers =
    "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AESCCM:PSK:!kRSAPSK:!aNULL:!eNULL";

/// What the contexts of a listener are made of.
tls::Options tls_of(const ServerOptions& options);

/// Who the peer of an ended handshake is; `psk` is what it named, if it named an identity. Whether
/// it was used is OpenSSL's to say. `connection` may be null.
Identity identity_of(const ssl_st* connection, const tls::PskLookup& psk);

/// Whose a session is, as a key: what the identity names, or, if that is nobody, the peer's source.
std::string owner_of(const Identity& identity, const Peer& peer);

/// Writes the event `coap_handshake_failed`, at most a few in a second.
class HandshakeLog {
 public:
  HandshakeLog(std::string listener, const base::Clock& clock)
      : listener_(std::move(listener)), clock_(clock) {}
  void write(const std::string& peer, const tls::Problem& problem);
  /// The event `coap_session_revoked`, likewise.
  void write_revoked(const std::string& peer);
  /// The event `coap_session_lapsed`, likewise.
  void write_lapsed(const std::string& peer, Lapse why);

 private:
  std::string listener_;
  const base::Clock& clock_;
  base::log::Limit limit_;
};

}  // namespace msggw::coap
