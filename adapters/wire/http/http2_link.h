// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "adapters/wire/http/http2_client_session.h"
#include "adapters/wire/http/http2_exchange.h"
#include "adapters/wire/http/output.h"
#include "adapters/wire/http/streams.h"
#include "adapters/wire/tls/contexts.h"
#include "gateway/base/address.h"

namespace msggw::http {

/// One connection of a client: name, addresses, TLS, then the session with its octets in and out.
/// Kept alive by its own pending operations and by its owner, who is told when there is something
/// to look at and does all else: results are in the context, what is to be sent waits for write().
/// After close() the owner is told nothing. Loop thread only.
class Http2Link : public std::enable_shared_from_this<Http2Link> {
 public:
  struct Way {
    boost::asio::io_context& io;
    base::Uri origin;
    tls::Context tls;               ///< with ALPN of h2; null: cleartext
    std::function<void()> changed;  ///< the last thing that a handler calls
  };

  Http2Link(std::shared_ptr<Http2ClientContext> context, Way way);

  void open();
  void close() noexcept;
  /// How many requests it takes now.
  std::size_t room() const noexcept;
  /// Requires room() > 0. Takes the first of `waiting`.
  void submit(Http2Exchanges& waiting) { session_->submit(waiting); }
  /// Looks what has become of it since.
  void update();
  /// Sends what there is to be sent, in one piece.
  void write();
  /// Called a few times a second: ends what takes too long.
  void check_time();

  bool is_closed() const noexcept { return phase_ == Phase::closed; }
  /// It is on its way to take requests.
  bool is_opening() const noexcept { return phase_ < Phase::open; }
  /// It takes requests, now or when others are done.
  bool is_open() const noexcept { return phase_ == Phase::open && session_->takes_requests(); }
  /// Why it ended before it carried a request, told once.
  std::optional<base::Error> take_failure() noexcept { return std::exchange(failure_, {}); }

 private:
  using ErrorCode = boost::system::error_code;
  using Resolver = boost::asio::ip::tcp::resolver;
  enum class Phase { resolving, connecting, handshake, settling, open, parting, closed };

  void resolve();
  void try_address();
  void on_connected(const ErrorCode& ec);
  void handshake();
  void on_handshake(const ErrorCode& ec);
  void begin();
  void read();
  void on_read(const ErrorCode& ec, std::size_t size);
  void on_written(const ErrorCode& ec);
  void end(base::Errc code, const std::string& reason);
  void part();
  std::string reason_of(const ErrorCode& ec);
  TcpSocket& socket() noexcept;

  std::shared_ptr<Http2ClientContext> context_;
  Way way_;
  Resolver resolver_;
  std::variant<TcpSocket, TlsStream> stream_;
  std::vector<boost::asio::ip::tcp::endpoint> untried_;  // the next is the last
  static constexpr std::size_t kMostSpare = 256 * 1024;  // there are few of these
  Output out_{kMostSpare};                               // being filled
  Output writing_{kMostSpare};                           // being written
  std::optional<Http2ClientSession> session_;
  std::vector<char> in_;
  Phase phase_ = Phase::resolving;
  SteadyTime deadline_;     // of the connection, SETTINGS included
  SteadyTime address_due_;  // of the address that is tried
  SteadyTime writing_since_;
  bool write_pending_ = false;
  std::optional<base::Error> failure_;
};

}  // namespace msggw::http
