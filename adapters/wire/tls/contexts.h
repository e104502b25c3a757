// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

struct ssl_st;
struct ssl_ctx_st;

namespace msggw::tls {

enum class Side : std::uint8_t { client, server };

/// What a context is made of. All files are PEM.
struct Options {
  Side side = Side::client;
  bool datagram = false;  ///< DTLS
  /// Whom to trust, CRLs of theirs may stand behind. Empty: a client trusts the system's CAs, a
  /// server asks nobody for a certificate.
  std::filesystem::path ca{};
  /// CRLs, PEM or one of DER. Each CA that has issued a certificate must have one here, and it may
  /// not have expired, or nobody whom that CA has signed is let in. Empty: those behind `ca` are
  /// obeyed, and a CA without one revokes nothing. Needs `ca`.
  std::filesystem::path crl{};
  std::filesystem::path certificate{};  ///< own first, then its chain; empty: none
  std::filesystem::path key{};          ///< empty: it stands in `certificate`
  bool client_may_show_none = false;    ///< of a server with `ca`; what is shown must be good
  /// Suites of TLS 1.2, as OpenSSL writes them; null: OpenSSL's choice. Static storage.
  const char* ciphers = nullptr;
  /// ALPN, the best first, as a ProtocolNameList (RFC 7301 3.1) without a zero octet; null: none.
  /// A server ends a handshake with no protocol in common. Static storage.
  const char* protocols = nullptr;
};

/// Settings that any number of connections share, each for as long as it lives; never changed once
/// made, so any thread may use it.
using Context = std::shared_ptr<ssl_ctx_st>;

/// Returns a context that keeps the rules of this room (README.md). Returns `incorrect` with
/// "WORD: FILE: REASON" if a file cannot be used; WORD is ca (of a server client_ca), crl,
/// certificate or key.
base::Result<Context> make(const Options& options);

/// Returns the error of make(), if it has one, and reads the files alone for it: what the system
/// trusts takes 15 ms.
base::Result<> check_files(const Options& options);

/// What check_files() does, and a look at the calendar: returns `incorrect` also if the own
/// certificate has expired or is not yet valid, or if a CRL has expired. make() lets these pass,
/// since a process that comes up again after a crash does better with them than not at all.
base::Result<> check(const Options& options);

/// Returns a connection of a server for boost::asio::ssl::stream, which becomes its owner.
ssl_st* accept_with(const Context& context);
/// Returns one of a client to `host`, as expect_host() says.
ssl_st* connect_with(const Context& context, const std::string& host);

/// From now on the server's certificate must name `host`, an IP address or else a DNS name, which
/// is also sent as SNI. A client for which this was never called trusts nobody. Before the
/// handshake.
void expect_host(ssl_st* connection, const std::string& host);
/// The same for all connections of `context`, also if a library sets another SNI at their start.
/// Only for a context that goes to one host.
void expect_host(ssl_ctx_st* context, const std::string& host);

/// Gives a context that a library has made of its own (libcurl) the files, the trust and the rules
/// of `from`. Its versions, suites and ALPN stay as they are, but for versions below 1.2. A client
/// needs expect_host() as well.
void configure(const Context& from, ssl_ctx_st* context);

/// Whether a CRL that `context` obeys names a certificate that the peer of an ended handshake has
/// shown, or one above it: what was proven then is proven no more. Costs two look-ups. False of a
/// peer that has shown none, and of null.
bool revokes(const Context& context, const ssl_st* connection);

/// The ALPN protocol that a handshake has chosen, empty: none.
std::string_view protocol_of(const ssl_st* connection) noexcept;

/// The context in use and where it came from. One thread.
class Source {
 public:
  explicit Source(Options options) : options_(std::move(options)) {}

  /// Reads the files, for connections from now on; those that are open stay as they are. Returns
  /// the error of make(), and then what was current stays.
  base::Result<> reload();
  /// The same of other files, which are those of later calls if it succeeds.
  base::Result<> reload(Options options);
  /// From now on there is no context.
  void clear() noexcept { current_.reset(); }
  /// Null until reload() has succeeded.
  const Context& current() const noexcept { return current_; }

 private:
  Options options_;
  Context current_;
};

}  // namespace msggw::tls
