// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/mqtt/filter/checker.h"
#include "gateway/base/metrics.h"
#include "gateway/base/result.h"

namespace msggw::mqtt::filter {

struct Limits {
  std::size_t max_packet_octets = 2U << 20;  ///< from the broker; it was asked for not more
  std::chrono::seconds keep_alive{30};       ///< what the broker was told
};

/// Stands between a broker and libmosquitto and sees every packet both ways: what the library would
/// assert on, leak or take for the end of the connection never reaches it. Octets in, octets out;
/// no socket, no clock.
///
/// From the broker: fill room(), tell received(), and call next() until it has nothing more; only
/// then again room(). The library gets PUBLISH and PINGRESP as they are, all else is written anew
/// without what it has no use for; so it knows of no Maximum Packet Size (it asserts when it must
/// drop something) and leaks no properties of acknowledgements.
///
/// To the broker: give sent() what the library writes, and send what to_broker() holds. Both
/// buffers are bounded: the first by Limits::max_packet_octets or kReadOctets, whichever is more,
/// the second as long as nothing is taken from either side while is_full().
class Filter {
 public:
  static constexpr std::size_t kReadOctets = 64U << 10;
  static constexpr std::size_t kMostOutgoing = 64U << 10;

  /// Whole packets for the library; `octets` may be empty when the packets were kept from it.
  /// Valid until the next call.
  struct Run {
    std::string_view octets;
    std::size_t packets = 0;
  };

  /// `unusable` counts the publications that the standard allows and the library does not take;
  /// they are acknowledged with 0x83 (implementation specific error), and go no further.
  Filter(const Limits& limits, base::metrics::Counter& unusable)
      : limits_(limits), unusable_(unusable) {}

  /// A new connection, with nothing under way in either direction.
  void begin();

  /// Where the next octets from the broker go; never empty.
  std::span<char> room();
  void received(std::size_t octets) noexcept { end_ += octets; }
  /// The next packets for the library, at most `most` of them; none: more octets are needed. Fails
  /// as Checker::check() and read_header() do, and then the connection must end.
  base::Result<Run> next(std::size_t most);
  /// Whether the library is to be told something although nothing came from the broker.
  bool has_answer() const noexcept { return !replacement_.empty(); }

  /// Takes what the library has written, cut anywhere. A publication longer than the broker's
  /// Maximum Packet Size is not sent: the library is told 0x95 (packet too large) for it.
  void sent(std::string_view octets);
  /// Whole packets to be sent, the oldest first.
  std::string_view to_broker() const noexcept;
  void written(std::size_t octets);
  bool is_full() const noexcept { return outgoing_.size() - written_ >= kMostOutgoing; }

 private:
  enum class Fate { passes, replaced };

  Fate decide(const Packet& packet);
  std::string rewritten_connack(const Packet& packet);
  void acknowledge(const Packet& packet);

  Limits limits_;
  base::metrics::Counter& unusable_;
  Checker checker_;
  std::vector<char> incoming_;
  std::size_t begin_ = 0;  ///< of what is in incoming_ and not yet given out
  std::size_t end_ = 0;
  std::string replacement_;  ///< for the library, in place of a packet already taken
  std::string given_;
  std::optional<base::Error> over_;
  std::string outgoing_;
  std::size_t written_ = 0;
  std::size_t framed_ = 0;  ///< whole packets in outgoing_ end here
  std::size_t broker_takes_ = 0;
};

}  // namespace msggw::mqtt::filter
