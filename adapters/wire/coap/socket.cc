// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/socket.h"

#include <boost/asio/ip/udp.hpp>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "gateway/base/listening.h"

namespace msggw::coap {

namespace {

[[noreturn]] void cannot_bind(const ServerOptions& listener, int error) {
  const std::string_view section = listener.section;
  base::cannot_listen(std::string("cannot bind ") +
                          (is_stream(listener.transport) ? "tcp" : "udp") + " port " +
                          std::to_string(listener.port) + " of " + listener.address.to_string() +
                          ": " + std::strerror(error),
                      error, {section, listener.port_option, section.substr(0, section.find('.'))});
}

}  // namespace

SocketAddress socket_address(const boost::asio::ip::address& address, std::uint16_t port) {
  const boost::asio::ip::udp::endpoint endpoint(address, port);
  SocketAddress at;
  at.size = static_cast<socklen_t>(endpoint.size());
  std::memcpy(&at.v6, endpoint.data(), endpoint.size());
  return at;
}

SocketAddress socket_address(const Peer& peer, int family) noexcept {
  SocketAddress at;
  if (family == AF_INET) {
    at.v4 = {};
    at.v4.sin_family = AF_INET;
    at.v4.sin_port = htons(peer.port);
    std::memcpy(&at.v4.sin_addr, peer.address.data() + 12, sizeof at.v4.sin_addr);
    at.size = sizeof at.v4;
    return at;
  }
  at.v6.sin6_family = AF_INET6;
  at.v6.sin6_port = htons(peer.port);
  at.v6.sin6_scope_id = peer.scope;
  std::memcpy(&at.v6.sin6_addr, peer.address.data(), sizeof at.v6.sin6_addr);
  return at;
}

base::UniqueFd bind_udp(const ServerOptions& listener, int beside) {
  const SocketAddress at = socket_address(listener.address, listener.port);
  base::UniqueFd made(::socket(at.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!made) cannot_bind(listener, errno);
  const int on = 1;
  const int off = 0;
  if (at.family() == AF_INET6)  // "::" is for both families
    ::setsockopt(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (listener.address.is_unspecified()) {
    ::setsockopt(made.get(), IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    if (at.family() == AF_INET6)
      ::setsockopt(made.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  }
  const base::SharedPort shared(beside, made.get());
  if (::bind(made.get(), &at.generic, at.size) != 0) cannot_bind(listener, errno);
  return made;
}

base::UniqueFd listen_tcp(const ServerOptions& listener, int beside) {
  const SocketAddress at = socket_address(listener.address, listener.port);
  base::UniqueFd made(::socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!made) cannot_bind(listener, errno);
  const int on = 1;
  ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const base::SharedPort shared(beside, made.get());
  if (::bind(made.get(), &at.generic, at.size) != 0 || ::listen(made.get(), SOMAXCONN) != 0)
    cannot_bind(listener, errno);
  return made;
}

base::UniqueFd connect_udp(const SocketAddress& to) noexcept {
  base::UniqueFd made(::socket(to.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (made && ::connect(made.get(), &to.generic, to.size) != 0) made.reset();
  return made;
}

Peer peer_of(const sockaddr& from) noexcept {
  Peer peer;
  if (from.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &from, sizeof v6);
    std::memcpy(peer.address.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
    peer.scope = v6.sin6_scope_id;
    peer.port = ntohs(v6.sin6_port);
    return peer;
  }
  sockaddr_in v4;
  std::memcpy(&v4, &from, sizeof v4);
  peer.address[10] = peer.address[11] = 0xFF;
  std::memcpy(peer.address.data() + 12, &v4.sin_addr, sizeof v4.sin_addr);
  peer.port = ntohs(v4.sin_port);
  return peer;
}

std::uint16_t local_port(int socket) noexcept {
  SocketAddress at;
  if (::getsockname(socket, &at.generic, &at.size) != 0) return 0;
  return peer_of(at.generic).port;
}

std::size_t set_buffers(int socket, std::size_t octets) noexcept {
  const int wanted = static_cast<int>(octets);
  const auto set = [&](int forced, int asked) {
    if (::setsockopt(socket, SOL_SOCKET, forced, &wanted, sizeof wanted) != 0)
      ::setsockopt(socket, SOL_SOCKET, asked, &wanted, sizeof wanted);
  };
  set(SO_RCVBUFFORCE, SO_RCVBUF);
  set(SO_SNDBUFFORCE, SO_SNDBUF);
  int granted = 0;
  socklen_t size = sizeof granted;
  ::getsockopt(socket, SOL_SOCKET, SO_RCVBUF, &granted, &size);
  return static_cast<std::size_t>(granted) / 2;  // the kernel doubles it for its own overhead
}

}  // namespace msggw::coap
