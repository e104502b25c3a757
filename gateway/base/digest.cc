// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/digest.h"

#include <openssl/evp.h>

#include <array>

#include "gateway/base/handle.h"
#include "gateway/base/result.h"

namespace msggw::base {

struct Sha256::State {
  Handle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  ensure(state_->context && EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1,
         "OpenSSL has SHA-256");
}

Sha256::~Sha256() = default;

void Sha256::add(std::string_view octets) {
  ensure(EVP_DigestUpdate(state_->context.get(), octets.data(), octets.size()) == 1,
         "what is added is hashed");
}

std::string Sha256::hex() {
  std::array<unsigned char, kHexDigits / 2> digest{};
  ensure(EVP_DigestFinal_ex(state_->context.get(), digest.data(), nullptr) == 1,
         "a hash has an end");
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char octet : digest) {
    text += kDigits[octet >> 4];
    text += kDigits[octet & 15];
  }
  return text;
}

}  // namespace msggw::base
