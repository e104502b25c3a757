// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/udp_sources.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace msggw::fleet {
namespace {

constexpr std::size_t kLoopbackSockets = 4;
constexpr std::uint32_t kFirstSource = 0x7f000001;  // 127.0.0.1
constexpr int kReceiveOctets = 4 << 20;  // the system's default drops bursts of some 250 datagrams
constexpr std::size_t kSpareDescriptors = 64;

/// Peers that roam have these of 127.0.0.0/8 in turns; the bits below are the peer's.
constexpr unsigned kMoveBits = 20;
constexpr std::uint32_t kMoves = 15;

std::runtime_error system_error(const std::string& what) {
  return std::runtime_error(what + ": " + std::strerror(errno));
}

}  // namespace

struct UdpSources::Buffers {
  struct alignas(cmsghdr) Control {
    unsigned char octets[CMSG_SPACE(sizeof(in_pktinfo))];
  };

  std::array<mmsghdr, kBatch> out{};
  std::array<iovec, kBatch> out_parts{};
  std::array<Control, kBatch> control{};
  std::array<std::array<std::uint8_t, kDatagramOctets>, kBatch> out_octets;
  std::array<mmsghdr, kBatch> in{};
  std::array<iovec, kBatch> in_parts{};
  std::array<Control, kBatch> in_control{};
  std::array<std::array<std::uint8_t, kDatagramOctets>, kBatch> in_octets;
  std::array<Received, kBatch> received;
};

UdpSources::UdpSources(const std::string& host, std::uint16_t port, std::size_t peers)
    : buffers_(std::make_unique<Buffers>()) {
  resolve(host, port);
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&server_);
  by_address_ = server_.ss_family == AF_INET && ntohl(v4->sin_addr.s_addr) >> 24 == 127;
  const std::size_t count = by_address_ ? std::min(peers, kLoopbackSockets) : peers;
  peers_each_ = (peers + count - 1) / count;
  open(count);
  Buffers& b = *buffers_;
  for (std::size_t i = 0; i < kBatch; ++i) {
    b.out_parts[i].iov_base = b.out_octets[i].data();
    b.out[i].msg_hdr.msg_iov = &b.out_parts[i];
    b.out[i].msg_hdr.msg_iovlen = 1;
    b.in_parts[i] = {b.in_octets[i].data(), kDatagramOctets};
    b.in[i].msg_hdr.msg_iov = &b.in_parts[i];
    b.in[i].msg_hdr.msg_iovlen = 1;
    if (!by_address_) continue;
    b.out[i].msg_hdr.msg_name = &server_;
    b.out[i].msg_hdr.msg_namelen = server_octets_;
    b.out[i].msg_hdr.msg_control = b.control[i].octets;
    b.out[i].msg_hdr.msg_controllen = sizeof b.control[i].octets;
    b.in[i].msg_hdr.msg_control = b.in_control[i].octets;
    cmsghdr* head = CMSG_FIRSTHDR(&b.out[i].msg_hdr);
    head->cmsg_level = IPPROTO_IP;
    head->cmsg_type = IP_PKTINFO;
    head->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  }
}

UdpSources::~UdpSources() = default;

void UdpSources::resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) throw std::runtime_error(host + ": " + gai_strerror(error));
  const base::Handle<addrinfo, freeaddrinfo> owner(list);
  std::memcpy(&server_, list->ai_addr, list->ai_addrlen);
  server_octets_ = list->ai_addrlen;
}

void UdpSources::open(std::size_t count) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (count + kSpareDescriptors > limit.rlim_max) {
    throw std::runtime_error("--peers: at most " +
                             std::to_string(limit.rlim_max - kSpareDescriptors) +
                             " towards this server (limit on open descriptors)");
  }
  sockets_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    base::UniqueFd fd(socket(server_.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) throw system_error("socket");
    if (setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveOctets, sizeof(int)) != 0) {
      setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveOctets, sizeof(int));
    }
    if (!by_address_ &&
        connect(fd.get(), reinterpret_cast<const sockaddr*>(&server_), server_octets_) != 0) {
      throw system_error("connect");
    }
    sockaddr_in any{};
    any.sin_family = AF_INET;
    if (by_address_ && bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) {
      throw system_error("bind");
    }
    const int tell = 1;  // to which address it came
    if (by_address_ && setsockopt(fd.get(), IPPROTO_IP, IP_PKTINFO, &tell, sizeof tell) != 0) {
      throw system_error("IP_PKTINFO");
    }
    sockets_.push_back(std::move(fd));
  }
}

bool UdpSources::reachable(std::span<const std::uint8_t> ping) const {
  const base::UniqueFd fd(socket(server_.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd || connect(fd.get(), reinterpret_cast<const sockaddr*>(&server_), server_octets_) != 0) {
    return false;
  }
  if (send(fd.get(), ping.data(), ping.size(), 0) < 0) return false;
  pollfd wait{fd.get(), POLLIN, 0};
  if (poll(&wait, 1, 200) <= 0) return true;  // silence is no proof
  std::uint8_t octet = 0;
  return recv(fd.get(), &octet, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0 || errno != ECONNREFUSED;
}

std::span<std::uint8_t> UdpSources::prepare(std::uint32_t peer) {
  const std::size_t socket = socket_of(peer);
  if (prepared_ == kBatch || (prepared_ > 0 && socket != batch_socket_)) flush();
  batch_socket_ = socket;
  if (by_address_) {
    in_pktinfo source{};
    source.ipi_spec_dst.s_addr = htonl(source_of(peer));
    std::memcpy(CMSG_DATA(CMSG_FIRSTHDR(&buffers_->out[prepared_].msg_hdr)), &source,
                sizeof source);
  }
  return buffers_->out_octets[prepared_];
}

void UdpSources::commit(std::size_t octets) {
  buffers_->out_parts[prepared_++].iov_len = octets;
}

void UdpSources::flush() {
  // A refused connection reports an earlier datagram's fate and takes none of this batch: try once
  // more.
  for (std::size_t sent = 0, refusals = 0; sent < prepared_;) {
    const int n = sendmmsg(fd(batch_socket_), &buffers_->out[sent],
                           static_cast<unsigned>(prepared_ - sent), MSG_DONTWAIT);
    if (n > 0) {
      sent += static_cast<std::size_t>(n);
    } else if (errno == EINTR || (errno == ECONNREFUSED && refusals++ < kBatch)) {
      continue;
    } else {
      send_failures_ += prepared_ - sent;
      break;
    }
  }
  prepared_ = 0;
}

std::uint32_t UdpSources::source_of(std::uint32_t peer) const {
  const std::uint32_t own = kFirstSource + static_cast<std::uint32_t>(peer % peers_each_);
  return moves_.empty() ? own : own + (std::uint32_t{moves_[peer]} << kMoveBits);
}

void UdpSources::roam(std::uint32_t peer) {
  if (!by_address_ || peers_each_ >= std::size_t{1} << kMoveBits)
    throw std::runtime_error("peers roam towards 127.0.0.0/8 only");
  if (moves_.empty()) moves_.resize(peers_each_ * sockets_.size());
  moves_[peer] = static_cast<std::uint8_t>((moves_[peer] + 1) % kMoves);
}

std::uint32_t UdpSources::peer_of(std::size_t socket, const msghdr& message) const {
  const auto first = static_cast<std::uint32_t>(socket * peers_each_);
  const cmsghdr* const head = by_address_ ? CMSG_FIRSTHDR(&message) : nullptr;
  if (head == nullptr || head->cmsg_type != IP_PKTINFO) return first;
  in_pktinfo came{};
  std::memcpy(&came, CMSG_DATA(head), sizeof came);
  std::uint32_t own = ntohl(came.ipi_addr.s_addr) - kFirstSource;
  if (!moves_.empty()) own &= (std::uint32_t{1} << kMoveBits) - 1;
  return first + own;
}

std::string UdpSources::address_of(std::uint32_t peer) const {
  sockaddr_storage own{};
  socklen_t octets = sizeof own;
  if (getsockname(fd(socket_of(peer)), reinterpret_cast<sockaddr*>(&own), &octets) != 0)
    throw system_error("getsockname");
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&own);
  if (by_address_) v4->sin_addr.s_addr = htonl(source_of(peer));
  char host[INET6_ADDRSTRLEN];
  char port[6];
  getnameinfo(reinterpret_cast<const sockaddr*>(&own), octets, host, sizeof host, port, sizeof port,
              NI_NUMERICHOST | NI_NUMERICSERV);
  return own.ss_family == AF_INET6 ? std::string("[").append(host).append("]:").append(port)
                                   : std::string(host).append(":").append(port);
}

std::span<const UdpSources::Received> UdpSources::receive(std::size_t socket) {
  Buffers& b = *buffers_;
  for (std::size_t i = 0; by_address_ && i < kBatch; ++i)
    b.in[i].msg_hdr.msg_controllen = sizeof b.in_control[i].octets;
  const int n = recvmmsg(fd(socket), b.in.data(), kBatch, MSG_DONTWAIT, nullptr);
  const std::size_t count = n > 0 ? static_cast<std::size_t>(n) : 0;
  for (std::size_t i = 0; i < count; ++i)
    b.received[i] = {{b.in_octets[i].data(), b.in[i].msg_len}, peer_of(socket, b.in[i].msg_hdr)};
  return {b.received.data(), count};
}

}  // namespace msggw::fleet
