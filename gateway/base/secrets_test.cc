// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/secrets.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace msggw::base {
namespace {

TEST_CASE("random octets fill all that was asked for, above one call of the system too") {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{256}, std::size_t{257}, std::size_t{1'024}}) {
    CAPTURE(size);
    std::vector<std::uint8_t> octets(size + 1, 0);
    std::vector<bool> changed(size, false);
    // An octet that stays zero 40 times was not written (2^-320).
    for (int i = 0; i < 40; ++i) {
      fill_random(std::span(octets).first(size));
      for (std::size_t at = 0; at < size; ++at) changed[at] = changed[at] || octets[at] != 0;
    }
    CHECK(std::count(changed.begin(), changed.end(), false) == 0);
    CHECK(octets[size] == 0);
  }
}

TEST_CASE("random numbers do not repeat") {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1'000; ++i) seen.insert(random_number());
  CHECK(seen.size() == 1'000);
}

TEST_CASE("a secret is the same in every octet and in length") {
  CHECK(is_same_secret("secret", "secret"));
  CHECK(is_same_secret("", ""));
  CHECK_FALSE(is_same_secret("secreT", "secret"));
  CHECK_FALSE(is_same_secret("Secret", "secret"));
  CHECK_FALSE(is_same_secret("secre", "secret"));
  CHECK_FALSE(is_same_secret("secret0", "secret"));
  CHECK_FALSE(is_same_secret("", "secret"));
}

}  // namespace
}  // namespace msggw::base
