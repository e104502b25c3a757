// SPDX-License-Identifier: Apache-2.0
#include "storage/memory_store.h"

namespace msggw::storage {

MemoryStore::MemoryStore(std::size_t tables) : tables_(tables) {}

base::Result<void> MemoryStore::load(TableNo table, const Visitor& visit) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [key, value] : rows(table)) visit(key, value);
  return {};
}

base::Result<void> MemoryStore::apply(const Batch& batch) {
  if (auto there = check(); !there) return there;
  const std::scoped_lock lock(mutex_);
  if (failures_left_ > 0) {
    --failures_left_;
    return base::fail(base::Errc::storage, "memory store: " + reason_);
  }
  for (const Batch::Change& change : batch.sorted()) {
    if (change.erase) {
      rows(change.table).erase(change.key);
    } else {
      rows(change.table).insert_or_assign(change.key, std::string(batch.value(change)));
    }
  }
  return {};
}

base::Result<std::optional<std::string>> MemoryStore::find(TableNo table, std::uint64_t key) {
  const std::scoped_lock lock(mutex_);
  const auto& all = rows(table);
  const auto it = all.find(key);
  if (it == all.end()) return std::optional<std::string>();
  return std::optional<std::string>(it->second);
}

void MemoryStore::fail_next_applies(std::size_t times, std::string reason) {
  const std::scoped_lock lock(mutex_);
  failures_left_ = times;
  reason_ = std::move(reason);
}

base::Result<void> MemoryStore::check() {
  const std::scoped_lock lock(mutex_);
  if (!in_place_) return base::fail(base::Errc::storage, "memory store: told to be gone");
  return {};
}

void MemoryStore::set_in_place(bool in_place) {
  const std::scoped_lock lock(mutex_);
  in_place_ = in_place;
}

MemoryStore::Rows& MemoryStore::rows(TableNo table) {
  const auto index = static_cast<std::size_t>(table);
  base::ensure(index < tables_.size(), "storage: table number out of range");
  return tables_[index];
}

}  // namespace msggw::storage
