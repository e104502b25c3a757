// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace msggw::mqtt {

/// When what came from the broker may be acknowledged. What a message changes is durable with a
/// batch of the devices and one of the messages, which are numbered apart; the session knows one
/// ascending number. Holds as many steps as there are batches under way. Loop thread only.
class Receipts {
 public:
  struct Batches {
    std::uint64_t devices = 0;   ///< 0: nothing of the message is in one
    std::uint64_t messages = 0;  ///< the same
  };

  /// The number (Session::Receive) of a message whose changes are durable with these.
  std::uint64_t take(Batches needed) {
    const Batches before = steps_.empty() ? Batches{} : steps_.back().needed;
    if (needed.devices <= before.devices && needed.messages <= before.messages)
      return steps_.empty() ? 0 : last_;
    steps_.push_back(
        {++last_,
         {std::max(needed.devices, before.devices), std::max(needed.messages, before.messages)}});
    return last_;
  }

  /// The number up to which all is durable, since these batches are.
  std::uint64_t settled(Batches committed) {
    while (!steps_.empty() && steps_.front().needed.devices <= committed.devices &&
           steps_.front().needed.messages <= committed.messages) {
      settled_ = steps_.front().number;
      steps_.pop_front();
    }
    return settled_;
  }

  std::size_t size() const noexcept { return steps_.size(); }

 private:
  struct Step {
    std::uint64_t number;
    Batches needed;
  };
  std::deque<Step> steps_;
  std::uint64_t last_ = 0;
  std::uint64_t settled_ = 0;
};

}  // namespace msggw::mqtt
