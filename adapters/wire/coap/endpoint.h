// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "adapters/wire/coap/codec.h"
#include "adapters/wire/coap/counters.h"
#include "adapters/wire/coap/message.h"
#include "adapters/wire/coap/place.h"
#include "adapters/wire/coap/server_options.h"
#include "adapters/wire/coap/transfer.h"
#include "gateway/base/context.h"

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
  /// As in the request. It tells no messages apart: an Echo may lapse before the same comes again.
  std::uint32_t unproved_octets = 0;
  std::uint64_t hash = 0;  ///< for tables: keyed, of peer, MID and content
  /// Whether what is out of proportion may go on the account of its source.
  bool on_account = true;

  bool operator==(const MessageId& other) const noexcept {
    return hash == other.hash && peer == other.peer && mid == other.mid && token == other.token &&
           method == other.method && content == other.content;
  }
};

/// What to do about a request once the handler has seen it.
enum class Handling {
  answer,       ///< send the response: piggybacked on the ACK, or NON for a NON
  acknowledge,  ///< send an empty ACK
  keep_silent,  ///< send nothing
  wait,         ///< send nothing now; send() will, over tcp and tls in any case
  reset         ///< send RST, close the connection of tcp and tls
};

/// What a server sends unasked.
enum class Unasked : std::uint8_t { notification, ping, request };

struct EndpointEvents {
  std::function<Handling(const Request&, Response&)> request;
  /// How a message that was sent unasked ended; of those that were not forgotten.
  std::function<void(Unasked, std::uint64_t subject, const Peer&, Ending)> ended;
  /// The Message ID of the request of ours that is answered so; none: there is none.
  std::function<std::optional<std::uint16_t>(const Peer&, const Token&)> asked_by;
  /// Its answer.
  std::function<void(const Token&, AnswerPart&&)> answered;
};

/// A listening socket, or none while it does not listen, on somebody else's loop. Messages come in
/// as Request values and leave as Response values. Well-formedness, pings and the repetition of
/// confirmable messages are its own affair; what a request means and what was asked before are not.
/// Loop thread only.
class Endpoint {
 public:
  virtual ~Endpoint() = default;

  /// 0: it does not listen.
  virtual std::uint16_t port() const noexcept = 0;

  /// Sends an answer to a request that was kept. Over udp and dtls an acknowledgement and a reset
  /// need the MID of the request, the other types get a new one; with Code::empty an
  /// acknowledgement is an empty ACK, over tcp and tls nothing at all, which ends the wait. Nothing
  /// happens if the peer is gone.
  virtual void send(const MessageId& to, MessageType type, const Response& response) = 0;

  // Unasked, as confirmable messages, whatever number of them has not ended; each returns its MID.
  // Over tcp and tls there are only notifications: the peer acknowledges one by the Pong to a Ping
  // behind it, and nothing is told in a call.

  virtual std::uint16_t notify(const Observer& to, std::uint64_t subject, const Response& what) = 0;
  /// Sent once; nothing is told of it.
  virtual void end_observation(const Observer& to, const Response& response) {
    send({.peer = to.peer, .token = to.token}, MessageType::non_confirmable, response);
  }
  /// Asks whether anybody is there (RFC 7252 4.3).
  virtual std::uint16_t ping(const Peer&, std::uint64_t /*subject*/) { return 0; }
  virtual std::uint16_t ask(const Peer&, const Token&, const RequestPart&,
                            std::uint64_t /*subject*/) {
    return 0;
  }
  /// It is not repeated any more, and no ending of it is told.
  virtual void forget(const Peer&, std::uint16_t /*mid*/) {}

  /// See Server::is_proven(); and whether an answer is in proportion to what was asked.
  virtual bool is_proven(const Peer&) const { return true; }
  virtual bool is_fair(const MessageId&, const Response&) const { return true; }

  /// See Server::prepare() and take().
  virtual Place prepare(const ServerOptions& options) = 0;
  virtual void take(Place place) = 0;
};

/// Throws as place_of().
std::unique_ptr<Endpoint> open_endpoint(const base::Context& context, const ServerOptions& options,
                                        ServerCounters& counters, EndpointEvents events);

}  // namespace msggw::coap
