// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "adapters/wire/coap/codec.h"
#include "adapters/wire/coap/message.h"
#include "adapters/wire/coap/security.h"
#include "adapters/wire/coap/server_options.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace msggw::coap {

/// By these a retransmission is recognised (RFC 7252 4.2), and a request answered. More than
/// address, port and MID, because a device that has restarted, or another one to which a NAT has
/// given the same address and port, may use a MID again for something else: what asks for something
/// else is another message.
struct MessageId {
  Peer peer;
  std::uint16_t mid = 0;
  Token token;
  Method method = Method::get;
  std::uint64_t content = 0;  ///< a keyed hash of Request::content; 0 over tcp and tls

  bool operator==(const MessageId&) const = default;
};

/// Keeps libcoap's record of a peer alive, so that an answer can still be sent to it in a later
/// turn. Must end before the Endpoint does. Null for requests that came over tcp or tls, whose
/// connection the Endpoint finds by Peer::session, or from no endpoint (tests).
class SessionRef {
 public:
  SessionRef() = default;
  explicit SessionRef(coap_session_t* session) noexcept;
  SessionRef(SessionRef&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
  SessionRef& operator=(SessionRef&& other) noexcept {
    std::swap(session_, other.session_);
    return *this;
  }
  ~SessionRef();

  coap_session_t* get() const noexcept { return session_; }

 private:
  coap_session_t* session_ = nullptr;
};

/// What to do about a request once the handler has seen it.
enum class Handling {
  answer,       ///< send the response: piggybacked on the ACK, or NON for a NON
  acknowledge,  ///< send an empty ACK
  keep_silent,  ///< send nothing now; whoever kept a SessionRef may
  reset         ///< send RST, close the connection of tcp and tls
};

/// What an Endpoint tells of its doings.
struct EndpointEvents {
  std::function<Handling(const Request&, Response&)> request;
  std::function<void()> malformed;  ///< a message that is not CoAP; reset, dropped or closed
  std::function<void(int change)> sessions;  ///< +1, -1
  std::function<void(tls::Failure)> handshake_failed;
  std::function<void()> turned_away;  ///< a connection above max_connections
  std::function<void()> unsent;       ///< a datagram that the system did not take
};

/// A listening socket on somebody else's loop. Messages come in as Request values and leave as
/// Response values. Well-formedness, pings and the repetition of confirmable messages are its own
/// affair; what a request means and what was asked before are not. Loop thread only.
class Endpoint {
 public:
  virtual ~Endpoint() = default;

  virtual std::uint16_t port() const noexcept = 0;

  /// Sends an answer to a request that was kept. Over udp and dtls an acknowledgement and a reset
  /// need the MID of the request, the other types get a new one; with Code::empty an
  /// acknowledgement is an empty ACK. Nothing happens if the peer is gone.
  virtual void send(const MessageId& to, const SessionRef& session, MessageType type,
                    const Response& response) = 0;

  /// See Server::reload().
  virtual base::Result<> reload() = 0;
};

/// Binds. Throws std::runtime_error with address, port, reason and the way out.
std::unique_ptr<Endpoint> open_endpoint(boost::asio::io_context& io, const ServerOptions& options,
                                        const base::Clock& clock, EndpointEvents events);

}  // namespace msggw::coap
