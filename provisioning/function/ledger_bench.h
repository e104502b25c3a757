// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/metrics.h"
#include "gateway/core/private_id.h"
#include "provisioning/function/ledger.h"
#include "provisioning/function/policy.h"
#include "storage/store.h"

namespace msggw::function {

/// For tests: a ledger whose turns the test makes by hand.
class LedgerBench {
 public:
  explicit LedgerBench(storage::Store& store, std::size_t max_unanswered = 100,
                       std::size_t max_assignments = 100, RandomSource random = system_random())
      : ledger_(
            store,
            {max_unanswered, Assigner(max_assignments, ServiceIdMaker(std::move(random)), {1, 2})},
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

  /// The policy of later requests; before the first all are under the default rule.
  void use(const PolicyOptions& options) { policy_ = Policy(options, {}); }
  /// Rules "rule-0", "rule-1", .. for Private IDs that begin with "0-", "1-", .., with these
  /// quotas.
  static PolicyOptions rules_with(const std::vector<std::size_t>& quotas) {
    PolicyOptions options = policy_of({.service_id_template = "{id}"});
    for (std::size_t i = 0; i < quotas.size(); ++i) {
      RuleOptions rule{.name = "rule-" + std::to_string(i)};
      rule.private_ids = {std::to_string(i) + "-*"};
      rule.quota = quotas[i];
      rule.grant.service_id_template = "r" + std::to_string(i) + "-{id}";
      options.rules.push_back(std::move(rule));
    }
    return options;
  }

  Verdict provision(const std::string& private_id) {
    const auto parsed = id(private_id);
    const Asked asked{core::UeType::non_3gpp, parsed, {}, {}};
    return ledger_.provision(parsed, asked.type, *policy_.rule_for(asked));
  }
  Verdict look_up(const std::string& private_id) { return ledger_.look_up(id(private_id)); }
  Verdict release(const std::string& private_id) { return ledger_.release(id(private_id)); }
  std::string service_id(const Verdict& verdict) const {
    return std::string(ledger_.record(verdict.row).service_id);
  }
  Ledger* operator->() { return &ledger_; }
  std::string metrics() const { return base::metrics::expose(registry_); }

 private:
  static core::PrivateId id(const std::string& text) {
    return core::PrivateId::parse(text).value();
  }

  base::metrics::Registry registry_;
  Policy policy_{rules_with({}), {}};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<CommitNo> done_;
  Ledger ledger_;
};

}  // namespace msggw::function
