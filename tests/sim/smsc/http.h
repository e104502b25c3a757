// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msggw::smsc {

struct HttpRequest {
  std::string method;
  std::vector<std::string> path;  ///< segments, percent-decoded
  std::vector<std::pair<std::string, std::string>> query;
  std::string body;

  /// The first of that name.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

/// The path and the query of a request target. False: not percent-encoded as it should be.
bool parse_target(std::string_view target, HttpRequest& out);

struct HttpResponse {
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::string allow;  ///< with 405
};
/// application/problem+json (RFC 9457).
HttpResponse problem(unsigned status, std::string_view detail);

/// A small HTTP/1.1 server for testers; one thread, that of `io`.
class HttpServer {
 public:
  static constexpr std::size_t kMostConnections = 256;
  static constexpr std::size_t kMostBody = 1024 * 1024;

  using Reply = std::function<void(HttpResponse)>;
  /// Calls `reply` once, now or later, in the thread of `io`.
  using Handler = std::function<void(HttpRequest request, Reply reply)>;

  /// Listens. Throws std::runtime_error with the address and what to do, if it cannot.
  HttpServer(boost::asio::io_context& io, const boost::asio::ip::tcp::endpoint& at,
             const char* option, Handler handler);

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void start() { accept(); }

 private:
  void accept();

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer accept_again_;
  std::shared_ptr<const Handler> handler_;
  std::shared_ptr<std::size_t> connections_ = std::make_shared<std::size_t>(0);
};

}  // namespace msggw::smsc
