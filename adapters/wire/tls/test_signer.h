// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/evp.h>

#include <string>
#include <string_view>

#include "gateway/base/handle.h"

namespace msggw::tls::test {

/// Somebody who signs as RFC 7518 has it, with a key of his own that is made with this object.
class Signer {
 public:
  /// "P-256", "P-384", or the bits of an RSA key: "2048".
  explicit Signer(const std::string& kind);

  /// With SHA-256; of P-256 two numbers of 32 octets.
  std::string sign(std::string_view data) const;
  /// The public key.
  std::string pem() const;
  std::string private_pem() const;
  /// A self-signed certificate of it, which has expired.
  std::string certificate() const;
  /// A JWK: {"kty":..,"kid":"KID",...}; without a kid if `id` is empty.
  std::string jwk(const std::string& id) const;

 private:
  base::Handle<EVP_PKEY, EVP_PKEY_free> key_;
};

}  // namespace msggw::tls::test
