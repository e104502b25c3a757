// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/ledger.h"

#include <limits>
#include <stdexcept>
#include <utility>

#include "gateway/base/crash_point.h"

namespace msggw::function {

namespace {

std::uint64_t value_of(CommitNo no) noexcept {
  return static_cast<std::uint64_t>(no);
}
std::size_t half_of(CommitNo no) noexcept {
  return value_of(no) & 1;
}
CommitNo before(CommitNo no) noexcept {
  return CommitNo{value_of(no) - 1};
}
CommitNo after(CommitNo no) noexcept {
  return CommitNo{value_of(no) + 1};
}

/// Throws std::runtime_error if the table cannot be read or `restore` finds a fault in a row.
template <class Restore>
void load_rows(storage::Store& store, storage::TableNo table, const char* what,
               const Restore& restore) {
  std::string fault;
  const auto loaded = store.load(table, [&](std::uint64_t key, std::string_view octets) {
    if (!fault.empty()) return;
    if (const auto done = restore(key, octets); !done) {
      fault = what + std::to_string(key) + " in the store: " + done.error().detail;
    }
  });
  if (!loaded) throw std::runtime_error(loaded.error().detail);
  if (!fault.empty()) throw std::runtime_error(fault);
}

LedgerRules::Result result_of(Verdict::What what) noexcept {
  using Result = LedgerRules::Result;
  switch (what) {
    case Verdict::What::assigned: return Result::assigned;
    case Verdict::What::known: return Result::known;
    case Verdict::What::over_quota: return Result::over_quota;
    case Verdict::What::absent:
    case Verdict::What::released:
    case Verdict::What::congested:
    case Verdict::What::full:
    case Verdict::What::exhausted:
    case Verdict::What::no_store: return Result::unavailable;
  }
  return Result::unavailable;
}

}  // namespace

std::vector<std::string> store_tables() {
  return {"assignments", "rules"};
}

Ledger::Ledger(storage::Store& store, Options options, base::metrics::Registry& metrics,
               storage::WriteBehind::Committed committed)
    : store_(store),
      max_unanswered_(options.max_unanswered),
      assigner_(std::move(options.assigner)),
      rules_(metrics),
      assignments_(base::metrics::gauge(metrics, "msggw_pf_assignments",
                                        "Private IDs that have a Service ID")),
      unanswered_(
          base::metrics::gauge(metrics, "msggw_pf_unanswered", "Requests that wait for a commit")),
      assigned_(base::metrics::counter(metrics, "msggw_pf_assigned_total",
                                       "Service IDs given to new Private IDs")),
      released_(base::metrics::counter(metrics, "msggw_pf_released_total", "Assignments ended")),
      collisions_(base::metrics::counter(
          metrics, "msggw_pf_id_collisions_total",
          "Random Service IDs that were taken; more than none means a bad random source")),
      writer_(store, metrics, "pf", std::move(committed)) {}

void Ledger::load() {
  load_rules();
  load_rows(store_, kAssignments, "assignment ",
            [this](std::uint64_t key, std::string_view octets) -> base::Result<void> {
              const auto record = parse_record(octets);
              if (!record) return tl::unexpected(record.error());
              auto done = rules_.restore_assignment(record->rule);
              if (done) done = assigner_.restore(AssignmentNo{key}, *record);
              return done;
            });
  rules_.loaded();
  durable_last_ = assigner_.last_number();
  assignments_.Set(static_cast<double>(assigner_.size()));
}

void Ledger::load_rules() {
  load_rows(store_, kRules, "rule ",
            [this](std::uint64_t key, std::string_view name) -> base::Result<void> {
              if (key > std::numeric_limits<std::uint32_t>::max() - 1) {
                return base::fail(base::Errc::storage, "the number is too large");
              }
              return rules_.restore_name(RuleNo{static_cast<std::uint32_t>(key)}, name);
            });
}

Verdict Ledger::provision(const core::PrivateId& private_id, core::UeType type,
                          const PolicyRule& rule) {
  if (writer_.gone()) return {Verdict::What::no_store};
  LedgerRules::Rule& counts = rules_.of(rule.options().name);
  const auto row = assigner_.find(private_id.text());
  const Verdict verdict = row ? seen_before(*row) : assign(private_id, type, rule, counts);
  rules_.count(counts, result_of(verdict.what));
  return verdict;
}

Verdict Ledger::assign(const core::PrivateId& private_id, core::UeType type, const PolicyRule& rule,
                       LedgerRules::Rule& counts) {
  if (rule.options().quota != 0 && counts.assignments >= rule.options().quota) {
    return {Verdict::What::over_quota};
  }
  if (is_congested()) return {Verdict::What::congested};
  const RuleNo number = rules_.number(counts);
  const auto row = assigner_.assign(private_id.text(), type, rule.gives().service_ids, number);
  note_collisions();
  if (!row) {
    const bool full = row.error().code == base::Errc::refused;
    return {full ? Verdict::What::full : Verdict::What::exhausted};
  }
  if (!counts.stored) gathering_.put(kRules, static_cast<std::uint32_t>(number), counts.name);
  counts.stored = true;
  const AssignmentRecord record = assigner_.record(*row);
  gathering_.put_with(kAssignments, static_cast<std::uint64_t>(assigner_.number(*row)),
                      [&](std::string& out) { append_record(out, record); });
  rules_.add(counts);
  assigned_.Increment();
  base::crash_point("pf-assigned");
  return wait_for(Verdict::What::assigned, *row, gathering_no_);
}

void Ledger::denied(const PolicyRule& rule) {
  rules_.count(rules_.of(rule.options().name), LedgerRules::Result::denied);
}

Verdict Ledger::look_up(const core::PrivateId& private_id) {
  if (writer_.gone()) return {Verdict::What::no_store};
  const auto row = assigner_.find(private_id.text());
  return row ? seen_before(*row) : not_there();
}

Verdict Ledger::release(const core::PrivateId& private_id) {
  if (writer_.gone()) return {Verdict::What::no_store};
  const auto row = assigner_.find(private_id.text());
  if (!row) return not_there();
  if (is_congested()) return {Verdict::What::congested};
  end(*row);
  return wait_for(Verdict::What::released, *row, gathering_no_);
}

void Ledger::forget_all() {
  for (const Row row : assigner_.rows()) end(row);
}

void Ledger::end(Row row) {
  gathering_.erase(kAssignments, static_cast<std::uint64_t>(assigner_.number(row)));
  rules_.remove(assigner_.record(row).rule);
  assigner_.retire(row);
  retired_[half_of(gathering_no_)].push_back(row);
  last_release_ = gathering_no_;
  released_.Increment();
}

Verdict Ledger::seen_before(Row row) noexcept {
  const CommitNo due_with = due(row);
  if (due_with == kNow) return {Verdict::What::known, row, kNow};
  if (is_congested()) return {Verdict::What::congested};
  return wait_for(Verdict::What::known, row, due_with);
}

/// While a release is not durable, a crash would bring an assignment back, so that it is gone may
/// not be said yet.
Verdict Ledger::not_there() noexcept {
  if (last_release_ == kNow) return {Verdict::What::absent};
  if (is_congested()) return {Verdict::What::congested};
  return wait_for(Verdict::What::absent, {}, last_release_);
}

Verdict Ledger::wait_for(Verdict::What what, Row row, CommitNo due) noexcept {
  ++waiting_[half_of(due)];
  return {what, row, due};
}

/// Numbers ascend with the commits that hold them, so two of them say which commit holds a row.
CommitNo Ledger::due(Row row) const noexcept {
  const AssignmentNo no = assigner_.number(row);
  if (no <= durable_last_) return kNow;
  if (in_flight_ && no <= in_flight_last_) return before(gathering_no_);
  return gathering_no_;
}

void Ledger::submit() {
  unanswered_.Set(static_cast<double>(waiting()));
  assignments_.Set(static_cast<double>(assigner_.size()));
  if (in_flight_ || gathering_.empty()) return;
  in_flight_ = true;
  in_flight_last_ = assigner_.last_number();
  writer_.submit(std::move(gathering_), value_of(gathering_no_));
  gathering_ = writer_.recycled();
  gathering_no_ = after(gathering_no_);
}

void Ledger::committed(CommitNo no) {
  base::ensure(in_flight_ && no == before(gathering_no_), "commits come back in order, once");
  base::crash_point("pf-committed");
  in_flight_ = false;
  durable_last_ = in_flight_last_;
  if (last_release_ == no) last_release_ = kNow;
  waiting_[half_of(no)] = 0;
}

void Ledger::reclaim() {
  auto& rows = retired_[half_of(before(gathering_no_))];
  for (const Row row : rows) assigner_.reclaim(row);
  rows.clear();
}

void Ledger::note_collisions() {
  const std::uint64_t all = assigner_.collisions();
  if (all == collisions_told_) return;
  collisions_.Increment(static_cast<double>(all - collisions_told_));
  collisions_told_ = all;
}

}  // namespace msggw::function
