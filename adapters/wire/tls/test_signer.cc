// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/test_signer.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "gateway/base/base64url.h"

namespace msggw::tls::test {

namespace {

using Memory = base::Handle<BIO, BIO_free_all>;

void must(bool done) {
  if (!done) throw std::runtime_error("OpenSSL signs nothing");
}

template <class Write>
std::string written(Write write) {
  const Memory memory(BIO_new(BIO_s_mem()));
  must(memory && write(memory.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string number(const EVP_PKEY* key, const char* name, std::size_t octets) {
  BIGNUM* found = nullptr;
  must(EVP_PKEY_get_bn_param(key, name, &found) == 1);
  const base::Handle<BIGNUM, BN_free> number(found);
  std::vector<std::uint8_t> bytes(octets > 0 ? octets
                                             : static_cast<std::size_t>(BN_num_bytes(found)));
  must(BN_bn2binpad(found, bytes.data(), static_cast<int>(bytes.size())) > 0);
  std::string text;
  base::append_base64url(text, bytes);
  return text;
}

bool is_rsa(const EVP_PKEY* key) {
  return EVP_PKEY_is_a(key, "RSA") == 1;
}

}  // namespace

Signer::Signer(const std::string& kind)
    : key_(kind.starts_with("P-") ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", kind.c_str())
                                  : EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::stoul(kind))) {
  must(key_ != nullptr);
}

std::string Signer::sign(std::string_view data) const {
  const base::Handle<EVP_MD_CTX, EVP_MD_CTX_free> digest(EVP_MD_CTX_new());
  const auto* octets = reinterpret_cast<const unsigned char*>(data.data());
  std::size_t size = 0;
  must(EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
       EVP_DigestSign(digest.get(), nullptr, &size, octets, data.size()) == 1);
  std::string made(size, '\0');
  must(EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(made.data()), &size, octets,
                      data.size()) == 1);
  made.resize(size);
  if (is_rsa(key_.get())) return made;
  const auto* der = reinterpret_cast<const unsigned char*>(made.data());
  const base::Handle<ECDSA_SIG, ECDSA_SIG_free> pair(
      d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(made.size())));
  std::string raw(64, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  must(BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out, 32) == 32 &&
       BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out + 32, 32) == 32);
  return raw;
}

std::string Signer::pem() const {
  return written([this](BIO* to) { return PEM_write_bio_PUBKEY(to, key_.get()); });
}

std::string Signer::private_pem() const {
  return written([this](BIO* to) {
    return PEM_write_bio_PrivateKey(to, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::string Signer::certificate() const {
  const base::Handle<X509, X509_free> made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -1'000);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), -1);
  must(X509_set_pubkey(made.get(), key_.get()) == 1 &&
       X509_sign(made.get(), key_.get(), EVP_sha256()) > 0);
  return written([&](BIO* to) { return PEM_write_bio_X509(to, made.get()); });
}

std::string Signer::jwk(const std::string& id) const {
  const std::string name = id.empty() ? "" : R"("kid":")" + id + R"(",)";
  if (is_rsa(key_.get())) {
    return "{" + name + R"("kty":"RSA","n":")" + number(key_.get(), OSSL_PKEY_PARAM_RSA_N, 0) +
           R"(","e":")" + number(key_.get(), OSSL_PKEY_PARAM_RSA_E, 0) + "\"}";
  }
  return "{" + name + R"("kty":"EC","crv":"P-256","x":")" +
         number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, 32) + R"(","y":")" +
         number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, 32) + "\"}";
}

}  // namespace msggw::tls::test
