// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/base/sources.h"
#include "gateway/core/ids.h"

namespace msggw::core {

/// The requests of one adapter for which Gateway gave no answer at once, by the ticket that comes
/// back with the answer. A ticket is a place and the number of its use, so that an answer which
/// comes twice or for nothing finds nothing. Places are reused with their memory.
template <class Request>
class OpenRequests {
 public:
  explicit OpenRequests(std::size_t most) : most_(most) {}

  bool is_full() const noexcept { return open_ >= most_; }
  std::size_t size() const noexcept { return open_; }
  /// From now on. Those that are open beyond it stay open.
  void limit_to(std::size_t most) noexcept { most_ = most; }

  /// The ticket that the next open() will stand under. Requires !is_full().
  Ticket next_ticket() {
    base::ensure(!is_full(), "a place for the open request");
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(places_.size()));
      places_.emplace_back();
    }
    const std::uint32_t index = free_.back();
    return Ticket{std::uint64_t{places_[index].use} << 32 | index};
  }
  /// The place of next_ticket(), to be filled; what is in it is of no meaning.
  Request& open() {
    Place& place = places_[free_.back()];
    free_.pop_back();
    place.open = true;
    ++open_;
    return place.request;
  }
  /// The request, which is no longer open; null if the ticket is not known. Valid until the next
  /// call.
  Request* take(Ticket ticket) {
    const auto index = static_cast<std::uint32_t>(ticket);
    const auto use = static_cast<std::uint32_t>(static_cast<std::uint64_t>(ticket) >> 32);
    if (index >= places_.size()) return nullptr;
    Place& place = places_[index];
    if (!place.open || place.use != use) return nullptr;
    place.open = false;
    ++place.use;
    free_.push_back(index);
    --open_;
    return &place.request;
  }

 private:
  struct Place {
    Request request;
    std::uint32_t use = 0;
    bool open = false;
  };

  std::size_t most_;
  std::size_t open_ = 0;
  std::vector<Place> places_;
  std::vector<std::uint32_t> free_;
};

/// The same for requests of many sources: none has more of them open than it leaves free, so that
/// those of others find room however much it asks for.
template <class Request>
class SharedRequests {
 public:
  explicit SharedRequests(std::size_t most) : open_(most), room_(most + 1) {}

  /// As OpenRequests.
  void limit_to(std::size_t most) noexcept {
    open_.limit_to(most);
    room_.limit_to(most + 1);
  }

  /// The ticket under which open() puts it; none: there is no room for one more of that source.
  std::optional<Ticket> next_ticket(base::Source source) {
    if (open_.is_full() || !room_.take(source)) return std::nullopt;
    room_.give_back(source);
    return open_.next_ticket();
  }
  /// The place of next_ticket(), to be filled. Requires one of that source since the last open().
  Request& open(base::Source source) {
    base::ensure(room_.take(source), "room for the open request");
    auto& [of, request] = open_.open();
    of = source;
    return request;
  }
  /// As OpenRequests.
  Request* take(Ticket ticket) {
    auto* const taken = open_.take(ticket);
    if (taken == nullptr) return nullptr;
    room_.give_back(taken->first);
    return &taken->second;
  }

 private:
  OpenRequests<std::pair<base::Source, Request>> open_;
  base::RoomBySource room_;  ///< one more than may be open: they can be all taken
};

}  // namespace msggw::core
