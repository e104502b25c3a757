// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"

namespace msggw::storage {

/// The position of a table in the list of names that a store was opened with.
enum class TableNo : std::uint8_t {};

/// A set of changes that becomes durable as a whole or not at all. A later change of the same row
/// replaces an earlier one. A value: built on the loop, moved to the writer thread. Rows are kept
/// in one flat buffer, so that a batch costs no allocation per row.
class Batch {
 public:
  struct Change {
    TableNo table;
    bool erase;
    std::uint64_t key;
    std::size_t offset;  ///< of the value in the batch's buffer, octets
    std::size_t size;    ///< of the value, octets
  };

  void put(TableNo table, std::uint64_t key, std::string_view value);
  /// The same without a copy: the value is what `write(std::string&)` appends to the string it is
  /// given.
  template <class Write>
  void put_with(TableNo table, std::uint64_t key, Write&& write) {
    const std::size_t offset = values_.size();
    write(values_);
    changes_.push_back({table, false, key, offset, values_.size() - offset});
  }
  void erase(TableNo table, std::uint64_t key);

  bool empty() const noexcept { return changes_.empty(); }
  std::size_t size() const noexcept { return changes_.size(); }
  std::size_t octets() const noexcept { return values_.size(); }
  void clear() noexcept;  ///< keeps the memory for the next batch

  /// The changes in ascending (table, key), only the last one of each row; what a store should
  /// apply.
  std::vector<Change> sorted() const;
  std::string_view value(const Change& change) const noexcept {
    return std::string_view(values_).substr(change.offset, change.size);
  }

 private:
  std::vector<Change> changes_;
  std::string values_;
};

/// Durable copy of tables of rows: a 64-bit key and some octets. The tables of a running process
/// live in RAM and are the truth; the store is their log, read once at start and appended to in
/// batches. That is all a store must offer, so that one over a distributed SQL engine stays
/// possible.
///
/// Threads: load() before the writer starts; then apply() from one thread only; find() and check()
/// from any thread. Errors: Errc::storage with the reason. After a failed apply() nothing of that
/// batch is stored and the same batch may be applied again.
class Store {
 public:
  using Visitor = std::function<void(std::uint64_t key, std::string_view value)>;

  virtual ~Store() = default;

  /// Shows every row of `table` in ascending key order. `value` lives until the visitor returns.
  virtual base::Result<void> load(TableNo table, const Visitor& visit) = 0;

  /// Returns once every change is on stable storage.
  virtual base::Result<void> apply(const Batch& batch) = 0;

  /// One row as last committed; no value if there is none.
  virtual base::Result<std::optional<std::string>> find(TableNo table, std::uint64_t key) = 0;

  /// Whether what was committed is still where a restart would look for it: nobody has removed or
  /// replaced the store under the process. If not, apply() and find() fail with the same reason,
  /// and what was told as durable may be lost. Costs a system call.
  virtual base::Result<void> check() = 0;
};

}  // namespace msggw::storage
