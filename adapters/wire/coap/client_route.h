// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "adapters/wire/coap/client.h"
#include "adapters/wire/coap/client_link.h"
#include "adapters/wire/coap/datagram_link.h"
#include "adapters/wire/coap/stream_link.h"

namespace msggw::coap {

using RouteKey = std::tuple<Transport, base::Host, std::uint16_t>;  ///< with the port

/// Opens links with the options and the secrets of one client. Outlives them.
class LinkFactory {
 public:
  /// Throws std::runtime_error if a certificate or key cannot be read.
  LinkFactory(boost::asio::io_context& io, const ClientOptions& options);

  /// Null: no socket is to be had.
  std::unique_ptr<ClientLink> open(const RouteKey& key, const boost::asio::ip::tcp::endpoint& to,
                                   LinkEvents events);
  /// For name, connection and handshake together.
  base::Duration connect_timeout() const noexcept { return options_.connect_timeout; }

 private:
  boost::asio::io_context& io_;
  const ClientOptions& options_;
  tls::Context tls_;
  tls::Context dtls_;
  std::shared_ptr<const tls::PskSecret> psk_;
};

/// A client's way to one server: resolves its name, tries its addresses in turn, keeps the link to
/// one that works. Loop thread only.
class ClientRoute {
 public:
  struct Events {
    std::function<void()> ready;  ///< also a second time, if what was sent is to be sent again
    std::function<void(const Token&, AnswerPart&&)> answer;
    std::function<void(const Token&, const std::string& why)> failed;
    /// What was sent has no answer to come; the detail names the server.
    std::function<void(const base::Error&)> dropped;
  };

  ClientRoute(boost::asio::io_context& io, LinkFactory& links, RouteKey key, Events events);
  ~ClientRoute() { alive_.reset(); }
  ClientRoute(const ClientRoute&) = delete;
  ClientRoute& operator=(const ClientRoute&) = delete;

  /// Nothing happens if it is connected, or about to be.
  void connect();
  bool is_ready() const noexcept { return ready_; }
  bool is_connecting() const noexcept { return connecting_; }
  /// Only while it is ready.
  ClientLink& link() { return *link_; }
  /// Closes the way; connect() opens a new one, to the next address if there are several.
  void drop(const base::Error& error);

  /// "coap://pf.example:5683 (192.0.2.1)"
  std::string name() const;
  const char* why_not_connected() const;
  /// When the server said something for the last time, or became ready.
  std::chrono::steady_clock::time_point heard() const noexcept { return heard_; }

 private:
  using ErrorCode = boost::system::error_code;

  void resolve();
  void try_address();
  LinkEvents link_events();
  void link_ready();
  void link_lost(const base::Error& error);
  void said() noexcept;

  boost::asio::io_context& io_;
  LinkFactory& links_;
  RouteKey key_;
  Events events_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::steady_timer timer_;  // ends an attempt to connect
  std::vector<boost::asio::ip::tcp::endpoint> addresses_;
  std::size_t address_ = 0;    // the one in use, or to be tried first
  std::size_t untried_ = 0;    // addresses left to the attempt under way
  std::uint64_t attempt_ = 0;  // tells late handlers of earlier ones
  bool connecting_ = false;
  bool ready_ = false;
  bool confirmed_ = false;  // somebody is at this address
  std::chrono::steady_clock::time_point heard_{};
  std::unique_ptr<ClientLink> link_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for handlers under way
};

}  // namespace msggw::coap
