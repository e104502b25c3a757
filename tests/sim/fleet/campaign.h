// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/handle.h"
#include "tests/sim/fleet/answers.h"
#include "tests/sim/fleet/ids.h"
#include "tests/sim/fleet/options.h"
#include "tests/sim/fleet/pacing.h"
#include "tests/sim/fleet/plan.h"
#include "tests/sim/fleet/report.h"

namespace msggw::fleet {

/// One run, whatever protocol carries it: who asks next and when, what each answer means for the
/// device, the tally, the progress line, the end. A fleet of one protocol calls it from its loop.
/// Not thread-safe.
class Campaign {
 public:
  /// Throws std::invalid_argument: a file that cannot be used.
  explicit Campaign(const Options& options);
  Campaign(const Campaign&) = delete;
  Campaign& operator=(const Campaign&) = delete;
  ~Campaign();

  /// Starts the clock and the account of our own CPU time, once everything is connected.
  void begin();
  Instant now() const;

  /// A device that asks now, while `outstanding` requests are under way; none if it has to wait.
  std::optional<std::uint32_t> next(Instant now, std::size_t outstanding);

  /// One request of a device, asked at `asked`, has come to its end.
  struct End {
    std::uint32_t device;
    Instant asked;
    Instant now;
  };
  void registered(const End& end, const Answer* answer);
  /// The device's registration goes on if pending answers are to be retried: true, it will be asked
  /// for again by next().
  bool pending(const End& end, std::optional<std::chrono::seconds> retry_after);
  void refused(const End& end, std::string_view cause);
  /// `code` is an error. With `retry_after` (5.03 with Max-Age) it is asked again like a pending
  /// one.
  void failed(const End& end, std::string_view code,
              std::optional<std::chrono::seconds> retry_after);
  /// Nothing came; asked again at once if pending answers are to be retried.
  void timed_out(const End& end);

  /// To be called every turn: progress line, --duration.
  void turn(Instant now);
  /// interrupt_fd() is readable: the run ends with what it has.
  void interrupted();
  /// How long the loop may sleep at most, given that the window has room or not.
  Instant sleep(Instant now, std::size_t outstanding) const;
  bool done() const { return interrupted_ || plan_.complete(); }

  /// Closes the account. Throws std::runtime_error if results could not be written.
  const Tally& finish();

  /// Readable once SIGINT or SIGTERM arrived; for the loop's epoll.
  int interrupt_fd() const { return interrupt_.get(); }
  const Options& options() const { return options_; }
  const Ids& ids() const { return ids_; }
  Tally& tally() { return tally_; }

 private:
  void answered(const End& end);
  bool ask_again(const End& end, std::optional<std::chrono::seconds> retry_after);
  Instant since_first(const End& end) const;
  void show_progress(Instant now);

  const Options& options_;
  Ids ids_;
  Ledger ledger_;
  Plan plan_;
  Pacer pacer_;
  Tally tally_;
  std::vector<Instant> first_asked_;  ///< of each device; only when pending answers are asked again
  std::vector<bool> is_warm_;         ///< of each device; empty: all are
  std::string id_;                    ///< scratch
  std::chrono::steady_clock::time_point start_;
  std::chrono::microseconds cpu_at_start_{0};
  base::UniqueFd interrupt_;
  bool interrupted_ = false;
  bool stopped_ = false;
  bool show_ = false;
  Instant next_progress_{0};
  std::uint64_t answers_shown_ = 0;
};

/// User and system time of this process so far.
std::chrono::microseconds own_cpu_time();

}  // namespace msggw::fleet
