// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "adapters/wire/http/connection.h"
#include "adapters/wire/http/session.h"
#include "adapters/wire/tls/contexts.h"
#include "gateway/base/log.h"
#include "gateway/base/sources.h"

namespace msggw::http {

/// What a server has at one place: the listener and the table of its connections. Connections keep
/// it alive until they are closed.
class ServerCore : public std::enable_shared_from_this<ServerCore> {
 public:
  /// What a connection has of something that there is a limit to.
  using Amount = std::size_t (Connection::*)() const noexcept;

  /// Binds. `beside`: a socket of ours with which it may share the port for a moment, see
  /// base::SharedPort. Throws as Server does.
  ServerCore(const base::Context& context, const ServerOptions& options, Handler handler,
             ReadsBody reads_body, int beside);

  void start() { accept(); }
  void stop() noexcept;
  /// Accepts nobody any more; connections end when they are answered.
  void leave();
  /// Whether `options` are of this place.
  bool is_at(const ServerOptions& options) const noexcept;
  /// See Server::take().
  void take(const ServerOptions& options, tls::Context tls);
  std::uint16_t port() const noexcept { return port_; }
  int socket() noexcept { return acceptor_.native_handle(); }

  SessionContext& context() noexcept { return context_; }
  Counters& counters() noexcept { return counters_; }
  const tls::Context& tls() const noexcept { return tls_; }  ///< null: cleartext
  const Handler& handler() const noexcept { return handler_; }

  void forget(const Connection& connection) noexcept;
  /// The handshake on `stream` came to nothing: counted, reported, and told in cleartext to who
  /// speaks that.
  void handshake_failed(TlsStream& stream, const boost::system::error_code& why);
  /// Of the source that has most of `amount`, ends the connection that has most.
  void end_greediest(Amount amount, Refusal why);
  /// A request of `asker` had no room: if another source has most of it, that one loses some. Once
  /// in a turn.
  void make_room(base::Source asker);
  void respond(std::size_t place, std::uint64_t connection, std::uint64_t request,
               Response response, Damage damage);
  void reset(std::size_t place, std::uint64_t connection);
  void keep(std::size_t place, std::uint64_t connection, bool whether);
  /// One log event for a connection that the other side broke, at a bounded rate.
  void report(std::string_view event, const std::string& reason);

 private:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor>;
  using Timer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

  void listen(int beside);
  void accept();
  void accepted(boost::system::error_code ec, TcpSocket socket);
  using Order = std::function<bool(const Connection&, const Connection&)>;
  struct Choice {
    base::Source source = base::Source::none;
    std::shared_ptr<Connection> connection;  ///< null: nobody has any
  };
  Choice choose(Amount amount, const Order& before, base::Source only = base::Source::none);
  bool displace(base::Source only);
  bool has_room_for(const TcpSocket& socket);
  void open(TcpSocket socket);
  void refuse(TcpSocket& socket, Refusal why);
  void turn_away(TcpSocket socket);
  void tick_later();
  void tick();

  ServerOptions options_;
  Counters counters_;
  CoarseTime time_;
  SessionContext context_;
  tls::Context tls_;
  Handler handler_;
  Acceptor acceptor_;
  Timer ticker_;
  Timer accept_again_;
  base::log::Limit log_limit_;
  std::vector<std::shared_ptr<Connection>> connections_;  // null: a free place
  std::vector<std::size_t> free_places_;
  base::ShareBySource shares_;
  std::size_t looked_at_ = 0;  ///< the place up to which choose() has looked
  bool making_room_ = false;
  std::uint64_t last_number_ = 0;
  std::chrono::steady_clock::duration tick_;
  std::uint16_t port_ = 0;
  bool ticking_ = false;
  bool stopped_ = false;
};

/// What `options` name. Throws std::runtime_error with the file that cannot be used.
tls::Context context_of(const ServerOptions& options);

}  // namespace msggw::http
