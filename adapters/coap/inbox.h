// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "adapters/coap/message_requests.h"
#include "adapters/wire/coap/server.h"
#include "gateway/base/clock.h"

namespace msggw::coap_adapter {

/// A device that observes its inbox.
struct Observation {
  coap::Observer to;
  View view{};
  std::uint32_t sequence = 0;  ///< of what it was sent last

  /// The next sequence number (RFC 7641 4.4): the low 24 bits of a clock of milliseconds, so that
  /// one observation after another goes on upwards without a memory; above the last one in any
  /// case.
  std::uint32_t next_sequence(base::TimePoint now) noexcept {
    constexpr std::uint32_t kBits = 0xFF'FFFF;
    const auto clock = static_cast<std::uint32_t>(now.time_since_epoch().count()) & kBits;
    const std::uint32_t ahead = (clock - sequence) & kBits;
    sequence = ahead != 0 && ahead <= kBits / 2 ? clock : (sequence + 1) & kBits;
    return sequence;
  }
};

/// A GET that waits for something to be read or made durable.
struct Poll {
  coap::Ticket exchange{};
  View view{};
  base::TimePoint until;
};

/// What is kept of a device while there is something of the three: an observation, a GET that
/// waits, messages that were handed to this bearer.
struct Inbox {
  enum class Way : std::uint8_t {
    none,      ///< the first of `held` has not gone out
    notified,  ///< it is in a notification that has not ended
    given      ///< it went out, and the device is to prove that it has it
  };
  std::optional<Observation> observation;
  std::optional<Poll> poll;
  std::vector<messages::MessageNo> held;  ///< one of each priority at most, the first under way
  Way way = Way::none;
  std::uint8_t tries = 0;                     ///< notifications of the first that were not proven
  coap::Server::Notification notification{};  ///< if notified
  base::TimePoint proof_until{};              ///< if given

  bool empty() const noexcept { return !observation && !poll && held.empty(); }
};

}  // namespace msggw::coap_adapter
