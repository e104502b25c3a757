// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/context.h"
#include "gateway/base/result.h"

namespace msggw::http {

class Connection;
class ServerCore;

/// Certificates of a TLS listener, PEM files. With `client_ca` a client must show a certificate
/// signed by it.
struct ServerTls {
  std::filesystem::path certificate;  ///< chain, the server's own first
  std::filesystem::path key;
  std::filesystem::path client_ca;  ///< empty: clients show none
};

struct ServerOptions {
  std::string name;  ///< labels metrics and log events: "pf", "admin"
  boost::asio::ip::address address = boost::asio::ip::address_v4::loopback();
  std::uint16_t port = 0;  ///< 0: any free one, see Server::port()
  std::optional<ServerTls>
      tls;  ///< HTTP/2 by ALPN; without TLS by prior knowledge; HTTP/1.1 on both

  std::size_t max_connections = 1'024;
  std::size_t max_body_octets = 64 * 1024;    ///< above: 413
  std::size_t max_header_octets = 16 * 1024;  ///< above: 431
  /// Request bodies in hand on all connections; above: 503.
  std::size_t max_buffered_octets = 64 * 1024 * 1024;
  std::uint32_t max_streams = 256;  ///< requests in hand on one HTTP/2 connection
  base::Duration header_timeout{
      10'000};  ///< from connect (or the first octet of a request) to a whole request
  base::Duration idle_timeout{120'000};  ///< between requests
  base::Duration write_timeout{20'000};  ///< for a client to take 256 KiB of answers
};

/// A whole request. Valid during the call of the handler only.
struct Request {
  std::string_view method;
  std::string_view path;          ///< without the query, as sent
  std::string_view query;         ///< without '?'
  std::string_view content_type;  ///< empty if absent
  std::string_view accept;
  std::string_view body;
  unsigned version = 11;  ///< 11 or 20
  /// Whom the verified client certificate names, see wire/tls/names.h; empty if there is none.
  std::span<const std::string> client_names;
  std::string_view authorization;
  std::string_view host;    ///< of Host or :authority, with the port if one was given; may be empty
  std::string_view origin;  ///< empty if absent; a browser names the page that sent the request
};

struct Response {
  unsigned status = 200;
  std::string content_type;  ///< empty: no body
  std::string body;
  std::vector<std::pair<std::string, std::string>>
      headers;  ///< names in lower case; Location, Retry-After ...
};

/// What a tester has done to an answer (the faults of the test Provisioning Function).
enum class Damage : std::uint8_t {
  none,
  half,  ///< half of the octets, then the connection is closed
  twice  ///< the same octets again behind it; HTTP/1.1 only, in HTTP/2 a stream has one answer
};

/// The right to answer one request, once, now (inside the handler) or in a later turn. It names its
/// connection and its request by numbers, never by pointer: if the client is gone by then, the
/// answer is dropped and counted. A request that is never answered keeps its place on its
/// connection until the client leaves. A response with a field name or value that HTTP does not
/// allow becomes a 500 and is counted. Copyable; the first respond() wins. Loop thread only.
class Responder {
 public:
  void respond(Response response, Damage damage = Damage::none) const;
  /// Resets the connection (TCP RST) instead of an answer; on HTTP/2 with all its streams.
  void reset() const;

 private:
  friend class Connection;
  Responder(std::weak_ptr<ServerCore> server, std::size_t place, std::uint64_t connection,
            std::uint64_t request)
      : server_(std::move(server)), place_(place), connection_(connection), request_(request) {}

  std::weak_ptr<ServerCore> server_;
  std::size_t place_;         // in the server's table, and
  std::uint64_t connection_;  // which of all that were ever there
  std::uint64_t request_;
};

using Handler = std::function<void(const Request&, Responder)>;

/// An HTTP/1.1 (RFC 9112; Boost.Beast) and HTTP/2 (RFC 9113; nghttp2) server on somebody else's
/// loop. Malformed requests are answered or the connection closed here; the handler sees only
/// whole, well-formed ones, those of one HTTP/1.1 connection one after the other. Every HTTP/2
/// response carries content-length, since libcurl 7.88 resets the stream otherwise. Counts
/// msggw_http_{connections,requests_total,responses_total,refused_total, answers_dropped_total},
/// label server = options.name. Loop thread only.
class Server {
 public:
  /// Binds and listens. Throws std::runtime_error naming address, port and reason (taken port), or
  /// the file that cannot be used.
  Server(const base::Context& context, const ServerOptions& options, Handler handler);
  ~Server();  ///< closes everything at once; Responders that are still held do nothing from then on
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const noexcept;

  /// Reads certificate, key and CA again, for handshakes from now on; connections are kept. On
  /// error the old ones stay and the detail names file and reason. Without TLS: nothing to do.
  base::Result<> reload_tls();

 private:
  std::shared_ptr<ServerCore> core_;
};

}  // namespace msggw::http
