// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/wire/coap/codec.h"
#include "adapters/wire/coap/test_loop.h"

namespace msggw::coap::test {

/// A client that writes what it likes.
class RawStream {
 public:
  RawStream(Loop& loop, std::uint16_t port) : loop_(loop), socket_(loop.io) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    socket_.set_option(boost::asio::ip::tcp::no_delay(true));
    socket_.non_blocking(true);
  }
  void send(std::string_view octets) {
    boost::asio::write(socket_, boost::asio::buffer(octets.data(), octets.size()));
  }
  void shut() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }
  /// The next frame that is not the server's CSM; none: it has closed.
  std::optional<std::string> receive() {
    std::optional<std::string> got;
    bool closed = false;
    REQUIRE(loop_.until([&] {
      char octets[4'096];
      boost::system::error_code error;
      const std::size_t size = socket_.read_some(boost::asio::buffer(octets), error);
      if (!error) in_.append(octets, size);
      closed = error && error != boost::asio::error::would_block;
      const Frame frame = read_frame(in_, 1 << 20);
      if (frame.status != Frame::Status::whole) return closed;
      const bool csm = frame.message.code == signal::kCsm;
      if (!csm) got = in_.substr(0, frame.octets);
      in_.erase(0, frame.octets);
      return !csm;
    }));
    return got;
  }
  int receive_code() {
    const auto frame = receive();
    return frame ? read_frame(*frame, 1 << 20).message.code : -1;
  }

 private:
  Loop& loop_;
  boost::asio::ip::tcp::socket socket_;
  std::string in_;
};

inline std::string csm() {
  std::string out;
  append_frame(out, signal::kCsm, {}, {}, {});
  return out;
}

}  // namespace msggw::coap::test
