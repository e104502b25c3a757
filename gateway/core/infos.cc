// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/infos.h"

namespace msggw::core {

InfoNo Infos::keep(std::string_view text) {
  if (text.empty()) return InfoNo{};
  const auto known =
      index_.find(text, [this](std::uint32_t at) -> std::string_view { return slots_[at].text; });
  if (known) {
    ++slots_[*known].uses;
    return InfoNo{*known + 1};
  }
  std::uint32_t slot = static_cast<std::uint32_t>(slots_.size());
  if (free_.empty()) {
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  slots_[slot] = {std::string(text), 1};
  index_.insert(slots_[slot].text, slot);
  return InfoNo{slot + 1};
}

void Infos::drop(InfoNo no) {
  if (no == InfoNo{}) return;
  const std::uint32_t at = static_cast<std::uint32_t>(no) - 1;
  Slot& slot = slots_[at];
  if (--slot.uses != 0) return;
  index_.erase(slot.text, at);
  slot.text = std::string();
  free_.push_back(at);
}

std::string_view Infos::at(InfoNo no) const {
  if (no == InfoNo{}) return {};
  return slots_[static_cast<std::size_t>(no) - 1].text;
}

}  // namespace msggw::core
