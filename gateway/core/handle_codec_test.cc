// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/handle_codec.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <set>

namespace msggw::core {
namespace {

using Named = HandleCodec::Named;
using Block = base::BlockCipher::Block;

constexpr HandleKey kKey{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();

Block octets_of(const std::string& handle) {
  Block block;
  REQUIRE(base::read_base64url(handle, block));
  return block;
}

/// The handle that the holder of the key could make of any block.
std::string handle_of(const Block& block) {
  std::string handle;
  base::append_base64url(handle, base::BlockCipher(kKey).encrypt(block));
  return handle;
}

TEST_CASE("a handle is 22 characters that name device and generation again") {
  const HandleCodec codec(kKey);
  for (const std::uint32_t device : {0U, 1U, 255U, 256U, 1'000'000U, kMost}) {
    for (const std::uint32_t generation : {0U, 1U, 0xfedcba98U, kMost}) {
      const Named named{DeviceNo{device}, generation};
      const std::string handle = codec.write(named);
      CHECK(handle.size() == 22);
      CHECK(handle.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-_") == std::string::npos);
      CHECK(codec.read(handle) == named);
      CHECK(HandleCodec(kKey).write(named) == handle);
    }
  }
}

TEST_CASE("a handle of another key is none") {
  HandleKey other = kKey;
  other[15] ^= 1;
  const Named named{DeviceNo{7}, 1};
  CHECK_FALSE(HandleCodec(other).read(HandleCodec(kKey).write(named)));
}

TEST_CASE("each of the zeros counts") {
  const HandleCodec codec(kKey);
  const Block good{0, 0, 0, 7, 0, 0, 0, 1};
  CHECK(codec.read(handle_of(good)) == Named{DeviceNo{7}, 1});
  for (std::size_t at = 8; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Block wrong = good;
      wrong[at] = static_cast<std::uint8_t>(1 << bit);
      CHECK_FALSE(codec.read(handle_of(wrong)));
    }
  }
}

TEST_CASE("what is not written as a handle is none") {
  const HandleCodec codec(kKey);
  const std::string handle = codec.write({DeviceNo{0}, 1'800'000'000});
  for (std::size_t size = 0; size < handle.size(); ++size)
    CHECK_FALSE(codec.read(std::string_view(handle).substr(0, size)));
  for (const std::string& wrong :
       {handle + "A", "A" + handle, handle + "==", handle + '\0',
        "0-1a2b3c4d" + std::string(12, '0'), std::string("0-1a2b3c4d"), std::string(22, '.'),
        std::string(22, '\0'), std::string(22, 'A'), std::string(22, '\xff')}) {
    CAPTURE(wrong);
    CHECK_FALSE(codec.read(wrong));
  }
  for (std::size_t at = 0; at < handle.size(); ++at) {
    for (int octet = 0; octet < 256; ++octet) {
      std::string wrong = handle;
      wrong[at] = static_cast<char>(octet);
      if (wrong != handle) CHECK_FALSE(codec.read(wrong));
    }
  }
}

TEST_CASE("the handles of neighbours have nothing in common") {
  const HandleCodec codec(kKey);
  constexpr std::uint32_t kDevices = 4'096;
  std::set<std::uint32_t> heads, tails, differences;
  std::array<unsigned, 128> flips{};
  for (std::uint32_t no = 0; no < kDevices; ++no) {
    const Block one = octets_of(codec.write({DeviceNo{no}, 5}));
    const Block next = octets_of(codec.write({DeviceNo{no + 1}, 5}));
    const auto word = [](const Block& from, std::size_t at) {
      return std::uint32_t{from[at]} << 24 | std::uint32_t{from[at + 1]} << 16 |
             std::uint32_t{from[at + 2]} << 8 | from[at + 3];
    };
    heads.insert(word(one, 0));
    tails.insert(word(one, 12));
    differences.insert(word(one, 0) ^ word(next, 0));
    for (std::size_t bit = 0; bit < flips.size(); ++bit)
      flips[bit] += (one[bit / 8] ^ next[bit / 8]) >> (bit % 8) & 1;
  }
  // Of 4,096 random words of 32 bits two are equal about once in 500 runs; this is one fixed run.
  CHECK(heads.size() == kDevices);
  CHECK(tails.size() == kDevices);
  CHECK(differences.size() == kDevices);
  // Every bit changes from one device to the next in half of the cases: 2,048, deviation 32.
  const auto [least, most] = std::minmax_element(flips.begin(), flips.end());
  CHECK(*least > 2'048 - 6 * 32);
  CHECK(*most < 2'048 + 6 * 32);
}

TEST_CASE("a tag is of one key, one device and one number, and the same at every start") {
  const HandleCodec codec(kKey);
  CHECK(codec.tag(DeviceNo{7}, 1) == HandleCodec(kKey).tag(DeviceNo{7}, 1));
  HandleKey other = kKey;
  other[0] ^= 1;
  std::set<std::uint32_t> tags{HandleCodec(other).tag(DeviceNo{7}, 1)};
  for (const std::uint64_t number : {1ULL, 2ULL, 1ULL << 32, (1ULL << 32) + 1, ~0ULL}) {
    for (const std::uint32_t device : {0U, 7U, kMost})
      tags.insert(codec.tag(DeviceNo{device}, number));
  }
  CHECK(tags.size() == 16);
}

TEST_CASE("the next generation of a device has another handle") {
  const HandleCodec codec(kKey);
  std::set<std::string> handles;
  for (std::uint32_t generation = 0; generation < 1'000; ++generation)
    handles.insert(codec.write({DeviceNo{3}, generation}).substr(0, 6));
  CHECK(handles.size() == 1'000);
}

}  // namespace
}  // namespace msggw::core
