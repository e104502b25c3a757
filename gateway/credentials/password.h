// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace msggw::credentials {

/// What a password costs to be tried once (scrypt, RFC 7914): 128 * 8 * 2^log2_cost octets, and
/// about 40 ms with the default. So no loop does it.
struct PasswordCost {
  unsigned log2_cost = 14;
};

/// "$scrypt$ln=14,r=8,p=1$SALT$HASH", salt and hash in Base64 without padding: all that is kept of
/// a password.
std::string hash_password(std::string_view password, PasswordCost cost = {});
/// Whether `password` is the one that `hash` was made of. False also for what is no such hash.
bool is_password(std::string_view password, std::string_view hash);
/// incorrect: it is no such hash, or costs more than kMostLog2Cost or less than kLeastLog2Cost.
base::Result<void> check_password_hash(std::string_view hash);

inline constexpr unsigned kLeastLog2Cost = 10;
inline constexpr unsigned kMostLog2Cost = 17;

}  // namespace msggw::credentials
