// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "adapters/coap/message_requests.h"
#include "adapters/coap/push_target.h"
#include "adapters/wire/coap/server.h"
#include "gateway/base/clock.h"
#include "gateway/base/sources.h"
#include "gateway/credentials/doors.h"

namespace msggw::coap_adapter {

/// A device that observes its inbox.
struct Observation {
  coap::Observer to;
  View view{};
  std::optional<std::uint32_t> sequence{};  ///< of what it was sent last

  /// The next sequence number (RFC 7641 4.4): the low 24 bits of a clock of milliseconds, so that
  /// one observation after another goes on upwards without a memory; above the last one in any
  /// case.
  std::uint32_t next_sequence(base::TimePoint now) noexcept {
    constexpr std::uint32_t kBits = 0xFF'FFFF;
    const auto clock = static_cast<std::uint32_t>(now.time_since_epoch().count()) & kBits;
    const std::uint32_t last = sequence.value_or(clock - 1);
    const std::uint32_t ahead = (clock - last) & kBits;
    sequence = ahead != 0 && ahead <= kBits / 2 ? clock : (last + 1) & kBits;
    return *sequence;
  }
};

/// A GET that waits for something to be read or made durable, or for its peer to show that it is
/// there.
struct Poll {
  coap::Ticket exchange{};
  coap::Peer peer;
  View view{};
  base::TimePoint until;
  bool waits_for_peer = false;  ///< to show that it is there
};

/// A message that was handed to this bearer for a device.
struct Held {
  messages::MessageNo no{};
  base::Source source{};   ///< whose room it takes (Unproven)
  std::size_t octets = 0;  ///< of that
};

/// What is kept of a device while there is something of these: an observation, a GET that waits,
/// somewhere to push what waits, messages that were handed to this bearer.
struct Inbox {
  enum class Way : std::uint8_t {
    none,      ///< the first of `held` has not gone out
    notified,  ///< it is in a notification that has not ended
    pushed,    ///< it is in a push that has not ended
    given      ///< it went out, and the device is to prove that it has it
  };
  /// By what whoever observes or polls has proved that he is the device; none: he has its handle.
  std::optional<credentials::Proven> proof;
  std::optional<Observation> observation;
  std::optional<Poll> poll;
  std::optional<PushTarget> push;    ///< as it was when something went there last
  std::optional<coap::Peer> pinged;  ///< has to answer, before anything more goes there
  std::vector<Held> held;            ///< one of each priority at most, the first under way
  Way way = Way::none;
  std::uint8_t tries = 0;                     ///< notifications of the first that were not proven
  coap::Server::Notification notification{};  ///< if notified
  coap::PushNo push_no{};                     ///< if pushed
  base::TimePoint proof_until{};              ///< if given
  base::TimePoint brought_at{};               ///< when it was notified, pushed to or pinged last

  bool has_way() const noexcept { return observation || poll || push; }
  /// Where its next message goes. Requires that there is somewhere.
  const coap::Peer& way_out() const noexcept {
    return poll ? poll->peer : observation ? observation->to.peer : push->peer;
  }
  bool empty() const noexcept { return !has_way() && held.empty(); }
};

}  // namespace msggw::coap_adapter
