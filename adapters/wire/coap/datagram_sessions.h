// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "adapters/wire/coap/message.h"
#include "adapters/wire/coap/server_options.h"
#include "adapters/wire/coap/sessions_by_owner.h"
#include "adapters/wire/coap/standing.h"
#include "adapters/wire/tls/datagram_session.h"
#include "adapters/wire/tls/psk.h"
#include "gateway/base/clock.h"
#include "gateway/base/sources.h"

namespace msggw::coap {

/// The DTLS sessions of a server, found by peer. A client has one once it has shown, by a cookie,
/// that it is where its datagrams say; one that begins anew (it has restarted) then takes the place
/// of its old session. No I/O. Loop thread only.
class DatagramSessions {
 public:
  /// None may end this object.
  struct Events {
    std::function<void(const Peer&, std::string_view datagram)> transmit;
    /// What a peer has said within its session, which is named in Peer::session.
    std::function<void(const Peer&, std::string_view data)> received;
    std::function<void(int change)> sessions;
    std::function<void(int change)> handshakes;  ///< of these, under way
    std::function<void(const Peer&, const tls::Problem&)> handshake_failed;
    /// Above ServerOptions::max_handshakes, the one that began first; above
    /// max_handshakes_per_source, the one that comes.
    std::function<void()> turned_away;
    /// The session has ended, since the client's certificate is revoked.
    std::function<void(const Peer&)> revoked;
    /// The session has ended, since what its peer stood on has.
    std::function<void(const Peer&, Lapse)> lapsed;
    /// A session has ended to make room; whether for another of the same identity, or source.
    std::function<void(bool is_own)> gave_way;
  };

  DatagramSessions(const ServerOptions& options, Events events);
  ~DatagramSessions();  ///< says good-bye to all
  DatagramSessions(const DatagramSessions&) = delete;
  DatagramSessions& operator=(const DatagramSessions&) = delete;

  /// Says good-bye to all.
  void end_all();
  /// The limits in the options have changed in place.
  void follow_options() noexcept { shares_.limit_to(options_.max_handshakes_per_source); }
  /// For handshakes from now on. Sessions that clients began with a certificate that is revoked by
  /// it end; looks at all of them.
  void use(const tls::Context& context);
  void received(const Peer& from, std::string_view datagram, base::TimePoint now);
  /// Nothing happens if the session is gone.
  void send(const Peer& to, std::string_view data);
  /// Null: the session is gone.
  const Identity* identity_of(const Peer& peer) const;

  /// Repeats what handshakes have lost, ends those that take too long, sessions that are silent,
  /// and those whose peers' credentials or certificates have ended.
  void tick(base::TimePoint now);
  /// When to do that; none: there is no session.
  std::optional<base::TimePoint> next_tick(base::TimePoint now) const;

 private:
  struct Session {
    std::uint64_t number = 0;
    std::unique_ptr<tls::DatagramSession> dtls;
    tls::PskLookup psk;
    Identity identity;
    Standing standing;
    base::TimePoint heard;  ///< during the handshake: when it began
    bool is_established = false;
    std::list<Peer>::iterator place;
    SessionsByOwner<Peer>::Place own_place;
    Rounds<Peer>::Place round_place;
  };
  struct Hash {
    base::HashKey key;
    /// Not noexcept, so that the table keeps the hashes and makes none of neighbours.
    std::size_t operator()(const Peer& peer) const { return hash_of(key, peer); }
  };
  using Sessions = std::unordered_map<Peer, Session, Hash>;

  void meet(const Peer& from, std::string_view hello, base::TimePoint now);
  void judge(Sessions::iterator at, base::TimePoint now);
  void settle(Sessions::iterator at, base::TimePoint now);
  void make_room(Sessions::iterator at);
  void look_at_standings(base::TimePoint now);
  void fail(Sessions::iterator at, tls::Problem problem);
  void drop(Sessions::iterator at);
  Sessions::const_iterator find(const Peer& peer) const;

  const ServerOptions& options_;
  Events events_;
  tls::Context context_;
  tls::DatagramListener listener_;
  std::uint64_t last_number_;
  std::list<Peer> handshakes_;   // the earliest first
  base::ShareBySource shares_;   // of them
  std::list<Peer> established_;  // the one silent longest first
  SessionsByOwner<Peer> owners_;
  Rounds<Peer> rounds_;  // of those that are established
  Sessions sessions_;
};

}  // namespace msggw::coap
