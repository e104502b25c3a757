// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "adapters/wire/tls/client_session.h"
#include "adapters/wire/tls/psk.h"
#include "gateway/base/handle.h"
#include "tests/sim/fleet/keys.h"
#include "tests/sim/fleet/sources.h"

namespace msggw::fleet {

/// A connection of CoAP over TLS (RFC 8323) for each peer, by the PSK of its device. It is opened
/// for the first message, and again for the next one when it was lost. The frames are turned into
/// messages of RFC 7252 and back: requests lose their Message ID, responses come as NON. Not
/// thread-safe.
class TlsSources final : public Sources {
 public:
  /// Throws std::runtime_error naming what failed.
  TlsSources(const HostPort& server, std::size_t peers, const Security& security, const Ids& ids);
  ~TlsSources() override;

  bool reachable(std::span<const std::uint8_t> ping) const override;
  // One descriptor for all: an epoll of their sockets.
  std::size_t size() const override { return 1; }
  int fd(std::size_t) const override { return epoll_.get(); }
  std::size_t socket_of(std::uint32_t) const override { return 0; }
  std::span<std::uint8_t> prepare(std::uint32_t peer) override;
  void commit(std::size_t octets) override;
  void flush() override {}
  std::uint64_t send_failures() const override { return 0; }
  std::span<const Received> receive(std::size_t) override;
  std::string address_of(std::uint32_t peer) const override;
  void restart(std::uint32_t peer) override { close(peer); }
  void roam(std::uint32_t peer) override { close(peer); }
  void sleep(std::uint32_t peer, bool asleep) override;
  Sessions sessions() const override { return sessions_; }

 private:
  struct Link {
    tls::PskSecret psk;
    base::UniqueFd fd;
    std::unique_ptr<tls::ClientSession> session;  ///< null: TCP is not connected yet
    bool is_open = false;                         ///< the handshake is done
    bool is_asleep = false;
    std::uint32_t watched = 0;
    std::string out;
    std::string in;
  };

  void open(std::uint32_t peer);
  void close(std::uint32_t peer);
  void fail(std::uint32_t peer);
  void step(std::uint32_t peer);
  void shake_hands(std::uint32_t peer);
  void read(std::uint32_t peer);
  void write(std::uint32_t peer);
  void watch(std::uint32_t peer, std::uint32_t events);
  void take_frames(std::uint32_t peer);

  sockaddr_storage server_{};
  socklen_t server_octets_ = 0;
  std::string host_;
  Security security_;
  const Ids& ids_;
  Keys keys_;
  tls::Context context_;
  std::vector<Link> links_;
  base::UniqueFd epoll_;
  std::array<std::uint8_t, kDatagramOctets> room_{};
  std::uint32_t room_of_ = 0;
  std::deque<std::string> texts_;
  std::vector<Received> received_;
  Sessions sessions_;
};

}  // namespace msggw::fleet
