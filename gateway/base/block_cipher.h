// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>

struct evp_cipher_ctx_st;  // EVP_CIPHER_CTX

namespace msggw::base {

/// AES-128 (FIPS 197) of single blocks: a secret permutation of all values of 16 octets, not a way
/// to encrypt text. Whoever lacks the key learns nothing from a block but whether it is the same
/// one. Neither direction allocates; each takes less than 0.1 microseconds. One thread at a time.
class BlockCipher {
 public:
  using Key = std::array<std::uint8_t, 16>;
  using Block = std::array<std::uint8_t, 16>;

  explicit BlockCipher(const Key& key);

  Block encrypt(const Block& block) const noexcept;
  Block decrypt(const Block& block) const noexcept;

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const noexcept;
  };
  using Context = std::unique_ptr<evp_cipher_ctx_st, Free>;
  static Context make(const Key& key, bool encrypts);

  Context encrypting_;
  Context decrypting_;
};

}  // namespace msggw::base
