// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/socket.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <stdexcept>
#include <string>

#include "adapters/coap/test_world.h"
#include "gateway/base/address.h"
#include "gateway/base/handle.h"

namespace msggw::coap_adapter::test {
namespace {

coap::ServerOptions listener(const std::string& address, std::uint16_t port) {
  coap::ServerOptions options;
  options.address = base::parse_numeric(address).value();
  options.port = port;
  return options;
}

int bind_with_reuse(const base::UniqueFd& socket, std::uint16_t port) {
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const coap::SocketAddress at =
      coap::socket_address(boost::asio::ip::address_v4::loopback(), port);
  return ::bind(socket.get(), &at.generic, at.size) == 0 ? 0 : errno;
}

coap::Peer peer(const std::string& address, std::uint16_t port) {
  return coap::peer_of(coap::socket_address(base::parse_numeric(address).value(), port).generic);
}

base::UniqueFd udp_socket() {
  return base::UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

TEST_CASE("a port that is served is refused with the way out, even to SO_REUSEADDR") {
  World world;
  CHECK(bind_with_reuse(udp_socket(), world.port()) == EADDRINUSE);
  CHECK_THROWS_WITH_AS(coap::bind_udp(listener("127.0.0.1", world.port())),
                       doctest::Contains("another process serves it"), std::runtime_error);
  CHECK_THROWS_WITH_AS(coap::bind_udp(listener("0.0.0.0", world.port())),
                       doctest::Contains(std::to_string(world.port()).c_str()), std::runtime_error);
  CHECK_THROWS_AS(coap::bind_udp(listener("::", world.port())), std::runtime_error);
}

TEST_CASE("a port that somebody shares by SO_REUSEADDR is taken all the same") {
  const base::UniqueFd other = udp_socket();
  REQUIRE(bind_with_reuse(other, 0) == 0);
  CHECK_THROWS_AS(coap::bind_udp(listener("127.0.0.1", coap::local_port(other.get()))),
                  std::runtime_error);
}

TEST_CASE("addresses that cannot be served are named") {
  CHECK_THROWS_WITH_AS(coap::bind_udp(listener("192.0.2.1", 45'683)),
                       doctest::Contains("coap.address"), std::runtime_error);
}

TEST_CASE("an IPv4 peer is the same over an IPv6 socket") {
  const auto v4 = peer("127.0.0.1", 7);
  const auto v6 = peer("::ffff:127.0.0.1", 7);
  CHECK(v4 == v6);
  CHECK(v4 != peer("127.0.0.1", 8));
  CHECK(v4 != peer("127.0.0.2", 7));
}

TEST_CASE("a second adapter on the same port does not start") {
  World world;
  boost::asio::io_context io;
  Options options;
  options.address = boost::asio::ip::address_v4::loopback();
  options.port = world.port();
  const base::Clock clock;
  base::metrics::Registry metrics;
  CoapAdapter second({io, clock, metrics}, options, world.gateway.registrations());
  CHECK_THROWS_AS(second.start(), std::runtime_error);
  Device device(world);
  CHECK(device.ask(request(kPost, "rd?ep=a", 1)).code_text() == "2.01");
}

}  // namespace
}  // namespace msggw::coap_adapter::test
