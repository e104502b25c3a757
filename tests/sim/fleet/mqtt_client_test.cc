// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/mqtt_client.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <vector>

namespace msggw::fleet {
namespace {

/// A broker of one connection, which a test speaks for.
class Broker {
 public:
  Broker() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(listener_.get(), 1) == 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
  }

  std::uint16_t port() const { return port_; }
  void accept() { connection_.reset(::accept(listener_.get(), nullptr, nullptr)); }
  void hear() {
    std::array<char, 256> room;
    REQUIRE(::recv(connection_.get(), room.data(), room.size(), 0) > 0);
  }
  void say(const std::string& octets) {
    REQUIRE(::send(connection_.get(), octets.data(), octets.size(), 0) ==
            static_cast<ssize_t>(octets.size()));
  }
  /// As the system does for a broker that is killed with something unread.
  void die() {
    const linger at_once{1, 0};
    ::setsockopt(connection_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    connection_.reset();
  }

 private:
  base::UniqueFd listener_;
  base::UniqueFd connection_;
  std::uint16_t port_ = 0;
};

/// MQTT 5, QoS 1, one property.
std::string publication(char id, const std::string& payload) {
  const std::string packet = std::string("\0\1t\0", 4) + id + std::string("\2\1\1", 3) + payload;
  return std::string("\x32") + static_cast<char>(packet.size()) + packet;
}

TEST_CASE("what a broker has sent before its end is heard, and then that it has gone") {
  const MqttLibrary library;
  Broker broker;
  std::vector<std::string> heard;
  bool is_lost = false;
  MqttClient client({"127.0.0.1", broker.port(), "client"},
                    {[] {}, [&] { is_lost = true; },
                     [&](const MqttMessage& message) {
                       CHECK_FALSE(is_lost);
                       heard.push_back(std::string(message.topic).append(message.payload));
                     },
                     [] {}});
  REQUIRE(client.connect());
  broker.accept();
  broker.hear();
  broker.say(std::string("\x20\x03\0\0\0", 5));
  const auto wait = [&] {
    pollfd readable{client.fd(), POLLIN, 0};
    REQUIRE(::poll(&readable, 1, 10'000) == 1);
    client.readable();
  };
  while (!client.is_connected()) wait();
  broker.say(publication(1, "a") + publication(2, "b") + publication(3, "c"));
  broker.die();
  while (!is_lost) wait();
  CHECK(heard == std::vector<std::string>{"ta", "tb", "tc"});
}

}  // namespace
}  // namespace msggw::fleet
