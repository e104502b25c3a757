// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/session.h"

#include <utility>

#include "tests/sim/smsc/printable.h"

namespace msggw::smsc {
namespace {

const char* word_of(Session::State state) {
  switch (state) {
    case Session::State::open: return "open";
    case Session::State::transmitter: return "transmitter";
    case Session::State::receiver: return "receiver";
    case Session::State::transceiver: return "transceiver";
    case Session::State::unbinding: return "unbinding";
    case Session::State::over: return "over";
  }
  return "?";
}

Session::State state_after(std::uint32_t bind) {
  if (bind == number_of(Command::bind_transmitter)) return Session::State::transmitter;
  if (bind == number_of(Command::bind_receiver)) return Session::State::receiver;
  return Session::State::transceiver;
}

}  // namespace

Session::Session(Centre& centre, std::string peer, std::function<void()> wake)
    : centre_(centre),
      peer_(std::move(peer)),
      wake_(std::move(wake)),
      number_(centre.add(*this)),
      opened_(centre.now()),
      heard_(centre.now()),
      since_(centre.wall()) {}

Session::~Session() {
  lose();
  centre_.remove(*this);
}

void Session::lose() {
  state_ = State::over;
  centre_.remove_receiver(*this);
  for (const auto& [sequence, in_flight] : std::exchange(in_flight_, {})) {
    ++centre_.counters().cut_off;
    centre_.unanswered(*account_, in_flight.delivery);
  }
}

void Session::end() {
  lose();
  wake_();
}

void Session::wake() {
  if (output_.empty()) wake_();
}

std::uint32_t Session::next_sequence() {
  sequence_ = sequence_ == kLastSequence ? 1 : sequence_ + 1;
  return sequence_;
}

Journal::Entry* Session::note(bool in, std::uint32_t command, Status status,
                              std::uint32_t sequence) {
  Journal& journal = centre_.journal();
  if (!journal.on()) return nullptr;
  Journal::Entry& entry = journal.next();
  entry.at = centre_.wall().time_since_epoch().count();
  entry.link = number_;
  entry.in = in;
  entry.command = command;
  entry.status = status;
  entry.sequence = sequence;
  if (account_ != nullptr) entry.account = account_->name;
  return &entry;
}

std::size_t Session::receive(std::string_view octets) {
  std::size_t taken = 0;
  heard_ = centre_.now();
  while (!is_over() && !silent_ && octets.size() - taken >= 4) {
    const std::string_view rest = octets.substr(taken);
    if (rest.size() < kHeaderOctets) {
      // The length alone can already say that nothing good will come.
      const std::string start = std::string(rest.substr(0, 4)) + std::string(12, '\0');
      const Header header = read_header(start);
      if (header.length < kHeaderOctets || header.length > kMostPduOctets) reject_frame(header);
      break;
    }
    const Header header = read_header(rest);
    if (header.length < kHeaderOctets || header.length > kMostPduOctets) {
      reject_frame(header);
      break;
    }
    if (header.length > rest.size()) break;
    taken += header.length;
    handle(header, rest.substr(kHeaderOctets, header.length - kHeaderOctets));
  }
  return is_over() ? octets.size() : taken;
}

/// Where the next PDU begins is not known after such a length.
void Session::reject_frame(const Header& header) {
  ++centre_.counters().malformed;
  note(true, header.command, header.status, header.sequence);
  send_bare(number_of(Command::generic_nack), status::bad_command_length, header.sequence);
  end();
}

void Session::handle(const Header& header, std::string_view body) {
  if ((header.command & kResponse) != 0) {
    handle_response(header);
  } else {
    handle_request(header, body);
  }
}

void Session::handle_request(const Header& header, std::string_view body) {
  switch (static_cast<Command>(header.command)) {
    case Command::submit_sm:
    case Command::data_sm: handle_submit(header, body); return;
    case Command::bind_receiver:
    case Command::bind_transmitter:
    case Command::bind_transceiver: handle_bind(header, body); return;
    default: break;
  }
  note(true, header.command, header.status, header.sequence);
  switch (static_cast<Command>(header.command)) {
    case Command::enquire_link:
      ++centre_.counters().enquiries_received;
      send_bare(response_to(Command::enquire_link), status::ok, header.sequence);
      return;
    case Command::unbind:
      if (account_ != nullptr && centre_.crosses()) centre_.pump();
      leaving_ = header.sequence;
      if (account_ != nullptr) centre_.remove_receiver(*this);
      state_ = State::unbinding;
      leave();
      return;
    case Command::query_sm:
    case Command::cancel_sm:
    case Command::replace_sm:
    case Command::submit_multi:
      ++centre_.counters().unknown_commands;
      send_bare(header.command | kResponse, status::bad_command_id, header.sequence);
      return;
    default:
      ++centre_.counters().unknown_commands;
      send_bare(number_of(Command::generic_nack), status::bad_command_id, header.sequence);
      return;
  }
}

void Session::handle_bind(const Header& header, std::string_view body) {
  Bind bind;
  Status status = parse_bind(body, bind);
  if (status == status::ok && state_ != State::open) status = status::already_bound;
  Account* account = nullptr;
  if (status == status::ok) status = centre_.bind(bind, account);
  if (status == status::ok) account_ = account;
  note(true, header.command, header.status, header.sequence);
  const std::uint32_t command = header.command | kResponse;
  if (status != status::ok) {
    ++centre_.counters().binds_refused;
    send_bare(command, status, header.sequence);
    return;
  }
  ++centre_.counters().binds;
  state_ = state_after(header.command);
  const bool crosses = centre_.crosses();
  if (crosses) {
    centre_.bound(*this);
    centre_.pump();
  }
  wake();
  Writer(output_).bound(command, header.sequence, centre_.behaviour().system_id,
                        bind.version >= 0x34);
  note(false, command, status, header.sequence);
  if (!crosses) centre_.bound(*this);
}

void Session::leave() {
  if (!leaving_ || !in_flight_.empty()) return;
  send_bare(response_to(Command::unbind), status::ok, *leaving_);
  end();
}

void Session::handle_submit(const Header& header, std::string_view body) {
  Sm sm;
  Status status = status::bad_bind_state;
  if (may_submit()) {
    status = header.command == number_of(Command::submit_sm) ? parse_sm(body, sm)
                                                             : parse_data_sm(body, sm);
    if (status != status::ok) ++centre_.counters().malformed;
  }
  Journal::Entry* const entry = note(true, header.command, header.status, header.sequence);
  if (status != status::ok) {
    centre_.counters().submitted(status);
    send_bare(header.command | kResponse, status, header.sequence);
    return;
  }
  if (entry != nullptr) entry->set(sm);
  ++submits_;
  centre_.submit(*this, header, sm);
}

void Session::handle_response(const Header& header) {
  note(true, header.command, header.status, header.sequence);
  if (header.command == response_to(Command::enquire_link)) {
    enquired_.reset();
    return;
  }
  if (header.command == response_to(Command::unbind)) {
    if (unbound_) end();
    return;
  }
  const bool fits = header.command == response_to(Command::deliver_sm) ||
                    header.command == number_of(Command::generic_nack);
  const auto found = fits ? in_flight_.find(header.sequence) : in_flight_.end();
  if (found == in_flight_.end()) {
    ++centre_.counters().unknown_responses;
    return;
  }
  const InFlight in_flight = found->second;
  in_flight_.erase(found);
  centre_.answered(*account_, in_flight.delivery, in_flight.sent, header.status);
  leave();
}

bool Session::has_room() const {
  return receives() && !silent_ && in_flight_.size() < centre_.behaviour().window &&
         output_.size() < kMostOutput;
}

void Session::deliver(const Delivery& delivery) {
  const std::uint32_t sequence = next_sequence();
  Sm sm;
  centre_.compose(delivery, sm);
  wake();
  Writer(output_).sm(Command::deliver_sm, sequence, sm);
  in_flight_.emplace(sequence, InFlight{delivery, centre_.now()});
  ++deliveries_;
  if (auto* const entry = note(false, number_of(Command::deliver_sm), status::ok, sequence)) {
    entry->set(sm);
  }
  centre_.sent(delivery);
}

void Session::respond(std::uint32_t command, Status status, std::uint32_t sequence,
                      std::string_view id) {
  if (silent_) return;
  wake();
  Writer(output_).with_id(command, status, sequence, id);
  if (auto* const entry = note(false, command, status, sequence)) entry->message_id = id;
}

void Session::send_bare(std::uint32_t command, Status status, std::uint32_t sequence) {
  if (silent_) return;
  wake();
  Writer(output_).bare(command, status, sequence);
  note(false, command, status, sequence);
}

void Session::write_raw(std::string_view octets) {
  if (silent_ || output_.size() + octets.size() > kMostOutput) return;
  wake();
  output_.append(octets);
}

void Session::enquire() {
  ++centre_.counters().enquiries_sent;
  if (!enquired_) enquired_ = centre_.now();
  send_bare(number_of(Command::enquire_link), status::ok, next_sequence());
}

void Session::unbind() {
  if (account_ == nullptr) {
    end();
    return;
  }
  if (unbound_) return;
  unbound_ = centre_.now();
  send_bare(number_of(Command::unbind), status::ok, next_sequence());
  centre_.remove_receiver(*this);
  state_ = State::unbinding;
}

void Session::check_times() {
  if (is_over()) return;
  const Behaviour& b = centre_.behaviour();
  const Instant now = centre_.now();
  const auto past = [now](Instant since, Span limit) { return now - since > limit; };
  erase_if(in_flight_, [&](const auto& entry) {
    if (!past(entry.second.sent, b.answer_within)) return false;
    ++centre_.counters().unanswered;
    centre_.unanswered(*account_, entry.second.delivery);
    return true;
  });
  if (silent_) return;
  leave();
  if (is_over()) return;
  if ((state_ == State::open && past(opened_, b.bind_within)) ||
      (enquired_ && past(*enquired_, b.answer_within)) ||
      (unbound_ && past(*unbound_, b.answer_within))) {
    end();
    return;
  }
  if (b.enquire.count() > 0 && !enquired_ && state_ != State::open && past(heard_, b.enquire)) {
    enquire();
  }
}

boost::json::object Session::show() const {
  return {{"link", number_},
          {"peer", peer_},
          {"account", json_text(account_ == nullptr ? "" : account_->name)},
          {"mode", word_of(state_)},
          {"silent", silent_},
          {"since", since_.time_since_epoch().count()},
          {"inFlight", in_flight_.size()},
          {"submits", submits_},
          {"deliveries", deliveries_}};
}

}  // namespace msggw::smsc
