// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/lifetimes.h"

#include <algorithm>

namespace msggw::core {

namespace {

constexpr auto kLater = [](const Lifetimes::Entry& a, const Lifetimes::Entry& b) {
  return a.until_s > b.until_s;
};

}  // namespace

void Lifetimes::add(const Entry& entry) {
  heap_.push_back(entry);
  std::push_heap(heap_.begin(), heap_.end(), kLater);
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
