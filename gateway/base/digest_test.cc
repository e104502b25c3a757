// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/digest.h"

#include <doctest/doctest.h>

namespace msggw::base::digest_test {

TEST_CASE("what comes in pieces has the hash of the whole (FIPS 180-4, appendix B)") {
  Sha256 empty;
  CHECK(empty.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 pieces;
  pieces.add("a");
  pieces.add("");
  pieces.add("bc");
  CHECK(pieces.hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace msggw::base::digest_test
