// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/wire/coap/counters.h"
#include "adapters/wire/coap/message.h"
#include "adapters/wire/coap/place.h"
#include "adapters/wire/coap/pushes.h"
#include "adapters/wire/coap/server_options.h"
#include "gateway/base/context.h"
#include "gateway/base/result.h"

namespace msggw::coap {

/// What the handler has decided.
enum class Reply {
  now,    ///< `out` is the answer
  later,  ///< Server::answer() will be called with the ticket
  // For testers, who make a server behave badly. None of these is remembered: a retransmission is
  // a new request to the handler.
  nothing,     ///< no answer, no ACK
  reset,       ///< RST; closes the connection of tcp and tls
  acknowledge  ///< the empty ACK, and never an answer; `nothing` for NON, tcp and tls
};

/// How an answer goes out.
enum class Delivery {
  once,
  proven,         ///< in full, also to who asked from where nobody had shown to be: he has since
  in_proportion,  ///< nothing of it goes on the account of its source
  // For testers.
  twice,  ///< the same message two times
  lost    ///< not sent, but remembered as if it had been: a retransmission gets it, if `once_only`
};

/// A request on its way through the handler, valid during its call.
class Incoming {
 public:
  virtual ~Incoming() = default;

  const Request& request;
  const Ticket ticket;  ///< for answer(), if the handler returns Reply::later
  /// Carrying the request out a second time would do something or give another answer: a
  /// retransmission then gets this answer again (if it is a success; errors are not kept, or
  /// whoever can make some could push out what matters). Answers to bodies in blocks are kept in
  /// any case.
  bool once_only = false;

  /// Of the body; none: ServerOptions::max_body_octets.
  std::optional<std::size_t> most_body_octets;

  /// The body, put together of its blocks (RFC 7959). None: `out` says why, and is to be returned
  /// with Reply::now: 2.31 for a block that is not the last, 4.08, 4.13 with Size1, 4.00. Call it
  /// once, after everything that can be judged without the body: nothing is kept for requests that
  /// do not come this far.
  virtual std::optional<std::string_view> body(Response& out) = 0;

 protected:
  Incoming(const Request& r, Ticket t) : request(r), ticket(t) {}
};

/// `out` is empty when it is called. Options that no request may have here (If-Match, more than 16
/// queries, a path too deep to read) were refused before.
using Handler = std::function<Reply(Incoming&, Response& out)>;

/// What becomes of what a server sends unasked. None may end the server.
struct UnaskedEvents {
  /// See Server::notify().
  std::function<void(std::uint64_t subject, Ending)> notified;
  /// See Server::ping(); false: there was no answer, or none that shows anything.
  std::function<void(std::uint64_t subject, const Peer&, bool answered)> pinged;
  /// See Server::push().
  std::function<void(std::uint64_t subject, const PushEnd&)> pushed;
};

/// One CoAP listener on somebody else's loop and all that RFC 7252 asks of whoever answers
/// requests: duplicates of open requests are swallowed, those of answered ones get the same answer,
/// an answer that takes at most `piggyback_within` goes on the ACK, later ones are separate
/// responses; bodies and answers are block-wise both ways (RFC 7959), No-Response (RFC 7967) is
/// honoured. Over tcp and tls (RFC 8323) there are no retransmissions and no ACKs.
/// /.well-known/core, pings, unknown critical options (4.02) and malformed messages are answered
/// below the handler. Loop thread only.
class Server {
 public:
  /// Binds and listens, if it is to. Throws as place_of(), with address, port, reason and the way
  /// out (taken port, unreadable certificate).
  Server(const base::Context& context, const ServerOptions& options, Handler handler,
         UnaskedEvents unasked = {});
  ~Server();  ///< what waits is never answered
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const noexcept;  ///< 0: it does not listen

  /// Returns the method of the request that waits under this ticket: the code of its answer
  /// may depend on it. Returns none if nobody waits (any more).
  std::optional<Method> method_of(Ticket ticket) const;
  /// Nothing happens if nobody waits under this ticket, or the peer is gone.
  void answer(Ticket ticket, Response response, Delivery delivery = Delivery::once);
  /// Ends the wait without an answer: Reply::nothing, reset or acknowledge.
  void abandon(Ticket ticket, Reply how);

  struct Notification {
    std::uint16_t mid;
    bool whole;  ///< false: this is its first block, the observer has to fetch the rest
  };
  // Unasked; over tcp and tls notifications alone, the others come to nothing. How much of it may
  // be under way is for the caller to limit, and also that none of it but a ping goes to who is not
  // proven to be there: else anybody could have us flood another's address by writing that on his
  // requests.

  /// Whether somebody has shown lately to be at this address and port, by an answer to what was
  /// sent there or by an Echo; where there is a security session, or no limit
  /// (ServerOptions::amplified_octets_per_source), nobody needs to.
  bool is_proven(const Peer& peer) const;
  /// Whether the answer to the request that waits is in proportion to it, or the peer is proven.
  bool is_fair(Ticket ticket, const Response& response) const;
  /// Asks whether anybody is there (RFC 7252 4.3); UnaskedEvents::pinged() is told, once.
  void ping(const Peer& peer, std::uint64_t subject);

  /// Sends a notification (RFC 7641 4.2) as a confirmable message, which ends in one of three ways;
  /// UnaskedEvents::notified() is told of it with `subject`, unless it is forgotten, and never in
  /// the call. Over tcp and tls (RFC 8323 7) a Ping with Custody goes behind it, whose Pong
  /// acknowledges it; it has timed out when the connection ends.
  Notification notify(const Observer& to, std::uint64_t subject, Response response);
  /// Sends an error, once: it ends the observation (RFC 7641 4.2).
  void end_observation(const Observer& to, const Response& response);
  /// The notification is not repeated any more, and nothing is told of it. Nothing happens if it
  /// has ended.
  void forget(const Observer& to, const Notification& what);

  /// Brings the peer something from the socket that it knows, as a confirmable POST; its end is
  /// told by UnaskedEvents::pushed(), unless it is forgotten.
  PushNo push(const Peer& to, std::uint64_t subject, Push what);
  void forget(PushNo push);

  /// Makes `out` an error with a diagnostic payload (what is wrong and how to mend it) and counts
  /// why. Returns Reply::now.
  Reply refuse(Response& out, Reason reason, Code code, std::string_view diagnostic);

  /// From now on every new request is answered 5.03 with this diagnostic; those that wait can still
  /// be answered.
  void stop(std::string diagnostic);

  // Other options while it runs, in two steps, so that several servers change together or not.

  /// Binds another address and port, if it is another, and reads certificate, key and CA; changes
  /// nothing. Throws as place_of().
  Place prepare(const ServerOptions& options);
  /// The options from now on (ServerOptions::take_changes()), for handshakes to come; what is there
  /// beyond a limit stays until it ends by itself. If the place is another one, who speaks to the
  /// old one is let go: over dtls with its close_notify, over tcp and tls with Release when what it
  /// asked has been answered; over udp and dtls what is under way goes on from the new socket, and
  /// ends as with a peer that is lost.
  void take(Place place);

  /// Both with the options that it has: reads certificate, key and CA again. On error the old ones
  /// stay and the detail names file and reason. Nothing to do: success.
  base::Result<> reload();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Makes `out` an error with a diagnostic payload for people (cut at 512 octets). An
/// `unavailable` without max_age_s gets 10 s.
void refuse(Response& out, Code code, std::string_view diagnostic,
            std::optional<std::uint32_t> max_age_s = std::nullopt);

}  // namespace msggw::coap
