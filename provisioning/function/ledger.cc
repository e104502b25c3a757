#include "provisioning/function/ledger.h"

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

}  // namespace

std::vector<std::string> store_tables() {
  return {"assignments"};
}

Ledger::Ledger(storage::Store& store, Limits limits, Assigner assigner,
               base::metrics::Registry& metrics, storage::WriteBehind::Committed committed)
    : store_(store),
      limits_(limits),
      assigner_(std::move(assigner)),
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
  std::string fault;
  const auto visit = [&](std::uint64_t key, std::string_view value) {
    if (!fault.empty()) return;
    base::Result<void> done;
    const auto record = parse_record(value);
    if (record) done = assigner_.restore(AssignmentNo{key}, *record);
    if (!record || !done) {
      fault = "assignment " + std::to_string(key) +
              " in the store: " + (record ? done.error().detail : record.error().detail);
    }
  };
  const auto loaded = store_.load(kAssignments, visit);
  if (!loaded) throw std::runtime_error(loaded.error().detail);
  if (!fault.empty()) throw std::runtime_error(fault);
  durable_last_ = assigner_.last_number();
  assignments_.Set(static_cast<double>(assigner_.size()));
}

Verdict Ledger::provision(const core::PrivateId& private_id, core::UeType type) {
  if (const auto row = assigner_.find(private_id.text())) return seen_before(*row);
  if (is_congested()) return {Verdict::What::congested};
  const auto row = assigner_.assign(private_id.text(), type);
  note_collisions();
  if (!row) {
    const bool full = row.error().code == base::Errc::refused;
    return {full ? Verdict::What::full : Verdict::What::exhausted};
  }
  const AssignmentRecord record = assigner_.record(*row);
  gathering_.put_with(kAssignments, static_cast<std::uint64_t>(assigner_.number(*row)),
                      [&](std::string& out) { append_record(out, record); });
  assigned_.Increment();
  base::crash_point("pf-assigned");
  return wait_for(Verdict::What::assigned, *row, gathering_no_);
}

Verdict Ledger::look_up(const core::PrivateId& private_id) {
  const auto row = assigner_.find(private_id.text());
  return row ? seen_before(*row) : not_there();
}

Verdict Ledger::release(const core::PrivateId& private_id) {
  const auto row = assigner_.find(private_id.text());
  if (!row) return not_there();
  if (is_congested()) return {Verdict::What::congested};
  gathering_.erase(kAssignments, static_cast<std::uint64_t>(assigner_.number(*row)));
  assigner_.retire(*row);
  retired_[half_of(gathering_no_)].push_back(*row);
  last_release_ = gathering_no_;
  released_.Increment();
  return wait_for(Verdict::What::released, *row, gathering_no_);
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
