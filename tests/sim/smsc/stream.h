// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <utility>

namespace msggw::smsc {

/// A TCP connection, in the clear or with TLS. The stream must outlive what it was asked for.
class Stream {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  /// `tls` null: in the clear.
  Stream(Socket socket, boost::asio::ssl::context* tls) : socket_(std::move(socket)) {
    if (tls != nullptr) tls_.emplace(socket_, *tls);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Socket& socket() { return socket_; }

  /// Calls `handler(error)`.
  template <class Handler>
  void handshake(Handler&& handler) {
    if (tls_) {
      tls_->async_handshake(boost::asio::ssl::stream_base::server, std::forward<Handler>(handler));
    } else {
      boost::asio::post(socket_.get_executor(), [h = std::forward<Handler>(handler)]() mutable {
        h(boost::system::error_code{});
      });
    }
  }
  template <class Handler>
  void read_some(boost::asio::mutable_buffer into, Handler&& handler) {
    if (tls_) {
      tls_->async_read_some(into, std::forward<Handler>(handler));
    } else {
      socket_.async_read_some(into, std::forward<Handler>(handler));
    }
  }
  template <class Handler>
  void write(boost::asio::const_buffer from, Handler&& handler) {
    if (tls_) {
      boost::asio::async_write(*tls_, from, std::forward<Handler>(handler));
    } else {
      boost::asio::async_write(socket_, from, std::forward<Handler>(handler));
    }
  }

 private:
  Socket socket_;
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
};

}  // namespace msggw::smsc
