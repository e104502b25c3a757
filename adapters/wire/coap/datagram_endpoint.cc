// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/datagram_endpoint.h"

#include <limits>
#include <utility>

#include "adapters/wire/coap/option_values.h"
#include "adapters/wire/coap/socket.h"
#include "gateway/base/log.h"

namespace msggw::coap {

namespace {

void widen(int socket, const ServerOptions& options) {
  const std::size_t granted = set_buffers(socket, options.receive_buffer_octets);
  if (granted < options.receive_buffer_octets) {
    base::log::warn("coap_receive_buffer_small",
                    {{"wanted", options.receive_buffer_octets},
                     {"granted", granted},
                     {"remedy", "raise net.core.rmem_max, or bursts of datagrams are lost"}});
  }
}

/// Whose use of the allowance is known at a time, see base::RateBySource.
constexpr std::size_t kSources = 4'096;
constexpr std::size_t kProvenPeers = 16'384;
constexpr std::size_t kHeaderOctets = 4;
/// Of the layer, which cannot tell separate responses from what is sent unasked; send() can.
constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

std::uint32_t octets_of(const Datagram& datagram) {
  const WireMessage& message = datagram.message;
  return static_cast<std::uint32_t>(kHeaderOctets + message.token.size + message.rest.size());
}

OptionWriter options_of(const Response& response) {
  OptionWriter options;
  for_each_option(response, [&options](std::uint16_t number, std::string_view value) {
    options.add(number, value);
  });
  return options;
}

std::size_t octets_of(const Token& token, const OptionWriter& options, std::string_view payload) {
  return kHeaderOctets + token.size + options.octets().size() +
         (payload.empty() ? 0 : 1 + payload.size());
}

}  // namespace

DatagramEndpoint::DatagramEndpoint(const base::Context& context, const ServerOptions& options,
                                   ServerCounters& counters, EndpointEvents events)
    : options_(options),
      counters_(counters),
      events_(std::move(events)),
      io_(context.io),
      clock_(context.clock),
      handshake_log_(options.section + "." + options.port_option, context.clock),
      layer_({options.ack_timeout, options.max_retransmit, kUnlimited}, layer_events()),
      proportion_(options.amplified_octets_per_source, kSources),
      proven_(is_secure(options.transport) ? 1 : kProvenPeers),
      repetitions_(context.io, context.clock,
                   [this] {
                     layer_.repeat(clock_.now());
                     repetitions_.set(layer_.next_due());
                   }),
      session_tick_(context.io, context.clock, [this] {
        sessions_->tick(clock_.now());
        session_tick_.set(sessions_->next_tick(clock_.now()));
      }) {
  if (is_secure(options.transport)) sessions_.emplace(options_, session_events());
  take(place_of(options));
}

Place DatagramEndpoint::prepare(const ServerOptions& options) {
  return place_after(options_, socket_ ? socket_->native() : -1, options);
}

void DatagramEndpoint::take(Place place) {
  options_.take_changes(place.options);
  layer_.limit_to({options_.ack_timeout, options_.max_retransmit, kUnlimited});
  proportion_.limit_to(options_.amplified_octets_per_source);
  if (sessions_) sessions_->follow_options();
  if (place.is_other) move_to(std::move(place.socket));
  if (sessions_) sessions_->use(place.context);
}

/// What is under way goes on from the new socket; a peer that hears nothing of it is as one that
/// was lost, and ends as that.
void DatagramEndpoint::move_to(base::UniqueFd socket) {
  if (sessions_) sessions_->end_all();  // they say good-bye by the socket that they have
  socket_.reset();
  if (!socket) return;
  widen(socket.get(), options_);
  socket_.emplace(io_, std::move(socket), socket_events());
}

void DatagramEndpoint::transmit(const Peer& to, std::string_view octets) {
  if (socket_) return socket_->send(to, octets);
  counters_.unsent.Increment();
}

MessageLayer::Events DatagramEndpoint::layer_events() {
  MessageLayer::Events events;
  events.transmit = [this](const Peer& to, std::string_view octets) {
    if (sessions_) return sessions_->send(to, octets);
    transmit(to, octets);
  };
  events.may_repeat = [this](const Peer& to, std::size_t octets) {
    if (is_proven(to) || proportion_.allows_again(to, octets, clock_.now())) return true;
    counters_.shortened.Increment();
    return false;
  };
  events.message = [this](const Peer& from, const Datagram& datagram) { received(from, datagram); };
  events.ended = [this](const Peer& peer, const Token&, const MessageLayer::Subject& subject,
                        Ending how) { ended(peer, subject, how); };
  events.stray = [this](const Peer& from) { proven_.wrong(from, clock_.now()); };
  events.malformed = [this] { counters_.refused(Reason::malformed); };
  return events;
}

DatagramSocket::Events DatagramEndpoint::socket_events() {
  DatagramSocket::Events events;
  events.received = [this](const Peer& from, std::string_view octets) {
    if (!sessions_) return layer_.received(from, octets);
    sessions_->received(from, octets, clock_.now());
    session_tick_.set(sessions_->next_tick(clock_.now()));
  };
  events.unsent = [this] { counters_.unsent.Increment(); };
  events.failed = [](int) {};
  return events;
}

DatagramSessions::Events DatagramEndpoint::session_events() {
  DatagramSessions::Events events;
  events.transmit = [this](const Peer& to, std::string_view octets) { transmit(to, octets); };
  events.received = [this](const Peer& from, std::string_view octets) {
    layer_.received(from, octets);
  };
  events.sessions = [this](int change) { counters_.sessions.Increment(change); };
  events.handshakes = [this](int change) { counters_.handshakes.Increment(change); };
  events.handshake_failed = [this](const Peer& peer, const tls::Problem& problem) {
    counters_.handshake_failed(problem.failure);
    handshake_log_.write(to_text(peer), problem);
  };
  events.revoked = [this](const Peer& peer) {
    counters_.revoked.Increment();
    handshake_log_.write_revoked(to_text(peer));
  };
  events.lapsed = [this](const Peer& peer, Lapse why) {
    counters_.lapsed(why);
    handshake_log_.write_lapsed(to_text(peer), why);
  };
  events.gave_way = [this](bool is_own) {
    (is_own ? counters_.gave_way_own : counters_.gave_way).Increment();
  };
  events.turned_away = [this] { counters_.refused(Reason::too_many_connections); };
  return events;
}

void DatagramEndpoint::received(const Peer& from, const Datagram& datagram) {
  RequestReader reader;
  const bool is_request = datagram.message.code >> 5 == 0;
  if (!is_request) return received_answer(from, datagram);
  if (!reader.read(datagram.message)) return layer_.reject(from, datagram);
  Request& request = reader.request;
  request.confirmable = datagram.type == MessageType::confirmable;
  request.mid = datagram.mid;
  request.peer = from;
  if (sessions_) request.identity = sessions_->identity_of(from);
  request.content = datagram.message.rest;
  if (!sessions_ && !proportion_.is_proof(from, request.echo, clock_.now()))
    request.unproved_octets = octets_of(datagram);
  else if (!request.echo.empty())
    proven_.add(from, clock_.now());
  Response response;
  const MessageId id{from, datagram.mid,           datagram.message.token, request.method,
                     0,    request.unproved_octets};
  const auto as = request.confirmable ? MessageType::acknowledgement : MessageType::non_confirmable;
  switch (events_.request(request, response)) {
    case Handling::answer: return send(id, as, response);
    case Handling::acknowledge: return layer_.acknowledge(from, datagram.mid);
    case Handling::reset: return layer_.reset(from, datagram.mid);
    case Handling::keep_silent:
    case Handling::wait: return;
  }
}

void DatagramEndpoint::send(const MessageId& to, MessageType type, const Response& response) {
  if (type == MessageType::reset) return layer_.reset(to.peer, to.mid);
  if (response.code == Code::empty) return layer_.acknowledge(to.peer, to.mid);
  const OptionWriter options = options_of(response);
  if (to.unproved_octets > 0) {
    const std::size_t octets = octets_of(to.token, options, response.payload);
    const bool fits = response.code == Code::not_found || !to.on_account
                          ? Proportion::is_fair(to.peer, to.unproved_octets, octets)
                          : proportion_.allows(to.peer, to.unproved_octets, octets, clock_.now());
    if (!fits) return send_short(to, type, response);
  }
  const auto code = static_cast<std::uint8_t>(response.code);
  if (type == MessageType::acknowledgement)
    return layer_.answer(to.peer, to.mid, code, to.token, options.octets(), response.payload);
  const bool has_room = layer_.unacknowledged() - unasked_ < options_.max_separate_responses;
  layer_.send(to.peer, type == MessageType::confirmable && has_room, code, to.token,
              options.octets(), response.payload, clock_.now());
  repetitions_.set(layer_.next_due());
}

std::uint16_t DatagramEndpoint::notify(const Observer& to, std::uint64_t subject,
                                       const Response& response) {
  return send_unasked(to.peer, static_cast<std::uint8_t>(response.code), to.token,
                      options_of(response), response.payload,
                      {static_cast<std::uint8_t>(Unasked::notification), subject});
}

/// Soon again, since others wait for its answer, and libcoap's client answers none in the first
/// quarter of its first second; but not before the second that RFC 8085 3.1.1 asks for.
std::uint16_t DatagramEndpoint::ping(const Peer& to, std::uint64_t subject) {
  return send_unasked(to, 0, {}, {}, {}, {static_cast<std::uint8_t>(Unasked::ping), subject},
                      options_.ack_timeout / 2);
}

std::uint16_t DatagramEndpoint::ask(const Peer& to, const Token& token, const RequestPart& part,
                                    std::uint64_t subject) {
  OptionWriter options;
  for_each_option(part, [&options](std::uint16_t number, std::string_view value) {
    options.add(number, value);
  });
  return send_unasked(to, static_cast<std::uint8_t>(part.method), token, options, part.payload,
                      {static_cast<std::uint8_t>(Unasked::request), subject});
}

std::uint16_t DatagramEndpoint::send_unasked(const Peer& to, std::uint8_t code, const Token& token,
                                             const OptionWriter& options, std::string_view payload,
                                             const MessageLayer::About& about,
                                             std::optional<base::Duration> ack_timeout) {
  ++unasked_;
  const std::uint16_t mid = layer_.send(to, true, code, token, options.octets(), payload,
                                        clock_.now(), about, ack_timeout);
  repetitions_.set(layer_.next_due());
  return mid;
}

void DatagramEndpoint::forget(const Peer& to, std::uint16_t mid) {
  if (layer_.forget(to, mid)) --unasked_;
}

/// Whoever makes anything of it has got it, so he is there, if he has not guessed.
void DatagramEndpoint::ended(const Peer& peer, const MessageLayer::Subject& subject, Ending how) {
  if (!subject) return;
  --unasked_;
  const base::TimePoint now = clock_.now();
  if (how != Ending::timed_out && !proven_.may_guess(peer, now)) proven_.add(peer, now);
  events_.ended(static_cast<Unasked>(subject->kind), subject->number, peer, how);
}

void DatagramEndpoint::received_answer(const Peer& from, const Datagram& datagram) {
  const Token token = datagram.message.token;
  const auto asked = events_.asked_by(from, token);
  if (!asked) return layer_.reject(from, datagram);
  AnswerPart answer = read_answer(datagram.message, false);
  // Malformed, or with a critical option that is unknown (RFC 7252 4.2, 5.4.1).
  if (answer.malformed || answer.options.bad_option) {
    layer_.reject(from, datagram);
  } else if (datagram.type == MessageType::confirmable) {
    layer_.acknowledge(from, datagram.mid);
  }
  layer_.conclude(from, *asked);  // its ACK was lost, or comes behind
  events_.answered(token, std::move(answer));
}

bool DatagramEndpoint::is_proven(const Peer& peer) const {
  return sessions_ || !proportion_.is_limited() || proven_.holds(peer, clock_.now());
}

bool DatagramEndpoint::is_fair(const MessageId& to, const Response& response) const {
  return to.unproved_octets == 0 || is_proven(to.peer) ||
         Proportion::is_fair(to.peer, to.unproved_octets,
                             octets_of(to.token, options_of(response), response.payload));
}

void DatagramEndpoint::send_short(const MessageId& to, MessageType type, const Response& response) {
  counters_.shortened.Increment();
  Response answer = proportion_.short_of(to.peer, response, clock_.now());
  // Nothing more is to be had with an Echo where there is nothing.
  if (response.code == Code::not_found) answer.echo.clear();
  MessageId as_sent = to;
  as_sent.unproved_octets = 0;
  send(as_sent, type, answer);
}

}  // namespace msggw::coap
