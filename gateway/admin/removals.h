// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/wire/http/server.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/base/sources.h"
#include "gateway/core/operations.h"
#include "gateway/messages/operator_side.h"

namespace msggw::admin {

/// The body of POST /api/v1/removals.
struct RemovalQuery {
  core::Selection selection;
  std::uint32_t first = 0;            ///< number of the first device that is looked at
  std::uint32_t before = UINT32_MAX;  ///< numbers from this on are not looked at
  bool preview = false;               ///< nothing is removed
  bool forget = false;                ///< nothing is released, see Operations::forget()
};
/// malformed, missing (it names nothing that devices have in common), incorrect.
base::Result<RemovalQuery> parse_removal_query(std::string_view body);

/// Removes devices by what they have in common, a slice of the table for each request: whoever
/// asks goes on with `next` of the answer. One slice a turn, and no more than kMostRemoved devices
/// of it, so that devices are served in between; fewer if kMostHeld messages end with them. Loop
/// thread only.
class Removals {
 public:
  static constexpr std::uint32_t kMostLookedAt = 10'000;
  static constexpr std::size_t kMostRemoved = 1'000;
  static constexpr std::size_t kMostHeld = 10'000;  ///< messages and segments of these, about
  static constexpr std::size_t kMostShown = 10;     ///< Private IDs in an answer
  static constexpr std::size_t kMostWaiting = 64;   ///< slices that wait for their turn; above: 503

  Removals(core::Operations& operations, const messages::OperatorSide& messages)
      : operations_(operations), messages_(messages) {}

  void take(const http::Request& request, const http::Responder& responder);
  /// Does the next slice; `answer` is given what is to be said when it is durable. Whether more
  /// wait.
  bool end_turn(base::TimePoint now,
                const std::function<void(const http::Responder&, http::Response)>& answer);

 private:
  struct Slice {
    RemovalQuery query;
    base::Source source;
    http::Responder responder;
  };
  /// What came of a slice.
  struct Outcome {
    std::size_t selected = 0;
    std::size_t leaving = 0;         ///< that went without a release before
    std::vector<std::string> shown;  ///< Private IDs
    messages::Held held;             ///< of those that were selected
  };
  http::Response answer_to(const Slice& slice, base::TimePoint now);
  /// Returns where to go on.
  std::uint32_t look_at(const RemovalQuery& query, std::uint32_t all, base::TimePoint now,
                        Outcome& outcome);

  core::Operations& operations_;
  const messages::OperatorSide& messages_;
  std::deque<Slice> waiting_;
};

}  // namespace msggw::admin
