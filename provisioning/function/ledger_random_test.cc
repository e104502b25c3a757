// SPDX-License-Identifier: Apache-2.0
// Random requests under rules with quotas, reloads of the policy, commits and power cuts against a
// model of what each commit holds.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "provisioning/function/ledger_bench.h"
#include "storage/memory_store.h"

namespace msggw::function {
namespace {

using What = Verdict::What;
struct Given {
  std::string service_id;
  std::string rule;
  bool operator==(const Given&) const = default;
};
using Model = std::map<std::string, Given>;  ///< by Private ID

constexpr std::size_t kRules = 4;  ///< at most, beside the default rule

class Storm {
 public:
  explicit Storm(unsigned seed) : random_(seed) { reload(); }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    while (in_flight_) await_commit();
    power_cut();
  }

 private:
  struct Promise {
    Verdict verdict;
    std::string private_id;
    std::string service_id;  ///< when the verdict was given
  };

  unsigned below(unsigned limit) { return random_() % limit; }

  void step() {
    // The first letter says which rule decides; as many as there are at most, and one without.
    const std::string id = std::to_string(below(kRules + 1)) + "-" + std::to_string(below(4));
    const unsigned choice = below(102);
    if (choice < 45) return provision(id);
    if (choice < 60) return look_up(id);
    if (choice < 75) return release(id);
    if (choice < 86) return submit();
    if (choice < 99) return in_flight_ ? await_commit() : submit();
    if (choice < 101) return reload();
    power_cut();
  }

  /// Another number of rules with other quotas; a rule that is not there leaves its Private IDs to
  /// the default rule.
  void reload() {
    quotas_.clear();
    for (unsigned rules = below(kRules + 1); rules > 0; --rules) quotas_.push_back(below(4));
    bench_->use(LedgerBench::rules_with(quotas_));
  }

  std::string rule_of(const std::string& id) const {
    const auto rule = static_cast<std::size_t>(id[0] - '0');
    return rule < quotas_.size() ? "rule-" + std::to_string(rule) : "default";
  }

  std::size_t given_by(const std::string& rule, const Model& model) const {
    return static_cast<std::size_t>(std::count_if(
        model.begin(), model.end(), [&](const auto& row) { return row.second.rule == rule; }));
  }

  bool is_over_quota(const std::string& id) const {
    const std::string rule = rule_of(id);
    if (rule == "default") return false;
    const std::size_t quota = quotas_[static_cast<std::size_t>(id[0] - '0')];
    return quota != 0 && given_by(rule, decided_) >= quota;
  }

  void provision(const std::string& id) {
    const auto decided = decided_.find(id);
    const bool over_quota = decided == decided_.end() && is_over_quota(id);
    const auto verdict = bench_->provision(id);
    if (over_quota) {
      CHECK(verdict.what == What::over_quota);
      CHECK(verdict.due == kNow);
      return;
    }
    const std::string service_id = bench_->service_id(verdict);
    if (decided == decided_.end()) {
      CHECK(verdict.what == What::assigned);
      CHECK(verdict.due != kNow);
      CHECK(ever_.emplace(service_id, id).second);  // no Service ID is given twice
      const std::string rule = rule_of(id);
      CHECK((service_id[0] == 'r' && service_id[2] == '-') == (rule != "default"));
      decided_[id] = {service_id, rule};
      changed_ = true;
    } else {
      CHECK(verdict.what == What::known);
      CHECK(service_id == decided->second.service_id);
    }
    check_counts();
    hear({verdict, id, service_id});
  }

  void check_counts() {
    for (const char* rule : {"default", "rule-0", "rule-1", "rule-2", "rule-3", "rule-4"}) {
      CHECK((*bench_)->assignments_of(rule) == given_by(rule, decided_));
    }
  }

  void look_up(const std::string& id) {
    const auto verdict = bench_->look_up(id);
    const auto decided = decided_.find(id);
    CHECK(verdict.what == (decided == decided_.end() ? What::absent : What::known));
    hear({verdict, id, decided == decided_.end() ? "" : decided->second.service_id});
  }

  void release(const std::string& id) {
    const auto verdict = bench_->release(id);
    CHECK(verdict.what == (decided_.erase(id) == 0 ? What::absent : What::released));
    changed_ = changed_ || verdict.what == What::released;
    check_counts();
    hear({verdict, id, ""});
  }

  /// What may be said at once must be true of what is durable; the rest waits.
  void hear(const Promise& promise) {
    if (promise.verdict.due != kNow) return promises_.push_back(promise);
    const auto durable = durable_.find(promise.private_id);
    if (promise.verdict.what == What::known) {
      REQUIRE(durable != durable_.end());
      CHECK(durable->second.service_id == promise.service_id);
    } else {
      CHECK(promise.verdict.what == What::absent);
      CHECK(durable == durable_.end());
    }
  }

  void submit() {
    (*bench_)->submit();
    if (in_flight_ || !changed_) return;
    in_flight_ = decided_;
    changed_ = false;
  }

  void await_commit() {
    const CommitNo no = bench_->await_commit();
    durable_ = *in_flight_;
    in_flight_.reset();
    std::vector<Promise> later;
    for (const Promise& promise : promises_) {
      if (promise.verdict.due != no) {
        CHECK(promise.verdict.due > no);
        later.push_back(promise);
      }
    }
    promises_ = std::move(later);
    CHECK((*bench_)->waiting() == promises_.size());
  }

  /// Starts again from what is stored: exactly what the last commit held, or the one in flight.
  void power_cut() {
    if (in_flight_) await_commit();
    bench_.reset();
    bench_ = std::make_unique<LedgerBench>(store_, 100'000, 100'000);
    reload();
    decided_ = durable_;
    check_counts();
    changed_ = false;
    promises_.clear();
    CHECK((*bench_)->assignments() == durable_.size());
    for (const auto& [id, given] : durable_) {
      const auto verdict = bench_->look_up(id);
      REQUIRE(verdict.what == What::known);
      CHECK(bench_->service_id(verdict) == given.service_id);
    }
  }

  std::mt19937 random_;
  storage::MemoryStore store_{store_tables().size()};
  std::unique_ptr<LedgerBench> bench_ = std::make_unique<LedgerBench>(store_, 100'000, 100'000);
  std::vector<std::size_t> quotas_;  ///< of the rules there are now
  Model decided_;                    ///< after all requests so far
  std::optional<Model> in_flight_;   ///< what the commit in flight holds
  Model durable_;
  bool changed_ = false;  ///< since the last submit
  std::map<std::string, std::string> ever_;
  std::vector<Promise> promises_;
};

TEST_CASE("random requests, commits and power cuts keep every promise") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Storm(seed).run(500);
  }
}

}  // namespace
}  // namespace msggw::function
