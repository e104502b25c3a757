// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "adapters/wire/coap/alarm.h"
#include "adapters/wire/coap/datagram_sessions.h"
#include "adapters/wire/coap/datagram_socket.h"
#include "adapters/wire/coap/endpoint.h"
#include "adapters/wire/coap/message_layer.h"
#include "adapters/wire/coap/proportion.h"
#include "adapters/wire/coap/security.h"

namespace msggw::coap {

/// CoAP over UDP and DTLS.
class DatagramEndpoint final : public Endpoint {
 public:
  DatagramEndpoint(const base::Context& context, const ServerOptions& options,
                   ServerCounters& counters, EndpointEvents events);
  DatagramEndpoint(const DatagramEndpoint&) = delete;
  DatagramEndpoint& operator=(const DatagramEndpoint&) = delete;

  std::uint16_t port() const noexcept override { return socket_.port(); }
  void send(const MessageId& to, MessageType type, const Response& response) override;
  std::optional<std::uint16_t> notify(const Observer& to, std::uint64_t subject,
                                      const Response& response) override;
  void forget(const Observer& to, std::uint16_t mid) override;
  base::Result<> reload() override;

 private:
  MessageLayer::Events layer_events();
  DatagramSocket::Events socket_events();
  DatagramSessions::Events session_events();
  void received(const Peer& from, const Datagram& datagram);
  void send_short(const MessageId& to, MessageType type, const Response& response);

  ServerOptions options_;
  ServerCounters& counters_;
  EndpointEvents events_;
  const base::Clock& clock_;
  HandshakeLog handshake_log_;
  tls::Source tls_;
  MessageLayer layer_;
  DatagramSocket socket_;
  Proportion proportion_;
  std::optional<DatagramSessions> sessions_;  // none: in the clear. They say good-bye by the socket
  std::size_t notifications_ = 0;             ///< of those that the layer repeats
  Alarm repetitions_;
  Alarm session_tick_;
};

}  // namespace msggw::coap
