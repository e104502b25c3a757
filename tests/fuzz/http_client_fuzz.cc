// SPDX-License-Identifier: Apache-2.0
// What a server says, through the client as the product uses it. The octets are the answers to
// several requests, over one connection as long as it holds, so that what one answer leaves behind
// meets the next. The first octet chooses: bit 0 HTTP/2 (else HTTP/1.1 on libcurl), where each
// connection begins with SETTINGS, bit 1 two requests at a time, bits 3-7 the size of the pieces in
// which an answer arrives. 0xfe ends an answer, the next is for the next request; 0xff also ends
// the connection.
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/wire/http/client.h"
#include "gateway/base/handle.h"
#include "gateway/base/result.h"

namespace {

namespace http = msggw::http;
using msggw::base::ensure;
using msggw::base::UniqueFd;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kRequests = 4;
constexpr std::string_view kBody = "hello";  // also tells the server that a request is there
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view kSettings("\0\0\0\4\0\0\0\0\0", 9);

class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    ensure(::bind(fd_.get(), any, size) == 0 && ::listen(fd_.get(), 64) == 0, "a listener");
    ::getsockname(fd_.get(), any, &size);
    port_ = ntohs(address.sin_port);
  }
  UniqueFd accept() const {
    return UniqueFd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  UniqueFd fd_;
  std::uint16_t port_ = 0;
};

/// The server, in steps between those of the client's loop.
class Server {
 public:
  Server(const Listener& listener, std::string_view answers, std::size_t piece)
      : listener_(listener), answers_(answers), piece_(std::max(piece, answers.size() / 64 + 1)) {}

  /// Takes what there is, and sends one piece; false if there was nothing to do.
  bool step() {
    bool busy = false;
    for (UniqueFd fd = listener_.accept(); fd; fd = listener_.accept()) {
      connections_.push_back({std::move(fd), {}, {}, false});
    }
    for (Connection& connection : connections_) {
      busy = receive(connection) || busy;
      busy = send(connection) || busy;
    }
    return busy;
  }
  void end_all() {
    for (const Connection& connection : connections_) ::shutdown(connection.fd.get(), SHUT_WR);
  }

 private:
  struct Connection {
    UniqueFd fd;
    std::string received;
    std::string_view to_send;
    bool last = false;  // the connection ends after it
  };

  bool receive(Connection& connection) {
    char octets[16 * 1024];
    const ssize_t size = ::recv(connection.fd.get(), octets, sizeof octets, 0);
    std::string& received = connection.received;
    if (size > 0) received.append(octets, static_cast<std::size_t>(size));
    if (received.starts_with(kPreface)) {
      received.erase(0, kPreface.size());
      ::send(connection.fd.get(), kSettings.data(), kSettings.size(), MSG_NOSIGNAL);
    }
    const auto at = received.find(kBody);
    if (!connection.to_send.empty() || at == std::string::npos) return size > 0;
    received.erase(0, at + kBody.size());
    const auto end = std::min(answers_.find_first_of("\xfe\xff"), answers_.size());
    connection.to_send = answers_.substr(0, end);
    connection.last = end == answers_.size() || answers_[end] == '\xff';
    answers_.remove_prefix(std::min(end + 1, answers_.size()));
    if (connection.to_send.empty() && connection.last) ::shutdown(connection.fd.get(), SHUT_WR);
    return true;
  }

  bool send(Connection& connection) {
    if (connection.to_send.empty()) return false;
    const std::string piece(connection.to_send.substr(0, piece_));
    connection.to_send.remove_prefix(piece.size());
    const ssize_t sent = ::send(connection.fd.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(piece.size())) connection.to_send = {};  // the client has left
    if (connection.to_send.empty() && connection.last) ::shutdown(connection.fd.get(), SHUT_WR);
    return true;
  }

  const Listener& listener_;
  std::string_view answers_;
  std::size_t piece_;
  std::list<Connection> connections_;
};

void check(const msggw::base::Result<http::ClientResponse>& result,
           const http::ClientOptions& options) {
  if (!result) return ensure(!result.error().detail.empty(), "a failure has a reason");
  ensure(result->status >= 200 && result->status <= 999, "a final answer");
  ensure(result->body.size() <= options.max_response_octets, "a body within its limit");
  ensure(result->content_type.size() + result->location.size() <= 16 * 1024,
         "header fields within their limit");
  ensure(result->retry_after >= std::chrono::seconds(0) &&
             result->retry_after <= std::chrono::hours(24),
         "a pause within its limit");
}

void converse(Server& server, const http::ClientOptions& options, const std::string& url,
              std::size_t most_open) {
  boost::asio::io_context io(1);
  http::Client client(io, options);
  http::ClientRequest request;
  request.url = msggw::base::parse_uri(url).value();
  request.content_type = "text/plain";
  request.body = kBody;
  std::size_t started = 0;
  std::size_t ended = 0;
  const auto deadline = Clock::now() + kRequests * options.request_timeout;
  while (ended < kRequests) {
    while (started < kRequests && started - ended < most_open) {
      const std::size_t before = ended;
      client.start(request, [&, told = false](const auto& result) mutable {
        ensure(!std::exchange(told, true), "a request ends once");
        check(result, options);
        ++ended;
      });
      ensure(ended == before, "not from inside start()");
      ++started;
    }
    io.restart();
    const bool client_busy = io.poll() > 0;
    if (server.step() || client_busy) continue;
    // Both wait for each other: an answer was not whole.
    if (io.run_one_for(std::chrono::milliseconds(1)) == 0) server.end_all();
    ensure(Clock::now() < deadline, "a request ends within its time");
  }
  ensure(client.in_flight() == 0, "nothing is left");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const Listener listener;
  const unsigned choice = data[0];
  const std::string answers(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t pieces = choice >> 3;
  Server server(listener, answers, pieces == 0 ? answers.size() : pieces * pieces);
  http::ClientOptions options;
  options.version = (choice & 1) != 0 ? http::Version::http2 : http::Version::http1;
  options.max_response_octets = 1'000;
  converse(server, options, listener.url(), (choice & 2) != 0 ? 2 : 1);
  while (listener.accept()) {  // what the next input must not find
  }
  return 0;
}
