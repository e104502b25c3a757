// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/ip/udp.hpp>
#include <functional>
#include <string_view>
#include <vector>

#include "adapters/wire/coap/test_loop.h"

namespace msggw::coap::test {

/// A UDP path between one client and a server on which a test loses, and sees, datagrams.
class Relay {
 public:
  enum class To { server, client };

  Relay(Loop& loop, std::uint16_t server_port);

  std::uint16_t port() const { return socket_.local_endpoint().port(); }
  std::string uri(const char* scheme = "coap") const {
    return std::string(scheme) + "://127.0.0.1:" + std::to_string(port()) + "/echo";
  }

  /// Whether a datagram, the `count`-th (from 1) in its direction, is lost.
  std::function<bool(To, std::size_t count, std::string_view octets)> loses;
  /// Sends the server a datagram that comes from where the client's do.
  void forge(std::string_view octets);

  std::size_t to_server = 0;
  std::size_t to_client = 0;

 private:
  void receive();
  void received(std::string_view octets);

  boost::asio::ip::udp::socket socket_;
  boost::asio::ip::udp::endpoint server_;
  boost::asio::ip::udp::endpoint client_;
  boost::asio::ip::udp::endpoint from_;
  std::array<char, 2048> octets_{};
};

}  // namespace msggw::coap::test
