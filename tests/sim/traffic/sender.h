// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "tests/sim/fleet/report.h"
#include "tests/sim/traffic/plan.h"

namespace msggw::traffic {

/// Who sends next and when, as a plan will have it: devices in turn, of each one message at a time,
/// so that their order can be looked at. What carries them calls it from its loop. Not thread-safe.
class Sender {
 public:
  /// One more device.
  void add_device();
  // For a run that goes on after a crash, before it begins.

  /// The message of that number has been sent. The highest number counts.
  void was_sent(std::uint32_t device, std::uint32_t number);
  /// That one is still under way, the newest of its device: it ends with taken().
  void goes_on(std::uint32_t device);

  /// Requires that none is running.
  void begin(const Plan& plan, Instant now);
  bool is_running() const { return running_; }
  const Plan& plan() const { return plan_; }
  std::uint64_t under_way() const { return under_way_; }

  struct Next {
    std::uint32_t device;
    Stamp stamp;
  };
  /// None: nobody may send now.
  std::optional<Next> next(Instant now);
  /// When next() may have one, if it depends on the rate alone.
  Instant next_start(Instant now) const;
  /// The other side has the message, or refuses it for good.
  void taken(const Next& what, Instant now);
  /// Once, when all are taken: {"count","seconds","rate","latencyMs":{..}}, latency from sending to
  /// taking.
  std::optional<boost::json::object> take_result();

 private:
  bool is_in_plan(std::uint32_t device) const;

  Plan plan_;
  fleet::Pacer pacer_{{}};
  std::vector<std::uint32_t> numbers_;  ///< of each device's newest message
  std::vector<bool> busy_;
  std::deque<std::uint32_t> ready_;
  std::uint64_t left_ = 0;
  std::uint64_t under_way_ = 0;
  std::uint64_t sent_before_ = 0;
  bool running_ = false;
  Instant started_{0};
  Instant last_{0};
  fleet::Histogram latency_;
};

/// {"p50","p90","p99","max"}
boost::json::object show(const fleet::Histogram& latency);

/// What has arrived since it was forgotten last.
class Arrivals {
 public:
  void add(Instant sent, Instant now);
  /// {"count","seconds","rate","transitMs":{..}}, seconds from the first to the last.
  boost::json::object show() const;
  void forget() { transit_ = {}; }

 private:
  Instant first_{0};
  Instant last_{0};
  fleet::Histogram transit_;
};

}  // namespace msggw::traffic
