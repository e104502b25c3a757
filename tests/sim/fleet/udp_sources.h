// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gateway/base/handle.h"

namespace msggw::fleet {

/// Many UDP endpoints towards one server, sent and received in batches. Towards a server in
/// 127.0.0.0/8 the endpoints are source addresses 127.x.y.z on a few sockets, chosen for each
/// datagram (IP_PKTINFO): a million peers need no more descriptors than four, and one system call
/// sends for 64 of them. Towards any other server each peer is a socket. Not thread-safe.
class UdpSources {
 public:
  static constexpr std::size_t kBatch = 64;
  /// Longer answers are cut and do not decode.
  static constexpr std::size_t kDatagramOctets = 1'500;

  /// Resolves the server and opens the sockets. Throws std::runtime_error naming what failed.
  UdpSources(const std::string& host, std::uint16_t port, std::size_t peers);
  UdpSources(const UdpSources&) = delete;
  UdpSources& operator=(const UdpSources&) = delete;
  ~UdpSources();

  /// Whether somebody listens: sends `ping` and gives false only if the system reports that nobody
  /// does (ICMP port unreachable). Waits up to 200 ms for any answer.
  bool reachable(std::span<const std::uint8_t> ping) const;

  /// The sockets, numbered; for epoll.
  std::size_t size() const { return sockets_.size(); }
  int fd(std::size_t socket) const { return sockets_[socket].get(); }
  std::size_t socket_of(std::uint32_t peer) const { return peer / peers_each_; }

  /// Room for the next datagram of `peer`; commit() its size before calling again. Sends the batch
  /// first where it is full or belongs to another socket.
  std::span<std::uint8_t> prepare(std::uint32_t peer);
  void commit(std::size_t octets);
  /// Sends what is prepared.
  void flush();
  /// Datagrams that the system did not take; to the protocol they are lost ones.
  std::uint64_t send_failures() const { return send_failures_; }

  struct Received {
    std::span<const std::uint8_t> octets;
    std::uint32_t peer = 0;  ///< to whom it came; any number, if it came to none of them
  };
  /// Receives up to kBatch datagrams that wait on `socket`. Valid until the next call.
  std::span<const Received> receive(std::size_t socket);

  /// ADDRESS:PORT from which the peer sends, as in a URI.
  std::string address_of(std::uint32_t peer) const;

 private:
  struct Buffers;

  void resolve(const std::string& host, std::uint16_t port);
  void open(std::size_t count);
  std::uint32_t peer_of(std::size_t socket, const msghdr& message) const;

  sockaddr_storage server_{};
  socklen_t server_octets_ = 0;
  bool by_address_ = false;     ///< peers differ by source address
  std::size_t peers_each_ = 1;  ///< peers of one socket
  std::vector<base::UniqueFd> sockets_;
  std::unique_ptr<Buffers> buffers_;
  std::size_t prepared_ = 0;
  std::size_t batch_socket_ = 0;
  std::uint64_t send_failures_ = 0;
};

}  // namespace msggw::fleet
