// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/address.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace msggw::http {

class ClientCore;

enum class Version {
  automatic,  ///< https: HTTP/2 if ALPN offers it, else HTTP/1.1; http: HTTP/1.1
  http1,
  http2,  ///< nothing else; https: by ALPN, http: by prior knowledge
};

struct ClientTls {
  std::filesystem::path ca;           ///< empty: the system's
  std::filesystem::path certificate;  ///< own, for mutual TLS; empty: none
  std::filesystem::path key;
  std::filesystem::path crl{};  ///< what `ca` has revoked; empty: nothing

  bool operator==(const ClientTls&) const = default;
};

/// Returns `incorrect` naming file and reason if a Client could not be made with them.
base::Result<void> check_files(const ClientTls& files);

/// Returns a digest of what a Client would read now, as tls::digest_of(). One that was made when it
/// was the same need not be made anew.
std::string digest_of(const ClientTls& files);

struct ClientOptions {
  Version version = Version::automatic;
  ClientTls tls;
  /// HTTP/1.1: also the most requests in flight. Version::http2 needs one for each server, up to
  /// four if the server takes fewer requests at a time than are in flight.
  std::size_t max_connections = 64;
  std::size_t max_streams = 100;                ///< HTTP/2: the most requests in flight
  base::Duration connect_timeout{2'000};        ///< TLS and, on Version::http2, SETTINGS included
  base::Duration request_timeout{5'000};        ///< from start() to the last octet of the answer
  std::size_t max_response_octets = 64 * 1024;  ///< of body

  bool operator==(const ClientOptions&) const = default;
};

struct ClientRequest {
  std::string method = "POST";
  base::Uri url;             ///< of http or https
  std::string query;         ///< percent-encoded, without the '?'; empty: none
  std::string content_type;  ///< empty: no body
  std::string accept;
  std::string body;
  std::string authorization;  ///< value of the header, empty: none
  static constexpr std::size_t kMostHeaders = 8;
  /// Other header fields, names in lower case, no value empty; at most kMostHeaders.
  std::vector<std::pair<std::string, std::string>> headers;
};

struct ClientResponse {
  unsigned status = 0;
  std::string content_type;
  std::string location;
  std::string body;
  base::Duration retry_after{0};  ///< of Retry-After, seconds or a date; 0 if absent, at most a day
  unsigned version = 11;          ///< 11 or 20
};

/// What a detail begins with if the server has not looked at the request, twice: whatever its
/// method, it can be sent again. Of `unavailable` on Version::http2.
inline constexpr std::string_view kNotProcessed = "not processed";

/// What a detail begins with if the request was lost together with others, one of which has been
/// told of the connection that they shared: nothing more has failed than that. Of `unavailable` and
/// `malformed` on Version::http2.
inline constexpr std::string_view kWithOthers = "with others";

/// unavailable: no connection, TLS refused, timeout, connection lost, request reset; malformed: not
/// HTTP (of this version), a transfer coding other than chunked, or a request whose scheme or field
/// values cannot be sent; too_large: a body of more than max_response_octets, or more than 16 KiB
/// of header lines, those of 1xx answers and trailer fields included. The detail is a reason and
/// the address; where no connection was had, "cannot connect: " and why, or what is wrong with TLS.
using Done = std::function<void(base::Result<ClientResponse>)>;

/// An HTTP client on somebody else's loop; connections are kept and reused. Version::http2 is
/// HTTP/2 on nghttp2, the others are libcurl. The caller asks room() before he starts a request: no
/// more than the limits of the options are in hand. No redirects, no proxies, nothing taken from
/// the environment. Version::http2 sends a request again, once, if the server says that it has not
/// processed it (RFC 9113 8.7), and else none twice. Throws std::runtime_error if a TLS file
/// cannot be used or the process has no descriptor left. Loop thread only.
class Client {
 public:
  Client(boost::asio::io_context& io, ClientOptions options);
  ~Client();  ///< open requests are dropped; their Done is not called
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// How many requests may be started now.
  std::size_t room() const noexcept;
  std::size_t in_flight() const noexcept;
  /// Requires room() > 0. `done` is called once, in a later handler of the loop, never from inside
  /// start().
  void start(ClientRequest request, Done done);

 private:
  std::shared_ptr<ClientCore> core_;
};

}  // namespace msggw::http
