// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/campaign.h"

#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace msggw::fleet {
namespace {

constexpr Instant kProgressEvery = std::chrono::seconds(1);
constexpr std::chrono::seconds kDefaultRetry{1};

sigset_t end_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

std::chrono::microseconds microseconds_of(const timeval& t) {
  return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
}

}  // namespace

std::chrono::microseconds own_cpu_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return microseconds_of(usage.ru_utime) + microseconds_of(usage.ru_stime);
}

Campaign::Campaign(const Options& options)
    : options_(options),
      ids_(options),
      ledger_(options),
      plan_(static_cast<std::uint32_t>(options.devices), options.rounds),
      pacer_({options.window, options.rate, options.ramp}),
      first_asked_(options.pending_retry ? options.devices : 0, Instant(-1)),
      is_warm_(options.warm_up ? options.devices : 0),
      show_(!options.quiet && isatty(STDERR_FILENO) == 1) {
  const sigset_t set = end_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  interrupt_.reset(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  begin();
}

Campaign::~Campaign() {
  const sigset_t set = end_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void Campaign::begin() {
  start_ = std::chrono::steady_clock::now();
  cpu_at_start_ = own_cpu_time();
  next_progress_ = kProgressEvery;
}

Instant Campaign::now() const {
  return std::chrono::steady_clock::now() - start_;
}

std::optional<std::uint32_t> Campaign::next(Instant now, std::size_t outstanding) {
  if (pacer_.may_start(now, outstanding) == 0) return std::nullopt;
  const auto device = plan_.next(now);
  if (!device) return std::nullopt;
  pacer_.started();
  if (tally_.requests++ == 0) tally_.first_request = now;
  if (!first_asked_.empty() && first_asked_[*device] < Instant(0)) first_asked_[*device] = now;
  return device;
}

Instant Campaign::since_first(const End& end) const {
  return end.now - (first_asked_.empty() ? end.asked : first_asked_[end.device]);
}

void Campaign::answered(const End& end) {
  tally_.last_answer = end.now;
  if (is_warm_.empty() || is_warm_[end.device]) return tally_.latency.record(end.now - end.asked);
  is_warm_[end.device] = true;
}

void Campaign::registered(const End& end, const Answer* answer) {
  answered(end);
  ++tally_.registered;
  if (answer != nullptr && options_.collecting()) {
    ids_.write(end.device, id_);
    if (!ledger_.told(id_, *answer, since_first(end))) ++tally_.mismatched;
  }
  if (!first_asked_.empty()) first_asked_[end.device] = Instant(-1);
  plan_.finished(end.device);
}

bool Campaign::ask_again(const End& end, std::optional<std::chrono::seconds> retry_after) {
  if (!options_.pending_retry || since_first(end) >= options_.pending_for) return false;
  const Instant wait = std::min<Instant>(retry_after.value_or(kDefaultRetry), options_.pending_cap);
  plan_.again(end.device, end.now + wait);
  return true;
}

bool Campaign::pending(const End& end, std::optional<std::chrono::seconds> retry_after) {
  answered(end);
  ++tally_.pending;
  if (ask_again(end, retry_after)) return true;
  ledger_.not_told(ids_.text(end.device), "pending", since_first(end));
  plan_.finished(end.device);
  return false;
}

void Campaign::refused(const End& end, std::string_view cause) {
  answered(end);
  ++tally_.refused;
  tally_.count_code(cause);
  ledger_.not_told(ids_.text(end.device), "refused", since_first(end));
  plan_.finished(end.device);
}

void Campaign::failed(const End& end, std::string_view code,
                      std::optional<std::chrono::seconds> retry_after) {
  answered(end);
  ++tally_.errors;
  tally_.count_code(code);
  if (retry_after && ask_again(end, retry_after)) return;
  ledger_.not_told(ids_.text(end.device), code, since_first(end));
  plan_.finished(end.device);
}

void Campaign::timed_out(const End& end) {
  ++tally_.timeouts;
  if (ask_again(end, std::chrono::seconds(0))) return;
  ledger_.not_told(ids_.text(end.device), "timeout", since_first(end));
  plan_.finished(end.device);
}

void Campaign::turn(Instant now) {
  if (!stopped_ && options_.duration.count() > 0 && now >= options_.duration) {
    plan_.stop();
    stopped_ = true;
  }
  if (show_ && now >= next_progress_) show_progress(now);
}

void Campaign::interrupted() {
  signalfd_siginfo info;
  if (read(interrupt_.get(), &info, sizeof info) == sizeof info) interrupted_ = true;
}

Instant Campaign::sleep(Instant now, std::size_t outstanding) const {
  Instant until = now + std::chrono::milliseconds(50);
  if (outstanding < options_.window) {
    if (const auto again = plan_.next_again()) until = std::min(until, *again);
    if (now < options_.ramp) until = std::min(until, now + std::chrono::milliseconds(5));
    if (options_.rate > 0) until = std::min(until, pacer_.next_start(now));
  }
  return std::max(Instant(0), until - now);
}

void Campaign::show_progress(Instant now) {
  tally_.goal = plan_.goal();
  const std::uint64_t answers = tally_.answers();
  const double rate = static_cast<double>(answers - answers_shown_) /
                      std::chrono::duration<double>(now - next_progress_ + kProgressEvery).count();
  std::fprintf(stderr, "\r%s\033[K", progress_line(tally_, now, rate).c_str());
  answers_shown_ = answers;
  next_progress_ = now + kProgressEvery;
}

const Tally& Campaign::finish() {
  tally_.own_cpu = own_cpu_time() - cpu_at_start_;
  tally_.goal = plan_.goal();
  if (show_) std::fputs("\r\033[K", stderr);
  ledger_.finish();
  return tally_;
}

}  // namespace msggw::fleet
