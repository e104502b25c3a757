// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "gateway/messages/operator_side.h"

namespace msggw::service {

/// What messages carry, for the operator to see: read from the store behind what is to be
/// delivered, list after list (messages::ReadContents). Loop thread only.
class OperatorReads {
 public:
  using Done = std::function<void(std::vector<std::optional<messages::Carried>>)>;

  explicit OperatorReads(const messages::Queue& queue) : queue_(queue) {}

  void add(std::vector<messages::MessageNo> numbers, Done done) {
    lists_.push_back({std::move(numbers), {}, std::move(done)});
  }
  bool empty() const noexcept { return lists_.empty(); }

  /// The next to be read from the store, at most `most`; what is in RAM is taken from there, and a
  /// list that is whole is done. Requires that all that was taken before has been brought.
  std::vector<std::uint64_t> take(std::size_t most);
  /// The next of those, in their order; none: there is none, or it cannot be read.
  void brought(std::optional<messages::Carried> carried);

 private:
  struct List {
    std::vector<messages::MessageNo> numbers;
    std::vector<std::optional<messages::Carried>> found;
    Done done;
  };
  void finish();

  const messages::Queue& queue_;
  std::deque<List> lists_;
};

}  // namespace msggw::service
