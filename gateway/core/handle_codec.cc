// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/handle_codec.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace msggw::core {

namespace {

using Block = base::BlockCipher::Block;

// The block: device number, generation, both the most significant octet first; zeros.
constexpr std::size_t kDeviceAt = 0;
constexpr std::size_t kGenerationAt = 4;
constexpr std::size_t kZerosAt = 8;
// That of a tag: a number of eight octets, device number, and a one where a handle has zeros. That
// of the key of origins has a two there.
constexpr std::size_t kTaggedAt = 8;
constexpr std::size_t kMarkAt = 12;
constexpr std::uint32_t kTag = 1;
constexpr std::uint32_t kOrigins = 2;

void put(Block& block, std::size_t at, std::uint32_t value) noexcept {
  for (std::size_t i = 0; i < 4; ++i)
    block[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

std::uint32_t get(const Block& block, std::size_t at) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | block[at + i];
  return value;
}

}  // namespace

HandleCodec::HandleCodec(const HandleKey& key) : cipher_(key) {
  Block block{};
  put(block, kMarkAt, kOrigins);
  block = cipher_.encrypt(block);
  static_assert(sizeof origins_ == sizeof block);
  std::memcpy(&origins_, block.data(), sizeof origins_);
}

std::string HandleCodec::write(const Named& named) const {
  Block block{};
  put(block, kDeviceAt, static_cast<std::uint32_t>(named.device));
  put(block, kGenerationAt, named.generation);
  std::string handle;
  handle.reserve(kSize);
  base::append_base64url(handle, cipher_.encrypt(block));
  return handle;
}

std::optional<HandleCodec::Named> HandleCodec::read(std::string_view handle) const noexcept {
  Block block;
  if (!base::read_base64url(handle, block)) return std::nullopt;
  block = cipher_.decrypt(block);
  const bool ours = std::all_of(block.begin() + kZerosAt, block.end(),
                                [](std::uint8_t octet) { return octet == 0; });
  if (!ours) return std::nullopt;
  return Named{DeviceNo{get(block, kDeviceAt)}, get(block, kGenerationAt)};
}

std::uint32_t HandleCodec::tag(DeviceNo device, std::uint64_t number) const noexcept {
  Block block{};
  put(block, 0, static_cast<std::uint32_t>(number >> 32));
  put(block, 4, static_cast<std::uint32_t>(number));
  put(block, kTaggedAt, static_cast<std::uint32_t>(device));
  put(block, kMarkAt, kTag);
  return get(cipher_.encrypt(block), 0);
}

std::uint32_t HandleCodec::generation(DeviceNo device, std::int64_t period,
                                      std::uint64_t hash_of_origin) const noexcept {
  const std::array<std::uint64_t, 3> of{static_cast<std::uint32_t>(device),
                                        static_cast<std::uint64_t>(period), hash_of_origin};
  std::array<char, sizeof of> octets;
  std::memcpy(octets.data(), of.data(), octets.size());
  return static_cast<std::uint32_t>(base::keyed_hash(origins_, {octets.data(), octets.size()}));
}

}  // namespace msggw::core
