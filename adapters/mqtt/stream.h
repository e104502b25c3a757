// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "adapters/wire/tls/client_session.h"
#include "adapters/wire/tls/contexts.h"
#include "gateway/base/address.h"
#include "gateway/base/result.h"

namespace msggw::mqtt {

/// The stream to the broker: TCP or a unix socket, with TLS on it if there is a context. Reading
/// and writing never wait. Errors have the reason for people: `unavailable` for what the system
/// says and for an end, `refused` for what is wrong with the broker's certificate and for an alert
/// that it has sent. Handlers are called from the loop, and not after close(). Loop thread only.
class Stream {
 public:
  using Endpoint = boost::asio::generic::stream_protocol::endpoint;
  using Opened = std::function<void(base::Result<>)>;
  using Handler = std::function<void()>;

  /// `host` is whom the broker's certificate must name; none for a unix socket. `context` (null: no
  /// TLS) is looked at for each connection, and must outlive the stream.
  Stream(boost::asio::io_context& io, const tls::Context& context, std::optional<base::Host> host);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Connects, with the handshake of TLS; a connection there is closed. `opened` is called once.
  void connect(const Endpoint& endpoint, Opened opened);
  void close();

  /// Octets that have come; 0: none now. Fails at the end of the connection.
  base::Result<std::size_t> read(std::span<char> to);
  /// Octets taken; 0: none now. Fails at the end of the connection.
  base::Result<std::size_t> write(std::string_view octets);
  /// Calls `ready` once when the last read() (write()) that gave 0 is worth another try. Octets
  /// that TLS has decrypted already wake nobody: read until it gives 0.
  void wait_readable(Handler ready);
  void wait_writable(Handler ready);

  /// Of connections to come.
  void set_host(std::optional<base::Host> host) { host_ = std::move(host); }
  bool is_tls() const noexcept { return context_ != nullptr; }

 private:
  using Socket = boost::asio::generic::stream_protocol::socket;

  void shake_hands(Opened opened);
  void wait(Socket::wait_type what, Handler ready);
  static base::Result<std::size_t> outcome(const tls::ClientSession::Outcome& step,
                                           Socket::wait_type& waits_for);

  const tls::Context& context_;
  std::optional<base::Host> host_;
  Socket socket_;
  std::optional<tls::ClientSession> session_;
  Socket::wait_type read_waits_for_ = Socket::wait_read;
  Socket::wait_type write_waits_for_ = Socket::wait_write;
  std::shared_ptr<const bool> open_;  ///< of this connection; handlers of an older one do nothing
};

}  // namespace msggw::mqtt
