// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/lifetimes.h"

#include <algorithm>
#include <utility>

namespace msggw::core {

namespace {

/// More than these, and than half of all, are not kept.
constexpr std::size_t kDoubles = 1'024;

constexpr auto kLater = [](const Lifetimes::Entry& a, const Lifetimes::Entry& b) {
  return a.until_s > b.until_s;
};

}  // namespace

void Lifetimes::add(const Entry& entry) {
  heap_.push_back(entry);
  std::push_heap(heap_.begin(), heap_.end(), kLater);
}

void Lifetimes::add_sooner(const Entry& entry) {
  add(entry);
  if (++sooner_ > kDoubles + heap_.size() / 2) drop_doubles();
}

void Lifetimes::drop_doubles() {
  const auto whose = [](const Entry& entry) { return std::pair(entry.device, entry.bearer); };
  std::sort(heap_.begin(), heap_.end(), [&](const Entry& a, const Entry& b) {
    return std::pair(whose(a), a.until_s) < std::pair(whose(b), b.until_s);
  });
  const auto end = std::unique(heap_.begin(), heap_.end(), [&](const Entry& a, const Entry& b) {
    return whose(a) == whose(b);
  });
  heap_.erase(end, heap_.end());
  std::make_heap(heap_.begin(), heap_.end(), kLater);
  sooner_ = 0;
}

std::optional<Lifetimes::Entry> Lifetimes::take_due(std::uint32_t now_s) {
  if (heap_.empty() || heap_.front().until_s > now_s) return std::nullopt;
  std::pop_heap(heap_.begin(), heap_.end(), kLater);
  const Entry entry = heap_.back();
  heap_.pop_back();
  return entry;
}

std::optional<std::uint32_t> Lifetimes::next_s() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().until_s;
}

}  // namespace msggw::core
