// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/stream_endpoint.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "adapters/wire/coap/option_values.h"
#include "adapters/wire/coap/socket.h"
#include "gateway/base/log_name.h"

namespace msggw::coap {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

/// What a message may have beside the body of a request.
constexpr std::size_t kOptionOctets = 1'024;
/// ... and beside the payload of an answer.
constexpr std::uint32_t kAnswerOptions = 512;

/// How long a Pong is waited for: as an acknowledgement (MAX_TRANSMIT_WAIT, RFC 7252 4.8.2).
base::Duration pong_within(const ServerOptions& options) {
  return options.ack_timeout * ((2U << options.max_retransmit) - 1) * 3 / 2;
}

/// For want of descriptors, mostly; the connection stays in the kernel's queue meanwhile.
constexpr base::Duration kAcceptAgain{100};

Peer peer_of(const tcp::endpoint& endpoint) {
  return coap::peer_of(*static_cast<const sockaddr*>(endpoint.data()));
}

}  // namespace

StreamEndpoint::StreamEndpoint(const base::Context& context, const ServerOptions& options,
                               ServerCounters& counters, EndpointEvents events)
    : options_(options),
      counters_(counters),
      events_(std::move(events)),
      clock_(context.clock),
      handshake_log_(options.section + "." + options.port_option, context.clock),
      shares_(options.max_connections_per_source),
      acceptor_(context.io),
      retry_(context.io),
      pongs_(context.io, context.clock, [this] { end_notified(); }),
      standings_(context.io, context.clock, [this] { end_lapsed(); }) {
  take(place_of(options));
}

StreamEndpoint::~StreamEndpoint() {
  accepting_.reset();
  for (auto& [number, client] : clients_) client.connection->close();
  counters_.sessions.Decrement(static_cast<double>(clients_.size()));
}

Place StreamEndpoint::prepare(const ServerOptions& options) {
  return place_after(options_, acceptor_.is_open() ? acceptor_.native_handle() : -1, options);
}

void StreamEndpoint::take(Place place) {
  options_.take_changes(place.options);
  shares_.limit_to(options_.max_connections_per_source);
  context_ = std::move(place.context);
  if (place.is_other) move_to(std::move(place.socket));
  if (context_) end_revoked();
}

void StreamEndpoint::move_to(base::UniqueFd socket) {
  ErrorCode ignored;
  acceptor_.close(ignored);
  retry_.cancel();
  accepting_.reset();
  port_ = 0;
  release_all();
  if (!socket) return;
  port_ = local_port(socket.get());
  acceptor_.assign(options_.address.is_v6() ? tcp::v6() : tcp::v4(), socket.release());
  accepting_ = std::make_shared<bool>(true);
  accept();
}

/// What they have asked is answered, for a while.
void StreamEndpoint::release_all() {
  std::vector<std::uint64_t> all;
  for (const auto& [number, client] : clients_) all.push_back(number);
  for (const std::uint64_t number : all) {
    const auto found = clients_.find(number);
    if (found == clients_.end()) continue;
    const auto connection = found->second.connection;
    if (connection->is_ready())
      connection->release();
    else
      ended(number, {{base::Errc::unavailable, "the listener has gone"}, {}});
  }
}

void StreamEndpoint::end_revoked() {
  std::vector<std::uint64_t> revoked;
  for (const auto& [number, client] : clients_) {
    if (client.connection->is_ready() && tls::revokes(context_, client.connection->tls()))
      revoked.push_back(number);
  }
  for (const std::uint64_t number : revoked) {
    counters_.revoked.Increment();
    handshake_log_.write_revoked(to_text(clients_.find(number)->second.peer));
    ended(number, {{base::Errc::unavailable, "its certificate is revoked"}, {}});
  }
}

/// Those whose turn it is, if what they stood on has ended.
void StreamEndpoint::end_lapsed() {
  const base::TimePoint now = clock_.now();
  for (const std::uint64_t number : rounds_.take(now)) {
    Client& client = clients_.find(number)->second;
    const auto lapse = client.standing.look(options_.security, client.identity, now);
    if (!lapse) continue;
    counters_.lapsed(*lapse);
    handshake_log_.write_lapsed(to_text(client.peer), *lapse);
    ended(number, {{base::Errc::unavailable, "what it stood on has ended"}, {}});
  }
  standings_.set(rounds_.next());
}

void StreamEndpoint::accept() {
  acceptor_.async_accept(
      [this, alive = std::weak_ptr(accepting_)](const ErrorCode& error, tcp::socket socket) {
        if (alive.expired()) return;
        if (!error) {
          accepted(std::move(socket));
          return accept();
        }
        if (log_limit_.pass(clock_.now()))
          base::log::warn("coap_accept_failed", {{"listener", options_.section},
                                                 {"reason", error.message()},
                                                 {"suppressed", log_limit_.take_suppressed()}});
        retry_.expires_after(kAcceptAgain);
        retry_.async_wait([this, alive](const ErrorCode& cancelled) {
          if (!cancelled && !alive.expired()) accept();
        });
      });
}

void StreamEndpoint::accepted(tcp::socket socket) {
  ErrorCode error;
  const tcp::endpoint from = socket.remote_endpoint(error);
  if (error) return;
  const Peer peer = peer_of(from);
  if (clients_.size() >= options_.max_connections || !shares_.enter(source_of(peer)))
    return counters_.refused(Reason::too_many_connections);  // closes it
  const std::uint64_t number = ++last_number_;
  const StreamConnection::Limits limits{options_.max_body_octets + kOptionOctets,
                                        options_.max_unsent_octets, options_.handshake_timeout,
                                        options_.session_timeout};
  StreamConnection::Events events;
  events.ready = [this, number] { ready(number); };
  events.message = [this, number](const WireMessage& message) { received(number, message); };
  events.pong = [this, number] { ponged(number); };
  events.leaving = [this, number] { leaving(number); };
  events.ended = [this, number](const StreamConnection::End& end) { ended(number, end); };
  auto connection =
      std::make_shared<StreamConnection>(std::move(socket), limits, std::move(events));
  auto psk = std::make_shared<tls::PskLookup>();
  psk->find = &options_.security.psk_key;
  psk->hides_unknown = options_.security.hides_unknown_psk;
  Client client{connection, peer, {}, {}, psk};
  client.peer.session = number;
  clients_.emplace(number, std::move(client));
  counters_.sessions.Increment();
  ssl_st* secure = nullptr;
  if (context_) {
    secure = tls::accept_with(context_);
    if (options_.security.psk_key) tls::use_psk_as_server(secure, *psk);
  }
  connection->begin(secure, tls::Side::server, psk);
}

void StreamEndpoint::ready(std::uint64_t number) {
  Client& client = clients_.find(number)->second;
  if (!context_ || tls::revokes(context_, client.connection->tls())) return;
  client.identity = identity_of(client.connection->tls(), *client.psk);
  client.standing = Standing(options_.security, client.identity, client.connection->tls());
  client.round_place = rounds_.add(number, clock_.now());
  standings_.set(rounds_.next());
  if (client.identity.kind != Identity::Kind::none) take_room(number, client);
}

void StreamEndpoint::take_room(std::uint64_t number, Client& client) {
  const std::string owner = owner_of(client.identity, client.peer);
  const std::size_t most = options_.max_sessions_per_identity;
  if (most != 0 && owners_.count(owner) >= most) {
    counters_.gave_way_own.Increment();
    ended(std::uint64_t{owners_.first(owner)},
          {{base::Errc::unavailable, "its identity has too many connections"}, {}});
  }
  client.own_place = owners_.add(owner, number);
}

void StreamEndpoint::received(std::uint64_t number, const WireMessage& message) {
  Client& client = clients_.find(number)->second;
  const auto connection = client.connection;
  owners_.heard(client.own_place);
  RequestReader reader;
  const bool readable = reader.read(message);
  if (!readable || message.code >> 5 != 0) {
    counters_.refused(Reason::malformed);
    // Responses to nobody are silently ignored (RFC 7252 4.3).
    if (!readable) connection->abort(base::Errc::malformed, "options that cannot be read");
    return;
  }
  Request& request = reader.request;
  request.reliable = true;
  request.peer = client.peer;
  request.identity = context_ ? &client.identity : nullptr;
  request.answer_octets = connection->peer_message_octets() - kAnswerOptions;
  Response response;
  switch (events_.request(request, response)) {
    case Handling::answer: return reply(*connection, message.token, response);
    case Handling::acknowledge:
    case Handling::keep_silent: return;
    case Handling::wait: ++client.open; return;
    case Handling::reset: return ended(number, {{base::Errc::unavailable, "reset"}, {}});
  }
}

void StreamEndpoint::send(const MessageId& to, MessageType type, const Response& response) {
  const auto found = clients_.find(to.peer.session);
  if (found == clients_.end()) return;
  if (type == MessageType::reset)
    return ended(to.peer.session, {{base::Errc::unavailable, "reset"}, {}});
  Client& client = found->second;
  if (response.code != Code::empty) reply(*client.connection, to.token, response);
  if (client.open > 0) --client.open;
  if (client.open == 0 && client.leaving) client.connection->finish();
}

std::uint16_t StreamEndpoint::notify(const Observer& to, std::uint64_t subject,
                                     const Response& what) {
  const Notified notified{++last_mid_, subject, clock_.now() + pong_within(options_)};
  const auto found = clients_.find(to.peer.session);
  if (found == clients_.end() || found->second.notified.size() >= kMostUnanswered) {
    to_nobody_.emplace_back(to.peer, notified);
    pongs_.set(clock_.now());
    return notified.mid;
  }
  Client& client = found->second;
  if (!std::exchange(client.is_due, true)) dues_.emplace(notified.pong_by, found->first);
  client.notified.push_back(notified);
  if (to_nobody_.empty()) pongs_.set(dues_.begin()->first);
  reply(*client.connection, to.token, what);
  client.connection->ping();
  return notified.mid;
}

void StreamEndpoint::end_observation(const Observer& to, const Response& response) {
  const auto found = clients_.find(to.peer.session);
  if (found != clients_.end()) reply(*found->second.connection, to.token, response);
}

void StreamEndpoint::forget(const Peer& peer, std::uint16_t mid) {
  std::erase_if(to_nobody_, [mid](const auto& one) { return one.second.mid == mid; });
  const auto found = clients_.find(peer.session);
  if (found == clients_.end()) return;
  for (Notified& one : found->second.notified) {
    if (one.mid == mid) one.is_told = false;
  }
}

void StreamEndpoint::ponged(std::uint64_t number) {
  Client& client = clients_.find(number)->second;
  if (client.notified.empty()) return;
  const Notified one = client.notified.front();
  client.notified.pop_front();
  const Peer peer = client.peer;
  if (one.is_told) events_.ended(Unasked::notification, one.subject, peer, Ending::acknowledged);
}

/// A peer that answers no Ping is as good as gone.
void StreamEndpoint::end_notified() {
  for (const auto& [peer, one] : std::exchange(to_nobody_, {}))
    events_.ended(Unasked::notification, one.subject, peer, Ending::timed_out);
  while (!dues_.empty() && dues_.begin()->first <= clock_.now()) {
    const std::uint64_t number = dues_.extract(dues_.begin()).mapped();
    const auto found = clients_.find(number);
    if (found == clients_.end()) continue;
    Client& client = found->second;
    client.is_due = !client.notified.empty();
    if (!client.is_due) continue;
    const base::TimePoint pong_by = client.notified.front().pong_by;
    if (pong_by <= clock_.now())
      ended(number, {{base::Errc::unavailable, "a Ping was not answered"}, {}});
    else
      dues_.emplace(pong_by, number);
  }
  if (!dues_.empty()) pongs_.set(dues_.begin()->first);
}

void StreamEndpoint::leaving(std::uint64_t number) {
  Client& client = clients_.find(number)->second;
  client.leaving = true;
  if (client.open == 0) client.connection->finish();
}

void StreamEndpoint::reply(StreamConnection& connection, const Token& token,
                           const Response& response) {
  OptionWriter options;
  for_each_option(response, [&options](std::uint16_t number, std::string_view value) {
    options.add(number, value);
  });
  connection.send(static_cast<std::uint8_t>(response.code), token.view(), options.octets(),
                  response.payload);
}

void StreamEndpoint::ended(std::uint64_t number, const StreamConnection::End& end) {
  const auto found = clients_.find(number);
  if (found == clients_.end()) return;
  Client client = std::move(found->second);
  clients_.erase(found);
  rounds_.remove(client.round_place);
  shares_.leave(source_of(client.peer));
  owners_.remove(client.own_place);
  client.connection->close();
  counters_.sessions.Decrement();
  tell_ended(client);
  if (end.error.code != base::Errc::unavailable) counters_.refused(Reason::malformed);
  if (!end.handshake || !context_) return;
  tls::Problem problem = *end.handshake;
  if (client.psk->unknown)
    problem = {tls::Failure::unknown_psk_identity,
               "unknown PSK identity " + base::log::name_in_event(client.psk->identity)};
  counters_.handshake_failed(problem.failure);
  handshake_log_.write(to_text(client.peer), problem);
}

void StreamEndpoint::tell_ended(const Client& client) {
  for (const Notified& one : client.notified) {
    if (one.is_told)
      events_.ended(Unasked::notification, one.subject, client.peer, Ending::timed_out);
  }
}

}  // namespace msggw::coap
