// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "adapters/wire/http/client.h"
#include "adapters/wire/http/server.h"
#include "adapters/wire/tls/test_certificates.h"
#include "gateway/base/handle.h"

/// What the tests of this room talk to and with: a server on a thread of its own, raw sockets,
/// other programs.
namespace msggw::http::test {

inline constexpr std::chrono::seconds kLong{20};  // for what should happen at once

/// True as soon as `condition` is; false after a long time.
bool eventually(const std::function<bool()>& condition);

/// The certificates of the TLS room as options of ours.
struct Certificates : tls::test::Certificates {
  ServerTls server(bool ask_client) const;
  ClientTls client(bool with_certificate) const;
};

/// A server on a loop thread of its own. Its handler answers by path: /echo the body; /describe
/// what it was given, one "name=value" a line; /hold nothing until /release, which answers all
/// held, the last first; /keep keeps the connection; /big?N a body of N octets; /status?N that
/// status; /broken a header field that would split the answer; /twice two answers; /close-me ends
/// the server from inside.
class EchoServer {
 public:
  explicit EchoServer(ServerOptions options = {});
  ~EchoServer();
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  std::uint16_t port() const noexcept { return port_; }  ///< 0: it does not listen
  std::string url(std::string_view path) const;
  /// The value of one metric, for example R"(refused_total{reason="timeout"})"; label server is
  /// added.
  double metric(const std::string& name, const std::string& label = {}) const;
  /// Answers what /hold holds, from a later turn of the loop.
  void release();
  /// Ends the server, on its own thread, and waits for that.
  void stop();
  /// Has it listen by these options from now on. Throws as Server::prepare().
  void move_to(ServerOptions options);

 private:
  void handle(const Request& request, const Responder& responder);
  void release_now();

  base::Clock clock_;
  base::metrics::Registry metrics_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  std::vector<Responder> held_;
  std::optional<Server> server_;
  std::uint16_t port_ = 0;
  boost::asio::ip::address address_;
  bool tls_ = false;
  std::jthread thread_;
};

/// A TCP connection with blocking calls that give up after a long time.
class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port);
  explicit RawSocket(int fd) : fd_(fd) {}

  /// False if the peer is gone.
  bool send(std::string_view octets);
  /// What has arrived when `enough` says so, at the end of the stream at the latest.
  std::string receive(const std::function<bool(const std::string&)>& enough);
  std::string receive_all();
  std::string receive_until(std::string_view end);
  void shutdown_send();
  void reset();  ///< closes with RST
  bool is_open() const noexcept { return static_cast<bool>(fd_); }
  void close() { fd_.reset(); }

 private:
  base::UniqueFd fd_;
};

/// Accepts connections one after the other and gives each to `talk`, on a thread of its own.
class RawServer {
 public:
  explicit RawServer(std::function<void(RawSocket&)> talk);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  std::string url(std::string_view path = "/") const;

 private:
  base::UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

struct Output {
  int status = -1;
  std::string text;  ///< standard output and standard error
};
Output run(const std::string& command);

/// A request of a URL, which may have a query.
ClientRequest to(const std::string& url);

/// A POST of text.
ClientRequest post(const std::string& url, std::string body = "hello");

/// What stands behind "`name`=" in an answer of `/describe`; "none" without such a line.
std::string line_of(const std::string& text, const std::string& name);

/// One request with our client on `io`, waited for.
base::Result<ClientResponse> fetch(boost::asio::io_context& io, Client& client,
                                   ClientRequest request);

std::size_t count(std::string_view text, std::string_view part);

}  // namespace msggw::http::test
