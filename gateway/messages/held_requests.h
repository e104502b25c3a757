// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "gateway/core/tables.h"
#include "gateway/messages/drafts.h"
#include "gateway/messages/limits.h"
#include "gateway/messages/send_request.h"

namespace msggw::messages {

/// A message that waits in memory until its device has a Service ID.
struct HeldRequest {
  SendRequest request;
  std::string private_id;  ///< the number may become another device's
  base::TimePoint deadline;
  std::optional<DraftNo> draft{};  ///< what the bearer needs after a restart
  bool is_gone = false;            ///< its device is
};

/// These, in the order in which they came, which is that of their deadlines. Loop thread only.
class HeldRequests {
 public:
  /// Whether the device is on its way to a Service ID; until the commit that holds it.
  static bool is_for(const core::Tables& devices, core::DeviceNo device);
  bool has(core::DeviceNo device) const noexcept { return of_device_.contains(device); }
  /// Whether the same was said by the device before, of the same origin.
  bool has_same(const SendRequest& request) const;
  bool has_room(const SendRequest& request, const Limits& limits) const;
  void add(const core::Tables& devices, SendRequest request, base::TimePoint deadline,
           std::optional<DraftNo> draft);
  /// Those whose device is on this way no more, and those whose time is over.
  std::vector<HeldRequest> take(const core::Tables& devices, base::TimePoint now);

  std::size_t size() const noexcept { return all_.size(); }
  std::uint64_t octets() const noexcept { return octets_; }  ///< of their content
  std::optional<base::TimePoint> next_deadline() const;

 private:
  std::deque<HeldRequest> all_;
  boost::unordered_flat_map<core::DeviceNo, std::size_t> of_device_;
  std::uint64_t octets_ = 0;
};

}  // namespace msggw::messages
