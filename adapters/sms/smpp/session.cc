// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/smpp/session.h"

#include <algorithm>
#include <utility>

namespace msggw::smpp {
namespace {

State state_after(Command bind) noexcept {
  if (bind == Command::bind_transmitter) return State::bound_tx;
  return bind == Command::bind_receiver ? State::bound_rx : State::bound_trx;
}

}  // namespace

Session::Session(const SessionOptions& options)
    : options_(options), framer_(options.most_pdu_octets) {}

base::Result<> Session::bind(Command command, Bind bind, base::TimePoint now) {
  if (state_ != State::open || !is_bind(command))
    return base::fail(base::Errc::refused, "a session is bound once, by a bind");
  if (auto sent = request(command, std::move(bind), 0, now); !sent) return sent;
  bound_as_ = state_after(command);
  state_ = State::binding;
  return {};
}

base::Result<> Session::send(Command command, Message message, Ticket ticket, base::TimePoint now) {
  if (!may_send() || (command != Command::submit_sm && command != Command::data_sm))
    return base::fail(base::Errc::refused, "the state of the session does not allow the command");
  if (messages_out_ >= options_.window)
    return base::fail(base::Errc::overloaded, "the window is full");
  if (auto sent = request(command, std::move(message), ticket, now); !sent) return sent;
  ++messages_out_;
  return {};
}

void Session::unbind(base::TimePoint now) {
  if (state_ == State::closed || state_ == State::unbinding) return;
  if (!is_bound()) return close("ended before it was bound");
  state_ = State::unbinding;
  leave_deadline_ = now + options_.response_within;
  leave(now);
}

bool Session::answer(Token token, Status status, base::TimePoint now) {
  const auto at = incoming_.find(token);
  if (at == incoming_.end()) return false;
  const Header header{at->second.command, Status::ok, at->second.sequence};
  incoming_.erase(at);
  // SMPP 3.4 4.6.2: the message_id of a deliver_sm_resp is not used.
  respond(header, status, status == Status::ok ? Body{MessageResponse{}} : Body{Empty{}});
  leave(now);
  return true;
}

void Session::limit_to(const SessionOptions& options) {
  const base::Duration longer = options.response_within - options_.response_within;
  for (Outstanding& request : outgoing_) request.deadline += longer;
  if (leave_deadline_) *leave_deadline_ += longer;
  options_.window = options.window;
  options_.most_unanswered = options.most_unanswered;
  options_.response_within = options.response_within;
  options_.enquire_after = options.enquire_after;
}

void Session::cut(base::TimePoint) {
  if (state_ != State::closed) close("the connection was lost");
}

void Session::tick(base::TimePoint now) {
  while (!outgoing_.empty() && outgoing_.front().deadline <= now && state_ != State::closed) {
    const Outstanding request = outgoing_.front();
    outgoing_.erase(outgoing_.begin());
    ++counters_.timeouts;
    if (!is_message(request.command)) {
      if (request.command == Command::enquire_link) return fail("enquire_link was not answered");
      return fail(request.command == Command::unbind ? "unbind was not answered"
                                                     : "the bind was not answered");
    }
    give_up(request);
    // What was sent together is late together; only a message sent since then says more.
    if (request.deadline - options_.response_within < last_timeout_) continue;
    last_timeout_ = now;
    if (++timeouts_in_a_row_ == kMostTimeoutsInARow)
      return fail("message after message was not answered");
  }
  if (state_ == State::closed) return;
  leave(now);
  if (is_bound() && !enquiring_ && now >= heard_ + options_.enquire_after) {
    enquiring_ = true;
    base::ensure(request(Command::enquire_link, Empty{}, 0, now) || state_ == State::closed,
                 "an enquire_link can be encoded");
  }
}

std::optional<base::TimePoint> Session::next_deadline() const {
  if (state_ == State::closed) return std::nullopt;
  std::optional<base::TimePoint> first;
  const auto add = [&](base::TimePoint at) { first = first ? std::min(*first, at) : at; };
  if (!outgoing_.empty()) add(outgoing_.front().deadline);
  if (leave_deadline_) add(*leave_deadline_);
  if (is_bound() && !enquiring_) add(heard_ + options_.enquire_after);
  return first;
}

void Session::written(std::size_t octets) {
  written_ += octets;
  base::ensure(written_ <= output_.size(), "no more is written than there was");
  if (written_ == output_.size()) {
    output_.clear();  // keeps its memory for the next PDUs
    written_ = 0;
  }
}

std::vector<Event> Session::take_events() {
  return std::exchange(events_, {});
}

bool Session::is_bound() const noexcept {
  return state_ == State::bound_tx || state_ == State::bound_rx || state_ == State::bound_trx;
}

base::Result<> Session::request(Command command, Body body, Ticket ticket, base::TimePoint now) {
  // Requests end within response_within, long before their number comes again.
  sequence_ = sequence_after(sequence_);
  const Pdu pdu{{command, Status::ok, sequence_}, std::move(body)};
  if (auto written = put(pdu); !written) return written;
  if (state_ == State::closed) return base::fail(base::Errc::unavailable, "the peer reads nothing");
  outgoing_.push_back({pdu.header.sequence, command, ticket, now + options_.response_within});
  return {};
}

void Session::respond(const Header& request, Status status, Body body) {
  const Header header{response_to(request.command), status, request.sequence};
  base::ensure(put({header, std::move(body)}).has_value(), "a response can be encoded");
}

base::Result<> Session::put(const Pdu& pdu) {
  if (written_ > 0 && written_ >= output_.size() / 2) {
    output_.erase(0, written_);
    written_ = 0;
  }
  if (auto appended = append(pdu, output_); !appended) return appended;
  ++counters_.pdus_out;
  if (output_.size() - written_ > options_.most_output_octets) fail("the peer reads nothing");
  return {};
}

void Session::emit(Event::Kind kind, std::uint64_t id, Pdu pdu) {
  events_.push_back({kind, id, std::move(pdu), {}});
}

void Session::tell_malformed(const Header& header, Status flaw, bool taken) {
  const std::pair kind(name_of(header.command), flaw);
  if (std::ranges::find(told_, kind) != told_.end()) return;
  told_.push_back(kind);
  emit(Event::Kind::malformed, taken ? 1 : 0, {header, Empty{}, flaw});
}

void Session::close(std::string reason) {
  if (state_ == State::closed) return;
  state_ = State::closed;
  leave_deadline_.reset();
  incoming_.clear();
  early_.clear();
  for (const Outstanding& request : std::exchange(outgoing_, {})) give_up(request);
  if (!leave_reason_.empty()) reason = leave_reason_;
  events_.push_back({Event::Kind::closed, 0, {}, std::move(reason)});
}

void Session::fail(std::string reason) {
  if (state_ != State::closed) has_failed_ = true;
  close(std::move(reason));
}

void Session::give_up(const Outstanding& request) {
  if (!is_message(request.command)) return;
  --messages_out_;
  emit(Event::Kind::unanswered, request.ticket);
}

void Session::leave(base::TimePoint now) {
  if (state_ != State::unbinding || !leave_deadline_) return;
  const bool late = now >= *leave_deadline_;
  if (!incoming_.empty() && !late) return;
  if (peer_unbinds_) {
    respond({Command::unbind, Status::ok, *peer_unbinds_}, Status::ok);
    return close("the peer has unbound");
  }
  if (messages_out_ > 0 && !late) return;
  leave_deadline_.reset();
  base::ensure(request(Command::unbind, Empty{}, 0, now) || state_ == State::closed,
               "an unbind can be encoded");
}

}  // namespace msggw::smpp
