// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/metrics.h"
#include "gateway/messages/header.h"

namespace msggw::messages {

/// Of the room for all messages, whose part was used up.
enum class Share : std::uint8_t { device, source, way };
inline constexpr std::size_t kShares = 3;

/// What messages count (docs/metrics.md), looked up once.
struct Metrics {
  explicit Metrics(base::metrics::Registry& registry);

  /// `cause` is in static storage (Refusal).
  void refused(std::string_view cause) { refusals(cause).Increment(); }
  base::metrics::Counter& share(Share of) const { return *shares[static_cast<std::size_t>(of)]; }

  std::array<base::metrics::Counter*, kKinds> accepted;
  std::array<base::metrics::Counter*, kKinds> done;
  std::array<base::metrics::Counter*, kCauses> failed;  ///< none for Cause::none
  std::array<base::metrics::Counter*, kShares> shares;
  base::metrics::Counter& repeated;
  base::metrics::Counter& late;
  base::metrics::Gauge& waiting;
  base::metrics::Gauge& waiting_octets;
  base::metrics::Gauge& withheld;
  base::metrics::Gauge& held;
  base::metrics::Gauge& in_hand;
  base::metrics::Gauge& tracked;
  base::metrics::Gauge& reports_owed;
  base::metrics::Gauge& cached_octets;
  base::metrics::Gauge& open_sets;
  base::metrics::Gauge& open_set_octets;
  base::metrics::Gauge& drafts;
  base::metrics::Gauge& transactions;
  base::metrics::Counter& transactions_of_device_dropped;
  base::metrics::Counter& transactions_of_all_dropped;

 private:
  base::metrics::Counter& refusals(std::string_view cause);

  base::metrics::Registry& registry_;
  std::vector<std::pair<std::string_view, base::metrics::Counter*>> refused_;  ///< a dozen
};

}  // namespace msggw::messages
