// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/result.h"

struct evp_pkey_st;

namespace msggw::tls {

/// How something is signed (RFC 7518 3.3, 3.4): both with SHA-256, ECDSA on P-256 or RSA as PKCS #1
/// version 1.5 has it. Nothing else is verified here, so that no signer can choose anything weaker.
enum class Signature : std::uint8_t { es256, rs256 };

/// A public key of somebody who signs. A value, never changed once made; any thread.
class VerifyKey {
 public:
  /// A point on P-256, 32 octets each (RFC 7518 6.2.1). incorrect: it is none.
  static base::Result<VerifyKey> p256(std::string_view x, std::string_view y);
  /// Big-endian (RFC 7518 6.3.1). incorrect: no such key, or not of 2,048 to 8,192 bits.
  static base::Result<VerifyKey> rsa(std::string_view modulus, std::string_view exponent);

  Signature signature() const noexcept { return kind_; }
  /// `signature` is that of RFC 7518: for ES256 two numbers of 32 octets.
  bool verifies(std::string_view data, std::string_view signature) const;

 private:
  using Key = std::shared_ptr<evp_pkey_st>;
  friend base::Result<std::vector<VerifyKey>> verify_keys_in(std::string_view pem);

  VerifyKey(Key key, Signature kind) : key_(std::move(key)), kind_(kind) {}
  static base::Result<VerifyKey> of(Key key);

  Key key_;
  Signature kind_;
};

/// The keys in a PEM text: public keys, and those of certificates, whose validity is not looked at.
/// incorrect: there is none or more than 16, one cannot be used, or something else stands there.
base::Result<std::vector<VerifyKey>> verify_keys_in(std::string_view pem);

}  // namespace msggw::tls
