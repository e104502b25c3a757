// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/verify_key.h"

#include <doctest/doctest.h>

#include <string>

#include "adapters/wire/tls/test_signer.h"

namespace msggw::tls {
namespace {

using test::Signer;

VerifyKey key_of(const Signer& signer) {
  return verify_keys_in(signer.pem()).value().at(0);
}

TEST_CASE("what one key has signed no other verifies, and nothing that was changed") {
  for (const char* kind : {"P-256", "2048"}) {
    const Signer signer(kind);
    const Signer other(kind);
    const VerifyKey key = key_of(signer);
    CHECK((key.signature() == Signature::es256) == (std::string(kind) == "P-256"));
    const std::string signature = signer.sign("data");
    CHECK(key.verifies("data", signature));
    CHECK_FALSE(key.verifies("date", signature));
    CHECK_FALSE(key.verifies("", signature));
    CHECK_FALSE(key_of(other).verifies("data", signature));
    for (std::size_t at = 0; at < signature.size(); at += 7) {
      std::string changed = signature;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      CHECK_FALSE(key.verifies("data", changed));
    }
    CHECK_FALSE(key.verifies("data", ""));
    CHECK_FALSE(key.verifies("data", signature.substr(1)));
    CHECK_FALSE(key.verifies("data", signature + '\0'));
    CHECK_FALSE(key.verifies("data", std::string(signature.size(), '\0')));
    CHECK_FALSE(key.verifies("data", std::string(signature.size(), '\xff')));
    CHECK(key.verifies("data", signature));  // whatever was in OpenSSL's queue of errors
  }
}

TEST_CASE("keys in a PEM text: public ones and those of certificates, in their order") {
  const Signer one("P-256");
  const Signer two("3072");
  const auto keys = verify_keys_in("# ours\n" + one.pem() + two.certificate());
  REQUIRE(keys.has_value());
  REQUIRE(keys->size() == 2);
  CHECK((*keys)[0].verifies("x", one.sign("x")));
  CHECK((*keys)[1].verifies("x", two.sign("x")));
}

TEST_CASE("what is no key for these signatures is told") {
  const auto why = [](const std::string& pem) {
    const auto keys = verify_keys_in(pem);
    REQUIRE_FALSE(keys.has_value());
    CHECK(keys.error().code == base::Errc::incorrect);
    return keys.error().detail;
  };
  const Signer good("P-256");
  CHECK(why("") == "holds no PEM block with a public key or a certificate");
  CHECK(why("{}") == "holds no PEM block with a public key or a certificate");
  CHECK(why(good.pem() + good.private_pem()) == "block 2 is no public key");
  CHECK(why(Signer("P-384").pem()) == "block 1 is a key of another kind than P-256 and RSA");
  CHECK(why(Signer("1024").pem()) ==
        "block 1 is an RSA key of 1024 bits, allowed are 2048 to 8192");
  std::string many;
  for (int i = 0; i < 17; ++i) many += good.pem();
  CHECK(why(many) == "holds more than 16 keys");
  std::string cut = good.pem();
  cut.erase(cut.size() / 2, 4);
  why(cut);
}

TEST_CASE("a key of numbers is one only if they are those of one") {
  CHECK_FALSE(VerifyKey::p256("", ""));
  CHECK_FALSE(VerifyKey::p256(std::string(32, '\0'), std::string(32, '\0')));
  CHECK_FALSE(VerifyKey::p256(std::string(32, '\xff'), std::string(32, '\xff')));
  CHECK_FALSE(VerifyKey::p256(std::string(32, '\1'), std::string(32, '\1')));
  CHECK_FALSE(VerifyKey::p256(std::string(31, '\1'), std::string(33, '\1')));
  CHECK_FALSE(VerifyKey::rsa("", "\1\0\1"));
  CHECK_FALSE(VerifyKey::rsa(std::string(255, '\xff'), "\3"));
  CHECK_FALSE(VerifyKey::rsa(std::string(256, '\xff'), ""));
  CHECK_FALSE(VerifyKey::rsa(std::string(256, '\xff'), std::string(9, '\1')));
  CHECK_FALSE(VerifyKey::rsa(std::string(100'000, '\xff'), "\3"));
}

}  // namespace
}  // namespace msggw::tls
