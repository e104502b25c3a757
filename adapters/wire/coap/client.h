// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "adapters/wire/coap/message.h"
#include "gateway/base/address.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace msggw::coap {

/// How a client proves who it is and whom it trusts. With a PSK identity DTLS and TLS use the key;
/// without, X.509: the server's certificate must be signed by `ca` and name the host of the URI.
struct ClientSecurity {
  std::string psk_identity;           ///< empty: X.509
  std::string psk_key;                ///< octets
  std::filesystem::path ca;           ///< PEM; empty: the system's
  std::filesystem::path certificate;  ///< own, for mutual authentication; empty: none
  std::filesystem::path key;
  std::filesystem::path crl{};  ///< what `ca` has revoked; empty: nothing
};

struct ClientOptions {
  ClientSecurity security;
  std::size_t max_in_flight = 32;  ///< requests outstanding (NSTART of RFC 7252 4.7 for one server)
  base::Duration connect_timeout{5'000};  ///< name, connection and handshake
  base::Duration request_timeout{5'000};  ///< from start() to the last block of the answer
  base::Duration ack_timeout{2'000};      ///< ACK_TIMEOUT (RFC 7252 4.8)
  unsigned max_retransmit = 4;            ///< MAX_RETRANSMIT (RFC 7252 4.8), at least 1
  std::size_t max_response_octets = 64 * 1024;
};

struct ClientRequest {
  Method method = Method::post;
  base::Uri uri;                                ///< of a CoAP scheme
  std::optional<std::uint16_t> content_format;  ///< none: no body
  std::optional<std::uint16_t> accept;
  std::string payload;
};

struct ClientResponse {
  Code code = Code::empty;  ///< as on the wire, also one that Code does not name
  std::optional<std::uint16_t> content_format;
  std::optional<std::uint32_t> max_age_s;
  std::string location;  ///< path with a leading '/', empty if absent
  std::string payload;
};

/// unavailable: no address, no connection, handshake refused, timeout, RST, connection lost;
/// malformed: an answer that is no CoAP or whose blocks do not fit together, or a URI that is not
/// CoAP's; too_large: more than max_response_octets. The detail names the address and the reason.
using ClientDone = std::function<void(base::Result<ClientResponse>)>;

/// A CoAP client (RFC 7252, 7959, 8323) on somebody else's loop. Sessions are kept and reused, one
/// for each scheme, host and port; a lost one is made anew by the next request. Loop thread only.
class Client {
 public:
  /// Throws std::runtime_error if a certificate or key cannot be read.
  Client(boost::asio::io_context& io, ClientOptions options);
  ~Client();  ///< open requests are dropped; their ClientDone is not called
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// How many requests may be started now.
  std::size_t room() const noexcept;
  std::size_t in_flight() const noexcept;
  /// Requires room() > 0. `done` is called once, in a later handler of the loop, never from inside
  /// start().
  void start(ClientRequest request, ClientDone done);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace msggw::coap
