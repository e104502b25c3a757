// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/m5s/message.h"

namespace msggw::m5s {

/// Puts segments together (TS 23.554 8.5): what belongs together has the same originator, recipient
/// and segId. Numbers may begin with 0 or 1, come in any order and more than once.
class Segments {
 public:
  static constexpr std::size_t kMostSets = 1'000;
  static constexpr std::size_t kMostSegments = 1'000;      ///< of a message
  static constexpr std::size_t kMostOctets = 1024 * 1024;  ///< of its payload
  static constexpr Span kWithin{60'000};                   ///< from the first to the last

  enum class Taken {
    whole,    ///< `whole` is the message, with the members of its first segment
    waits,    ///< for the others
    refused,  ///< it has no segId or no segNumb, or is above a limit
  };
  Taken add(const Message& segment, Instant now, Message& whole);
  /// Sets that were not completed in time.
  std::uint64_t dropped() const { return dropped_; }

 private:
  struct Key {
    Address from, to;
    std::string set;
    auto operator<=>(const Key&) const = default;
  };
  struct Set {
    std::map<std::int64_t, Message> segments;
    std::size_t octets = 0;
    Instant until;
  };
  static bool is_whole(const Set& set);
  void drop_old(Instant now);

  std::map<Key, Set> sets_;
  std::uint64_t dropped_ = 0;
};

/// `message` in segments of at most `most` octets of payload each; itself where it is not longer.
/// Cuts stand at whole characters and, `most` allowing, at multiples of four octets from the
/// beginning where all is ASCII: there base64 can be cut too.
std::vector<Message> cut(const Message& message, std::size_t most);

}  // namespace msggw::m5s
