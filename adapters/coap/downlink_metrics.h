// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "gateway/base/metrics.h"

namespace msggw::coap_adapter {

/// How a device showed that it has a message.
enum class Proof : std::uint8_t { acknowledgement, after, report, push };
inline constexpr std::size_t kProofs = 4;

/// What became of a notification.
enum class Notified : std::uint8_t { acknowledged, refused, not_now, reset, timed_out, held_back };
inline constexpr std::size_t kNotified = 6;

/// What became of a push.
enum class Pushed : std::uint8_t {
  taken,
  acknowledged,
  refused,
  not_now,
  reset,
  timed_out,
  nobody
};
inline constexpr std::size_t kPushed = 7;

/// What Downlink counts (docs/metrics.md), looked up once.
struct DownlinkMetrics {
  explicit DownlinkMetrics(base::metrics::Registry& registry);

  void proven(Proof by) { proofs[static_cast<std::size_t>(by)]->Increment(); }
  void pushed(Pushed how) { pushes[static_cast<std::size_t>(how)]->Increment(); }
  void notified(Notified how) { notifications[static_cast<std::size_t>(how)]->Increment(); }

  std::array<base::metrics::Counter*, kProofs> proofs{};
  std::array<base::metrics::Counter*, kNotified> notifications{};
  std::array<base::metrics::Counter*, kPushed> pushes{};
  base::metrics::Gauge& observations;
  base::metrics::Gauge& unproven;
  base::metrics::Gauge& unproven_octets;
  base::metrics::Counter& crowded;
};

}  // namespace msggw::coap_adapter
