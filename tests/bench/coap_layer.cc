// SPDX-License-Identifier: Apache-2.0
// bench_coap_layer [SLEEPERS [SECONDS]]: CoAP's message layer alone, over real sockets. A server
// sends confirmable notifications as fast as they are acknowledged, window 256, beside SLEEPERS
// peers (default 10,000) each of which never acknowledges one. Prints notifications a second, the
// server's CPU time for each (the acknowledging end has a thread of its own), and how all ended.
#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>

#include "adapters/wire/coap/datagram_socket.h"
#include "adapters/wire/coap/message_layer.h"
#include "adapters/wire/coap/socket.h"

namespace msggw::coap {
namespace {

constexpr std::size_t kWindow = 256;
constexpr std::uint8_t kContent = 0x45;
const std::string kPayload(100, 'n');

base::UniqueFd open_socket() {
  base::UniqueFd made = bind_udp({});
  set_buffers(made.get(), 4 << 20);
  return made;
}

/// One end: a layer on a socket.
class End {
 public:
  End(boost::asio::io_context& io, std::function<void(const Peer&, Ending)> ended)
      : layer({.max_unacknowledged = 1'000'000},
              {.transmit = [this](const Peer& to,
                                  std::string_view octets) { socket_.send(to, octets); },
               .message = [this](const Peer& from,
                                 const Datagram& in) { layer.acknowledge(from, in.mid); },
               .ended = [ended = std::move(ended)](const Peer& of, const Token&,
                                                   const MessageLayer::Subject&,
                                                   Ending how) { ended(of, how); },
               .malformed = [] {}}),
        socket_(io, open_socket(),
                {.received = [this](const Peer& from,
                                    std::string_view octets) { layer.received(from, octets); },
                 .unsent = [] {},
                 .failed = [](int) {}}) {}

  Peer peer() const {
    return peer_of(socket_address(boost::asio::ip::address_v4::loopback(), socket_.port()).generic);
  }

  MessageLayer layer;

 private:
  DatagramSocket socket_;
};

/// Of this thread.
double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) + double(time.tv_nsec) * 1e-9;
}

/// A peer that takes datagrams and says nothing: addresses of 127/8 where nobody listens.
Peer sleeper(std::size_t number) {
  Peer peer;
  peer.address[10] = peer.address[11] = 0xFF;
  peer.address[12] = 127;
  peer.address[13] = static_cast<std::uint8_t>(1 + number / 65'536);
  peer.address[14] = static_cast<std::uint8_t>(number >> 8);
  peer.address[15] = static_cast<std::uint8_t>(1 + number % 255);
  peer.port = static_cast<std::uint16_t>(10'000 + number % 50'000);
  return peer;
}

int run(std::size_t sleepers, int seconds) {
  boost::asio::io_context io;
  const base::Clock clock;
  std::array<std::uint64_t, 3> endings{};
  boost::asio::io_context device_io;
  End device(device_io, {});
  const Peer awake = device.peer();
  const std::jthread acknowledging([&] { device_io.run(); });
  End* server = nullptr;
  const auto notify = [&](const Peer& to) {
    server->layer.send(to, true, kContent, Token{}, {}, kPayload, clock.now());
  };
  std::uint64_t acknowledged = 0;
  End made(io, [&](const Peer& of, Ending how) {
    ++endings[static_cast<std::size_t>(how.how)];
    if (!(of == awake)) return notify(of);  // timed out: the next one is tried
    ++acknowledged;
    notify(of);
  });
  server = &made;
  for (std::size_t at = 0; at < sleepers; ++at) notify(sleeper(at));
  for (std::size_t at = 0; at < kWindow; ++at) notify(awake);
  const auto begin = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  const auto end = begin + std::chrono::seconds{seconds};
  while (std::chrono::steady_clock::now() < end) {
    io.restart();
    io.run_for(std::chrono::milliseconds{1});
    server->layer.repeat(clock.now());
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const double used = cpu_seconds() - cpu;
  device_io.stop();
  std::printf("%.0f confirmable notifications/s beside %zu sleepers, %.2f us CPU each\n",
              double(acknowledged) / took.count(), sleepers, used * 1e6 / double(acknowledged));
  std::printf("acknowledged %llu, reset %llu, timed out %llu, outstanding %zu\n",
              static_cast<unsigned long long>(endings[0]),
              static_cast<unsigned long long>(endings[1]),
              static_cast<unsigned long long>(endings[2]), server->layer.unacknowledged());
  return acknowledged == 0 ? 1 : 0;
}

}  // namespace
}  // namespace msggw::coap

int main(int argc, char** argv) {
  const std::size_t sleepers = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10'000;
  const int seconds = argc > 2 ? std::atoi(argv[2]) : 10;
  return msggw::coap::run(sleepers, seconds);
}
