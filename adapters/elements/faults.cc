// SPDX-License-Identifier: Apache-2.0
#include "adapters/elements/faults.h"

#include <algorithm>

#include "gateway/base/result.h"

namespace msggw::elements {

bool Faults::none() const noexcept {
  return std::ranges::all_of(by_kind_, [](const auto& faults) { return faults.empty(); });
}

Wrong Faults::gravest() const noexcept {
  std::size_t kind = 0;
  while (kind + 1 < kWrongs && by_kind_[kind].empty()) ++kind;
  return static_cast<Wrong>(kind);
}

std::vector<Fault> Faults::take() && {
  std::vector<Fault> all;
  for (auto& faults : by_kind_) {
    for (Fault& fault : faults) {
      if (all.size() < most_) all.push_back(std::move(fault));
    }
  }
  base::ensure(!all.empty(), "there is something wrong");
  return all;
}

}  // namespace msggw::elements
