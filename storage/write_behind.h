// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "storage/store.h"

namespace msggw::storage {

/// The writer thread: owns the disk while the loop thread owns the world. One batch is in flight at
/// a time; what changes meanwhile piles up at the caller and goes together in the next one (group
/// commit).
///
/// A batch that the store refuses is tried again until it is stored, with a back-off up to one
/// second and one pair of log events (store_failing, store_recovered) per episode: the rows it
/// holds are promised to somebody, so there is nothing better to do, and nobody was told yet.
/// `failing()` says so meanwhile.
///
/// Also with nothing to store the thread looks each second whether the store is in its place
/// (Store::check()). While it is not, `gone()`: what was told as durable may not be, so nothing of
/// that kind may be said. One pair of log events (store_gone, store_back).
///
/// Metrics, all labelled store=name: msggw_store_commits_total, msggw_store_rows_total,
/// msggw_store_failures_total, msggw_store_commit_seconds (of the commits that succeeded),
/// msggw_store_in_place (1 or 0).
///
/// submit(), busy(), failing() and gone() belong to the loop thread.
class WriteBehind {
 public:
  /// `committed` runs on the writer thread each time a batch has become durable, with the number
  /// that submit() gave it; it must only post to the loop. `store` must outlive this object. `name`
  /// labels metrics and log events.
  using Committed = std::function<void(std::uint64_t number)>;
  /// `moved`, if given, runs on the writer thread each time gone() has changed; the same holds.
  using Moved = std::function<void(bool in_place)>;
  WriteBehind(Store& store, base::metrics::Registry& registry, std::string name,
              Committed committed, Moved moved = {});

  /// Waits for the batch in flight, submitted or being stored; `committed` may still come for it.
  /// One that still fails is given up after `kLastTries` failures from now, in less than half a
  /// second, with a log event store_lost: the devices in it were told nothing and show up again.
  ~WriteBehind();
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;

  /// Takes the batch to the writer; `number` comes back with `committed`. Requires !busy() and a
  /// batch not empty.
  void submit(Batch&& batch, std::uint64_t number);

  /// From submit() until the commit, before `committed` is called. The loop may see it end before
  /// it sees what `committed` posted: a caller that must have handled one batch before it takes the
  /// next waits for that post instead (busy() is false by then).
  bool busy() const;
  /// Whether the last try to store the batch in flight failed, or the store is gone.
  bool failing() const;
  /// Why it is failing; empty if it is not, or not known yet.
  std::string reason() const;
  /// Whether the store was not in its place at the last look.
  bool gone() const noexcept { return gone_; }
  /// An empty batch that reuses the memory of an earlier one, if there is one.
  Batch recycled();

  static constexpr unsigned kLastTries = 3;
  static constexpr std::chrono::milliseconds kLookEvery{1'000};

 private:
  void run();
  bool store_until_done(const Batch& batch);
  bool wait_before_retry(unsigned failures, const std::string& reason);
  void look();
  void log_failure(const Batch& batch, const base::Error& error);
  void log_recovery(unsigned failures);

  Store& store_;
  std::string name_;
  Committed committed_;
  Moved moved_;
  base::metrics::Counter& commits_;
  base::metrics::Counter& rows_;
  base::metrics::Counter& failures_;
  base::metrics::Histogram& seconds_;
  base::metrics::Gauge& in_place_;

  // Of the writer thread alone.
  base::Clock clock_;
  base::log::Limit log_limit_{1};
  bool episode_logged_ = false;
  std::string told_reason_;  ///< of the last failure that was told, in this episode

  std::atomic<bool> gone_{false};  ///< written by the writer thread
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Batch> waiting_;
  std::uint64_t waiting_number_ = 0;
  Batch spare_;
  bool busy_ = false;
  bool failing_ = false;
  std::string reason_;
  bool stopping_ = false;
  unsigned last_tries_ = 0;  ///< failures since stopping_
  std::thread thread_;
};

}  // namespace msggw::storage
