// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/fleet/pacing.h"

namespace msggw::fleet {

/// Durations in buckets of equal relative width (1/64, so a quantile is at most 1.6 % too high),
/// from 1 us to over an hour. The size does not depend on what was recorded.
class Histogram {
 public:
  Histogram();

  void record(Instant value);
  /// The smallest bucket limit that at least `share` (0 to 1) of the values do not exceed; zero if
  /// there are none.
  Instant quantile(double share) const;
  Instant max() const { return max_; }
  std::uint64_t count() const { return count_; }

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  Instant max_{0};
};

/// What happened in a run. Each request ends in one of registered, pending, refused, error, timed
/// out; over MQTT a pending one can still end in registered.
struct Tally {
  std::uint64_t goal = 0;  ///< registrations that should be reached: devices times rounds
  /// Asked for the first time or again after "pending"; without retransmissions.
  std::uint64_t requests = 0;
  std::uint64_t registered = 0;
  std::uint64_t pending = 0;
  std::uint64_t refused = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t errors = 0;
  std::map<std::string, std::uint64_t, std::less<>>
      by_code;                        ///< errors and refusals by code or cause
  std::uint64_t mismatched = 0;       ///< Service IDs other than expected
  std::uint64_t retransmissions = 0;  ///< over MQTT: published again
  std::uint64_t separate = 0;         ///< CoAP: answers that came as separate responses
  /// Answers to nothing that is under way: duplicates, or after the timeout.
  std::uint64_t late = 0;
  std::uint64_t malformed = 0;  ///< octets that are no answer
  std::uint64_t send_failures = 0;
  std::uint64_t connections_lost = 0;
  std::uint64_t handshakes = 0;  ///< of DTLS and TLS, over CoAP
  std::uint64_t handshakes_failed = 0;
  Instant first_request{0};
  Instant last_answer{0};
  std::chrono::microseconds own_cpu{0};
  Histogram latency;

  void count_code(std::string_view code);
  std::uint64_t answers() const { return registered + pending + refused + errors; }
  bool all_registered() const { return registered == goal && mismatched == 0; }
  double seconds() const;
  double rate() const;  ///< answers a second
};

/// What was run, for the head of the report.
struct RunNames {
  std::string protocol{};
  std::string peer{};
  std::uint64_t devices = 0;
  std::uint64_t first = 0;
  std::uint64_t rounds = 0;
  std::size_t window = 0;
  std::size_t lines = 0;  ///< CoAP: peers, MQTT: connections
};

std::string to_text(const RunNames& names, const Tally& tally);
/// One JSON object on one line; README.md lists its members.
std::string to_json(const RunNames& names, const Tally& tally);
/// The line that is rewritten each second.
std::string progress_line(const Tally& tally, Instant now, double rate_now);

}  // namespace msggw::fleet
