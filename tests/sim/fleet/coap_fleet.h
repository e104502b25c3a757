// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "tests/sim/fleet/campaign.h"
#include "tests/sim/fleet/coap_wire.h"
#include "tests/sim/fleet/sources.h"

namespace msggw::fleet {

/// Devices that register over CoAP (RFC 7252, RFC 9176), by UDP, DTLS or TLS: confirmable requests
/// with the retransmission of 4.2, piggybacked and separate responses, resets for what a device
/// does not understand. One thread, one epoll.
///
/// A token is peer (24 bits), slot (16) and generation (24), so an answer is matched without a
/// look-up; only an empty acknowledgement, which has no token, needs the table of message IDs.
/// Message IDs are counted for each socket.
class CoapFleet {
 public:
  /// Throws std::runtime_error if the sockets cannot be opened or nobody listens at the address.
  explicit CoapFleet(Campaign& campaign);

  /// Returns when every registration has ended.
  void run();

 private:
  /// One request under way.
  struct Slot {
    std::uint32_t device = 0;
    std::uint32_t peer = 0;
    std::uint32_t generation = 0;
    std::uint16_t mid = 0;
    std::uint8_t sent = 0;  ///< times; 0: the slot is free
    bool acknowledged = false;
    bool asked_again = false;  ///< with an Echo
    Instant asked{0};
    Instant due{0};    ///< of the next transmission
    Instant pause{0};  ///< before it, doubled each time
  };

  void start_due(Instant now);
  void start(std::uint32_t device, Instant now);
  void transmit(std::size_t slot);
  std::size_t encode_next(std::size_t slot, std::span<std::uint8_t> room);
  void send_empty(coap::Type type, std::uint16_t mid, std::uint32_t peer);
  void receive(std::size_t socket);
  void on_message(std::size_t socket, const coap::Message& message, Instant now);
  void on_empty(std::size_t socket, const coap::Message& message, Instant now);
  void on_response(std::size_t slot, const coap::Message& message, Instant now);
  void check_timers(Instant now);
  void ask_again(std::size_t slot);
  void take_mid(std::size_t slot);
  void release(std::size_t slot);
  std::optional<std::size_t> slot_of(std::uint64_t token) const;
  std::uint64_t token_of(std::size_t slot) const;
  std::uint32_t peer_of(std::uint32_t device) const;

  Campaign& campaign_;
  const Options& options_;
  std::unique_ptr<Sources> sources_;
  std::uint32_t run_length_;  ///< consecutive devices behind one peer, so that a burst leaves in
                              ///< few system calls
  std::vector<Slot> slots_;
  std::vector<std::uint16_t> free_;
  std::vector<std::uint16_t> next_mid_;  ///< of each socket
  std::vector<std::string> echoes_;      ///< ... the newest that the server gave
  boost::unordered_flat_map<std::uint64_t, std::uint16_t> by_mid_;  ///< socket << 16 | MID to slot
  std::minstd_rand random_;
  std::string id_;                      ///< scratch
  std::vector<std::string> locations_;  ///< of each device that renews: the last one told
  base::UniqueFd epoll_;
  Instant next_check_{0};
};

}  // namespace msggw::fleet
