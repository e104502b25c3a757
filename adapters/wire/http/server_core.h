// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <memory>
#include <vector>

#include "adapters/wire/http/connection.h"
#include "adapters/wire/http/session.h"
#include "adapters/wire/tls/contexts.h"
#include "gateway/base/log.h"

namespace msggw::http {

/// The listener and the table of its connections. Connections keep it alive until they are closed.
class ServerCore : public std::enable_shared_from_this<ServerCore> {
 public:
  ServerCore(const base::Context& context, const ServerOptions& options, Handler handler);

  void start() { accept(); }
  void stop() noexcept;
  base::Result<> reload_tls();
  std::uint16_t port() const noexcept { return port_; }

  SessionContext& context() noexcept { return context_; }
  Counters& counters() noexcept { return counters_; }
  const tls::Context& tls() const noexcept { return tls_.current(); }  ///< null: cleartext
  const Handler& handler() const noexcept { return handler_; }

  void forget(const Connection& connection) noexcept;
  void respond(std::size_t place, std::uint64_t connection, std::uint64_t request,
               Response response, Damage damage);
  void reset(std::size_t place, std::uint64_t connection);
  /// One log event for a connection that the other side broke, at a bounded rate.
  void report(std::string_view event, const std::string& reason);

 private:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor>;
  using Timer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

  void listen();
  void accept();
  void accepted(boost::system::error_code ec, TcpSocket socket);
  void open(TcpSocket socket);
  void turn_away(TcpSocket socket);
  void tick_later();
  void tick();

  ServerOptions options_;
  Counters counters_;
  CoarseTime time_;
  SessionContext context_;
  tls::Source tls_;
  Handler handler_;
  Acceptor acceptor_;
  Timer ticker_;
  Timer accept_again_;
  base::log::Limit log_limit_;
  std::vector<std::shared_ptr<Connection>> connections_;  // null: a free place
  std::vector<std::size_t> free_places_;
  std::uint64_t last_number_ = 0;
  std::chrono::steady_clock::duration tick_;
  std::uint16_t port_ = 0;
  bool ticking_ = false;
  bool stopped_ = false;
};

}  // namespace msggw::http
