// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "adapters/mqtt/sender.h"
#include "gateway/base/sources.h"
#include "gateway/core/open_requests.h"

namespace msggw::mqtt {

/// Requests that wait for their answer. No device has more of them than it leaves free, so that
/// those of others find room however much it asks for. Loop thread only.
class OpenRequests {
 public:
  explicit OpenRequests(std::size_t most) : open_(most), room_(most) {}

  /// The ticket under which open() puts it; none: there is no room for one more of that sender.
  std::optional<core::Ticket> next_ticket(const Sender& sender) {
    if (open_.is_full() || !room_.take(source_of(sender))) return std::nullopt;
    room_.give_back(source_of(sender));
    return open_.next_ticket();
  }
  /// Requires a next_ticket() of that sender since the last open().
  void open(const Sender& sender) {
    room_.take(source_of(sender));
    open_.open().assign(sender);
  }
  /// The request, which is no longer open; null if the ticket is not known. Valid until the next
  /// call.
  const OpenRequest* take(core::Ticket ticket) {
    const OpenRequest* const request = open_.take(ticket);
    if (request != nullptr) room_.give_back(source_of(request->sender()));
    return request;
  }

 private:
  core::OpenRequests<OpenRequest> open_;
  base::RoomBySource room_;
};

}  // namespace msggw::mqtt
