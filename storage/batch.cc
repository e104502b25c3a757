// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "storage/store.h"

namespace msggw::storage {

namespace {

bool before(const Batch::Change& a, const Batch::Change& b) noexcept {
  return a.table != b.table ? a.table < b.table : a.key < b.key;
}

bool same_row(const Batch::Change& a, const Batch::Change& b) noexcept {
  return a.table == b.table && a.key == b.key;
}

}  // namespace

void Batch::put(TableNo table, std::uint64_t key, std::string_view value) {
  put_with(table, key, [&](std::string& out) { out.append(value); });
}

void Batch::erase(TableNo table, std::uint64_t key) {
  changes_.push_back({table, true, key, values_.size(), 0});
}

void Batch::clear() noexcept {
  changes_.clear();
  values_.clear();
}

std::vector<Batch::Change> Batch::sorted() const {
  std::vector<Change> result = changes_;
  if (!std::is_sorted(result.begin(), result.end(), before)) {
    std::stable_sort(result.begin(), result.end(), before);
  }
  // Equal rows stand in the order they were made: the last of each run is the one that counts.
  auto kept = result.begin();
  for (auto it = result.begin(); it != result.end(); ++it) {
    const auto next = it + 1;
    if (next == result.end() || !same_row(*it, *next)) *kept++ = *it;
  }
  result.erase(kept, result.end());
  return result;
}

}  // namespace msggw::storage
