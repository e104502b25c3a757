// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>

#include "tests/sim/m5s/exchange.h"
#include "tests/sim/m5s/link.h"

namespace msggw::m5s {

/// Where gateways and Application Servers ask: HTTP/1.1, and HTTP/2 by prior knowledge, on one
/// port. One thread, that of `io`.
class Listener {
 public:
  static constexpr std::size_t kMostConnections = 2'000;

  /// Listens. Throws std::runtime_error with the address and what to do, if it cannot.
  Listener(boost::asio::io_context& io, const boost::asio::ip::tcp::endpoint& at, Handler handler);

  std::uint16_t port() const { return at_.port(); }
  void start() { accept(); }
  /// Cuts every connection (TCP RST) and is not there for so long.
  void restart(Span down);
  std::size_t connections() const { return shared_->links.size(); }

 private:
  void open();
  void accept();
  void later(Span span, void (Listener::*what)());

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::endpoint at_;
  boost::asio::steady_timer later_;
  std::shared_ptr<LinkContext> shared_;
};

}  // namespace msggw::m5s
