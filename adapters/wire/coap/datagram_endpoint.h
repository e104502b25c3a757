// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "adapters/wire/coap/alarm.h"
#include "adapters/wire/coap/datagram_socket.h"
#include "adapters/wire/coap/endpoint.h"
#include "adapters/wire/coap/message_layer.h"

namespace msggw::coap {

/// CoAP over UDP.
class DatagramEndpoint final : public Endpoint {
 public:
  DatagramEndpoint(boost::asio::io_context& io, const ServerOptions& options,
                   const base::Clock& clock, EndpointEvents events);
  DatagramEndpoint(const DatagramEndpoint&) = delete;
  DatagramEndpoint& operator=(const DatagramEndpoint&) = delete;

  std::uint16_t port() const noexcept override { return socket_.port(); }
  void send(const MessageId& to, const SessionRef& session, MessageType type,
            const Response& response) override;
  base::Result<> reload() override { return {}; }

 private:
  void received(const Peer& from, const Datagram& datagram);

  EndpointEvents events_;
  const base::Clock& clock_;
  MessageLayer layer_;
  DatagramSocket socket_;
  Alarm repetitions_;
};

}  // namespace msggw::coap
