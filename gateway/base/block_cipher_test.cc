// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/block_cipher.h"

#include <doctest/doctest.h>

namespace msggw::base {
namespace {

TEST_CASE("the example of FIPS 197, appendix C.1") {
  BlockCipher::Key key;
  BlockCipher::Block plain;
  for (std::uint8_t i = 0; i < 16; ++i) {
    key[i] = i;
    plain[i] = static_cast<std::uint8_t>(i << 4 | i);
  }
  const BlockCipher::Block expected{0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30,
                                    0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a};
  const BlockCipher cipher(key);
  CHECK(cipher.encrypt(plain) == expected);
  CHECK(cipher.decrypt(expected) == plain);
}

TEST_CASE("a block does not depend on those before it") {
  const BlockCipher cipher({1, 2, 3});
  const BlockCipher::Block a{7}, b{8};
  const BlockCipher::Block first = cipher.encrypt(a);
  CHECK(cipher.encrypt(b) != first);
  CHECK(cipher.encrypt(a) == first);
  CHECK(cipher.decrypt(first) == a);
  CHECK(cipher.decrypt(cipher.encrypt(b)) == b);
  CHECK(cipher.decrypt(first) == a);
  CHECK(BlockCipher({1, 2, 4}).decrypt(first) != a);
}

}  // namespace
}  // namespace msggw::base
