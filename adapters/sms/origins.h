// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "gateway/base/clock.h"
#include "gateway/base/secrets.h"

namespace msggw::sms {

/// How a text came.
struct Seen {
  base::TimePoint came;
  base::TimePoint unsure;  ///< when its SMSC may last have missed an answer, as of then
};

/// Of what the msgId of a text is made (messages::SendRequest::origin), so that one which its SMSC
/// gives again is known, and one which the phone says again is not taken for it. SMPP tells the two
/// apart by nothing, so that is told by what the SMSC may know: a text that was taken in before the
/// SMSC was `unsure` of our answers for the last time may be a repetition, once; one that it has
/// surely been answered for is not. What is said again gets a number beside it, which is found
/// again as long as the first is in the window of duplicates, also after a restart. Loop thread
/// only.
class Origins {
 public:
  struct Origin {
    std::string name;
    bool is_again = false;  ///< it is that of a message which was taken in before
  };

  /// `said` is the same for a text that is given again: who wrote it, to whom, by which reference;
  /// `content` names what it says. `seen` is how it came, `now` when it is taken in, which may be
  /// later. `known_since(name)`: when a message of that origin and this content was taken in, to
  /// the second before; none: it is not known.
  template <class KnownSince>
  Origin of(const std::string& said, std::uint64_t content, const Seen& seen, base::TimePoint now,
            KnownSince known_since) {
    const std::string about = ' ' + std::to_string(content);
    std::optional<base::TimePoint> newest;
    std::string newest_origin;
    std::string origin = said;
    for (std::size_t number = 2; number <= kMostSaid + 1; ++number) {
      const auto since = known_since(origin);
      if (!since) break;
      const base::TimePoint at = heard_at(origin + about).value_or(*since);
      if (!newest || at >= *newest) {
        newest = at;
        newest_origin = origin;
      }
      origin = said + " #" + (number <= kMostSaid ? std::to_string(number) : fresh());
    }
    if (newest && *newest < seen.unsure) {
      hear(newest_origin + about, seen.came);
      return {newest_origin, true};
    }
    // The window knows seconds alone, and when a text was taken in, not when it came.
    if (now < seen.unsure + kSoonAfter || seen.came < now)
      hear(origin + about, seen.came);
    else
      heard_.erase(origin + about);  // of one that has left the window
    return {origin, false};
  }

 private:
  /// As often as one text is found again within the window.
  static constexpr std::size_t kMostSaid = 32;
  static constexpr std::size_t kMostHeard = 10'000;
  static constexpr base::Duration kSoonAfter{2'000};

  std::optional<base::TimePoint> heard_at(const std::string& origin) const {
    const auto found = heard_.find(origin);
    return found == heard_.end() ? std::nullopt : std::optional(found->second);
  }
  void hear(const std::string& origin, base::TimePoint came) {
    heard_.insert_or_assign(origin, came);
    order_.emplace_back(origin, came);
    if (order_.size() <= kMostHeard) return;
    const auto& [oldest, then] = order_.front();
    if (heard_at(oldest) == then) heard_.erase(oldest);  // else it was heard again, or forgotten
    order_.pop_front();
  }
  std::string fresh() { return std::to_string(run_) + '.' + std::to_string(++last_); }

  boost::unordered_flat_map<std::string, base::TimePoint> heard_;
  std::deque<std::pair<std::string, base::TimePoint>> order_;
  std::uint64_t run_ = base::random_number();
  std::uint64_t last_ = 0;
};

}  // namespace msggw::sms
