// SPDX-License-Identifier: Apache-2.0
// A server that gets another address and port, or TLS, while it runs.
#include <doctest/doctest.h>

#include <boost/asio/ip/tcp.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "adapters/wire/http/test_frames.h"
#include "adapters/wire/http/test_peers.h"
#include "gateway/base/listening.h"

namespace msggw::http::place_test {
namespace {

using test::EchoServer;
using test::eventually;
using test::RawSocket;

std::string get(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nhost: x\r\n\r\n";
}

/// Of another place than the default, reached in the same way.
ServerOptions elsewhere() {
  ServerOptions options;
  options.address = boost::asio::ip::address_v4::any();
  return options;
}

bool is_served(std::uint16_t port) {
  RawSocket client(port);
  client.send(get("/describe"));
  return client.receive_until("host=x\n").starts_with("HTTP/1.1 200");
}

bool is_refused(std::uint16_t port) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::socket socket(io);
  boost::system::error_code error;
  socket.connect({boost::asio::ip::address_v4::loopback(), port}, error);
  return error == boost::asio::error::connection_refused;
}

TEST_CASE("who is connected to the old place gets his answers, and then the end") {
  EchoServer server;
  const std::uint16_t before = server.port();
  RawSocket asked(before);
  asked.send(get("/hold"));
  RawSocket idle(before);
  idle.send(get("/describe"));
  idle.receive_until("host=x\n");
  RawSocket half(before);
  half.send("GET /describe HTTP/1.1\r\nho");
  RawSocket silent(before);
  REQUIRE(eventually([&] { return server.metric("connections") == 4; }));
  server.move_to(elsewhere());
  CHECK(server.port() != before);
  CHECK(is_refused(before));
  CHECK(is_served(server.port()));
  CHECK(idle.receive_all().empty());
  server.release();
  const std::string answer = asked.receive_all();
  CHECK(answer.find("connection: close") != std::string::npos);
  CHECK(answer.ends_with("held"));
  half.send("st: x\r\n\r\n");
  CHECK(half.receive_all().find("connection: close") != std::string::npos);
  silent.send(get("/describe"));  // it was on its way
  CHECK(silent.receive_all().ends_with("host=x\n"));
  CHECK(eventually([&] { return server.metric("connections") == 0; }));
}

TEST_CASE("over HTTP/2 the end is told by GOAWAY, and comes behind the answers") {
  EchoServer server;
  const std::string fields = test::literal(":method", "GET") + test::literal(":scheme", "http") +
                             test::literal(":authority", "x");
  RawSocket client(server.port());
  client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + test::frame(test::kSettings, 0, 0) +
              test::frame(test::kHeaders, test::kEndStream | test::kEndHeaders, 1,
                          fields + test::literal(":path", "/hold")));
  REQUIRE(eventually([&] { return server.metric("requests_total", "2") == 1; }));
  server.move_to(elsewhere());
  const std::string goaway = test::frame(test::kGoaway, 0, 0, test::number(1) + test::number(0));
  client.receive([&](const std::string& all) { return all.find(goaway) != std::string::npos; });
  client.send(test::frame(test::kHeaders, test::kEndStream | test::kEndHeaders, 3,
                          fields + test::literal(":path", "/describe")));
  server.release();
  CHECK(client.receive_all().ends_with("held"));
  CHECK(server.metric("requests_total", "2") == 1);
}

TEST_CASE("the port may stay the same while the address changes, or TLS comes and goes") {
  const test::Certificates certificates;
  EchoServer server;
  ServerOptions options;
  options.port = server.port();
  options.address = boost::asio::ip::address_v4::any();
  server.move_to(options);
  CHECK(is_served(options.port));
  options.address = boost::asio::ip::address_v4::loopback();
  server.move_to(options);
  CHECK(is_served(options.port));
  options.tls = certificates.server(false);
  RawSocket open(options.port);
  open.send(get("/hold"));
  REQUIRE(eventually([&] { return server.metric("requests_total", "1.1") == 3; }));
  server.move_to(options);
  const std::string curl = "curl -s -S --max-time 20 --cacert " + certificates.pem("ca").string();
  CHECK(test::run(curl + " " + server.url("/describe")).text.find("host=") != std::string::npos);
  RawSocket cleartext(options.port);
  cleartext.send(get("/describe"));
  CHECK(cleartext.receive_all().starts_with("HTTP/1.1 400"));
  server.release();
  CHECK(open.receive_all().ends_with("held"));  // as it began
  options.tls.reset();
  server.move_to(options);
  CHECK(is_served(options.port));
}

TEST_CASE("a place that cannot be had changes nothing") {
  EchoServer server;
  EchoServer other;
  ServerOptions options;
  options.port = other.port();
  options.section = "msgin5g";
  CHECK_THROWS_AS(server.move_to(options), base::CannotListen);
  options.port = 0;
  options.tls = ServerTls{"/nowhere/c.pem", "/nowhere/k.pem", {}};
  CHECK_THROWS_AS(server.move_to(options), std::runtime_error);
  CHECK(is_served(server.port()));
  CHECK(is_served(other.port()));
}

TEST_CASE("a server that does not listen any more ends its connections, and listens again") {
  EchoServer server;
  const std::uint16_t before = server.port();
  RawSocket idle(before);
  idle.send(get("/describe"));
  idle.receive_until("host=x\n");
  RawSocket held(before);
  held.send(get("/hold"));
  REQUIRE(eventually([&] { return server.metric("requests_total", "1.1") == 2; }));
  ServerOptions off;
  off.listens = false;
  server.move_to(off);
  CHECK(server.port() == 0);
  CHECK(is_refused(before));
  CHECK(idle.receive_all().empty());
  server.move_to({});
  CHECK(is_served(server.port()));
  server.stop();  // with it goes who waits at the place before
  CHECK(held.receive_all().empty());
}

}  // namespace
}  // namespace msggw::http::place_test
