// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <memory>
#include <set>
#include <string>

#include "tests/sim/m5s/exchange.h"

namespace msggw::m5s {

class Link;

/// What the connections of one listener share.
struct LinkContext {
  Handler handler;
  std::set<Link*> links;
};

/// One accepted connection. It lives as long as something is under way on it.
class Link : public std::enable_shared_from_this<Link> {
 public:
  Link(boost::beast::tcp_stream stream, std::shared_ptr<LinkContext> context);
  virtual ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Ends it at once with RST.
  void cut();

 protected:
  static constexpr auto kIdle = std::chrono::minutes(10);

  /// Sends FIN and reads until the other side closes too: closing with octets unread would send
  /// RST, which can overtake the last answer.
  void say_goodbye();

  boost::beast::tcp_stream stream_;
  std::shared_ptr<LinkContext> context_;
  std::string peer_;

 private:
  void drain();

  bool leaving_ = false;
  std::array<char, 4'096> drained_;
};

/// Finds out which version of HTTP is spoken, and hands the connection to it.
void greet(boost::asio::ip::tcp::socket socket, std::shared_ptr<LinkContext> context);

/// `buffer` holds what was read already.
void serve_http1(boost::beast::tcp_stream stream, std::shared_ptr<LinkContext> context,
                 boost::beast::flat_buffer buffer);
void serve_http2(boost::beast::tcp_stream stream, std::shared_ptr<LinkContext> context,
                 boost::beast::flat_buffer buffer);

}  // namespace msggw::m5s
