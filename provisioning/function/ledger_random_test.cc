// Random requests, commits and power cuts against a model of what each commit holds.
#include <doctest/doctest.h>

#include <cstdint>
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
using Model = std::map<std::string, std::string>;  ///< Private ID -> Service ID

class Storm {
 public:
  explicit Storm(unsigned seed) : random_(seed) {}

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
    const std::string id = "device-" + std::to_string(below(12));
    const unsigned choice = below(100);
    if (choice < 45) return provision(id);
    if (choice < 60) return look_up(id);
    if (choice < 75) return release(id);
    if (choice < 86) return submit();
    if (choice < 99) return in_flight_ ? await_commit() : submit();
    power_cut();
  }

  void provision(const std::string& id) {
    const auto verdict = bench_->provision(id);
    const std::string service_id = bench_->service_id(verdict);
    const auto decided = decided_.find(id);
    if (decided == decided_.end()) {
      CHECK(verdict.what == What::assigned);
      CHECK(verdict.due != kNow);
      CHECK(ever_.emplace(service_id, id).second);  // no Service ID is given twice
      decided_[id] = service_id;
      changed_ = true;
    } else {
      CHECK(verdict.what == What::known);
      CHECK(service_id == decided->second);
    }
    hear({verdict, id, service_id});
  }

  void look_up(const std::string& id) {
    const auto verdict = bench_->look_up(id);
    const auto decided = decided_.find(id);
    CHECK(verdict.what == (decided == decided_.end() ? What::absent : What::known));
    hear({verdict, id, decided == decided_.end() ? "" : decided->second});
  }

  void release(const std::string& id) {
    const auto verdict = bench_->release(id);
    CHECK(verdict.what == (decided_.erase(id) == 0 ? What::absent : What::released));
    changed_ = changed_ || verdict.what == What::released;
    hear({verdict, id, ""});
  }

  /// What may be said at once must be true of what is durable; the rest waits.
  void hear(const Promise& promise) {
    if (promise.verdict.due != kNow) return promises_.push_back(promise);
    const auto durable = durable_.find(promise.private_id);
    if (promise.verdict.what == What::known) {
      REQUIRE(durable != durable_.end());
      CHECK(durable->second == promise.service_id);
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
    decided_ = durable_;
    changed_ = false;
    promises_.clear();
    CHECK((*bench_)->assignments() == durable_.size());
    for (const auto& [id, service_id] : durable_) {
      const auto verdict = bench_->look_up(id);
      REQUIRE(verdict.what == What::known);
      CHECK(bench_->service_id(verdict) == service_id);
    }
  }

  std::mt19937 random_;
  storage::MemoryStore store_{1};
  std::unique_ptr<LedgerBench> bench_ = std::make_unique<LedgerBench>(store_, 100'000, 100'000);
  Model decided_;                   ///< after all requests so far
  std::optional<Model> in_flight_;  ///< what the commit in flight holds
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
