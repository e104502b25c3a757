// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "storage/store.h"

namespace msggw::storage {

/// A store that forgets everything with the process, for tests and for `--volatile` runs of the
/// test Provisioning Function. It fails on request, to test what a full or broken disk does to the
/// rest. Safe from any thread, but a visitor must not call the store.
class MemoryStore final : public Store {
 public:
  explicit MemoryStore(std::size_t tables);

  base::Result<void> load(TableNo table, const Visitor& visit) override;
  base::Result<void> apply(const Batch& batch) override;
  base::Result<std::optional<std::string>> find(TableNo table, std::uint64_t key) override;
  base::Result<void> check() override;

  /// The next `times` calls of apply() fail and store nothing. Zero ends the trouble.
  void fail_next_applies(std::size_t times, std::string reason = "told to fail");
  /// Whether check() finds the store in its place; if not, apply() fails too.
  void set_in_place(bool in_place);

 private:
  using Rows = std::map<std::uint64_t, std::string>;
  Rows& rows(TableNo table);  ///< requires the lock

  std::mutex mutex_;
  std::vector<Rows> tables_;
  std::size_t failures_left_ = 0;
  bool in_place_ = true;
  std::string reason_;
};

}  // namespace msggw::storage
