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
#include "tests/sim/fleet/sources.h"

namespace msggw::fleet {

/// Many UDP endpoints towards one server, sent and received in batches. Towards a server in
/// 127.0.0.0/8 the endpoints are source addresses 127.x.y.z on a few sockets, chosen for each
/// datagram (IP_PKTINFO): a million peers need no more descriptors than four, and one system call
/// sends for 64 of them. Towards any other server each peer is a socket. Not thread-safe.
class UdpSources final : public Sources {
 public:
  static constexpr std::size_t kBatch = 64;

  /// Resolves the server and opens the sockets. Throws std::runtime_error naming what failed.
  UdpSources(const std::string& host, std::uint16_t port, std::size_t peers);
  ~UdpSources() override;

  /// Sends `ping` and gives false only if the system reports that nobody listens (ICMP port
  /// unreachable). Waits up to 200 ms for any answer.
  bool reachable(std::span<const std::uint8_t> ping) const override;
  std::size_t size() const override { return sockets_.size(); }
  int fd(std::size_t socket) const override { return sockets_[socket].get(); }
  std::size_t socket_of(std::uint32_t peer) const override { return peer / peers_each_; }
  /// Sends the batch first where it is full or belongs to another socket.
  std::span<std::uint8_t> prepare(std::uint32_t peer) override;
  void commit(std::size_t octets) override;
  void flush() override;
  std::uint64_t send_failures() const override { return send_failures_; }
  /// Up to kBatch datagrams.
  std::span<const Received> receive(std::size_t socket) override;
  std::string address_of(std::uint32_t peer) const override;
  /// Only towards a server in 127.0.0.0/8, of up to four million peers.
  void roam(std::uint32_t peer) override;

 private:
  struct Buffers;

  void resolve(const std::string& host, std::uint16_t port);
  void open(std::size_t count);
  std::uint32_t source_of(std::uint32_t peer) const;
  std::uint32_t peer_of(std::size_t socket, const msghdr& message) const;

  sockaddr_storage server_{};
  socklen_t server_octets_ = 0;
  bool by_address_ = false;          ///< peers differ by source address
  std::size_t peers_each_ = 1;       ///< peers of one socket
  std::vector<std::uint8_t> moves_;  ///< of each peer, that roamed; empty: of none
  std::vector<base::UniqueFd> sockets_;
  std::unique_ptr<Buffers> buffers_;
  std::size_t prepared_ = 0;
  std::size_t batch_socket_ = 0;
  std::uint64_t send_failures_ = 0;
};

}  // namespace msggw::fleet
