// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/row_index.h"
#include "gateway/core/ids.h"

namespace msggw::core {

/// What devices and operators said of devices (compact JSON objects), each text once: the devices
/// of a fleet say the same, so a million of them cost a number each. A text that nobody uses any
/// more goes.
class Infos {
 public:
  explicit Infos(base::HashKey key) : index_(key) {}

  /// The number of `text`, used once more; InfoNo{} for an empty one.
  InfoNo keep(std::string_view text);
  /// One user less.
  void drop(InfoNo no);
  /// Empty for InfoNo{}. Valid until the last user drops it.
  std::string_view at(InfoNo no) const;
  std::size_t size() const noexcept { return index_.size(); }

 private:
  struct Slot {
    std::string text;
    std::uint32_t uses = 0;
  };

  std::deque<Slot> slots_;  // InfoNo n is slot n - 1
  std::vector<std::uint32_t> free_;
  base::RowIndex index_;
};

}  // namespace msggw::core
