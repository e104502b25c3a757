#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

#include "gateway/base/metrics.h"
#include "gateway/core/private_id.h"
#include "provisioning/function/ledger.h"
#include "storage/store.h"

namespace msggw::function {

/// For tests: a ledger whose turns the test makes by hand.
class LedgerBench {
 public:
  explicit LedgerBench(storage::Store& store, std::size_t max_unanswered = 100,
                       std::size_t max_assignments = 100, RandomSource random = system_random())
      : ledger_(store, {max_unanswered},
                Assigner(max_assignments, ServiceIdMaker("{id}", 255, std::move(random)), {1, 2}),
                registry_, [this](std::uint64_t number) {
                  const std::scoped_lock lock(mutex_);
                  done_.push_back(CommitNo{number});
                  wake_.notify_one();
                }) {
    ledger_.load();
  }

  /// Waits for the next commit and takes it in.
  CommitNo await_commit() {
    CommitNo no;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return !done_.empty(); });
      no = done_.front();
      done_.pop_front();
    }
    ledger_.committed(no);
    ledger_.reclaim();
    return no;
  }

  Verdict provision(const std::string& private_id) {
    return ledger_.provision(id(private_id), core::UeType::non_3gpp);
  }
  Verdict look_up(const std::string& private_id) { return ledger_.look_up(id(private_id)); }
  Verdict release(const std::string& private_id) { return ledger_.release(id(private_id)); }
  std::string service_id(const Verdict& verdict) const {
    return std::string(ledger_.record(verdict.row).service_id);
  }
  Ledger* operator->() { return &ledger_; }

 private:
  static core::PrivateId id(const std::string& text) {
    return core::PrivateId::parse(text).value();
  }

  base::metrics::Registry registry_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<CommitNo> done_;
  Ledger ledger_;
};

}  // namespace msggw::function
