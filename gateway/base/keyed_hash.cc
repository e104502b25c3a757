// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/keyed_hash.h"

#include <bit>
#include <cstring>

#include "gateway/base/secrets.h"

namespace msggw::base {

namespace {

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void round() noexcept {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }
  void absorb(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

}  // namespace

HashKey random_hash_key() {
  return {random_number(), random_number()};
}

std::uint64_t keyed_hash(const HashKey& key, std::string_view text) noexcept {
  SipState state{key.k0 ^ 0x736f6d6570736575, key.k1 ^ 0x646f72616e646f6d,
                 key.k0 ^ 0x6c7967656e657261, key.k1 ^ 0x7465646279746573};
  const std::uint64_t length = text.size();
  while (text.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data(),
                8);  // the key is random, so the octet order of the machine does not matter
    state.absorb(word);
    text.remove_prefix(8);
  }
  std::uint64_t last = 0;
  std::memcpy(&last, text.data(), text.size());
  state.absorb(last | (length << 56));
  state.v2 ^= 0xFF;
  state.round();
  state.round();
  state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace msggw::base
