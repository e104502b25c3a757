// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/sim/smsc/centre.h"
#include "tests/sim/smsc/link.h"

namespace msggw::smsc {

struct TlsFiles {
  std::string certificate;  ///< empty: no TLS
  std::string key;
  std::string client_ca;  ///< empty: no client certificate is asked for
};

/// Accepts ESMEs and turns the centre's wheel: after the events of a turn everything that waits is
/// handed out and each link writes once. One thread, that of `io`.
class Server {
 public:
  static constexpr std::size_t kMostLinks = 1'000;

  /// Listens. Throws std::runtime_error with the address and what to do, if it cannot.
  Server(boost::asio::io_context& io, Centre& centre, const boost::asio::ip::tcp::endpoint& at,
         const TlsFiles& tls);
  ~Server();

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  Centre& centre() { return centre_; }
  void start();
  /// Called some twenty times a second.
  void on_tick(std::function<void()> callback) { on_tick_ = std::move(callback); }

  /// Something has changed: a turn of the wheel is due.
  void touch();
  void wants_flush(Link& link);
  void forget(Link& link);

  /// What POST /links/cut can do to the links of an account (empty: all).
  enum class Cut { reset, close, unbind, silent };
  std::size_t cut(std::string_view account, Cut how);
  /// New connections are closed at once for so long.
  void refuse_for(Span span) { refuse_until_ = centre_.now() + span; }
  std::size_t enquire();
  std::size_t write_raw(std::string_view octets);

 private:
  void accept();
  void take(Stream::Socket socket);
  void turn();
  void arm();
  void tick();
  std::vector<std::shared_ptr<Link>> links() const;

  boost::asio::io_context& io_;
  Centre& centre_;
  std::unique_ptr<boost::asio::ssl::context> tls_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer due_, tick_, accept_again_;
  std::optional<Instant> armed_;
  bool turning_ = false;
  std::unordered_map<std::uint32_t, std::shared_ptr<Link>> links_;
  std::vector<std::weak_ptr<Link>> unflushed_;
  Instant refuse_until_{0};
  std::function<void()> on_tick_;
};

/// Opens a listener; what it throws names the address and the way out. `option` is how a user
/// chooses another one.
void listen(boost::asio::ip::tcp::acceptor& acceptor, const boost::asio::ip::tcp::endpoint& at,
            const char* option);

}  // namespace msggw::smsc
