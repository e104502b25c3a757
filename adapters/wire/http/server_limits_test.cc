// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "adapters/wire/http/test_peers.h"

namespace msggw::http {
namespace {

using namespace std::string_literals;
using test::EchoServer;
using test::eventually;
using test::RawSocket;

std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nhost: x\r\n\r\n";
}

bool is_served(RawSocket& client) {
  return client.send(get("/describe")) &&
         client
             .receive([](const std::string& all) { return all.find("path=") != std::string::npos; })
             .starts_with("HTTP/1.1 200");
}

std::string h2_frame(char type, char flags, unsigned stream, const std::string& payload = "") {
  const auto octet = [](std::size_t value) { return static_cast<char>(value); };
  return ""s + octet(payload.size() >> 16) + octet(payload.size() >> 8) + octet(payload.size()) +
         type + flags + '\0' + octet(stream >> 16) + octet(stream >> 8) + octet(stream) + payload;
}

/// HTTP/2 with windows of none, and a request of `path` for each of `streams`.
std::string h2_without_window(const std::string& path, unsigned streams) {
  std::string all = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + h2_frame(4, 0, 0, "\0\4\0\0\0\0"s);
  const std::string header = "\x82\x86\x41\x01x\x04"s + static_cast<char>(path.size()) + path;
  for (unsigned i = 0; i < streams; ++i) all += h2_frame(1, 5, 1 + 2 * i, header);
  return all;
}

bool was_told_to_calm_down(RawSocket& client) {
  const std::string all = client.receive_all();
  const auto goaway = all.find("\0\0\x08\x07\0\0\0\0\0"s);
  return goaway != std::string::npos && all.substr(goaway + 13, 4) == "\0\0\0\x0b"s;
}

TEST_CASE("a connection with more unread answers than it may have ends, others live") {
  ServerOptions options;
  options.max_unread_octets_per_connection = 400'000;
  EchoServer server(options);
  RawSocket other(server.port());
  CHECK(is_served(other));
  RawSocket greedy(server.port());
  greedy.send(h2_without_window("/big?500000", 1));
  CHECK(was_told_to_calm_down(greedy));
  CHECK(server.metric("refused_total", "unread") == 1);
  CHECK(is_served(other));
}

TEST_CASE("a connection is given no further request while it does not read") {
  ServerOptions options;
  options.max_unread_octets_per_connection = 400'000;
  EchoServer server(options);
  RawSocket slow(server.port());
  slow.send(h2_without_window("/big?60000", 50));
  CHECK(eventually([&] { return server.metric("requests_total", "2") >= 2; }));
  RawSocket other(server.port());
  CHECK(is_served(other));
  CHECK(server.metric("requests_total", "2") < 4);
  CHECK(server.metric("refused_total", "unread") == 0);
  // It opens its windows, and is served all.
  slow.send(h2_frame(4, 0, 0, "\0\4\0\x10\0\0"s) + h2_frame(8, 0, 0, "\0\x7f\0\0"s));
  std::size_t octets = 0;
  slow.receive([&octets](const std::string& all) { return (octets = all.size()) > 50 * 60'000; });
  CHECK(octets > 50 * 60'000);
  CHECK(server.metric("requests_total", "2") == 50);
}

TEST_CASE("of all unread answers the connection with most goes first") {
  ServerOptions options;
  options.max_unread_octets = 1'000'000;
  EchoServer server(options);
  std::vector<RawSocket> small;
  for (int i = 0; i < 5; ++i) {
    small.emplace_back(server.port());
    small.back().send(h2_without_window("/big?100000", 1));
  }
  CHECK(eventually([&] { return server.metric("requests_total", "2") == 5; }));
  RawSocket large(server.port());
  large.send(h2_without_window("/big?600000", 1));
  CHECK(was_told_to_calm_down(large));
  CHECK(server.metric("refused_total", "unread") == 1);
  CHECK(server.metric("connections") >= 5);
}

TEST_CASE("HTTP/1.1 clients that never read end when all of them have too much") {
  ServerOptions options;
  options.max_unread_octets = 20'000'000;
  EchoServer server(options);
  RawSocket other(server.port());
  CHECK(is_served(other));
  std::vector<RawSocket> deaf;
  for (int i = 0; i < 6; ++i) {
    deaf.emplace_back(server.port());
    deaf.back().send(get("/big?8000000"));
  }
  CHECK(eventually([&] { return server.metric("refused_total", "unread") >= 1; }));
  CHECK(is_served(other));
}

TEST_CASE("who comes when all places are taken gets that of who asked longest ago") {
  ServerOptions options;
  options.max_connections = 3;
  EchoServer server(options);
  RawSocket first(server.port());
  CHECK(is_served(first));
  RawSocket second(server.port());
  CHECK(is_served(second));
  RawSocket third(server.port());
  third.send(get("/hold"));  // waits for its answer
  CHECK(eventually([&] { return server.metric("requests_total", "1.1") == 3; }));
  CHECK(is_served(first));
  RawSocket fourth(server.port());
  CHECK(is_served(fourth));
  CHECK(second.receive_all().empty());  // first has asked again since
  CHECK(is_served(first));
  CHECK(server.metric("refused_total", "displaced") == 1);
  RawSocket fifth(server.port());
  CHECK(is_served(fifth));
  RawSocket sixth(server.port());
  CHECK(is_served(sixth));
  server.release();
  CHECK(third.receive_until("held").starts_with("HTTP/1.1 200"));
  CHECK(server.metric("refused_total", "connections") == 0);
}

TEST_CASE("a source has a share, and one that is kept keeps its place") {
  ServerOptions options;
  options.max_connections_per_source = 2;
  EchoServer server(options);
  RawSocket kept(server.port());
  kept.send(get("/keep"));
  CHECK(kept.receive_until("kept").starts_with("HTTP/1.1 200"));
  std::vector<RawSocket> others;
  for (int i = 0; i < 5; ++i) {
    others.emplace_back(server.port());
    CHECK(is_served(others.back()));
  }
  CHECK(is_served(kept));
  CHECK(server.metric("refused_total", "displaced") == 4);
  CHECK(server.metric("connections") == 2);
}

TEST_CASE("idle connections keep nothing of their requests") {
  ServerOptions options;
  options.max_buffered_octets = 150'000;
  EchoServer server(options);
  const std::string post =
      "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n" + std::string(60'000, 'b');
  std::vector<RawSocket> idle;
  for (int i = 0; i < 3; ++i) {
    idle.emplace_back(server.port());
    idle.back().send(post);
    CHECK(idle.back()
              .receive([](const std::string& all) { return all.size() > 60'000; })
              .starts_with("HTTP/1.1 200"));
  }
}

}  // namespace
}  // namespace msggw::http
