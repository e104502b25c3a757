// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/datagram_sessions.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "adapters/wire/coap/security.h"
#include "gateway/base/log_name.h"

namespace msggw::coap {

namespace {

using State = tls::DatagramSession::State;

/// How often handshakes are looked after: OpenSSL's first repetition is due after a second.
constexpr base::Duration kHandshakeTick{100};

/// What a peer with a wrong key sends is dropped like noise (RFC 6347 4.1.2.7), so that it looks as
/// if the peer were lost.
tls::Problem problem_of_silence(const std::string& psk_identity) {
  if (psk_identity.empty())
    return {tls::Failure::timeout, "no end of the handshake: the peer is lost"};
  return {tls::Failure::wrong_psk_key, "no proof of the key of PSK identity " +
                                           base::log::name_in_event(psk_identity) +
                                           ": it has another, or is lost"};
}

}  // namespace

DatagramSessions::DatagramSessions(const ServerOptions& options, Events events)
    : options_(options),
      events_(std::move(events)),
      last_number_(first_of_server(options.number)),
      shares_(options.max_handshakes_per_source),
      sessions_(0, Hash{base::random_hash_key()}) {}

DatagramSessions::~DatagramSessions() {
  end_all();
}

void DatagramSessions::end_all() {
  while (!sessions_.empty()) drop(sessions_.begin());
}

void DatagramSessions::use(const tls::Context& context) {
  context_ = context;
  for (auto next = established_.begin(); next != established_.end();) {
    const auto at = sessions_.find(*next++);
    if (!tls::revokes(context_, at->second.dtls->connection())) continue;
    const Peer peer = at->first;
    drop(at);
    events_.revoked(peer);
  }
}

void DatagramSessions::received(const Peer& from, std::string_view datagram, base::TimePoint now) {
  const auto at = sessions_.find(from);
  const bool hello = tls::is_client_hello(datagram);
  // A repeated hello is the session's own affair; another one is another handshake.
  if (hello && (at == sessions_.end() || !tls::began(datagram, *at->second.dtls)))
    return meet(from, datagram, now);
  if (at == sessions_.end()) return;
  Session& session = at->second;
  if (session.is_established) {
    session.heard = now;
    established_.splice(established_.end(), established_, session.place);
    owners_.heard(session.own_place);
  }
  Peer peer = from;
  peer.session = session.number;
  session.dtls->received(datagram, [&](std::string_view data) {
    if (!session.is_established) settle(at, now);
    events_.received(peer, data);
  });
  judge(at, now);
}

void DatagramSessions::meet(const Peer& from, std::string_view hello, base::TimePoint now) {
  auto dtls = listener_.listen(
      context_, to_text(from), hello,
      [this, from](std::string_view datagram) { events_.transmit(from, datagram); });
  if (!dtls) return;
  // Only now it is known who is meant by the address.
  if (!shares_.enter(source_of(from))) return events_.turned_away();
  if (const auto old = sessions_.find(from); old != sessions_.end()) {
    if (old->second.is_established) {
      old->second.dtls->abandon();
      drop(old);
    } else {
      fail(old, {tls::Failure::closed, "the peer has begun another handshake"});
    }
  }
  // An honest one has mostly ended long before it is the oldest of so many.
  if (handshakes_.size() >= std::max<std::size_t>(options_.max_handshakes, 1)) {
    events_.turned_away();
    fail(sessions_.find(handshakes_.front()),
         {tls::Failure::timeout, "no end of the handshake, and too many others have begun"});
  }
  handshakes_.push_back(from);
  events_.handshakes(+1);
  const auto at = sessions_.try_emplace(from).first;
  Session& session = at->second;
  session.number = ++last_number_;
  session.dtls = std::move(dtls);
  session.heard = now;
  session.place = std::prev(handshakes_.end());
  session.psk.find = &options_.security.psk_key;
  session.psk.hides_unknown = options_.security.hides_unknown_psk;
  if (options_.security.psk_key) tls::use_psk_as_server(session.dtls->connection(), session.psk);
  events_.sessions(+1);
  session.dtls->begin();
  judge(at, now);
}

/// After a step of a session: what has become of it.
void DatagramSessions::judge(Sessions::iterator at, base::TimePoint now) {
  Session& session = at->second;
  switch (session.dtls->state()) {
    case State::handshake: return;
    case State::established:
      if (!session.is_established) settle(at, now);
      return;
    case State::ended:
      if (session.is_established) return drop(at);
      return fail(at, session.dtls->problem());
  }
}

/// The handshake has succeeded.
void DatagramSessions::settle(Sessions::iterator at, base::TimePoint now) {
  Session& session = at->second;
  session.is_established = true;
  // Since the handshake began there may be another CRL.
  if (!tls::revokes(context_, session.dtls->connection()))
    session.identity = coap::identity_of(session.dtls->connection(), session.psk);
  session.standing = Standing(options_.security, session.identity, session.dtls->connection());
  session.round_place = rounds_.add(at->first, now);
  established_.splice(established_.end(), handshakes_, session.place);
  shares_.leave(source_of(at->first));
  events_.handshakes(-1);
  make_room(at);
}

/// For a session that has been established just now.
void DatagramSessions::make_room(Sessions::iterator at) {
  Session& session = at->second;
  const std::size_t most = std::max<std::size_t>(options_.max_idle_sessions, 1);
  const std::string owner = owner_of(session.identity, at->first);
  const bool is_known = session.identity.kind != Identity::Kind::none;
  const std::size_t half = std::max<std::size_t>(most / 2, 1);
  const std::size_t most_own = is_known ? std::min(options_.max_sessions_per_identity, half) : half;
  if (most_own != 0 && owners_.count(owner) >= most_own) {
    drop(sessions_.find(Peer(owners_.first(owner))));
    events_.gave_way(true);
  }
  session.own_place = owners_.add(owner, at->first);
  if (established_.size() <= most) return;
  drop(sessions_.find(established_.front()));
  events_.gave_way(false);
}

void DatagramSessions::fail(Sessions::iterator at, tls::Problem problem) {
  const tls::PskLookup& psk = at->second.psk;
  if (psk.unknown)
    problem = {tls::Failure::unknown_psk_identity,
               "unknown PSK identity " + base::log::name_in_event(psk.identity)};
  const Peer peer = at->first;
  drop(at);
  events_.handshake_failed(peer, problem);
}

void DatagramSessions::drop(Sessions::iterator at) {
  if (!at->second.is_established) {
    shares_.leave(source_of(at->first));
    events_.handshakes(-1);
  }
  (at->second.is_established ? established_ : handshakes_).erase(at->second.place);
  owners_.remove(at->second.own_place);
  rounds_.remove(at->second.round_place);
  sessions_.erase(at);
  events_.sessions(-1);
}

void DatagramSessions::send(const Peer& to, std::string_view data) {
  const auto at = find(to);
  if (at != sessions_.end()) at->second.dtls->send(data);
}

const Identity* DatagramSessions::identity_of(const Peer& peer) const {
  const auto at = find(peer);
  return at == sessions_.end() ? nullptr : &at->second.identity;
}

DatagramSessions::Sessions::const_iterator DatagramSessions::find(const Peer& peer) const {
  Peer place = peer;
  place.session = 0;
  const auto at = sessions_.find(place);
  return at != sessions_.end() && at->second.number == peer.session ? at : sessions_.end();
}

void DatagramSessions::look_at_standings(base::TimePoint now) {
  for (const Peer& peer : rounds_.take(now)) {
    const auto at = sessions_.find(peer);
    const auto lapse = at->second.standing.look(options_.security, at->second.identity, now);
    if (!lapse) continue;
    drop(at);
    events_.lapsed(peer, *lapse);
  }
}

void DatagramSessions::tick(base::TimePoint now) {
  look_at_standings(now);
  for (auto next = handshakes_.begin(); next != handshakes_.end();) {
    const auto at = sessions_.find(*next++);
    if (at->second.heard + options_.handshake_timeout <= now) {
      fail(at, problem_of_silence(at->second.psk.identity));
    } else {
      at->second.dtls->repeat();
      judge(at, now);
    }
  }
  while (!established_.empty()) {
    const auto at = sessions_.find(established_.front());
    if (at->second.heard + options_.session_timeout > now) return;
    drop(at);
  }
}

std::optional<base::TimePoint> DatagramSessions::next_tick(base::TimePoint now) const {
  if (!handshakes_.empty()) return now + kHandshakeTick;
  if (established_.empty()) return std::nullopt;
  return std::min(sessions_.find(established_.front())->second.heard + options_.session_timeout,
                  rounds_.next().value_or(base::TimePoint::max()));
}

}  // namespace msggw::coap
