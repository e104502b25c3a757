// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/udp_responder.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>

#include "gateway/base/result.h"

namespace msggw::fleet {

UdpResponder::UdpResponder(Handler handler)
    : handler_(std::move(handler)),
      socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
      stop_(eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  base::ensure(bind(socket_.get(), any, size) == 0, "a loopback socket can be bound");
  getsockname(socket_.get(), any, &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

UdpResponder::~UdpResponder() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

std::size_t UdpResponder::peers() const {
  const std::lock_guard lock(mutex_);
  return peers_.size();
}

void UdpResponder::serve() {
  std::array<pollfd, 2> wait{{{socket_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  std::array<char, 2048> octets;
  while (poll(wait.data(), wait.size(), -1) > 0 && wait[1].revents == 0) {
    sockaddr_in from{};
    socklen_t size = sizeof from;
    auto* peer = reinterpret_cast<sockaddr*>(&from);
    const ssize_t n = recvfrom(socket_.get(), octets.data(), octets.size(), 0, peer, &size);
    if (n < 0) continue;
    const std::string_view datagram(octets.data(), static_cast<std::size_t>(n));
    if (n > 4) {
      const std::lock_guard lock(mutex_);
      peers_.emplace(from.sin_addr.s_addr, from.sin_port);
    }
    for (const std::string& answer : handler_(datagram)) {
      sendto(socket_.get(), answer.data(), answer.size(), 0, peer, size);
    }
  }
}

}  // namespace msggw::fleet
