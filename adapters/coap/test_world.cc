// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/test_world.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <memory>
#include <thread>

namespace msggw::coap_adapter::test {

namespace {

Options on_loopback(Options options) {
  options.address = boost::asio::ip::address_v4::loopback();
  options.port = 0;
  options.receive_buffer_octets = 100'000;
  return options;
}

}  // namespace

World::World(const Options& options, core::Limits wanted)
    : Service(wanted), adapter(context, on_loopback(options), gateway.registrations()) {
  adapter.start();
}

Device::Device(msggw::test::Service& world, std::uint16_t port)
    : world_(world), socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
}

void Device::send_octets(std::string_view octets) {
  REQUIRE(::send(socket_.get(), octets.data(), octets.size(), 0) ==
          static_cast<ssize_t>(octets.size()));
}

std::uint16_t Device::port() const {
  sockaddr_in own{};
  socklen_t size = sizeof own;
  REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&own), &size) == 0);
  return ntohs(own.sin_port);
}

std::optional<Message> Device::poll() {
  char octets[2048];
  const ssize_t size = ::recv(socket_.get(), octets, sizeof octets, 0);
  if (size < 0) return std::nullopt;
  auto message = decode({octets, static_cast<std::size_t>(size)});
  REQUIRE(message.has_value());
  return message;
}

Message Device::receive() {
  std::optional<Message> message;
  REQUIRE(world_.until([&] { return (message = poll()).has_value(); }));
  return std::move(*message);
}

Message Device::ask(const Message& message) {
  send(message);
  return receive();
}

bool Device::nothing_comes() {
  Message ping;
  ping.mid = ++ping_mid_;
  const Message answer = ask(ping);
  return answer.type == kRst && answer.mid == ping.mid;
}

std::string run_client(msggw::test::Service& world, const std::string& arguments) {
  std::string output;
  std::atomic<bool> done = false;
  std::jthread reader([&] {
    const std::string command = "coap-client-openssl -B 8 " + arguments + " 2>&1 </dev/null";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    std::array<char, 4096> buffer;
    while (const auto size = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
      output.append(buffer.data(), size);
    done = true;
  });
  CHECK(world.until([&] { return done.load(); }));
  reader.join();
  return output;
}

}  // namespace msggw::coap_adapter::test
