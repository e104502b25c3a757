// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/row_index.h"
#include "gateway/core/ids.h"

namespace msggw::core {

/// The Private IDs that devices have beside the one in their row, all canonical. Few devices have
/// any, so those without cost nothing here. Part of the registry, which keeps a Private ID from
/// being in both tables. Not thread-safe.
class Aliases {
 public:
  explicit Aliases(base::HashKey key) : by_text_(key) {}

  bool empty() const noexcept { return by_device_.empty(); }
  std::size_t size() const noexcept { return size_; }

  /// One hash lookup, none while the table is empty.
  std::optional<DeviceNo> find(std::string_view canonical) const;
  /// Those of the device in the order in which they were added; until the next change.
  std::span<const std::string> of(DeviceNo device) const;

  /// Requires a text that is not in the table.
  void add(DeviceNo device, std::string canonical);
  /// Whether the device had it.
  bool remove(DeviceNo device, std::string_view canonical);
  void remove_all(DeviceNo device);

 private:
  boost::unordered_flat_map<DeviceNo, std::vector<std::string>> by_device_;
  base::RowIndex by_text_;  // rows are device numbers: any alias of the device confirms a hit
  std::size_t size_ = 0;
};

}  // namespace msggw::core
