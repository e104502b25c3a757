// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/wire/coap/message.h"
#include "gateway/base/address.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/result.h"

struct ssl_st;
struct ssl_ctx_st;

namespace msggw::coap {

/// Why a handshake came to nothing, as far as this side can know; labels of metrics.
enum class HandshakeFailure {
  expired,         ///< a certificate is no longer, or not yet, valid
  unknown_ca,      ///< a certificate that no CA known here has signed
  wrong_name,      ///< the server's certificate is for another host
  no_certificate,  ///< the client showed none
  bad_certificate,
  unknown_psk_identity,
  wrong_psk_key,
  nothing_in_common,  ///< versions or cipher suites, also: one wants PSK, the other certificates
  refused_by_peer,    ///< an alert that fits none of these
  timeout,            ///< over dtls also a wrong PSK key, which looks like a lost datagram
  closed,             ///< the connection ended
  other
};
inline constexpr std::size_t kHandshakeFailures = 12;
std::string_view name_of(HandshakeFailure failure) noexcept;

/// A reason and its text for people.
struct HandshakeProblem {
  HandshakeFailure failure = HandshakeFailure::other;
  std::string detail;
};
/// What OpenSSL knows: the verdict on the peer's certificate, else `error` (of its error queue; 0:
/// none).
HandshakeProblem problem_of(const ssl_st* ssl, unsigned long error);
/// Takes everything out of OpenSSL's error queue of this thread; the first error, 0: none.
unsigned long take_tls_error() noexcept;
/// OpenSSL misjudges an operation if an older error is still in its queue.
void forget_tls_errors() noexcept;

/// A certificate with its key, and the CAs to trust, read from files once and then used for any
/// number of handshakes. Immutable; sessions keep what they began with.
class Credentials {
 public:
  struct Files {
    std::filesystem::path certificate;  ///< PEM, chain, the own first; empty: none
    std::filesystem::path key;
    std::filesystem::path ca;  ///< PEM; empty: none
    bool system_ca = false;    ///< without `ca` the system's
  };
  /// unavailable: a file cannot be read or used, or the key is another's; the detail names it.
  static base::Result<std::shared_ptr<const Credentials>> load(const Files& files);
  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  /// Configures one handshake on the side of the server: with a CA the client must show a
  /// certificate. False: there is no certificate to show.
  bool use_as_server(ssl_st* ssl) const;
  /// ... of the client: the server must show a certificate for `host` (a name or an IP address).
  void use_as_client(ssl_st* ssl, const base::Host& host) const;

 private:
  struct Parts;
  explicit Credentials(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// From now on neither this handshake of a server nor any other of its context resumes a session:
/// no tickets, no cache. A resumed session has proved nothing of its own; what the client once was,
/// and what it may do, would outlast what is known of it now.
void never_resume(ssl_st* ssl);

/// TLS 1.2 and 1.3 for connections of either side; nothing is resumed, see never_resume().
void configure_stream_tls(ssl_ctx_st* context);

/// Finds the key of a PSK identity for one handshake of a server; must live as long as its `ssl`.
struct PskLookup {
  const std::function<std::optional<std::string>(std::string_view)>* find = nullptr;
  std::string identity;  ///< that the client named, empty: none yet
  bool unknown = false;
};
void use_psk_as_server(ssl_st* ssl, PskLookup& lookup);

/// Identity and key of a client; must live as long as its `ssl`.
struct PskSecret {
  std::string identity;
  std::string key;
};
void use_psk_as_client(ssl_st* ssl, const PskSecret& secret);

/// Who the peer of an ended handshake is; `psk_identity` is what it named, empty: none. Whether it
/// was used is OpenSSL's to say.
Identity identity_of(const ssl_st* ssl, std::string_view psk_identity);

/// Writes the event `coap_handshake_failed`, at most a few in a second.
class HandshakeLog {
 public:
  HandshakeLog(std::string listener, const base::Clock& clock)
      : listener_(std::move(listener)), clock_(clock) {}
  void write(const std::string& peer, const HandshakeProblem& problem);

 private:
  std::string listener_;
  const base::Clock& clock_;
  base::log::Limit limit_;
};

}  // namespace msggw::coap
