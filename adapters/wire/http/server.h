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

#include "adapters/wire/tls/contexts.h"
#include "gateway/base/context.h"
#include "gateway/base/sources.h"

namespace msggw::http {

class Connection;
class ServerCore;

/// Certificates of a TLS listener, PEM files. With `client_ca` a client must show a certificate
/// signed by it.
struct ServerTls {
  std::filesystem::path certificate;  ///< chain, the server's own first
  std::filesystem::path key;
  std::filesystem::path client_ca;  ///< empty: clients show none
  std::filesystem::path crl{};      ///< what `client_ca` has revoked; empty: nothing
};

/// What a request in hand, or an answer that is not taken, is counted as beside its own octets.
inline constexpr std::size_t kRequestOctets = 1'024;
inline constexpr std::size_t kAnswerOctets = 1'024;

struct ServerOptions {
  std::string name;  ///< labels metrics and log events: "pf", "admin"
  boost::asio::ip::address address = boost::asio::ip::address_v4::loopback();
  std::uint16_t port = 0;  ///< 0: any free one, see Server::port()
  bool listens = true;     ///< false: it is there, and has no address and port; see Server::take()
  /// Of the configuration, for messages that say what to change: "pf" and "tls_port" name
  /// pf.address and pf.tls_port. Empty: nothing has a name.
  std::string section;
  std::string port_option = "port";
  std::optional<ServerTls>
      tls;  ///< HTTP/2 by ALPN; without TLS by prior knowledge; HTTP/1.1 on both

  /// Above, the newcomer takes the place of a connection without a request in hand: of the source
  /// (base::Source) that has most of them, the one that asked longest ago. Those that are kept, see
  /// Responder::keep(), give way to nobody; if there are no others, 503, but for a few places that
  /// only loopback addresses get.
  std::size_t max_connections = 1'024;
  /// Above, the source loses the one of its own that asked longest ago; 0: no share.
  std::size_t max_connections_per_source = 512;
  std::size_t max_body_octets = 64 * 1024;    ///< above: 413
  std::size_t max_header_octets = 16 * 1024;  ///< above: 431
  /// What is kept of requests on all connections, kRequestOctets more for each that is in hand on
  /// HTTP/2, of no source more than it leaves free; above: 503, and of the source that has most of
  /// it the connection that has most ends.
  std::size_t max_buffered_octets = 64 * 1024 * 1024;
  /// Octets of answers that a client has not taken, kAnswerOctets more for each on HTTP/2. Above,
  /// its connection ends, on HTTP/2 with ENHANCE_YOUR_CALM; from a quarter on no further request of
  /// it is given out.
  std::size_t max_unread_octets_per_connection = 16 * 1024 * 1024;
  /// The same on all connections; above, of the source that has most the connection that has most
  /// ends.
  std::size_t max_unread_octets = 64 * 1024 * 1024;
  /// HTTP/2 frames of one connection that neither requests nor answers need; above, it ends with
  /// ENHANCE_YOUR_CALM. See FrameBudget.
  std::size_t max_useless_frames = 2'000;
  std::uint32_t max_streams = 256;  ///< requests in hand on one HTTP/2 connection
  base::Duration header_timeout{
      10'000};  ///< from connect (or the first octet of a request) to a whole request
  /// Between requests; before the first it is header_timeout. Nothing but requests counts.
  base::Duration idle_timeout{120'000};
  base::Duration write_timeout{20'000};  ///< for a client to take 256 KiB of answers
};

/// A whole request. Valid during the call of the handler only.
struct Request {
  std::string_view method;        ///< never HEAD: it is a GET whose answer goes without its body
  std::string_view path;          ///< without the query, as sent
  std::string_view query;         ///< without '?'
  std::string_view content_type;  ///< empty if absent
  std::string_view accept;
  std::string_view body;
  std::uint64_t announced_octets = 0;  ///< of a body that was not waited for, see ReadsBody
  unsigned version = 11;               ///< 11 or 20
  /// Whom the verified client certificate names, see wire/tls/names.h; empty if there is none.
  std::span<const std::string> client_names;
  std::string_view authorization;
  std::string_view host;    ///< of Host or :authority, with the port if one was given; may be empty
  std::string_view origin;  ///< empty if absent; a browser names the page that sent the request
  std::string_view message_priority;  ///< of 3gpp-Sbi-Message-Priority, as sent; empty if absent
  base::Source source = base::Source::none;  ///< whence the connection comes
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
  /// Whether its client is known and its connection therefore keeps its place, whoever else comes.
  void keep(bool whether) const;

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

/// Asked of a request with "Expect: 100-continue" before its body comes: whether the handler will
/// look at that, of `octets` as Content-Length says (0: it does not). If not, the handler is given
/// the request without it, and the client no 100 (RFC 9110 10.1.1).
using ReadsBody = std::function<bool(const Request&, std::uint64_t octets)>;

/// What a server is to have: its address and port, bound, and its files, read. Nobody is heard
/// there yet; let go of when it is not taken.
struct Place {
  ServerOptions options;
  bool is_other = true;                ///< another address and port than before, or TLS
  std::shared_ptr<ServerCore> core{};  ///< if it is; null: it does not listen
  tls::Context tls{};                  ///< if it is not; null: cleartext
};

/// An HTTP/1.1 (RFC 9112; Boost.Beast) and HTTP/2 (RFC 9113; nghttp2) server on somebody else's
/// loop. Malformed requests are answered or the connection closed here; the handler sees only
/// whole, well-formed ones, those of one HTTP/1.1 connection one after the other. Every HTTP/2
/// response carries content-length, since libcurl 7.88 resets the stream otherwise. Counts
/// msggw_http_{connections,requests_total,responses_total,refused_total, answers_dropped_total},
/// label server = options.name. Loop thread only.
class Server {
 public:
  /// Binds and listens, if it is to. Throws base::CannotListen naming address, port and reason
  /// (taken port), and std::runtime_error naming the file that cannot be used.
  Server(const base::Context& context, const ServerOptions& options, Handler handler,
         ReadsBody reads_body = {});
  ~Server();  ///< closes everything at once; Responders that are still held do nothing from then on
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const noexcept;  ///< 0: it does not listen

  // Other options while it runs, in two steps, so that several servers change together or not.

  /// Binds another address and port, if it is another (a port of 0 that is still one stays what it
  /// is), and reads certificate, key and CA; changes nothing. Throws as the constructor.
  Place prepare(const ServerOptions& options) const;
  /// From now on where it listens, its files, and of the numbers all but streams, body and headers;
  /// who has more keeps it. Who is connected at a place that it gives up gets answers to what he
  /// has asked, and then the connection ends: by `Connection: close`, or GOAWAY.
  void take(Place place);

 private:
  base::Context context_;
  Handler handler_;
  ReadsBody reads_body_;
  std::shared_ptr<ServerCore> core_;               ///< null: it does not listen
  std::vector<std::weak_ptr<ServerCore>> former_;  ///< as long as they have connections
};

}  // namespace msggw::http
