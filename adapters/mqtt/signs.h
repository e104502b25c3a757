// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "gateway/core/ids.h"

namespace msggw::mqtt {

/// Which devices have shown a sign of life not long ago: since the last turn() but one. Two bits
/// for each device number, so bounded by the device table.
class Signs {
 public:
  void note(core::DeviceNo device) {
    const auto index = static_cast<std::size_t>(device);
    if (index >= newer().size()) newer().resize(index + 1);
    newer()[index] = true;
  }
  void forget(core::DeviceNo device) {
    for (std::vector<bool>& half : halves_) {
      if (const auto index = static_cast<std::size_t>(device); index < half.size())
        half[index] = false;
    }
  }
  bool has(core::DeviceNo device) const {
    const auto index = static_cast<std::size_t>(device);
    return std::ranges::any_of(halves_, [index](const std::vector<bool>& half) {
      return index < half.size() && half[index];
    });
  }
  void turn() {
    std::swap(halves_[0], halves_[1]);
    newer().assign(newer().size(), false);
  }

 private:
  std::vector<bool>& newer() noexcept { return halves_[0]; }

  std::array<std::vector<bool>, 2> halves_;
};

}  // namespace msggw::mqtt
