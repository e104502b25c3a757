// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "adapters/wire/coap/message.h"
#include "gateway/base/keyed_hash.h"

namespace msggw::coap {

/// Tokens of requests. The upper half finds the request, the lower cannot be guessed by who does
/// not see it (RFC 7252 11.4).
class Tokens {
 public:
  /// Another one with each call.
  Token make(std::uint32_t id) {
    const std::uint64_t count = ++count_;
    const auto random =
        base::keyed_hash(key_, {reinterpret_cast<const char*>(&count), sizeof count});
    const std::uint64_t number = std::uint64_t{id} << 32 | (random & 0xFFFF'FFFF);
    Token token;
    token.size = kOctets;
    for (std::size_t at = 0; at < kOctets; ++at)
      token.octets[at] = static_cast<char>(number >> (56 - 8 * at) & 0xFF);
    return token;
  }

  /// None: it is of nobody who makes them so. Whether it was made is for the caller to see.
  static std::optional<std::uint32_t> id_of(const Token& token) noexcept {
    if (token.size != kOctets) return std::nullopt;
    std::uint32_t id = 0;
    for (std::size_t at = 0; at < 4; ++at)
      id = id << 8 | static_cast<unsigned char>(token.octets[at]);
    return id;
  }

 private:
  static constexpr std::uint8_t kOctets = 8;

  base::HashKey key_ = base::random_hash_key();
  std::uint64_t count_ = 0;
};

}  // namespace msggw::coap
