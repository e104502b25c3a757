// SPDX-License-Identifier: Apache-2.0
// What HTTP/2 adds to what a client has to live with: connections to servers that are none, that
// leave, and that take few requests at a time.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/wire/http/client.h"
#include "adapters/wire/http/test_frames.h"
#include "adapters/wire/http/test_peers.h"
#include "adapters/wire/tls/contexts.h"

namespace msggw::http::client_http2_test {
namespace {

using namespace std::string_literals;
using namespace test;
using base::Errc;
using std::chrono::milliseconds;

constexpr const char* kPrefaceEnd = "SM\r\n\r\n";

ClientOptions http2() {
  ClientOptions options;
  options.version = Version::http2;
  return options;
}

/// Starts `count` requests at once and waits for all. The details of those that failed.
std::vector<std::string> errors_of(boost::asio::io_context& io, Client& client,
                                   const std::string& url, std::size_t count) {
  std::vector<std::string> errors;
  std::size_t left = count;
  for (std::size_t i = 0; i < count; ++i) {
    client.start(post(url), [&](const base::Result<ClientResponse>& answer) {
      if (!answer) errors.push_back(answer.error().detail);
      --left;
    });
  }
  CHECK(eventually([&] {
    io.restart();
    io.poll();
    return left == 0;
  }));
  return errors;
}

/// Settles, and answers the first request that comes with `octets`.
RawServer answering(const std::string& octets, bool close) {
  return RawServer([octets, close](RawSocket& peer) {
    peer.receive_until(kPrefaceEnd);
    peer.send(frame(kSettings, 0, 0));
    peer.receive_until("hello");
    peer.send(octets);
    if (close) peer.close();
  });
}

/// A server that has TLS and says nothing, with the ALPN protocols given. One connection.
class TlsServer {
 public:
  TlsServer(const Certificates& certificates, const char* protocols) {
    tls::Options options;
    options.side = tls::Side::server;
    options.certificate = certificates.pem("server");
    options.key = certificates.key("server");
    options.protocols = protocols;
    thread_ = std::thread([this, context = tls::make(options).value()] {
      boost::system::error_code ignored;
      boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream(acceptor_.accept(),
                                                                    tls::accept_with(context));
      stream.handshake(boost::asio::ssl::stream_base::server, ignored);
      char octet = 0;
      stream.read_some(boost::asio::buffer(&octet, 1), ignored);
    });
  }
  ~TlsServer() { thread_.join(); }
  std::string url() const {
    return "https://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/";
  }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::thread thread_;
};

TEST_CASE("https: a server without h2 of ALPN is told from one that is away") {
  const Certificates certificates;
  for (const char* protocols : {static_cast<const char*>(nullptr), "\x08http/1.1"}) {
    const TlsServer server(certificates, protocols);
    boost::asio::io_context io;
    ClientOptions options = http2();
    options.tls = certificates.client(false);
    Client client(io, options);
    const auto answer = fetch(io, client, post(server.url()));
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().code == Errc::unavailable);
    const char* expected = protocols == nullptr ? "the server does not offer HTTP/2"
                                                : "the peer refused: no application protocol";
    CHECK_MESSAGE(answer.error().detail.starts_with(expected), answer.error().detail);
  }
}

TEST_CASE("why there was no connection") {
  boost::asio::io_context io;
  Client client(io, http2());
  CHECK(fetch(io, client, post("http://127.0.0.1:1")).error().detail ==
        "cannot connect: Connection refused (http://127.0.0.1:1)");
  CHECK(fetch(io, client, post("http://name.invalid"))
            .error()
            .detail.starts_with("cannot connect: the name has no address: "));
}

TEST_CASE("all addresses of a name are tried") {
  EchoServer server;  // on 127.0.0.1 alone
  boost::asio::io_context io;
  Client client(io, http2());
  const std::string url = "http://localhost:" + std::to_string(server.port()) + "/echo";
  CHECK(fetch(io, client, post(url)).has_value());
}

TEST_CASE("a server that takes one request at a time is asked over a few connections") {
  ServerOptions server_options;
  server_options.max_streams = 1;
  EchoServer server(server_options);
  boost::asio::io_context io;
  Client client(io, http2());
  CHECK(errors_of(io, client, server.url("/echo"), 100).empty());
  CHECK(server.metric("connections") <= 4);
  CHECK(server.metric("requests_total", "2") == 100);
}

TEST_CASE("a request that found no place in its time was not processed") {
  ServerOptions server_options;
  server_options.max_streams = 1;
  EchoServer server(server_options);
  boost::asio::io_context io;
  ClientOptions options = http2();
  options.request_timeout = milliseconds(300);
  options.max_connections = 1;
  Client client(io, options);
  std::vector<std::string> errors = errors_of(io, client, server.url("/hold"), 3);
  REQUIRE(errors.size() == 3);
  std::sort(errors.begin(), errors.end());
  CHECK(errors[0].starts_with("no answer in time"));
  CHECK(errors[1].starts_with(kNotProcessed));
}

TEST_CASE("a connection that ends takes its requests with it, and the next has a new one") {
  for (const bool says_so : {false, true}) {
    const std::string goodbye = frame(kGoaway, 0, 0, number(0) + number(0));
    const RawServer server = answering(says_so ? goodbye : "", true);
    boost::asio::io_context io;
    Client client(io, http2());
    for (int i = 0; i < 3; ++i) {
      const auto answer = fetch(io, client, post(server.url()));
      REQUIRE_FALSE(answer.has_value());
      CHECK(answer.error().code == Errc::unavailable);
      CHECK(answer.error().detail.starts_with(says_so ? "not processed: the server ends the"
                                                      : "the connection is lost: "));
    }
  }
}

TEST_CASE("a server that ends each connection in good order after a few requests loses none") {
  // As nginx does: what crosses its GOAWAY was not processed, and what did not is answered.
  std::atomic<int> connections = 0;
  const RawServer server([&](RawSocket& peer) {
    ++connections;
    peer.receive_until(kPrefaceEnd);
    peer.send(frame(kSettings, 0, 0));
    peer.receive([](const std::string& octets) { return count(octets, "hello") >= 3; });
    std::string answers = frame(kGoaway, 0, 0, number(5) + number(0));
    for (const std::uint32_t stream : {1u, 3u, 5u})
      answers += frame(kHeaders, kEndHeaders | kEndStream, stream, "\x89");
    peer.send(answers);
    peer.receive([](const std::string&) { return false; });  // until the client is gone
  });
  boost::asio::io_context io;
  Client client(io, http2());
  CHECK(errors_of(io, client, server.url(), 6).empty());
  CHECK(connections == 2);
  CHECK(client.in_flight() == 0);
}

TEST_CASE("a server that leaves before it is asked is no reason to try for ever") {
  std::atomic<int> connections = 0;
  const std::string goodbye = frame(kGoaway, 0, 0, number(0) + number(0));
  const std::string settings = frame(kSettings, 0, 0);
  for (const std::string& talk : {""s, settings + goodbye, goodbye, "HTTP/1.1 400 No\r\n\r\n"s}) {
    connections = 0;
    const RawServer server([&](RawSocket& peer) {
      ++connections;
      peer.receive_until(kPrefaceEnd);
      peer.send(talk);
      peer.close();
    });
    boost::asio::io_context io;
    Client client(io, http2());
    CHECK(errors_of(io, client, server.url(), 20).size() == 20);
    CHECK(connections <= 2);
    CHECK(client.in_flight() == 0);
  }
}

TEST_CASE("a server that reads nothing does not hold requests beyond their time") {
  const RawServer server([](RawSocket& peer) {
    peer.send(frame(kSettings, 0, 0, setting(4, 0x7fff'ffff)) +
              frame(kWindowUpdate, 0, 0, number(0x7fff'0000)));
  });
  boost::asio::io_context io;
  ClientOptions options = http2();
  options.request_timeout = milliseconds(400);
  Client client(io, options);
  std::size_t failed = 0;
  for (int i = 0; i < 20; ++i) {
    ClientRequest request = post(server.url());
    request.body.assign(1'000'000, 'x');
    client.start(std::move(request), [&](const auto& answer) { failed += answer ? 0 : 1; });
  }
  CHECK(eventually([&] {
    io.restart();
    io.poll();
    return failed == 20;
  }));
}

TEST_CASE("the client may end at any step of a connection") {
  const RawServer silent([](RawSocket&) {});
  const std::string port = silent.url("").substr(silent.url("").rfind(':'));
  for (const std::string& url : {"http://localhost" + port, "https://localhost" + port,
                                 silent.url(), "http://127.0.0.1:1"s}) {
    for (int handlers = 0; handlers < 8; ++handlers) {
      boost::asio::io_context io;
      bool told = false;
      {
        ClientOptions options = http2();
        options.connect_timeout = kLong;  // on a machine that is busy
        Client client(io, options);
        client.start(post(url), [&](const auto&) { told = true; });
        for (int i = 0; i < handlers && !told; ++i) io.run_one_for(milliseconds(20));
      }
      const bool before = std::exchange(told, false);
      io.restart();
      io.run_for(milliseconds(20));
      CHECK_FALSE(told);
      CHECK((!before || url.ends_with(":1")));
    }
  }
}

TEST_CASE("large bodies, both ways and many at a time") {
  ServerOptions server_options;
  server_options.max_body_octets = 4 * 1024 * 1024;
  EchoServer server(server_options);
  boost::asio::io_context io;
  ClientOptions options = http2();
  options.max_response_octets = 4 * 1024 * 1024;
  options.request_timeout = kLong;
  Client client(io, options);
  std::size_t good = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    ClientRequest request = post(server.url("/echo"));
    request.body.assign(500'000 * i, static_cast<char>('a' + i));
    client.start(request, [&good, body = request.body](const auto& answer) {
      good += answer && answer->body == body ? 1 : 0;
    });
  }
  CHECK(eventually([&] {
    io.restart();
    io.poll();
    return good == 8;
  }));
}

}  // namespace
}  // namespace msggw::http::client_http2_test
