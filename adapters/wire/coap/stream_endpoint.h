// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "adapters/wire/coap/endpoint.h"
#include "adapters/wire/coap/security.h"
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
  base::Result<> reload() override;

 private:
  struct Client {
    std::shared_ptr<StreamConnection> connection;
    Peer peer;
    Identity identity;
    std::shared_ptr<tls::PskLookup> psk;
    std::size_t open = 0;  ///< requests that may still be answered
    bool leaving = false;
  };

  void accept();
  void accepted(boost::asio::ip::tcp::socket socket);
  void ready(std::uint64_t number);
  void received(std::uint64_t number, const WireMessage& message);
  void leaving(std::uint64_t number);
  void reply(StreamConnection& connection, const Token& token, const Response& response);
  void ended(std::uint64_t number, const StreamConnection::End& end);

  ServerOptions options_;
  ServerCounters& counters_;
  EndpointEvents events_;
  const base::Clock& clock_;
  HandshakeLog handshake_log_;
  base::log::Limit log_limit_;
  tls::Source tls_;  // nothing is current: in the clear
  base::ShareBySource shares_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  std::uint16_t port_ = 0;
  std::uint64_t last_number_ = first_of_server(options_.number);
  std::unordered_map<std::uint64_t, Client> clients_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for handlers under way
};

}  // namespace msggw::coap
