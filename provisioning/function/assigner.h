// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "gateway/base/keyed_hash.h"
#include "gateway/base/result.h"
#include "gateway/base/row_index.h"
#include "gateway/core/ids.h"
#include "provisioning/function/assignment_record.h"
#include "provisioning/function/service_id_maker.h"

namespace msggw::function {

/// The place of an assignment in RAM; used again after reclaim().
enum class Row : std::uint32_t {};

/// The number of an assignment: ascending in the order they are made, never reused while the
/// process runs. It is the key in the store, so that new assignments are appended there.
enum class AssignmentNo : std::uint64_t {};

/// Which Private ID has which Service ID (the contribution, 6.X.1.3 and 6.X.1.4, the "included in a
/// former request" rule): one Private ID has one Service ID, whatever ueType or protocol it is
/// asked with, and no Service ID has two. Private IDs are the canonical texts of core::PrivateId.
///
/// Tables in RAM, no I/O: about 120 octets an assignment (one block with both texts, a pointer, two
/// index slots). Loop thread only. Views stay valid until their row is reclaimed.
class Assigner {
 public:
  /// From now on. Those that there are stay.
  void limit_to(std::size_t max_assignments) noexcept { max_assignments_ = max_assignments; }
  Assigner(std::size_t max_assignments, ServiceIdMaker maker, base::HashKey key);

  std::optional<Row> find(std::string_view private_id) const;
  /// All that find() would give.
  std::vector<Row> rows() const;

  /// A new assignment by `rule`, whose template is `pattern`. Requires that find() knows none.
  /// refused: max_assignments are there. unavailable: the random source gave kTries Service IDs in
  /// a row that are taken.
  base::Result<Row> assign(std::string_view private_id, core::UeType type,
                           const ServiceIdTemplate& pattern, RuleNo rule);

  /// Ends an assignment in two steps, so that answers which still quote it can go out between them:
  /// after retire() the Private ID is unknown, after reclaim() the row is gone and its Service ID
  /// may be checked against no longer.
  void retire(Row row);
  void reclaim(Row row);

  /// An assignment read from the store, in ascending order of numbers. storage: a Private ID or a
  /// Service ID that an earlier row has, so the store is not one that this class wrote.
  base::Result<void> restore(AssignmentNo no, const AssignmentRecord& record);

  AssignmentNo number(Row row) const noexcept;
  AssignmentRecord record(Row row) const noexcept;
  std::size_t size() const noexcept { return by_private_id_.size(); }
  /// Of the newest assignment; 0 if there was none.
  AssignmentNo last_number() const noexcept { return last_; }
  std::uint64_t collisions() const noexcept { return collisions_; }

  static constexpr unsigned kTries = 8;

 private:
  using Block = std::unique_ptr<char[]>;

  std::string_view private_id(std::uint32_t row) const noexcept;
  std::string_view service_id(std::uint32_t row) const noexcept;
  bool is_taken(std::string_view service_id) const;
  Row insert(AssignmentNo no, const AssignmentRecord& record);

  std::size_t max_assignments_;
  ServiceIdMaker maker_;
  std::deque<Block> rows_;
  std::vector<std::uint32_t> free_rows_;
  base::RowIndex by_private_id_;
  base::RowIndex by_service_id_;  ///< also holds what is retired and not yet reclaimed
  AssignmentNo last_{};
  std::uint64_t collisions_ = 0;
};

}  // namespace msggw::function
