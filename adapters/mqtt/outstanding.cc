// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/outstanding.h"

#include <utility>

#include "gateway/base/result.h"

namespace msggw::mqtt {

Outgoing& Outstanding::add() {
  base::ensure(!is_full(), "there is room for a publication");
  Place& added = place(size_++);
  added.done = added.sent = false;
  return added.message;
}

void Outstanding::rewind(std::size_t window) noexcept {
  window_ = window;
  sent_ = with_broker_ = 0;
}

bool Outstanding::has_due() noexcept {
  while (sent_ < size_ && place(sent_).done) ++sent_;
  return sent_ < size_ && with_broker_ < window_;
}

Outstanding::Next Outstanding::take_due() noexcept {
  const std::size_t index = sent_++;
  ++with_broker_;
  Place& due = place(index);
  return {due.message, id_of(index), std::exchange(due.sent, true)};
}

std::optional<std::uint64_t> Outstanding::done(std::uint16_t id) noexcept {
  const std::size_t index = (id + kIds - 1 - first_id_) % kIds;
  if (id == 0 || id > kIds || index >= sent_ || place(index).done) return std::nullopt;
  const std::uint64_t tag = place(index).message.tag;
  place(index).done = true;
  --with_broker_;
  trim();
  return tag;
}

std::vector<std::uint64_t> Outstanding::drop_perishable() {
  std::vector<std::uint64_t> tags;
  for (std::size_t index = 0; index < size_; ++index) {
    Place& at = place(index);
    if (at.done || !at.message.perishable) continue;
    at.done = true;
    if (index < sent_) --with_broker_;
    tags.push_back(at.message.tag);
  }
  trim();
  return tags;
}

void Outstanding::trim() noexcept {
  while (size_ > 0 && place(0).done) {
    first_ = (first_ + 1) % kMost;
    first_id_ = (first_id_ + 1) % kIds;
    --size_;
    if (sent_ > 0) --sent_;
  }
}

}  // namespace msggw::mqtt
