// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/drafts.h"

#include <algorithm>

namespace msggw::messages {

DraftNo Drafts::keep(Draft draft) {
  const DraftNo no{next_++};
  all_.emplace(no, Entry{draft.device});
  by_device_[draft.device].push_back(no);
  unsaved_.emplace(no, std::move(draft));
  changes_.kept.push_back(no);
  return no;
}

void Drafts::drop(DraftNo no) {
  const auto found = all_.find(no);
  if (found == all_.end()) return;
  const auto of_device = by_device_.find(found->second.device);
  std::erase(of_device->second, no);
  if (of_device->second.empty()) by_device_.erase(of_device);
  if (found->second.stored) changes_.erased.push_back(no);
  all_.erase(found);
}

void Drafts::drop_all(core::DeviceNo device) {
  const auto found = by_device_.find(device);
  if (found == by_device_.end()) return;
  for (const DraftNo no : std::vector<DraftNo>(found->second)) drop(no);
}

bool Drafts::restore(DraftNo no, Draft draft) {
  if (number(no) < next_) return false;
  next_ = number(no) + 1;
  all_.emplace(no, Entry{draft.device, true});
  by_device_[draft.device].push_back(no);
  restored_.emplace_back(no, std::move(draft));
  return true;
}

std::vector<std::pair<DraftNo, Draft>> Drafts::take_restored(core::Bearer bearer) {
  std::vector<std::pair<DraftNo, Draft>> taken;
  std::vector<std::pair<DraftNo, Draft>> left;
  for (auto& one : restored_)
    (one.second.bearer == bearer ? taken : left).push_back(std::move(one));
  restored_ = std::move(left);
  return taken;
}

Drafts::Changes Drafts::take_changes() {
  std::erase_if(changes_.kept, [this](DraftNo no) {
    const auto found = all_.find(no);
    if (found == all_.end()) return unsaved_.erase(no) > 0;
    found->second.stored = true;
    return false;
  });
  under_way_ = changes_.kept;
  return std::exchange(changes_, {});
}

void Drafts::committed() {
  for (const DraftNo no : std::exchange(under_way_, {})) unsaved_.erase(no);
}

}  // namespace msggw::messages
