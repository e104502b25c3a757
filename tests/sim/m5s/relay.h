// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/m5s/inbox.h"
#include "tests/sim/m5s/operation.h"
#include "tests/sim/m5s/records.h"
#include "tests/sim/m5s/registry.h"
#include "tests/sim/m5s/segments.h"

namespace msggw::m5s {

struct RelayOptions {
  Span retry{1'000};          ///< from an answer that means "later", or none, to the next attempt
  Span store_for{3'600'000};  ///< of what is stored and has no exprTime
  Span hold_for{60'000};      ///< of what is not stored: time for attempts
  std::size_t segment_octets = 0;      ///< of payload; 0: segments are passed on as they come
  bool open = false;                   ///< who sends need not be registered
  std::size_t most_waiting = 100'000;  ///< messages and reports that have not ended
};

/// What a MSGin5G Server does with messages and reports, without sockets and clocks: finds the way
/// to the recipient, keeps what cannot go now, asks again with the same msgId, and holds the order
/// of each pair of originator and recipient: one request under way for each.
class Relay {
 public:
  static constexpr std::size_t kMostRemembered = 100'000;  ///< for repetitions

  /// `registry` must outlive it.
  Relay(const RelayOptions& options, const Registry& registry);

  /// What MessageDeliveryAck says, or why it is none.
  struct Ack {
    std::optional<std::string> status{};  ///< DELY_STORED, DELY_FAILED
    std::optional<std::string> cause{};
    std::optional<Problem> problem{};
    std::vector<std::uint64_t> records{};  ///< one for each recipient and segment
  };
  /// A repetition (the same originator, recipient, msgId, segment and content) is acknowledged and
  /// goes nowhere.
  Ack accept(const Message& message, Instant now);
  Ack accept(const Report& report, Instant now);

  /// A request that is to be made now; its answer is told by answered().
  struct Outgoing {
    std::uint64_t record = 0;
    unsigned attempt = 1;
    Subject subject;
    base::Uri at;
    std::string body;
    std::string_view priority = {};  ///< sbi_priority_of(); empty: not said
  };
  std::vector<Outgoing> take(Instant now);
  /// `response` null: no answer came. A Retry-After of it is kept.
  void answered(std::uint64_t record, const Response* response, Instant now);
  /// `service_id` has registered: what waits for it goes now.
  void is_there(const std::string& service_id, Instant now);
  /// When take() has something to do next, if nothing happens before.
  std::optional<Instant> next_due() const;

  const Records& records() const { return records_; }
  const Inboxes& inboxes() const { return inboxes_; }
  struct Counters {
    std::uint64_t delivered = 0, failed = 0, expired = 0, stored = 0, repeated = 0, again = 0;
  };
  const Counters& counters() const { return counters_; }
  std::uint64_t segments_dropped() const { return segments_.dropped(); }
  /// Counters, inboxes, what has ended and what repetitions are known by are empty again; what
  /// waits still waits.
  void reset();

 private:
  struct Pair {
    Address from, to;
    auto operator<=>(const Pair&) const = default;
  };
  struct Lane {
    std::deque<std::uint64_t> records{};
    bool under_way = false;
    bool waits_for_registration = false;  ///< a gateway said that the device is away
    Instant not_before{0};
  };

  Ack accept_for(const Message& message, Instant now);
  std::uint64_t enqueue(Records::What what, Instant expires, Instant now);
  std::optional<Problem> wrong_originator(const Address& from, Instant now) const;
  /// What a repetition of the message has in common with it.
  static std::string window_name(const Message& message);
  bool is_repetition(const Message& message);
  void step(const Pair& pair, Instant now, std::vector<Outgoing>& out);
  void park(const Pair& pair, Lane& lane, Record& head);
  Outgoing ask(Record& record, const Route& route);
  void forget_away(const Pair& pair);
  void end(std::uint64_t number, State state, const std::string& cause, Instant now);

  RelayOptions options_;
  const Registry& registry_;
  Records records_;
  Inboxes inboxes_;
  Segments segments_;
  std::map<Pair, Lane> lanes_;
  std::set<std::pair<Instant, Pair>> due_;      ///< lanes that take() looks at
  std::map<std::string, std::set<Pair>> away_;  ///< lanes that wait for a device
  std::map<std::string, std::size_t> seen_;     ///< hash of the content of each message
  std::deque<std::string> seen_order_;
  Counters counters_;
};

}  // namespace msggw::m5s
