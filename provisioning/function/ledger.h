// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/metrics.h"
#include "gateway/base/result.h"
#include "gateway/core/private_id.h"
#include "provisioning/function/assigner.h"
#include "provisioning/function/ledger_rules.h"
#include "provisioning/function/policy.h"
#include "storage/store.h"
#include "storage/write_behind.h"

namespace msggw::function {

/// The tables of the Provisioning Function's store: AssignmentNo -> AssignmentRecord, and
/// RuleNo -> name of a rule that made assignments.
inline constexpr storage::TableNo kAssignments{0};
inline constexpr storage::TableNo kRules{1};
std::vector<std::string> store_tables();

/// Numbers the commits of a running process from 1 on. kNow: nothing needs to be waited for.
enum class CommitNo : std::uint64_t {};
inline constexpr CommitNo kNow{0};

/// What became of a request, and when that may be said.
struct Verdict {
  enum class What : std::uint8_t {
    assigned,    ///< a new assignment: `row`
    known,       ///< the Private ID was seen before: `row`
    absent,      ///< the Private ID has no assignment
    released,    ///< its assignment has ended
    congested,   ///< it would have to wait, and max_unanswered requests do so already
    over_quota,  ///< a new one is not possible: the quota of the rule is used up
    full,        ///< a new one is not possible: max_assignments is reached
    exhausted,   ///< a new one is not possible: the random source repeats itself
    no_store,    ///< the store is gone, so nothing may be promised
  };

  What what;
  Row row{};  ///< with a `due`: valid until reclaim() after that commit; with kNow: during this
              ///< turn
  /// The commit after which this may be said: it holds what the answer promises.
  CommitNo due = kNow;
};

/// The assignments and their durable log ("said is durable"): decides on each request and tells its
/// caller, a face, which commit to wait for. What changes while a commit runs goes together in the
/// next one, so at most two commits are ever waited for: the one in flight and the one that
/// gathers. A known Private ID costs no I/O.
///
/// Loop thread only. After each turn: submit(). When `committed` has brought a number to the loop:
/// committed(number), then every face answers what is due with it, then reclaim().
class Ledger {
 public:
  struct Options {
    std::size_t max_unanswered;
    Assigner assigner;
  };

  /// `store` must outlive this object; `committed` runs on the writer thread
  /// (storage::WriteBehind).
  Ledger(storage::Store& store, Options options, base::metrics::Registry& metrics,
         storage::WriteBehind::Committed committed);

  /// Reads the store. Call once, before anything else. Throws std::runtime_error if it cannot be
  /// read or holds what this program cannot have written: going on could give one Service ID to two
  /// devices.
  void load();

  /// `rule` is the one that decides on this request. It says how a new Service ID looks and how
  /// many it may give; who is known keeps what it has, whatever rule gave it.
  Verdict provision(const core::PrivateId& private_id, core::UeType type, const PolicyRule& rule);
  /// Counts a request that the rule does not allow.
  void denied(const PolicyRule& rule);
  Verdict look_up(const core::PrivateId& private_id);
  Verdict release(const core::PrivateId& private_id);
  /// Ends every assignment, as somebody does who loses the store: for testers. O(assignments).
  void forget_all();

  AssignmentRecord record(Row row) const noexcept { return assigner_.record(row); }
  /// Other limits from now on.
  void limit_to(std::size_t max_unanswered, std::size_t max_assignments) noexcept {
    max_unanswered_ = max_unanswered;
    assigner_.limit_to(max_assignments);
  }
  std::size_t assignments() const noexcept { return assigner_.size(); }
  /// Assignments in use that a rule of this name made.
  std::size_t assignments_of(std::string_view rule) const { return rules_.assignments(rule); }
  /// Requests whose verdict waits for a commit.
  std::size_t waiting() const noexcept { return waiting_[0] + waiting_[1]; }
  /// Whether the last try to commit failed; it is being repeated.
  bool failing() const { return writer_.failing(); }
  /// Why it failed.
  std::string trouble() const { return writer_.reason(); }

  /// Hands what has gathered to the writer, unless it is at work.
  void submit();
  void committed(CommitNo no);
  /// Forgets the rows whose release is in the commit that committed() was told last.
  void reclaim();

 private:
  void load_rules();
  Verdict assign(const core::PrivateId& private_id, core::UeType type, const PolicyRule& rule,
                 LedgerRules::Rule& counts);
  bool is_congested() const noexcept { return waiting() >= max_unanswered_; }
  void end(Row row);
  Verdict wait_for(Verdict::What what, Row row, CommitNo due) noexcept;
  Verdict not_there() noexcept;
  Verdict seen_before(Row row) noexcept;
  CommitNo due(Row row) const noexcept;
  void note_collisions();

  storage::Store& store_;
  std::size_t max_unanswered_;
  Assigner assigner_;
  LedgerRules rules_;
  base::metrics::Gauge& assignments_;
  base::metrics::Gauge& unanswered_;
  base::metrics::Counter& assigned_;
  base::metrics::Counter& released_;
  base::metrics::Counter& collisions_;
  std::uint64_t collisions_told_ = 0;

  storage::Batch gathering_;
  CommitNo gathering_no_{1};
  bool in_flight_ = false;  ///< the commit before gathering_no_, until committed()
  AssignmentNo durable_last_{};
  AssignmentNo in_flight_last_{};
  CommitNo last_release_ = kNow;  ///< kNow also when that commit is done

  // Of the commit in flight and of the gathering one, by the lowest bit of their numbers.
  std::array<std::size_t, 2> waiting_{};
  std::array<std::vector<Row>, 2> retired_;

  storage::WriteBehind
      writer_;  ///< last, so that its thread ends before what its callback may reach
};

}  // namespace msggw::function
