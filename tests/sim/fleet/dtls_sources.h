// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/wire/tls/contexts.h"
#include "adapters/wire/tls/datagram_session.h"
#include "adapters/wire/tls/psk.h"
#include "tests/sim/fleet/keys.h"
#include "tests/sim/fleet/udp_sources.h"

namespace msggw::fleet {

/// A DTLS session for each peer, by the PSK or the certificate of its device. It begins with the
/// first message; what is sent during the handshake goes out at its end. A device that hears
/// nothing for a while begins anew, since a server that has restarted knows no session. Not
/// thread-safe.
class DtlsSources final : public Sources {
 public:
  /// Throws std::runtime_error naming what failed.
  DtlsSources(const HostPort& server, std::size_t peers, const Security& security, const Ids& ids);
  ~DtlsSources() override;

  bool reachable(std::span<const std::uint8_t> ping) const override { return udp_.reachable(ping); }
  std::size_t size() const override { return udp_.size(); }
  int fd(std::size_t socket) const override { return udp_.fd(socket); }
  std::size_t socket_of(std::uint32_t peer) const override { return udp_.socket_of(peer); }
  std::span<std::uint8_t> prepare(std::uint32_t peer) override;
  void commit(std::size_t octets) override;
  void flush() override { udp_.flush(); }
  std::uint64_t send_failures() const override { return udp_.send_failures(); }
  std::span<const Received> receive(std::size_t socket) override;
  std::string address_of(std::uint32_t peer) const override { return udp_.address_of(peer); }
  void tick() override;
  void restart(std::uint32_t peer) override { forget(peer); }
  void roam(std::uint32_t peer) override;
  void sleep(std::uint32_t peer, bool asleep) override;
  Sessions sessions() const override { return sessions_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Link {
    tls::PskSecret psk;
    std::unique_ptr<tls::DatagramSession> session;  ///< null: none
    std::deque<std::string> waiting;                ///< for the end of the handshake
    Clock::time_point since;  ///< of the handshake its start; then of what is not answered
    unsigned unanswered = 0;
    bool is_asleep = false;
  };

  void begin(std::uint32_t peer);
  void forget(std::uint32_t peer);
  void say(Link& link, std::string_view message);
  void transmit(std::uint32_t peer, std::string_view datagram);
  void judge(std::uint32_t peer, bool was_established);
  bool is_lost() { return security_.lose > 0 && chance_(random_) < security_.lose; }

  UdpSources udp_;
  std::string host_;
  Security security_;
  const Ids& ids_;
  Keys keys_;
  tls::Context context_;
  std::vector<Link> links_;
  std::vector<std::uint32_t> handshakes_;  ///< peers; some may have ended
  std::array<std::uint8_t, kDatagramOctets> room_{};
  std::uint32_t room_of_ = 0;
  std::deque<std::string> texts_;  ///< of received_
  std::vector<Received> received_;
  Sessions sessions_;
  std::minstd_rand random_;
  std::uniform_real_distribution<double> chance_;
};

}  // namespace msggw::fleet
