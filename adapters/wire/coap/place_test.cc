// SPDX-License-Identifier: Apache-2.0
// A server that gets another address and port while it runs.
#include <doctest/doctest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include "adapters/wire/coap/test_raw_peer.h"
#include "adapters/wire/coap/test_raw_stream.h"
#include "adapters/wire/coap/test_ways.h"
#include "gateway/base/listening.h"

namespace msggw::coap::place_test {
namespace {

using namespace test;

constexpr Way kUdp = kWays[0];
constexpr Way kTcp = kWays[3];

ServerOptions on(const Way& way, std::uint16_t port, const char* address = "127.0.0.1") {
  ServerOptions options = server_of(way);
  options.receive_buffer_octets = 100'000;
  options.address = boost::asio::ip::make_address(address);
  options.port = port;
  return options;
}

RawMessage get_of(std::uint16_t mid) {
  return {MessageType::confirmable, 1, mid, "t", {{option::kUriPath, "x"}}, ""};
}

std::string request() {
  OptionWriter options;
  options.add(option::kUriPath, "p");
  std::string out;
  append_frame(out, 2, "tok", options.octets(), {});
  return out;
}

/// Whether anybody else may have the port.
template <class Protocol>
bool is_free(std::uint16_t port, bool may_share = false) {
  boost::asio::io_context io;
  typename Protocol::socket socket(io, Protocol::v4());
  if (may_share) socket.set_option(boost::asio::socket_base::reuse_address(true));
  boost::system::error_code error;
  socket.bind({boost::asio::ip::address_v4::loopback(), port}, error);
  return !error;
}

TEST_CASE("over every transport a server moves, and nothing of it is at the old place") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Loop loop;
    EchoServer server(loop, server_of(way));
    Client client(loop.io, client_of(way));
    REQUIRE(ask(loop, client, post(server.uri())).has_value());
    const std::uint16_t before = server.server().port();
    Place place = server.server().prepare(on(way, 0, "0.0.0.0"));
    CHECK(place.is_other);
    REQUIRE(ask(loop, client, post(server.uri())).has_value());  // nothing has happened yet
    server.server().take(std::move(place));
    CHECK(server.server().port() != before);
    CHECK((is_stream(way.transport) ? is_free<boost::asio::ip::tcp>(before, true)
                                    : is_free<boost::asio::ip::udp>(before)));
    if (way.transport != Transport::udp) {
      CHECK(loop.until([&] { return loop.metric("msggw_coap_sessions") == 0; }));
    }
    Client anew(loop.io, client_of(way));
    CHECK(ask(loop, anew, post(server.uri())).has_value());
  }
}

TEST_CASE("a place that is not taken leaves no trace, nor does one that cannot be had") {
  for (const Way& way : {kUdp, kTcp}) {
    CAPTURE(way.name);
    Loop loop;
    EchoServer server(loop, server_of(way));
    EchoServer other(loop, server_of(way));
    Client client(loop.io, client_of(way));
    CHECK(server.server().prepare(on(way, 0, "127.0.0.2")).socket);
    ServerOptions taken = on(way, other.server().port());
    taken.section = "coap.secure";
    try {
      server.server().prepare(taken);
      FAIL("somebody has it");
    } catch (const base::CannotListen& error) {
      CHECK(error.section() == "coap.secure");
      CHECK(error.option() == "port");
      CHECK(std::string(error.what()).find("coap.secure.port") != std::string::npos);
    }
    try {
      taken.address = boost::asio::ip::make_address("192.0.2.7");
      server.server().prepare(taken);
      FAIL("nobody has it");
    } catch (const base::CannotListen& error) {
      CHECK(error.section() == "coap");
      CHECK(error.option() == "address");
    }
    CHECK(ask(loop, client, post(server.uri())).has_value());
    CHECK(ask(loop, client, post(other.uri())).has_value());
  }
}

TEST_CASE("the address changes and the port does not, in both directions") {
  for (const Way& way : {kUdp, kTcp}) {
    CAPTURE(way.name);
    Loop loop;
    EchoServer server(loop, server_of(way));
    const std::uint16_t port = server.server().port();
    for (const char* address : {"0.0.0.0", "127.0.0.1", "127.0.0.2", "0.0.0.0"}) {
      CAPTURE(address);
      server.server().take(server.server().prepare(on(way, port, address)));
      CHECK(server.server().port() == port);
      const std::string host = std::string(address) == "127.0.0.2" ? address : "127.0.0.1";
      Client client(loop.io, client_of(way));
      CHECK(ask(loop, client, post(server.uri(host))).has_value());
    }
    // Another program still cannot have it.
    CHECK_FALSE((is_stream(way.transport) ? is_free<boost::asio::ip::tcp>(port, true)
                                          : is_free<boost::asio::ip::udp>(port)));
  }
}

TEST_CASE("a port of 0 that stays 0 is no move, nor is its number written out") {
  Loop loop;
  EchoServer server(loop, server_of(kUdp));
  const std::uint16_t port = server.server().port();
  CHECK_FALSE(server.server().prepare(on(kUdp, 0)).is_other);
  CHECK_FALSE(server.server().prepare(on(kUdp, port)).is_other);
  server.server().take(server.server().prepare(on(kUdp, port)));
  CHECK(server.server().port() == port);
  server.server().take(server.server().prepare(on(kUdp, 0)));  // any, and not that one any more
  CHECK(server.server().port() != port);
}

TEST_CASE("a server that does not listen any more is there, and listens again") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Loop loop;
    EchoServer server(loop, server_of(way));
    Client client(loop.io, client_of(way));
    REQUIRE(ask(loop, client, post(server.uri())).has_value());
    ServerOptions options = server_of(way);
    options.listens = false;
    options.security.certificate = "/nowhere";  // nobody looks at it
    server.server().take(server.server().prepare(options));
    CHECK(server.server().port() == 0);
    CHECK_FALSE(server.server().prepare(options).is_other);
    server.server().take(server.server().prepare(server_of(way)));
    Client anew(loop.io, client_of(way));
    CHECK(ask(loop, anew, post(server.uri())).has_value());
  }
}

TEST_CASE("over a stream what was asked is answered before the connection ends, with Release") {
  Loop loop;
  EchoServer server(loop, server_of(kTcp));
  server.reply = Reply::later;
  RawStream raw(loop, server.server().port());
  raw.send(csm() + request());
  RawStream idle(loop, server.server().port());
  idle.send(csm());
  REQUIRE(loop.until(
      [&] { return !server.waiting.empty() && loop.metric("msggw_coap_sessions") == 2; }));
  const Peer before = server.seen.back().peer;
  server.server().take(server.server().prepare(on(kTcp, 0, "127.0.0.2")));
  CHECK(idle.receive_code() == signal::kRelease);
  CHECK(!idle.receive().has_value());
  CHECK(raw.receive_code() == signal::kRelease);
  raw.send(request());  // too late
  for (int i = 0; i < 5; ++i) loop.turn();
  CHECK(server.seen.size() == 1);
  server.answer_all();
  CHECK(raw.receive_code() == static_cast<int>(Code::created));
  CHECK(!raw.receive().has_value());
  CHECK(loop.metric("msggw_coap_sessions") == 0);
  // Who comes now is nobody whom it knew.
  Client client(loop.io, client_of(kTcp));
  const auto asked = ask(client, post(server.uri("127.0.0.2")));
  REQUIRE(loop.until([&] { return server.waiting.size() == 1; }));
  CHECK(server.seen.back().peer.session > before.session);
  server.answer_all();
  REQUIRE(loop.until([&] { return asked->result.has_value(); }));
}

TEST_CASE("over udp what is under way goes on from the new place") {
  Loop loop;
  EchoServer server(loop, server_of(kUdp));
  server.reply = Reply::later;
  RawPeer raw(loop, server.server().port());
  raw.send(get_of(1));
  REQUIRE(loop.until([&] { return server.waiting.size() == 1; }));
  const std::uint16_t before = server.server().port();
  server.server().take(server.server().prepare(on(kUdp, 0, "127.0.0.2")));
  server.answer_all();
  CHECK(raw.receive().code == static_cast<std::uint8_t>(Code::content));
  CHECK(server.server().port() != before);
  CHECK(loop.metric("msggw_coap_open_exchanges") == 0);
}

}  // namespace
}  // namespace msggw::coap::place_test
