// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/wire/coap/alarm.h"
#include "adapters/wire/coap/endpoint.h"
#include "adapters/wire/coap/security.h"
#include "adapters/wire/coap/sessions_by_owner.h"
#include "adapters/wire/coap/standing.h"
#include "adapters/wire/coap/stream_connection.h"
#include "adapters/wire/tls/contexts.h"
#include "adapters/wire/tls/psk.h"

namespace msggw::coap {

/// CoAP over TCP and TLS (RFC 8323).
class StreamEndpoint final : public Endpoint {
 public:
  StreamEndpoint(const base::Context& context, const ServerOptions& options,
                 ServerCounters& counters, EndpointEvents events);
  ~StreamEndpoint() override;
  StreamEndpoint(const StreamEndpoint&) = delete;
  StreamEndpoint& operator=(const StreamEndpoint&) = delete;

  std::uint16_t port() const noexcept override { return port_; }
  void send(const MessageId& to, MessageType type, const Response& response) override;
  std::uint16_t notify(const Observer& to, std::uint64_t subject, const Response& what) override;
  void end_observation(const Observer& to, const Response& response) override;
  void forget(const Peer& peer, std::uint16_t mid) override;
  Place prepare(const ServerOptions& options) override;
  void take(Place place) override;

 private:
  /// A notification whose end is to be told.
  struct Notified {
    std::uint16_t mid;
    std::uint64_t subject;
    base::TimePoint pong_by{};
    bool is_told = true;
  };
  struct Client {
    std::shared_ptr<StreamConnection> connection;
    Peer peer;
    Identity identity;
    Standing standing;
    std::shared_ptr<tls::PskLookup> psk;
    std::size_t open = 0;  ///< requests that may still be answered
    bool leaving = false;
    std::deque<Notified> notified{};  ///< those for whose Pong it waits
    bool is_due = false;              ///< it stands in dues_
    SessionsByOwner<std::uint64_t>::Place own_place{};
    Rounds<std::uint64_t>::Place round_place{};
  };
  /// What a peer that answers no Ping may hold: above it nothing more goes there.
  static constexpr std::size_t kMostUnanswered = 64;

  void move_to(base::UniqueFd socket);
  void release_all();
  void accept();
  void accepted(boost::asio::ip::tcp::socket socket);
  void ready(std::uint64_t number);
  void take_room(std::uint64_t number, Client& client);
  void received(std::uint64_t number, const WireMessage& message);
  void ponged(std::uint64_t number);
  void end_notified();
  void tell_ended(const Client& client);
  void leaving(std::uint64_t number);
  void end_revoked();
  void end_lapsed();
  void reply(StreamConnection& connection, const Token& token, const Response& response);
  void ended(std::uint64_t number, const StreamConnection::End& end);

  ServerOptions options_;
  ServerCounters& counters_;
  EndpointEvents events_;
  const base::Clock& clock_;
  HandshakeLog handshake_log_;
  base::log::Limit log_limit_;
  tls::Context context_;  // null: in the clear
  base::ShareBySource shares_;
  SessionsByOwner<std::uint64_t> owners_;    ///< of those with an identity
  Rounds<std::uint64_t> rounds_;             ///< of those that are ready, over tls
  boost::asio::ip::tcp::acceptor acceptor_;  // not open: it does not listen
  std::shared_ptr<bool> accepting_;          // for handlers of this acceptor
  boost::asio::steady_timer retry_;
  std::uint16_t port_ = 0;
  std::uint64_t last_number_ = first_of_server(options_.number);
  std::unordered_map<std::uint64_t, Client> clients_;
  std::uint16_t last_mid_ = 0;
  std::vector<std::pair<Peer, Notified>> to_nobody_;  ///< their peers had gone before
  std::multimap<base::TimePoint, std::uint64_t>
      dues_;  ///< of clients that are waited for, one each
  Alarm pongs_;
  Alarm standings_;
};

}  // namespace msggw::coap
