// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/block_cipher.h"

#include <openssl/evp.h>

#include "gateway/base/result.h"

namespace msggw::base {

namespace {

BlockCipher::Block pass_through(EVP_CIPHER_CTX* context, const BlockCipher::Block& in) noexcept {
  BlockCipher::Block out;
  int size = 0;
  const int done =
      EVP_CipherUpdate(context, out.data(), &size, in.data(), static_cast<int>(in.size()));
  ensure(done == 1 && size == static_cast<int>(out.size()),
         "a block goes in and a block comes out");
  return out;
}

}  // namespace

void BlockCipher::Free::operator()(evp_cipher_ctx_st* context) const noexcept {
  EVP_CIPHER_CTX_free(context);
}

BlockCipher::Context BlockCipher::make(const Key& key, bool encrypts) {
  Context context(EVP_CIPHER_CTX_new());
  // ECB without padding is the bare permutation; the context may be used for ever.
  const bool made = context != nullptr &&
                    EVP_CipherInit_ex(context.get(), EVP_aes_128_ecb(), nullptr, key.data(),
                                      nullptr, encrypts ? 1 : 0) == 1 &&
                    EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1;
  ensure(made, "OpenSSL has AES-128");
  return context;
}

BlockCipher::BlockCipher(const Key& key)
    : encrypting_(make(key, true)), decrypting_(make(key, false)) {}

BlockCipher::Block BlockCipher::encrypt(const Block& block) const noexcept {
  return pass_through(encrypting_.get(), block);
}

BlockCipher::Block BlockCipher::decrypt(const Block& block) const noexcept {
  return pass_through(decrypting_.get(), block);
}

}  // namespace msggw::base
