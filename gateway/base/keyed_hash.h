// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace msggw::base {

/// 128 random bits that differ in every process.
struct HashKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

/// By random_number() (secrets.h).
HashKey random_hash_key();

/// SipHash-1-3 of `text`. Tables keyed by what devices send use it, because with a hash that
/// anybody can compute a hostile fleet could choose Private IDs that all fall into one bucket.
std::uint64_t keyed_hash(const HashKey& key, std::string_view text) noexcept;

}  // namespace msggw::base
