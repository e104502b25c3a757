// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sms/writing.h"
#include "gateway/base/clock.h"
#include "gateway/messages/drafts.h"

namespace msggw::sms {

/// What all parts of one long text have in common.
std::string key_of_parts(const Writing& part);

/// Long texts that were made whole a short while ago, so that a part of one which its SMSC gives
/// again begins none anew: with a reference that the phone uses again it would stand in the next.
/// Each is a draft too, a Writing of sequence 0 whose data names the parts. Loop thread only.
class FinishedTexts {
 public:
  /// As many as of long texts that are not whole (Options::max_partial_messages), each for
  /// Options::partial_timeout; the oldest gives way.
  explicit FinishedTexts(const Options& options) : options_(options) {}

  /// `last`: the part that made it whole; `digests`: of all parts in their order.
  static Writing mark(const Writing& last, const std::vector<std::uint64_t>& digests);
  /// Requires what mark() made, also of an earlier process, and when its parts came, in their
  /// order. The next of one reference takes the place of the one before.
  void add(const Writing& mark, messages::DraftNo draft, std::vector<base::TimePoint> came,
           base::TimePoint now);
  /// Whether it is a part of one that is whole, came before `until`, and did not come again since.
  bool repeats(const Writing& part, base::TimePoint until) const;
  /// Requires that it repeats; the same again is a part of another text.
  void came_again(const Writing& part);
  void tick(base::TimePoint now);
  std::optional<base::TimePoint> next_deadline() const;
  /// Drafts that are of no use any more, since the last time.
  std::vector<messages::DraftNo> take_dropped() { return std::exchange(dropped_, {}); }
  std::size_t size() const noexcept { return by_key_.size(); }

 private:
  struct Finished {
    std::string digests;  ///< 8 octets for each part
    std::vector<bool> seen;
    std::vector<base::TimePoint> came;
    messages::DraftNo draft{};
  };
  struct Age {
    std::string key;
    messages::DraftNo draft;
    base::TimePoint since;
  };
  void drop_first();

  const Options& options_;
  boost::unordered_flat_map<std::string, Finished> by_key_;
  std::deque<Age> order_;  ///< some have been replaced since
  std::vector<messages::DraftNo> dropped_;
};

}  // namespace msggw::sms
