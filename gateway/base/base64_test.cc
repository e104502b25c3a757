// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/base64.h"

#include <doctest/doctest.h>

namespace msggw::base {
namespace {

std::string written(std::string_view octets) {
  std::string out = ">";
  append_base64(out, octets);
  return out.substr(1);
}

TEST_CASE("base64: the examples of RFC 4648") {
  CHECK(written("") == "");
  CHECK(written("f") == "Zg==");
  CHECK(written("fo") == "Zm8=");
  CHECK(written("foo") == "Zm9v");
  CHECK(written("foob") == "Zm9vYg==");
  CHECK(written("fooba") == "Zm9vYmE=");
  CHECK(written("foobar") == "Zm9vYmFy");
  CHECK(written("\xff\xef\xbe") == "/+++");
}

TEST_CASE("base64: what was written is read, whatever the octets") {
  for (std::size_t size = 0; size <= 33; ++size) {
    std::string octets;
    for (std::size_t i = 0; i < size; ++i) octets += static_cast<char>(i * 167 + size * 31);
    const std::string text = written(octets);
    CHECK(text.size() == base64_size(size));
    CHECK(octets_of_base64(text) == octets);
  }
}

TEST_CASE("base64: one spelling for each value") {
  for (const char* wrong :
       {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9", "Zm9=", "====", "=", "Zg==Zg==", "Z=g=", "Zm9v\n",
        "Zm 9", "_---", "Zm9.", "Zm9vZ", "\xC3\xA9==", "Zm9v=", "AA=A"}) {
    CAPTURE(wrong);
    CHECK_FALSE(octets_of_base64(wrong).has_value());
  }
  CHECK(octets_of_base64("/+++") == "\xff\xef\xbe");
}

}  // namespace
}  // namespace msggw::base
