// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/base64url.h"

#include <doctest/doctest.h>

#include <vector>

namespace msggw::base::base64url_test {
namespace {

std::string written(std::string_view text) {
  std::string out = ">";
  append_base64url(out, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  return out.substr(1);
}

bool reads(std::string_view text, std::size_t octets) {
  std::vector<std::uint8_t> out(octets);
  return read_base64url(text, out);
}

TEST_CASE("base64url: the examples of RFC 4648, without padding") {
  CHECK(written("") == "");
  CHECK(written("f") == "Zg");
  CHECK(written("fo") == "Zm8");
  CHECK(written("foo") == "Zm9v");
  CHECK(written("foob") == "Zm9vYg");
  CHECK(written("fooba") == "Zm9vYmE");
  CHECK(written("foobar") == "Zm9vYmFy");
  CHECK(written("\xff\xef\xbe") == "_---");
}

TEST_CASE("base64url: what was written is read, whatever the octets") {
  for (std::size_t size = 0; size <= 33; ++size) {
    std::vector<std::uint8_t> octets(size);
    for (std::size_t i = 0; i < size; ++i)
      octets[i] = static_cast<std::uint8_t>(i * 167 + size * 31);
    std::string text;
    append_base64url(text, octets);
    CHECK(text.size() == base64url_size(size));
    std::vector<std::uint8_t> again(size);
    REQUIRE(read_base64url(text, again));
    CHECK(again == octets);
  }
}

TEST_CASE("base64url: one spelling for each value") {
  CHECK(reads("Zg", 1));
  CHECK_FALSE(reads("Zg==", 1));
  CHECK_FALSE(reads("Zh", 1));  // the four bits left over are not zero
  CHECK_FALSE(reads("Zm9", 2));
  CHECK_FALSE(reads("Zg", 2));
  CHECK_FALSE(reads("Z", 1));
  CHECK_FALSE(reads("", 1));
  CHECK_FALSE(reads("Zm9v", 1));
  CHECK(reads("_---", 3));
  CHECK_FALSE(reads("/+++", 3));
  for (const char wrong : {'+', '/', '=', '.', ' ', '\0', '%', '\x7f', '\xff'}) {
    CAPTURE(static_cast<int>(wrong));
    for (std::size_t at = 0; at < 4; ++at) {
      std::string text = "Zm9v";
      text[at] = wrong;
      CHECK_FALSE(reads(text, 3));
    }
  }
}

}  // namespace
}  // namespace msggw::base::base64url_test
