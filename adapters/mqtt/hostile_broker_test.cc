// SPDX-License-Identifier: Apache-2.0
// What brokers must not be able to do.
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "adapters/mqtt/fake_broker.h"

namespace msggw::mqtt::test {

namespace {

double refused(const World& world, const std::string& reason) {
  return world.metric("msggw_mqtt_refused_total{reason=\"" + reason + "\"}");
}

/// Or the kernel would hold megabytes before the gateway feels that nobody reads.
void make_buffers_small(tcp::socket& peer) {
  peer.set_option(tcp::socket::receive_buffer_size(4'096));
  const auto gateway = peer.remote_endpoint();
  for (int fd = 3; fd < 1'024; ++fd) {
    sockaddr_in name{};
    socklen_t size = sizeof name;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) continue;
    if (name.sin_family != AF_INET || ntohs(name.sin_port) != gateway.port()) continue;
    const int octets = 4'096;
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &octets, sizeof octets);
  }
}

}  // namespace

TEST_CASE("a broker that refuses or talks rubbish does not stop the loop, and it is told why") {
  struct Case {
    std::string octets;
    std::string reason;
  };
  using namespace std::string_literals;
  const std::vector<Case> cases{
      {"\x20\x03\x00\x87\x00"s, "refused by the broker: not authorized"},
      {kConnack + "\xe0\x01\x8e"s, "closed by the broker: session taken over"},
      {"\xff\xff\xff\xff\xff\xff"s, "AUTH with a length of over four octets"},
      {"HTTP/1.1 400 Bad Request\r\n\r\n" + std::string(80, ' '), "PUBACK with wrong flags"},
      {"\x20\x05\x00\x00\x02\x7f\x00"s, "CONNACK with a property (127)"},
      {kConnack + publication("msgin5g/a/register", 1, "\x7f\x00"s),
       "PUBLISH with a property (127)"},
      {kConnack + "\x30\xff\xff\xff\x7f"s, "PUBLISH of 268435460 octets"},
  };
  FakeSite site;
  for (const Case& wrong : cases) {
    CAPTURE(wrong.reason);
    tcp::socket peer = site.broker.accept(site.world);
    site.broker.say(peer, wrong.octets);
    CHECK_MESSAGE(site.reason_becomes(wrong.reason), site.world.adapter->reason());
    CHECK_FALSE(site.world.adapter->is_connected());
  }
  CHECK(site.world.metric("msggw_mqtt_connected") == 0);
  CHECK(site.world.metric("msggw_mqtt_wrong_packets_total") == 5);
  {
    tcp::socket peer = site.broker.accept(site.world);
    site.broker.say(peer, kConnack + std::string("\x30\x05\x00\x01", 4));  // cut short
    peer.close();
    CHECK(site.reason_becomes("closed by the broker"));
  }
  {
    tcp::socket peer = site.broker.accept(site.world);
    site.open(peer, kConnack, "\1\x87\1");
    CHECK(site.reason_becomes(
        "the broker refuses the subscription to msgin5g/+/deregister: not auth"));
  }
  {
    tcp::socket peer = site.broker.accept(site.world);
    site.open(peer, kConnack, "\1");
    CHECK(site.reason_becomes("SUBACK for what was not subscribed to"));
  }
  site.connect();
}

TEST_CASE("a broker that hangs before CONNACK or SUBACK does not stop the loop") {
  FakeSite site;
  tcp::socket peer = site.broker.accept(site.world);
  for (int i = 0; i < 20; ++i) site.world.turn();
  site.broker.say(peer, kConnack);
  for (int i = 0; i < 20; ++i) site.world.turn();
  CHECK_FALSE(site.world.adapter->is_connected());
}

TEST_CASE("a broker that sent a wrong packet is told so") {
  FakeSite site;
  tcp::socket peer = site.connect();
  site.broker.say(peer, std::string("\xc0\x00", 2));  // PINGREQ
  REQUIRE(site.reason_becomes("PINGREQ which only a client may send"));
  CHECK(FakeBroker::read(peer) == "\xe0\x01\x82");
}

TEST_CASE("a broker that takes small packets only does not end the gateway") {
  FakeSite site;
  const auto publish_state_of = [&](const std::string& id) {
    site.world.adapter->receive({"msgin5g/" + id + "/register", "", "", ""});
  };
  std::size_t size = 0;
  {
    tcp::socket peer = site.connect();
    publish_state_of("a");
    REQUIRE(site.world.until([&] { return peer.available() > 0; }));
    size = FakeBroker::read(peer).size();
  }
  REQUIRE(site.reason_becomes("closed by the broker"));
  REQUIRE(size < 256);
  // That one is sent again, and then another one just as long: each an octet too long.
  const tcp::socket peer = site.connect(std::string("\x20\x08\x01\x00\x05\x27\x00\x00\x00", 9) +
                                        static_cast<char>(size - 1));
  publish_state_of("b");
  CHECK(site.world.until([&] { return refused(site.world, "denied_by_broker") == 2; }));
  CHECK(site.world.adapter->is_connected());
}

TEST_CASE("a Private ID with a control character stops nothing") {
  FakeSite site;
  tcp::socket peer = site.connect();
  site.broker.say(peer,
                  publication("msgin5g/a\1/register", 7) + publication("msgin5g/b/register", 8));
  CHECK(site.world.until([&] { return site.world.gateway.tables().devices() == 1; }));
  CHECK(site.world.adapter->is_connected());
  CHECK(refused(site.world, "malformed") == 1);
  std::string octets;
  CHECK(site.world.until([&] {
    octets += FakeBroker::read(peer);
    return octets.find(std::string("\x40\x02\x00\x07\x40\x02\x00\x08", 8)) != std::string::npos;
  }));
}

TEST_CASE("a request is acknowledged when it is durable, and comes again if that never was") {
  FakeSite site;
  site.world.commits = false;
  {
    tcp::socket peer = site.connect();
    site.broker.say(peer, publication("msgin5g/a/register", 7));
    REQUIRE(site.world.until([&] { return site.world.gateway.tables().devices() == 1; }));
    site.broker.say(peer, publication("msgin5g/b/status", 8));
    for (int i = 0; i < 20; ++i) site.world.turn();
    CHECK(FakeBroker::read(peer).find('\x40') == std::string::npos);
  }
  REQUIRE(site.world.until([&] { return !site.world.adapter->is_connected(); }));
  tcp::socket peer = site.connect();
  site.broker.say(peer, publication("msgin5g/a/register", 9));
  for (int i = 0; i < 20; ++i) site.world.turn();
  CHECK(FakeBroker::read(peer).find('\x40') == std::string::npos);
  site.world.commits = true;
  std::string octets;
  CHECK(site.world.until([&] {
    octets += FakeBroker::read(peer);
    return octets.find(std::string("\x40\x02\x00\x09", 4)) != std::string::npos;
  }));
  CHECK(octets.find(std::string("\x40\x02\x00\x07", 4)) == std::string::npos);
}

TEST_CASE("a broker that reads nothing is not read from either") {
  FakeSite site;
  tcp::socket peer = site.connect();
  make_buffers_small(peer);
  peer.non_blocking(true);
  std::string flood;
  for (int i = 0; i < 5'000; ++i) flood += publication("x", 2);  // acknowledged at once
  const auto taken = [&] { return site.world.metric("msggw_mqtt_received_total{kind=\"other\"}"); };
  std::size_t written = 0;
  for (int quiet = 0; quiet < 20;) {  // until neither side moves any more
    boost::system::error_code full;
    const double before = taken();
    written += peer.write_some(boost::asio::buffer(flood), full);
    for (int i = 0; i < 3; ++i) site.world.turn();
    quiet = full && taken() == before ? quiet + 1 : 0;
    REQUIRE(written < (16U << 20));
  }
  CHECK(site.world.adapter->is_connected());
  const double before = taken();
  CHECK(site.world.until([&] {
    FakeBroker::read(peer);
    return taken() > before;
  }));
}

TEST_CASE("a broker that says nothing costs nothing, with TLS too") {
  boost::asio::io_context io;
  const tcp::acceptor silent(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  const TempFolder folder;
  Options options;
  options.port = silent.local_endpoint().port();
  SUBCASE("plain") {}
  SUBCASE("TLS") {
    options.ca = new_authority(folder);
  }
  World world(options);
  world.adapter->start();
  CHECK(world.io.run_for(std::chrono::milliseconds(200)) < 20);
}

TEST_CASE("TLS towards a port that nobody listens on fails at once, again and again") {
  std::uint16_t port = 0;
  {
    boost::asio::io_context io;
    port =
        tcp::acceptor(io, {boost::asio::ip::make_address("127.0.0.1"), 0}).local_endpoint().port();
  }
  const TempFolder folder;
  Options options;
  options.port = port;
  options.ca = new_authority(folder);
  options.reconnect_first = options.reconnect_most = base::Duration{20};
  World world(options);
  world.adapter->start();
  std::size_t handlers = 0;
  for (int i = 0; i < 1000 && handlers < 10; ++i)
    handlers += world.io.run_for(std::chrono::milliseconds(20));
  CHECK(handlers >= 10);
  CHECK(handlers < 500);
}

TEST_CASE("a TLS handshake that begins late, or never, does not spin the loop") {
  boost::asio::io_context io;
  tcp::acceptor full(io);
  full.open(tcp::v4());
  full.bind({boost::asio::ip::make_address("127.0.0.1"), 0});
  full.listen(0);
  tcp::socket first(io);  // fills the queue, so that the next SYN is dropped and sent again
  first.connect(full.local_endpoint());
  const TempFolder folder;
  Options options;
  options.port = full.local_endpoint().port();
  options.ca = new_authority(folder);
  World world(options);
  world.adapter->start();
  CHECK(world.io.run_for(std::chrono::milliseconds(50)) < 20);
  SUBCASE("it begins") {
    full.accept();
    tcp::socket peer(io);
    full.non_blocking(true);
    REQUIRE(world.until([&] {
      boost::system::error_code error;
      full.accept(peer, error);
      return !error;
    }));
    peer.non_blocking(false);
    REQUIRE(world.until([&] { return peer.available() > 0; }));
    char hello;
    boost::asio::read(peer, boost::asio::buffer(&hello, 1));
    CHECK(hello == 0x16);  // a TLS handshake record
    CHECK(world.io.run_for(std::chrono::milliseconds(300)) < 20);
  }
  SUBCASE("the port closes") {
    full.close();
    CHECK(world.io.run_for(std::chrono::milliseconds(1500)) < 200);
  }
}

}  // namespace msggw::mqtt::test
