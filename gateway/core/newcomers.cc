// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/newcomers.h"

#include <algorithm>

#include "gateway/base/result.h"

namespace msggw::core {

namespace {

/// In the last octet of the block, which is zero in those of handles (handle_codec.cc).
constexpr std::uint8_t kMarkOfSource = 1;

}  // namespace

SourceMark SourceMarks::of(base::Source source) const noexcept {
  if (source == base::Source::none) return {};
  base::BlockCipher::Block block{};
  for (std::size_t i = 0; i < sizeof source; ++i)
    block[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(source) >> 8 * i);
  block.back() = kMarkOfSource;
  block = cipher_.encrypt(block);
  std::uint32_t mark = 0;
  for (std::size_t i = 0; i < sizeof mark; ++i) mark = mark << 8 | block[i];
  return SourceMark{std::max(mark, std::uint32_t{1})};
}

void Newcomers::settled(SourceMark source) {
  Crowd& in = crowd(source);
  base::ensure(in.size > 0, "who settles was a newcomer");
  --size_;
  if (--in.size == 0) in.entries.clear();
}

std::size_t Newcomers::most() const noexcept {
  return std::max_element(crowds_.begin(), crowds_.end(),
                          [](const Crowd& a, const Crowd& b) { return a.size < b.size; })
      ->size;
}

std::optional<DeviceNo> Newcomers::take_oldest() {
  const auto largest =
      std::max_element(crowds_.begin(), crowds_.end(),
                       [](const Crowd& a, const Crowd& b) { return a.size < b.size; });
  if (largest->entries.empty()) return std::nullopt;
  const DeviceNo device = largest->entries.front();
  largest->entries.pop_front();
  return device;
}

}  // namespace msggw::core
