// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/client.h"

#include <dirent.h>
#include <doctest/doctest.h>

#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "adapters/wire/http/test_peers.h"

namespace msggw::http::client_test {
namespace {

using base::Errc;
using std::chrono::milliseconds;
using test::EchoServer;
using test::eventually;
using test::fetch;
using test::line_of;
using test::post;
using test::RawServer;
using test::RawSocket;

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

TEST_CASE("each request as it is meant, one after the other") {
  EchoServer server;
  for (const Version version : {Version::automatic, Version::http1, Version::http2}) {
    boost::asio::io_context io;
    ClientOptions options;
    options.version = version;
    Client client(io, options);
    for (int round = 0; round < 2; ++round) {
      for (const char* method :
           {"POST", "GET", "PUT", "DELETE", "HEAD", "PATCH", "GET", "POST", "OPTIONS"}) {
        CAPTURE(std::string(method));
        const bool body = method[0] == 'P';
        ClientRequest request = body ? post(server.url("/describe?q=" + std::to_string(round)))
                                     : test::to(server.url("/describe?q=" + std::to_string(round)));
        request.method = method;
        if (round == 1) request.accept = "application/json";
        if (round == 1) request.authorization = "Bearer abc";
        if (round == 1)
          request.headers = {{"origin", "http://a"}, {"3gpp-sbi-message-priority", "8"}};
        const auto answer = fetch(io, client, request);
        REQUIRE(answer.has_value());
        CHECK(answer->status == 200);
        CHECK(answer->content_type == "text/plain");
        CHECK(answer->version == (version == Version::http2 ? 20u : 11u));
        if (std::string(method) == "HEAD") {
          CHECK(answer->body.empty());
          continue;
        }
        CHECK(line_of(answer->body, "method") == method);
        CHECK(line_of(answer->body, "query") == "q=" + std::to_string(round));
        CHECK(line_of(answer->body, "content_type") == (body ? "text/plain" : ""));
        CHECK(line_of(answer->body, "accept") == (round == 1 ? "application/json" : ""));
        CHECK(line_of(answer->body, "authorization") == (round == 1 ? "Bearer abc" : ""));
        CHECK(line_of(answer->body, "message_priority") == (round == 1 ? "8" : ""));
        CHECK(line_of(answer->body, "body") == (body ? "5" : "0"));
      }
    }
    const ClientRequest bare = test::to(server.url("/describe"));  // POST without a body
    const auto answer = fetch(io, client, bare);
    REQUIRE(answer.has_value());
    CHECK(line_of(answer->body, "content_type") == "");
    CHECK(line_of(answer->body, "body") == "0");
    CHECK(client.in_flight() == 0);
  }
}

TEST_CASE("a server is named with its port, and an IPv6 address in brackets") {
  for (const char* const at : {"127.0.0.1", "::1"}) {
    ServerOptions where;
    where.address = boost::asio::ip::make_address(at);
    EchoServer server(where);
    for (const Version version : {Version::http1, Version::http2}) {
      CAPTURE(at);
      boost::asio::io_context io;
      ClientOptions options;
      options.version = version;
      Client client(io, options);
      const auto answer = fetch(io, client, test::to(server.url("/describe")));
      REQUIRE(answer.has_value());
      const std::string named = std::string(at) == "::1" ? "[::1]" : at;
      CHECK(line_of(answer->body, "host") == named + ":" + std::to_string(server.port()));
    }
  }
}

TEST_CASE("status, location, Retry-After in seconds") {
  EchoServer server;
  for (const Version version : {Version::http1, Version::http2}) {
    boost::asio::io_context io;
    ClientOptions options;
    options.version = version;
    Client client(io, options);
    const auto moved = fetch(io, client, post(server.url("/status?302")));
    REQUIRE(moved.has_value());
    CHECK(moved->status == 302);  // not followed
    CHECK(moved->location == "/elsewhere");
    CHECK(moved->retry_after == std::chrono::seconds(7));
    CHECK(fetch(io, client, post(server.url("/status?201")))->location == "/elsewhere");
    CHECK(fetch(io, client, post(server.url("/status?204")))->body.empty());
    CHECK(fetch(io, client, post(server.url("/status?503")))->location.empty());
    CHECK(fetch(io, client, post(server.url("/nothing")))->status == 404);
    CHECK(fetch(io, client, post(server.url("/nothing")))->retry_after == base::Duration(0));
    CHECK(fetch(io, client, post(server.url("/big?65536")))->body.size() == 65'536);
    const auto large = fetch(io, client, post(server.url("/big?65537")));
    REQUIRE_FALSE(large.has_value());
    CHECK(large.error().code == Errc::too_large);
  }
}

TEST_CASE("Retry-After as a date") {
  boost::asio::io_context io;
  Client client(io, {});
  const RawServer dated([](RawSocket& peer) {
    peer.receive_until("hello");
    const std::time_t later = std::time(nullptr) + 100;
    char date[64];
    std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&later));
    peer.send("HTTP/1.1 503 No\r\ncontent-length: 0\r\nretry-after: " + std::string(date) +
              "\r\n\r\n");
  });
  const auto answer = fetch(io, client, post(dated.url()));
  REQUIRE(answer.has_value());
  CHECK(answer->status == 503);
  CHECK(answer->retry_after > std::chrono::seconds(80));
  CHECK(answer->retry_after <= std::chrono::seconds(100));
}

/// Keeps `most` requests in flight until `total` were made; how many were answered as they should.
struct Load {
  Client& client;
  boost::asio::io_context& io;
  std::string url;
  std::size_t left;
  std::size_t most;
  std::size_t open = 0;
  std::size_t good = 0;
  std::size_t http2 = 0;

  void fill() {
    while (left > 0 && open < most && client.room() > 0) {
      --left;
      ++open;
      const std::string body = std::to_string(left) + std::string(200, 'x');
      client.start(post(url, body), [this, body](base::Result<ClientResponse> answer) {
        --open;
        if (answer && answer->status == 200 && answer->body == body) ++good;
        if (answer && answer->version == 20) ++http2;
        fill();
      });
    }
  }
  void run() {
    fill();
    const auto end = std::chrono::steady_clock::now() + 3 * test::kLong;
    io.restart();
    while (open > 0 && std::chrono::steady_clock::now() < end)
      io.run_one_for(std::chrono::seconds(1));
  }
};

TEST_CASE("many requests over few connections") {
  EchoServer server;
  boost::asio::io_context io;
  ClientOptions options;
  options.max_connections = 16;
  Client client(io, options);
  CHECK(client.room() == 16);
  Load load{client, io, server.url("/echo"), 5'000, 100};
  load.run();
  CHECK(load.good == 5'000);
  CHECK(server.metric("connections") <= 16);
}

TEST_CASE("cleartext HTTP/2: 20,000 requests over one connection") {
  EchoServer server;
  boost::asio::io_context io;
  ClientOptions options;
  options.version = Version::http2;
  Client client(io, options);
  CHECK(client.room() == 100);
  Load load{client, io, server.url("/echo"), 20'000, 100};
  load.run();
  CHECK(load.good == 20'000);
  CHECK(load.http2 == 20'000);
  CHECK(server.metric("connections") == 1);
  CHECK(server.metric("requests_total", "2") == 20'000);
  CHECK(server.metric("requests_total", "1.1") == 0);
}

TEST_CASE("cleartext HTTP/2: a first request that hangs holds up no other") {
  EchoServer server;
  boost::asio::io_context io;
  ClientOptions options;
  options.version = Version::http2;
  options.request_timeout = std::chrono::minutes(10);
  Client client(io, options);
  bool first_ended = false;
  client.start(post(server.url("/hold")), [&](const auto&) { first_ended = true; });
  Load load{client, io, server.url("/echo"), 200, 50};
  load.run();
  CHECK(load.http2 == 200);
  CHECK_FALSE(first_ended);
  CHECK(server.metric("connections") == 1);
  server.release();
  CHECK(eventually([&] {
    io.poll();
    return first_ended;
  }));
}

TEST_CASE("cleartext HTTP/2 is spoken again after the connection ended, also while it was idle") {
  boost::asio::io_context io;
  ClientOptions options;
  options.version = Version::http2;
  Client client(io, options);
  ServerOptions short_lived;
  short_lived.idle_timeout = milliseconds(50);
  EchoServer server(short_lived);
  for (int i = 0; i < 2; ++i) {
    Load load{client, io, server.url("/echo"), 50, 20};
    load.run();
    CHECK(load.http2 == 50);
    // The loop runs on meanwhile, as it does in the product.
    CHECK(eventually([&] {
      io.poll();
      return server.metric("connections") == 0;
    }));
    io.run_for(milliseconds(20));
  }
  CHECK(server.metric("requests_total", "1.1") == 0);
}

TEST_CASE("a server that goes and comes back at the same address") {
  boost::asio::io_context io;
  for (const Version version : {Version::http1, Version::http2}) {
    ClientOptions options;
    options.version = version;
    Client client(io, options);
    ServerOptions server_options;
    {
      EchoServer first;
      server_options.port = first.port();
      CHECK(fetch(io, client, post(first.url("/echo"))).has_value());
    }
    const std::string url = "http://127.0.0.1:" + std::to_string(server_options.port) + "/echo";
    const auto refused = fetch(io, client, post(url));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Errc::unavailable);
    EchoServer second(server_options);
    CHECK(fetch(io, client, post(url)).has_value());
  }
}

TEST_CASE("HTTP/2 servers that are none") {
  for (const char* talk : {"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
                           "garbage garbage garbage garbage", ""}) {
    const RawServer server([talk](RawSocket& peer) {
      peer.receive_until("SM\r\n\r\n");
      if (*talk == '\0') return;  // says nothing
      peer.send(talk);
      peer.close();
    });
    boost::asio::io_context io;
    ClientOptions options;
    options.version = Version::http2;
    options.request_timeout = milliseconds(400);
    Client client(io, options);
    const auto start = std::chrono::steady_clock::now();
    Load load{client, io, server.url(), 30, 30};
    load.run();  // all that waited for the connection end with it
    CHECK(load.open == 0);
    CHECK(load.good == 0);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  }
}

TEST_CASE(
    "the client may end with requests open, also inside a Done, and leaves no descriptor behind") {
  EchoServer server;
  boost::asio::io_context io;
  std::make_optional<Client>(io, ClientOptions{}).reset();  // the loop opens its own at first use
  const std::size_t before = open_descriptors();
  for (const Version version : {Version::http1, Version::http2}) {
    ClientOptions options;
    options.version = version;
    bool called = false;
    auto client = std::make_optional<Client>(io, options);
    client->start(post(server.url("/hold")), [&](const auto&) { called = true; });
    io.restart();
    io.run_for(milliseconds(50));
    client.reset();
    io.restart();
    io.run_for(milliseconds(50));
    CHECK_FALSE(called);

    client.emplace(io, options);
    int calls = 0;
    for (int i = 0; i < 5; ++i) {
      client->start(post("http://127.0.0.1:1/"), [&](const auto&) {
        ++calls;
        client.reset();
      });
    }
    io.restart();
    io.run_for(milliseconds(300));
    CHECK(calls == 1);
  }
  server.stop();  // its side of what was held
  CHECK(eventually([&] { return open_descriptors() < before; }));
}

}  // namespace
}  // namespace msggw::http::client_test
