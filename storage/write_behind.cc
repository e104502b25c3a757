// SPDX-License-Identifier: Apache-2.0
#include "storage/write_behind.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace msggw::storage {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstWait{10};
constexpr milliseconds kLongestWait{1'000};
constexpr milliseconds kLongestLastWait{100};  // a stop must not take long

/// Batches above this are not kept for their memory, so that one import does not hold it for ever.
constexpr std::size_t kMostSpareOctets = std::size_t{4} << 20;
constexpr std::size_t kMostSpareChanges = std::size_t{1} << 16;

// A commit takes 0.25 ms on a good SSD and some 10 ms on a disk; above a second something is wrong.
base::metrics::Histogram::BucketBoundaries commit_buckets() {
  return {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5};
}

milliseconds backoff(unsigned failures) noexcept {
  // No jitter: the disk has one user.
  return std::min(kLongestWait, kFirstWait * (1 << std::min(failures - 1, 10u)));
}

void name_thread(std::thread& thread, const std::string& name) {
  pthread_setname_np(thread.native_handle(), ("store:" + name).substr(0, 15).c_str());  // its limit
}

}  // namespace

WriteBehind::WriteBehind(Store& store, base::metrics::Registry& registry, std::string name,
                         Committed committed, Moved moved)
    : store_(store),
      name_(std::move(name)),
      committed_(std::move(committed)),
      moved_(std::move(moved)),
      commits_(base::metrics::counter(registry, "msggw_store_commits_total",
                                      "Batches committed to stable storage", {{"store", name_}})),
      rows_(base::metrics::counter(registry, "msggw_store_rows_total",
                                   "Changes of rows committed to stable storage",
                                   {{"store", name_}})),
      failures_(base::metrics::counter(registry, "msggw_store_failures_total",
                                       "Failed tries to commit a batch", {{"store", name_}})),
      seconds_(base::metrics::histogram(registry, "msggw_store_commit_seconds",
                                        "Time to commit a batch, without failed tries",
                                        commit_buckets(), {{"store", name_}})),
      in_place_(base::metrics::gauge(registry, "msggw_store_in_place",
                                     "Whether the store is where a restart would look for it",
                                     {{"store", name_}})),
      thread_([this] { run(); }) {
  in_place_.Set(1);
  name_thread(thread_, name_);
}

WriteBehind::~WriteBehind() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void WriteBehind::submit(Batch&& batch, std::uint64_t number) {
  base::ensure(!batch.empty(), "WriteBehind: an empty batch");
  {
    const std::scoped_lock lock(mutex_);
    base::ensure(!busy_, "WriteBehind: one batch at a time");
    waiting_ = std::move(batch);
    waiting_number_ = number;
    busy_ = true;
  }
  wake_.notify_one();
}

bool WriteBehind::busy() const {
  const std::scoped_lock lock(mutex_);
  return busy_;
}

bool WriteBehind::failing() const {
  const std::scoped_lock lock(mutex_);
  return failing_ || gone_;
}

std::string WriteBehind::reason() const {
  const std::scoped_lock lock(mutex_);
  return reason_;
}

Batch WriteBehind::recycled() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(spare_, Batch{});
}

void WriteBehind::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto asked = [this] { return waiting_.has_value() || stopping_; };
    if (!wake_.wait_for(lock, kLookEvery, asked)) {
      lock.unlock();
      look();
      lock.lock();
      continue;
    }
    if (!waiting_) return;
    Batch batch = *std::exchange(waiting_, std::nullopt);
    const std::uint64_t number = waiting_number_;
    lock.unlock();
    const bool stored = store_until_done(batch);
    const bool keep = batch.octets() <= kMostSpareOctets && batch.size() <= kMostSpareChanges;
    batch.clear();
    lock.lock();
    if (keep) spare_ = std::move(batch);
    busy_ = false;
    failing_ = false;
    reason_.clear();
    lock.unlock();
    if (stored) committed_(number);
    lock.lock();
  }
}

/// Whether the batch was stored rather than given up.
bool WriteBehind::store_until_done(const Batch& batch) {
  episode_logged_ = false;
  for (unsigned failures = 0;;) {
    const auto begin = std::chrono::steady_clock::now();
    const auto applied = store_.apply(batch);
    if (applied) {
      seconds_.Observe(
          std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
      commits_.Increment();
      rows_.Increment(static_cast<double>(batch.size()));
      if (failures > 0) log_recovery(failures);
      if (gone_) look();
      return true;
    }
    failures_.Increment();
    ++failures;
    look();
    const bool told = episode_logged_ && applied.error().detail == told_reason_;
    if (!told && !gone_) log_failure(batch, applied.error());
    if (!wait_before_retry(failures, applied.error().detail)) {
      base::log::error("store_lost", {{"store", name_},
                                      {"changes", batch.size()},
                                      {"tries", failures},
                                      {"reason", applied.error().detail}});
      return false;
    }
  }
}

/// False if the batch is to be given up.
bool WriteBehind::wait_before_retry(unsigned failures, const std::string& reason) {
  std::unique_lock lock(mutex_);
  failing_ = true;
  reason_ = reason;
  if (stopping_ && ++last_tries_ >= kLastTries) return false;
  const auto wait = backoff(failures);
  if (stopping_) {
    wake_.wait_for(lock, std::min(wait, kLongestLastWait), [] { return false; });
  } else {
    wake_.wait_for(lock, wait, [this] { return stopping_; });
  }
  return true;
}

/// Whether the store is in its place; said when that changes.
void WriteBehind::look() {
  const auto there = store_.check();
  in_place_.Set(there ? 1 : 0);
  {
    const std::scoped_lock lock(mutex_);
    reason_ = there ? "" : there.error().detail;
  }
  if (gone_.exchange(!there) == !there) return;
  if (moved_) moved_(there.has_value());
  if (there) return base::log::info("store_back", {{"store", name_}});
  base::log::error("store_gone", {{"store", name_}, {"reason", there.error().detail}});
}

void WriteBehind::log_failure(const Batch& batch, const base::Error& error) {
  // A store that fails and recovers many times a second is asked again at the next failure.
  if (!log_limit_.pass(clock_.now())) return;
  episode_logged_ = true;
  told_reason_ = error.detail;
  base::log::error("store_failing", {{"store", name_},
                                     {"changes", batch.size()},
                                     {"reason", error.detail},
                                     {"suppressed", log_limit_.take_suppressed()}});
}

void WriteBehind::log_recovery(unsigned failures) {
  if (!episode_logged_) return;
  base::log::info("store_recovered", {{"store", name_}, {"tries", failures + 1}});
}

}  // namespace msggw::storage
