// SPDX-License-Identifier: Apache-2.0
// What a session makes of the octets that come in.
#include <algorithm>
#include <utility>

#include "adapters/sms/smpp/session.h"

namespace msggw::smpp {

void Session::received(std::string_view octets, base::TimePoint now) {
  while (state_ != State::closed) {
    const Framer::Step step = framer_.next(octets);
    if (step.status == Framer::Status::whole) {
      take_pdu(step.pdu, now);
    } else if (step.status == Framer::Status::lost) {
      ++counters_.faults;
      respond({Command::generic_nack, Status::ok, 0}, Status::invalid_command_length);
      return fail("the stream cannot be followed");
    } else {
      return;
    }
  }
}

void Session::take_pdu(std::string_view octets, base::TimePoint now) {
  ++counters_.pdus_in;
  Decoded decoded = decode(octets);
  if (!decoded) return take_fault(decoded.error());
  heard_ = now;
  if (decoded->flaw != Status::ok) {
    ++counters_.flaws;
    tell_malformed(decoded->header, decoded->flaw, true);
  }
  if (is_response(decoded->header.command))
    take_response(std::move(*decoded), now);
  else
    take_request(std::move(*decoded), now);
}

void Session::take_fault(const Fault& fault) {
  ++counters_.faults;
  tell_malformed(fault.header, fault.status, false);
  switch (fault.answer) {
    case Fault::Answer::generic_nack:
      return respond({Command::generic_nack, Status::ok, fault.header.sequence}, fault.status);
    case Fault::Answer::response: return respond(fault.header, fault.status);
    case Fault::Answer::nothing: return;
  }
}

void Session::take_request(Pdu pdu, base::TimePoint now) {
  const Header& header = pdu.header;
  if (std::holds_alternative<Unread>(pdu.body)) {
    ++counters_.unsupported;
    if (is_known(response_to(header.command))) respond(header, Status::invalid_command);
    return;
  }
  if (header.command == Command::enquire_link) return respond(header, Status::ok);
  if (header.command != Command::unbind) return take_message(std::move(pdu));
  if (!is_bound() && state_ != State::unbinding) return respond(header, Status::invalid_bind_state);
  state_ = State::unbinding;
  peer_unbinds_ = header.sequence;
  if (!leave_deadline_) leave_deadline_ = now + options_.response_within;
  leave(now);
}

/// SMPP 3.4 table 2-1. Around the bind and the unbind the SMSC is not wrong, only early or late,
/// and many SMSCs take ESME_RINVBNDSTS for the last word on a message.
void Session::take_message(Pdu pdu) {
  const bool may_come =
      bound_as_ != State::bound_tx &&
      (pdu.header.command == Command::deliver_sm || pdu.header.command == Command::data_sm);
  const bool is_early = may_come && state_ == State::binding;
  if (may_come && state_ == State::unbinding)
    return respond(pdu.header, Status::temporary_application_error);
  if (!may_come || !(is_early || is_bound()))
    return respond(pdu.header, Status::invalid_bind_state);
  if (incoming_.size() >= options_.most_unanswered || early_.size() >= kMostEarly) {
    ++counters_.refused_overload;
    return respond(pdu.header, Status::queue_full);
  }
  if (is_early) return early_.push_back(std::move(pdu));
  incoming_.emplace(++token_, Incoming{pdu.header.sequence, pdu.header.command});
  emit(Event::Kind::request, token_, std::move(pdu));
}

void Session::take_response(Pdu pdu, base::TimePoint now) {
  // One that comes too late shows too that messages are answered.
  const Command answered = request_of(pdu.header.command);
  if (answered == Command::submit_sm || answered == Command::data_sm) timeouts_in_a_row_ = 0;
  const auto request = match(pdu.header);
  if (!request) {
    ++counters_.unknown_responses;
    return;
  }
  if (is_bind(request->command)) return take_bind_response(std::move(pdu));
  if (request->command == Command::unbind) return close("unbound");
  const Status status = pdu.header.status;
  if (request->command == Command::enquire_link) {
    enquiring_ = false;  // a generic_nack too shows that the peer is there
  } else {
    --messages_out_;
    timeouts_in_a_row_ = 0;
    emit(Event::Kind::answered, request->ticket, std::move(pdu));
  }
  if (class_of(status) == StatusClass::bind_refused && status != Status::already_bound)
    leave_unbound(status, now);
  leave(now);
}

void Session::leave_unbound(Status status, base::TimePoint now) {
  has_failed_ = true;
  if (leave_reason_.empty())
    leave_reason_ = "the SMSC no longer takes the bind: " + describe(status);
  unbind(now);
}

void Session::take_bind_response(Pdu pdu) {
  const bool good = pdu.header.status == Status::ok && pdu.header.command != Command::generic_nack;
  emit(good ? Event::Kind::bound : Event::Kind::bind_refused, 0, std::move(pdu));
  if (!good) return fail("the bind was refused");
  state_ = bound_as_;
  for (Pdu& message : std::exchange(early_, {})) take_message(std::move(message));
}

std::optional<Session::Outstanding> Session::match(const Header& header) {
  const auto at = std::ranges::find(outgoing_, header.sequence, &Outstanding::sequence);
  if (at == outgoing_.end()) return std::nullopt;
  if (header.command != Command::generic_nack && header.command != response_to(at->command))
    return std::nullopt;
  const Outstanding found = *at;
  outgoing_.erase(at);
  return found;
}

}  // namespace msggw::smpp
