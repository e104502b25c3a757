// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <string>

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"

namespace msggw::loop {

/// One thread's event loop, in turns: wait for the first event, run what else is ready (at most
/// kMostHandlers, and none once kLongEnough is over), end the turn. That answers leave together and
/// changes are committed together is a consequence of the turn.
///
/// Everything given `io()` runs on the thread that calls run(). A watchdog counts turns longer than
/// `watchdog` in msggw_slow_turns_total and logs `slow_turn`; msggw_turn_seconds shows all.
class Loop {
 public:
  Loop(std::string name, base::Duration watchdog, const base::Clock& clock,
       base::metrics::Registry& metrics);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  boost::asio::io_context& io() noexcept { return io_; }

  /// Another watchdog from now on. On the thread of run().
  void watch(base::Duration watchdog) noexcept { watchdog_ = watchdog; }

  /// Until stop(). `end_of_turn` runs at least once, at the beginning.
  void run(const std::function<void()>& end_of_turn);
  /// From any thread, also from a handler.
  void stop();

  /// Each source bounds the work of one handler. A handler that posts the rest of its work comes
  /// again within the turn, so their number and time have bounds as well.
  static constexpr int kMostHandlers = 512;
  static constexpr std::chrono::milliseconds kLongEnough{10};

 private:
  void turn(const std::function<void()>& end_of_turn);

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  std::string name_;
  base::Duration watchdog_;
  const base::Clock& clock_;
  base::metrics::Histogram& seconds_;
  base::metrics::Counter& slow_;
  base::log::Limit log_limit_{1};
  std::atomic<bool> stopping_{false};
};

}  // namespace msggw::loop
