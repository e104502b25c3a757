// SPDX-License-Identifier: Apache-2.0
#include "gateway/credentials/password.h"

#include <doctest/doctest.h>

namespace msggw::credentials {
namespace {

constexpr PasswordCost kCheap{kLeastLog2Cost};

TEST_CASE("a hash tells its password from others, and is another each time") {
  const std::string hash = hash_password("s3cret", kCheap);
  CHECK(hash.starts_with("$scrypt$ln=10,r=8,p=1$"));
  CHECK(check_password_hash(hash));
  CHECK(is_password("s3cret", hash));
  CHECK_FALSE(is_password("s3cres", hash));
  CHECK_FALSE(is_password("", hash));
  CHECK(hash_password("s3cret", kCheap) != hash);
  CHECK(hash_password("x").starts_with("$scrypt$ln=14,"));
}

TEST_CASE("scrypt is that of others") {
  // hashlib.scrypt(b"s3cret", salt=b"0123456789abcdef", n=1024, r=8, p=1, dklen=32) of Python.
  CHECK(is_password(
      "s3cret",
      "$scrypt$ln=10,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$ZO/gT8OGTuuyHxcBV+7DkfE2nXK0EIuQrBe9nC+TunU"));
}

TEST_CASE("what is no hash is none, whatever it asks for") {
  const std::string good = hash_password("s3cret", kCheap);
  const auto with = [&](std::string from, const std::string& to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  for (const std::string& bad :
       {std::string(), std::string("s3cret"), with("ln=10", "ln=9"), with("ln=10", "ln=18"),
        with("ln=10", "ln=99999999999"), with("ln=10", "ln=-1"), with("r=8", "r=9"),
        with("p=1", "p=2"), with("$scrypt", "$argon2"), good + "=", good + "A",
        good.substr(0, good.size() - 1), good.substr(0, good.rfind('$'))}) {
    CAPTURE(bad);
    CHECK_FALSE(check_password_hash(bad));
    CHECK_FALSE(is_password("s3cret", bad));
  }
}

}  // namespace
}  // namespace msggw::credentials
