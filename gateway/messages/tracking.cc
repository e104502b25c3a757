// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/tracking.h"

#include <algorithm>
#include <utility>

namespace msggw::messages {

const Tracked* Tracking::find(MessageNo no) const noexcept {
  const auto found = rows_.find(no);
  return found == rows_.end() ? nullptr : &found->second;
}

void Tracking::put(MessageNo no, Tracked row) {
  rows_.insert_or_assign(no, std::move(row));
  changed_.push_back(no);
}

bool Tracking::drop(MessageNo no) {
  if (rows_.erase(no) == 0) return false;
  changed_.push_back(no);
  return true;
}

bool Tracking::restore(MessageNo no, Tracked row) {
  return rows_.try_emplace(no, std::move(row)).second;
}

std::vector<MessageNo> Tracking::of(core::Bearer bearer) const {
  std::vector<MessageNo> all;
  for (const auto& [no, row] : rows_) {
    if (row.bearer == bearer) all.push_back(no);
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<MessageNo> Tracking::take_changes() {
  std::sort(changed_.begin(), changed_.end());
  changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
  return std::exchange(changed_, {});
}

}  // namespace msggw::messages
