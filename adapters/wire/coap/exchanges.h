// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "adapters/wire/coap/endpoint.h"
#include "adapters/wire/coap/message.h"
#include "adapters/wire/coap/message_index.h"
#include "gateway/base/clock.h"
#include "gateway/base/sources.h"

namespace msggw::coap {

/// All that is needed to answer a request after the turn in which it came.
struct Exchange {
  MessageId id;
  std::uint32_t answer_octets = 1'024;
  bool confirmable = true;
  bool reliable = false;      ///< over tcp or tls
  bool acknowledged = false;  ///< by an empty ACK; the answer is then a separate response
  bool once_only = false;
  std::uint8_t no_response = 0;
  std::optional<Block> block1;  ///< to be repeated in the answer
  std::optional<Block> block2;  ///< the part of the answer that is wanted
  std::uint64_t resource = 0;   ///< PartialBodies::id_of() of a request that is `once_only`, else 0
};

/// The requests that wait for their answer, by ticket and by message. No peer has more of them than
/// it leaves free. Loop thread only.
class Exchanges {
 public:
  /// Tickets begin behind `last`.
  Exchanges(std::size_t most, base::Duration piggyback_within, std::uint64_t last = 0)
      : room_(most + 1), piggyback_within_(piggyback_within), last_ticket_(last) {}

  /// From now on, for those that come.
  void limit_to(std::size_t most, base::Duration piggyback_within) noexcept {
    room_.limit_to(most + 1);
    piggyback_within_ = piggyback_within;
  }

  /// For the next open(); the same until then.
  Ticket next_ticket() const noexcept { return Ticket{last_ticket_ + 1}; }
  /// False: there is no room, and `exchange` is as it was. The ticket is used up all the same: its
  /// answer, when it comes, finds nobody.
  bool open(const Exchange& exchange, base::TimePoint now);

  Exchange* find(const MessageId& id);
  const Exchange* find(Ticket ticket) const;
  std::optional<Exchange> close(Ticket ticket);

  /// The next confirmable request that has waited so long that it must be acknowledged; each once.
  Exchange* take_unacknowledged(base::TimePoint now);
  /// When that may be the case; none: nothing waits.
  std::optional<base::TimePoint> next_due();

  std::size_t size() const noexcept { return open_.size(); }

 private:
  struct Due {
    base::TimePoint at;
    std::uint64_t ticket;
  };

  base::RoomBySource room_;  ///< one more than may be open: they can be all taken
  base::Duration piggyback_within_;
  std::uint64_t last_ticket_;
  boost::unordered_flat_map<std::uint64_t, Exchange> open_;
  MessageIndex by_message_;  // of tickets
  std::deque<Due> due_;      // one constant wait for all, so first in is first out
};

/// Answers that were sent, so that a retransmission gets the same one without anything being done
/// twice (RFC 7252 4.5). A ring: the oldest gives way. Loop thread only.
class RememberedAnswers {
 public:
  explicit RememberedAnswers(std::size_t most) : most_(most) {}

  void remember(const MessageId& id, bool confirmable, const Response& response,
                base::TimePoint now);
  /// Null: none, or older than the lifetime of the exchange.
  const Response* find(const MessageId& id, base::TimePoint now) const;

 private:
  struct Entry {
    MessageId id;
    base::TimePoint until;
    Response response;
  };

  std::optional<std::uint64_t> place_of(const MessageId& id) const;

  std::size_t most_;
  std::size_t next_ = 0;
  std::vector<Entry> ring_;
  MessageIndex by_message_;  // of places in the ring
};

}  // namespace msggw::coap
