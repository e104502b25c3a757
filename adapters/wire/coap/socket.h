// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>

#include "adapters/wire/coap/message.h"
#include "adapters/wire/coap/server_options.h"
#include "gateway/base/handle.h"
#include "gateway/base/listening.h"

namespace msggw::coap {

/// An IPv4 or IPv6 address with a port, as the socket calls take it.
struct SocketAddress {
  union {
    sockaddr generic;
    sockaddr_in v4;
    sockaddr_in6 v6{};
  };
  socklen_t size = sizeof(sockaddr_in6);

  int family() const noexcept { return generic.sa_family; }
};

SocketAddress socket_address(const boost::asio::ip::address& address, std::uint16_t port);
/// Where to send what `peer` is to get from a socket of this family.
SocketAddress socket_address(const Peer& peer, int family) noexcept;
Peer peer_of(const sockaddr& from) noexcept;

/// A UDP socket on the listener's port that nobody else can bind, and that tells to which address
/// of this host a datagram came. `beside`: a socket of ours with which it may share the port for a
/// moment, see base::SharedPort. Throws base::CannotListen (address, port, reason, way out).
base::UniqueFd bind_udp(const ServerOptions& listener, int beside = base::SharedPort::kNone);
/// A TCP socket that listens there. Throws likewise.
base::UniqueFd listen_tcp(const ServerOptions& listener, int beside);
/// None: errno says why.
base::UniqueFd connect_udp(const SocketAddress& to) noexcept;

std::uint16_t local_port(int socket) noexcept;

/// Of both directions; as SO_RCVBUFFORCE where allowed, else SO_RCVBUF. Returns the octets that the
/// kernel granted for receiving.
std::size_t set_buffers(int socket, std::size_t octets) noexcept;

}  // namespace msggw::coap
