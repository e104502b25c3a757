// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/sms/smpp/framer.h"
#include "adapters/sms/smpp/pdu.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace msggw::smpp {

/// SMPP 3.4 2.2, and what lies between its states.
enum class State { open, binding, bound_tx, bound_rx, bound_trx, unbinding, closed };

struct SessionOptions {
  std::size_t window = 10;                   ///< own messages without an answer
  std::size_t most_unanswered = 1'000;       ///< incoming messages without an answer
  std::size_t most_pdu_octets = 65'536;      ///< of one incoming PDU
  std::size_t most_output_octets = 1 << 20;  ///< that the peer does not read; then it is closed
  base::Duration response_within{10'000};    ///< for every own request, and for leave-taking
  base::Duration enquire_after{30'000};      ///< of silence, once bound
};

struct SessionCounters {
  std::uint64_t pdus_in = 0;
  std::uint64_t pdus_out = 0;
  std::uint64_t faults = 0;             ///< PDUs that could not be decoded
  std::uint64_t flaws = 0;              ///< PDUs taken all the same (Pdu::flaw)
  std::uint64_t unsupported = 0;        ///< commands that are only recognised
  std::uint64_t refused_overload = 0;   ///< above most_unanswered, or too many before the bind
  std::uint64_t unknown_responses = 0;  ///< late, given twice, or of another command
  std::uint64_t timeouts = 0;
};

/// Names an incoming request until it is answered; never used twice in a session.
using Token = std::uint64_t;
/// The owner's own name for a message that it sends.
using Ticket = std::uint64_t;

/// What the owner has to know, in the order in which it happened.
struct Event {
  enum class Kind {
    bound,         ///< pdu is the response to the bind
    bind_refused,  ///< so is it here, and `closed` follows
    request,       ///< a message: answer(id, ...), when it is safely kept
    answered,      ///< own message `id` (a Ticket): pdu is its response or the generic_nack
    unanswered,    ///< own message `id`: timed out or cut off: may have arrived
    malformed,     ///< pdu has the header and the flaw; once for each command and flaw
    closed         ///< `reason` says why; write output(), then close the connection. The last event
  };
  Kind kind;
  std::uint64_t id = 0;  ///< of `malformed`: 1 if the PDU was taken all the same
  Pdu pdu{};
  std::string reason{};
};

/// The ESME's side of one SMPP session over one connection, without a socket: octets in, octets and
/// events out. Not thread-safe. A new connection needs a new Session.
class Session {
 public:
  explicit Session(const SessionOptions& options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Sends a bind. Returns refused if the state is not open or `command` is none of the three, else
  /// as append().
  base::Result<> bind(Command command, Bind bind, base::TimePoint now);
  /// Sends a submit_sm or data_sm, which ends in one event `answered` or `unanswered`. Returns
  /// refused if the state does not allow it, overloaded if the window is full, else as append().
  base::Result<> send(Command command, Message message, Ticket ticket, base::TimePoint now);
  /// Ends the session in good order: no more messages; an unbind when all are answered both ways,
  /// or after response_within. In a state that is not bound it closes at once.
  void unbind(base::TimePoint now);

  /// Answers a message of the SMSC. Returns false if there is no such request any more.
  bool answer(Token token, Status status, base::TimePoint now);

  /// Other windows and times from now on, also for what waits for its answer.
  void limit_to(const SessionOptions& options);

  void received(std::string_view octets, base::TimePoint now);
  /// The connection has gone.
  void cut(base::TimePoint now);
  /// Due at next_deadline(), harmless before.
  void tick(base::TimePoint now);
  /// Returns none if it is closed, or has nothing to wait for.
  std::optional<base::TimePoint> next_deadline() const;

  /// What is to be written; valid until the next call of a member that is not const.
  std::string_view output() const noexcept { return std::string_view(output_).substr(written_); }
  void written(std::size_t octets);
  std::vector<Event> take_events();

  State state() const noexcept { return state_; }
  /// Returns true if it ends for what the SMSC did or did not do: it did not answer or read, sent
  /// what is no SMPP, refused the bind or no longer took it for one. False for a lost connection
  /// and for an unbind of either side.
  bool has_failed() const noexcept { return has_failed_; }
  /// Returns true if the bind is one for own messages and no leave is being taken.
  bool may_send() const noexcept { return state_ == State::bound_tx || state_ == State::bound_trx; }
  /// Own messages that wait for their answer.
  std::size_t outstanding() const noexcept { return messages_out_; }
  const SessionCounters& counters() const noexcept { return counters_; }

 private:
  /// Then nothing is to be hoped for, though the peer still answers enquire_link. Each is of a
  /// message that was sent after the one before had timed out, with no answer to any message since.
  static constexpr std::size_t kMostTimeoutsInARow = 3;

  /// Messages kept whole for a peer that has not answered the bind yet; more are ESME_RMSGQFUL.
  static constexpr std::size_t kMostEarly = 16;

  struct Outstanding {
    std::uint32_t sequence;
    Command command;
    Ticket ticket;  ///< of a message
    base::TimePoint deadline;
  };
  struct Incoming {
    std::uint32_t sequence;
    Command command;
  };

  bool is_bound() const noexcept;
  base::Result<> request(Command command, Body body, Ticket ticket, base::TimePoint now);
  void respond(const Header& request, Status status, Body body = Empty{});
  base::Result<> put(const Pdu& pdu);
  void emit(Event::Kind kind, std::uint64_t id, Pdu pdu = {});
  void close(std::string reason);
  /// Closes it with has_failed().
  void fail(std::string reason);
  void tell_malformed(const Header& header, Status flaw, bool taken);

  void take_pdu(std::string_view octets, base::TimePoint now);
  void take_fault(const Fault& fault);
  void take_request(Pdu pdu, base::TimePoint now);
  void take_message(Pdu pdu);
  void take_response(Pdu pdu, base::TimePoint now);
  void take_bind_response(Pdu pdu);
  /// Ends the session because of what the SMSC said of the bind.
  void leave_unbound(Status status, base::TimePoint now);
  /// Takes the request that `header` answers out of the list. Returns none if there is no such one.
  std::optional<Outstanding> match(const Header& header);
  void give_up(const Outstanding& request);
  /// Goes on with taking leave, if all that it waits for is done.
  void leave(base::TimePoint now);

  SessionOptions options_;
  State state_ = State::open;
  State bound_as_ = State::closed;  ///< what a good answer to the bind makes of it
  Framer framer_;
  std::string output_;
  std::size_t written_ = 0;
  std::uint32_t sequence_ = 0;  ///< the last own one
  Token token_ = 0;
  std::vector<Outstanding> outgoing_;  ///< in the order of their deadlines
  std::size_t messages_out_ = 0;
  std::unordered_map<Token, Incoming> incoming_;
  std::optional<std::uint32_t> peer_unbinds_;      ///< the sequence of its unbind
  std::optional<base::TimePoint> leave_deadline_;  ///< until then it waits for answers
  std::string leave_reason_;  ///< why the session ends, if it is no plain leave
  base::TimePoint heard_{};   ///< the last PDU of the peer that makes sense
  bool has_failed_ = false;
  bool enquiring_ = false;
  std::size_t timeouts_in_a_row_ = 0;  ///< of own messages
  base::TimePoint last_timeout_{};     ///< the last of these
  std::vector<Pdu> early_;             ///< messages that came before the answer to the bind
  std::vector<std::pair<std::string_view, Status>> told_;  ///< commands and flaws of `malformed`
  std::vector<Event> events_;
  SessionCounters counters_;
};

}  // namespace msggw::smpp
