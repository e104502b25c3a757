// SPDX-License-Identifier: Apache-2.0
#include "gateway/loop/loop.h"

#include <time.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

namespace msggw::loop {

namespace {

using Seconds = std::chrono::duration<double>;

/// run_one() sleeps and then runs a handler; only the processor time of the thread tells the second
/// from the first.
Seconds thread_time() noexcept {
  timespec spent{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return Seconds{static_cast<double>(spent.tv_sec) + 1e-9 * static_cast<double>(spent.tv_nsec)};
}

}  // namespace

Loop::Loop(std::string name, base::Duration watchdog, const base::Clock& clock,
           base::metrics::Registry& metrics)
    : guard_(boost::asio::make_work_guard(io_)),
      name_(std::move(name)),
      watchdog_(watchdog),
      clock_(clock),
      seconds_(base::metrics::histogram(
          metrics, "msggw_turn_seconds", "Length of a turn of the loop",
          {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0}, {{"loop", name_}})),
      slow_(base::metrics::counter(metrics, "msggw_slow_turns_total",
                                   "Turns longer than the watchdog allows", {{"loop", name_}})) {}

void Loop::run(const std::function<void()>& end_of_turn) {
  end_of_turn();
  while (!stopping_) turn(end_of_turn);
}

void Loop::stop() {
  stopping_ = true;
  boost::asio::post(io_, [] {});  // ends the wait
}

void Loop::turn(const std::function<void()>& end_of_turn) {
  const Seconds before = thread_time();
  io_.run_one();
  const Seconds first_handler = thread_time() - before;
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto is_long = [&] { return Clock::now() - start >= kLongEnough; };
  for (int handlers = 1; handlers < kMostHandlers && !is_long() && io_.poll_one() > 0; ++handlers) {
  }
  end_of_turn();
  const Seconds length = first_handler + Seconds{Clock::now() - start};
  seconds_.Observe(length.count());
  if (length < watchdog_) return;
  slow_.Increment();
  if (log_limit_.pass(clock_.now())) {
    base::log::warn("slow_turn", {{"loop", name_},
                                  {"took", std::chrono::duration_cast<base::Duration>(length)},
                                  {"suppressed", log_limit_.take_suppressed()}});
  }
}

}  // namespace msggw::loop
