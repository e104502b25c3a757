// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "adapters/wire/coap/alarm.h"
#include "adapters/wire/coap/datagram_sessions.h"
#include "adapters/wire/coap/datagram_socket.h"
#include "adapters/wire/coap/endpoint.h"
#include "adapters/wire/coap/message_layer.h"
#include "adapters/wire/coap/proportion.h"
#include "adapters/wire/coap/proven_peers.h"
#include "adapters/wire/coap/security.h"

namespace msggw::coap {

/// CoAP over UDP and DTLS.
class DatagramEndpoint final : public Endpoint {
 public:
  DatagramEndpoint(const base::Context& context, const ServerOptions& options,
                   ServerCounters& counters, EndpointEvents events);
  DatagramEndpoint(const DatagramEndpoint&) = delete;
  DatagramEndpoint& operator=(const DatagramEndpoint&) = delete;

  std::uint16_t port() const noexcept override { return socket_ ? socket_->port() : 0; }
  void send(const MessageId& to, MessageType type, const Response& response) override;
  std::uint16_t notify(const Observer& to, std::uint64_t subject,
                       const Response& response) override;
  std::uint16_t ping(const Peer& to, std::uint64_t subject) override;
  std::uint16_t ask(const Peer& to, const Token& token, const RequestPart& part,
                    std::uint64_t subject) override;
  void forget(const Peer& to, std::uint16_t mid) override;
  bool is_proven(const Peer& peer) const override;
  bool is_fair(const MessageId& to, const Response& response) const override;
  Place prepare(const ServerOptions& options) override;
  void take(Place place) override;

 private:
  MessageLayer::Events layer_events();
  DatagramSocket::Events socket_events();
  DatagramSessions::Events session_events();
  void move_to(base::UniqueFd socket);
  void transmit(const Peer& to, std::string_view octets);
  void received(const Peer& from, const Datagram& datagram);
  void received_answer(const Peer& from, const Datagram& datagram);
  void ended(const Peer& peer, const MessageLayer::Subject& subject, Ending how);
  std::uint16_t send_unasked(const Peer& to, std::uint8_t code, const Token& token,
                             const OptionWriter& options, std::string_view payload,
                             const MessageLayer::About& about,
                             std::optional<base::Duration> ack_timeout = std::nullopt);
  void send_short(const MessageId& to, MessageType type, const Response& response);

  ServerOptions options_;
  ServerCounters& counters_;
  EndpointEvents events_;
  boost::asio::io_context& io_;
  const base::Clock& clock_;
  HandshakeLog handshake_log_;
  MessageLayer layer_;
  std::optional<DatagramSocket> socket_;  // none: it does not listen
  Proportion proportion_;
  ProvenPeers proven_;
  std::optional<DatagramSessions> sessions_;  // none: in the clear. They say good-bye by the socket
  std::size_t unasked_ = 0;                   ///< of what the layer repeats
  Alarm repetitions_;
  Alarm session_tick_;
};

}  // namespace msggw::coap
