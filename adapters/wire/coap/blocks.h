// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "adapters/wire/coap/message.h"
#include "gateway/base/clock.h"
#include "gateway/base/keyed_hash.h"
#include "gateway/base/sources.h"

namespace msggw::coap {

/// Bodies that arrive in blocks (RFC 7959, Block1), one after another, until they are whole. Number
/// and size are bounded: a body that grows too large is refused at the first block that shows
/// it, and when there are too many, the one that has waited longest gives way; of a peer that would
/// have more of them than it leaves free, its own. Loop thread only.
class PartialBodies {
 public:
  struct Limits {
    std::size_t bodies;
    std::size_t octets;  ///< of one body, unless add() is told another limit
    base::Duration keep{
        247'000};  ///< EXCHANGE_LIFETIME (RFC 7252 4.8.2), for blocks as for exchanges
  };
  PartialBodies(Limits limits, base::HashKey key)
      : limits_(limits), key_(key), room_(limits.bodies + 1) {}

  /// From now on. Those that are there beyond it give way to the next.
  void limit_to(Limits limits) noexcept {
    limits_ = limits;
    room_.limit_to(limits.bodies + 1);
  }

  enum class Step {
    complete,    ///< `body` is whole
    more,        ///< kept; send the next block
    incomplete,  ///< a block before this one is missing; begin again
    bad_size,    ///< a block that is not the last must be exactly as long as it says
    too_large
  };
  struct Added {
    Step step;
    std::string body;
  };
  /// A block that is already there is taken as a retransmission if it has the same octets; with
  /// others it is of another body, and neither can be made whole: `incomplete`.
  Added add(const Request& request, const Block& block, base::TimePoint now,
            std::optional<std::size_t> octets = std::nullopt);

  std::size_t size() const noexcept { return parts_.size(); }

  /// The same for the same peer, method, URI and Request-Tag (RFC 7959 2.5, RFC 9175 3.3).
  std::uint64_t id_of(const Request& request) const;

 private:
  struct Part {
    std::uint64_t id;
    base::Source source;
    base::TimePoint last;
    std::string octets;
  };
  using Parts = std::list<Part>;

  void drop(Parts::iterator part);
  void make_room(base::Source source);
  Added extend(Parts::iterator part, const Request& request, const Block& block,
               base::TimePoint now);

  Limits limits_;
  base::HashKey key_;
  base::RoomBySource room_;  // one more than bodies: they can be all taken
  Parts parts_;              // longest untouched first
  std::unordered_map<std::uint64_t, Parts::iterator> by_id_;
};

/// Whole answers of which a peer may fetch further blocks without repeating its request, because
/// that would carry it out again: an RFC 7959 client asks for the rest of the answer to a POST with
/// an empty POST. Bounded; the oldest gives way. Loop thread only.
class LargeAnswers {
 public:
  struct Limits {
    std::size_t answers;
    std::size_t octets;  ///< of all
    base::Duration keep{247'000};
  };
  explicit LargeAnswers(Limits limits) : limits_(limits) {}
  /// From now on.
  void limit_to(Limits limits) noexcept { limits_ = limits; }

  void keep(std::uint64_t id, const Response& response, base::TimePoint now);
  /// Null: none.
  const Response* find(std::uint64_t id, base::TimePoint now);
  bool empty() const noexcept { return kept_.empty(); }

 private:
  struct Kept {
    std::uint64_t id;
    base::TimePoint until;
    Response response;
  };
  void drop_first();

  Limits limits_;
  std::size_t octets_ = 0;
  std::list<Kept> kept_;  // oldest first
  std::unordered_map<std::uint64_t, std::list<Kept>::iterator> by_id_;
};

/// Cuts the payload of `response` to the block that `wanted` asks for (or to the first, of 1024
/// octets, if it has more than `most`), with Block2 and an ETag, unless it has one. Stateless: a
/// client fetches the next block by repeating its request. False: there is no such block.
bool cut_to_block(Response& response, const std::optional<Block>& wanted, std::size_t most = 1'024);

}  // namespace msggw::coap
