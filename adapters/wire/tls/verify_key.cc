// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/verify_key.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string>
#include <tuple>

#include "adapters/wire/tls/errors.h"
#include "gateway/base/handle.h"

namespace msggw::tls {

namespace {

constexpr std::size_t kHalf = 32;  ///< octets of a number of P-256
constexpr int kLeastBits = 2'048;
constexpr int kMostBits = 8'192;
constexpr std::size_t kMostKeys = 16;

using Number = base::Handle<BIGNUM, BN_free>;
using Builder = base::Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = base::Handle<OSSL_PARAM, OSSL_PARAM_free>;
using KeyContext = base::Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Digest = base::Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using Pair = base::Handle<ECDSA_SIG, ECDSA_SIG_free>;
using Memory = base::Handle<BIO, BIO_free_all>;

const unsigned char* octets_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

tl::unexpected<base::Error> fail(std::string why) {
  forget_errors();
  return base::fail(base::Errc::incorrect, std::move(why));
}

Number number_of(std::string_view octets) {
  return Number(BN_bin2bn(octets_of(octets), static_cast<int>(octets.size()), nullptr));
}

/// Null: OpenSSL makes no key of it.
std::shared_ptr<EVP_PKEY> made(const char* kind, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  return {key, EVP_PKEY_free};
}

/// OpenSSL wants the two numbers in DER; empty: there are not two.
std::string der_of(std::string_view signature) {
  if (signature.size() != 2 * kHalf) return {};
  Number r = number_of(signature.substr(0, kHalf));
  Number s = number_of(signature.substr(kHalf));
  const Pair pair(ECDSA_SIG_new());
  if (!r || !s || !pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  // They are the pair's now.
  std::ignore = r.release();
  std::ignore = s.release();
  unsigned char* octets = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &octets);
  if (size <= 0) return {};
  std::string der(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
  OPENSSL_free(octets);
  return der;
}

bool is_p256(const EVP_PKEY* key) {
  char group[64];
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) == 1 &&
         std::string_view(group) == SN_X9_62_prime256v1;
}

/// One block of a PEM text, whatever it holds.
struct Block {
  ~Block() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(octets);
  }
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* octets = nullptr;
  long size = 0;
};

/// Null: it is neither a public key nor a certificate, or is damaged.
std::shared_ptr<EVP_PKEY> key_in(const Block& block) {
  const unsigned char* at = block.octets;
  const std::string_view name = block.name;
  if (name == PEM_STRING_PUBLIC) return {d2i_PUBKEY(nullptr, &at, block.size), EVP_PKEY_free};
  if (name != PEM_STRING_X509) return nullptr;
  const base::Handle<X509, X509_free> certificate(d2i_X509(nullptr, &at, block.size));
  if (!certificate) return nullptr;
  return {X509_get_pubkey(certificate.get()), EVP_PKEY_free};
}

}  // namespace

base::Result<VerifyKey> VerifyKey::of(Key key) {
  if (key == nullptr) return fail("is no public key");
  if (is_p256(key.get())) return VerifyKey(std::move(key), Signature::es256);
  if (EVP_PKEY_is_a(key.get(), "RSA") != 1)
    return fail("is a key of another kind than P-256 and RSA");
  const int bits = EVP_PKEY_get_bits(key.get());
  if (bits < kLeastBits || bits > kMostBits)
    return fail("is an RSA key of " + std::to_string(bits) + " bits, allowed are 2048 to 8192");
  return VerifyKey(std::move(key), Signature::rs256);
}

base::Result<VerifyKey> VerifyKey::p256(std::string_view x, std::string_view y) {
  if (x.size() != kHalf || y.size() != kHalf) return fail("is no point of 32 octets each");
  std::string point = "\x04";  // uncompressed (SEC 1 2.3.3)
  point.append(x).append(y);
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                      SN_X9_62_prime256v1, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1)
    return fail("cannot be made");
  return of(made("EC", builder.get()));
}

base::Result<VerifyKey> VerifyKey::rsa(std::string_view modulus, std::string_view exponent) {
  constexpr std::size_t kMostOctets = kMostBits / 8 + 1;
  if (modulus.size() > kMostOctets || exponent.size() > 8 || exponent.empty())
    return fail("has numbers that no RSA key of at most 8192 bits has");
  const Number n = number_of(modulus);
  const Number e = number_of(exponent);
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return fail("cannot be made");
  return of(made("RSA", builder.get()));
}

bool VerifyKey::verifies(std::string_view data, std::string_view signature) const {
  const std::string der = kind_ == Signature::es256 ? der_of(signature) : std::string(signature);
  const Digest digest(EVP_MD_CTX_new());
  const bool good =
      !der.empty() && digest &&
      EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(digest.get(), octets_of(der), der.size(), octets_of(data), data.size()) == 1;
  forget_errors();
  return good;
}

base::Result<std::vector<VerifyKey>> verify_keys_in(std::string_view pem) {
  forget_errors();
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!memory) return fail("cannot be read");
  std::vector<VerifyKey> keys;
  for (;;) {
    Block block;
    if (PEM_read_bio(memory.get(), &block.name, &block.header, &block.octets, &block.size) != 1)
      break;
    if (keys.size() == kMostKeys) return fail("holds more than 16 keys");
    auto key = VerifyKey::of(key_in(block));
    if (!key) return fail("block " + std::to_string(keys.size() + 1) + " " + key.error().detail);
    keys.push_back(*std::move(key));
  }
  forget_errors();
  if (keys.empty()) return fail("holds no PEM block with a public key or a certificate");
  return keys;
}

}  // namespace msggw::tls
