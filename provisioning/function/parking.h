// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "provisioning/function/call.h"

namespace msggw::function {

/// Replies that wait for the commit which makes them true, with whom they go to. Two commits are
/// open at most, the one in flight and the one that gathers, so two lists are enough; how many wait
/// is limited by the ledger (max_unanswered). Loop thread only.
template <class ReplyTo>
class Parking {
 public:
  void park(CommitNo due, ReplyTo to, Reply reply) {
    octets_ += reply.body.size();
    parked_[half_of(due)].push_back({std::move(to), std::move(reply)});
  }

  std::size_t octets() const noexcept { return octets_; }  ///< of all bodies that wait

  /// Calls `give(ReplyTo&, Reply&&)` for all that waited for this commit, in the order they came.
  template <class Give>
  void committed(CommitNo no, Give&& give) {
    // Giving an answer may bring the next request in, but none that waits for this commit.
    auto& due = parked_[half_of(no)];
    for (Parked& parked : due) {
      octets_ -= parked.reply.body.size();
      give(parked.to, std::move(parked.reply));
    }
    due.clear();
  }

  void drop() noexcept {
    for (auto& half : parked_) half.clear();
    octets_ = 0;
  }

 private:
  struct Parked {
    ReplyTo to;
    Reply reply;
  };

  static std::size_t half_of(CommitNo no) noexcept { return static_cast<std::uint64_t>(no) & 1; }

  std::array<std::vector<Parked>, 2> parked_;
  std::size_t octets_ = 0;
};

}  // namespace msggw::function
