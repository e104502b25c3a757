// SPDX-License-Identifier: Apache-2.0
// bench_coap_notify PORT [PEERS [SECONDS]]: the yardstick for what goes to devices over CoAP.
// libcoap alone, read in batches, sends confirmable responses of 100 octets to PEERS addresses
// (default 1,000) in turn, 256 unacknowledged at most, and takes their acknowledgements. The peers
// are a thread of this process. Prints the rate and the server's CPU time for each.
#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/libcoap_loop.h"

namespace {

using msggw::bench::LibcoapLoop;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kWindow = 256;
constexpr std::size_t kPayload = 100;

std::vector<coap_session_t*> sessions;

void remember(coap_resource_t*, coap_session_t* session, const coap_pdu_t*, const coap_string_t*,
              coap_pdu_t* response) {
  sessions.push_back(coap_session_reference(session));
  coap_pdu_set_code(response, COAP_RESPONSE_CODE_CHANGED);
}

/// Devices at an address each, 127.1.x.y, that acknowledge what is confirmable.
class Peers {
 public:
  Peers(std::uint16_t port, std::size_t count) : events_(::epoll_create1(0)) {
    for (std::size_t at = 0; at < count; ++at) open(port, at);
    thread_ = std::jthread([this](const std::stop_token& stop) { acknowledge(stop); });
  }

  std::uint64_t acknowledged() const { return acknowledged_.load(std::memory_order_relaxed); }

 private:
  void open(std::uint16_t port, std::size_t at) {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(0x7F010000u + static_cast<std::uint32_t>(at) + 1);
    const auto call = [&](auto function) {
      if (function(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
      std::perror("bench_coap_notify: a peer");
      std::exit(1);
    };
    call(::bind);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    call(::connect);
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    ::epoll_ctl(events_, EPOLL_CTL_ADD, fd, &event);
    // CON POST /n, Message ID 1, no token.
    static constexpr std::array<std::uint8_t, 6> kHello{0x40, 0x02, 0x00, 0x01, 0xB1, 'n'};
    if (::send(fd, kHello.data(), kHello.size(), 0) < 0) std::perror("bench_coap_notify: send");
  }

  void acknowledge(const std::stop_token& stop) {
    std::array<epoll_event, 64> ready;
    while (!stop.stop_requested()) {
      const int count = ::epoll_wait(events_, ready.data(), static_cast<int>(ready.size()), 100);
      for (int at = 0; at < count; ++at) answer_all(ready[static_cast<std::size_t>(at)].data.fd);
    }
  }

  void answer_all(int fd) {
    std::array<std::uint8_t, 1500> octets;
    while (::recv(fd, octets.data(), octets.size(), 0) >= 4) {
      if ((octets[0] & 0x30) != 0) continue;  // no CON
      const std::array<std::uint8_t, 4> ack{0x60, 0x00, octets[2], octets[3]};
      if (::send(fd, ack.data(), ack.size(), 0) == 4)
        acknowledged_.fetch_add(1, std::memory_order_relaxed);
    }
  }

  int events_;
  std::atomic<std::uint64_t> acknowledged_{0};
  std::jthread thread_;
};

void notify(coap_session_t* session) {
  static const std::array<std::uint8_t, kPayload> body = [] {
    std::array<std::uint8_t, kPayload> octets;
    octets.fill('n');
    return octets;
  }();
  coap_pdu_t* pdu = coap_new_pdu(COAP_MESSAGE_CON, COAP_RESPONSE_CODE_CONTENT, session);
  coap_add_data(pdu, body.size(), body.data());
  coap_send(session, pdu);
}

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) + double(time.tv_nsec) * 1e-9;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_coap_notify PORT [PEERS [SECONDS]]\n");
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const std::size_t count = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1'000;
  const int seconds = argc > 3 ? std::atoi(argv[3]) : 2;
  LibcoapLoop loop(port, "n", remember);
  Peers peers(port, count);
  while (sessions.size() < count) loop.read_batch();
  std::uint64_t sent = 0;
  const auto begin = Clock::now();
  const double cpu = cpu_seconds();
  while (Clock::now() - begin < std::chrono::seconds{seconds}) {
    for (; sent - peers.acknowledged() < kWindow; ++sent) notify(sessions[sent % count]);
    loop.read_batch();
  }
  const double used = cpu_seconds() - cpu;
  const std::chrono::duration<double> took = Clock::now() - begin;
  const auto acknowledged = double(peers.acknowledged());
  std::printf("%.0f confirmable notifications/s to %zu peers, %.2f us CPU each\n",
              acknowledged / took.count(), count, used * 1e6 / acknowledged);
  for (coap_session_t* session : sessions) coap_session_release(session);
  return acknowledged == 0 ? 1 : 0;
}
