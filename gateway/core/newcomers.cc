// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/newcomers.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "gateway/base/result.h"

namespace msggw::core {

namespace {

/// In the last octet of the block, which is zero in those of handles (handle_codec.cc).
constexpr std::uint8_t kMarkOfSource = 1;
constexpr std::size_t kMostSmscs = 16;  ///< that are told by their number

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

std::string SourceMarks::name_of(SourceMark mark) const {
  if (mark == SourceMark{}) return {};
  if (mark == of(base::broker_source())) return "broker";
  for (std::size_t i = 0; i < kMostSmscs; ++i) {
    if (mark == of(base::smsc_source(i))) return "smsc:" + std::to_string(i + 1);
  }
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "#%08x", static_cast<unsigned>(mark));
  return text.data();
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
