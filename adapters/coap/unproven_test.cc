// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/unproven.h"

#include <doctest/doctest.h>

#include <vector>

namespace msggw::coap_adapter {
namespace {

constexpr base::Source kA{1};
constexpr base::Source kB{2};
constexpr std::size_t kPlenty = 1 << 20;

std::vector<std::uint32_t> tried_again(Unproven& unproven) {
  std::vector<std::uint32_t> all;
  unproven.try_again(
      [&](core::DeviceNo device) { all.push_back(static_cast<std::uint32_t>(device)); });
  return all;
}

TEST_CASE("no source has more messages under way than it leaves free") {
  Unproven unproven(9, kPlenty);
  int of_a = 0;
  while (unproven.take(kA, 1)) ++of_a;
  CHECK(of_a == 5);
  CHECK_FALSE(unproven.is_full());
  CHECK(unproven.take(kB, 1));
  unproven.give_back(kA, 1);
  CHECK(unproven.messages() == 5);
  CHECK(unproven.octets() == 5);
}

TEST_CASE("all of them can be under way, and one if one may be") {
  Unproven unproven(1, kPlenty);
  CHECK(unproven.take(kA, 1));
  CHECK(unproven.is_full());
  CHECK_FALSE(unproven.take(kB, 1));
  unproven.give_back(kA, 1);
  CHECK(unproven.take(kB, 1));
}

TEST_CASE("octets are limited too, and a message alone goes however long it is") {
  Unproven unproven(1'000, 4'000);
  CHECK(unproven.take(kA, 1'000'000));
  CHECK(unproven.octets() == 1'000);
  CHECK(unproven.take(kA, 500));
  CHECK_FALSE(unproven.take(kA, 1'000));
  CHECK(unproven.messages() == 2);
  CHECK(unproven.take(kB, 1'000));
  unproven.give_back(kA, 1'000'000);
  CHECK(unproven.octets() == 1'500);
}

TEST_CASE("who found no room is tried again when some is given back, two for each, each once") {
  Unproven unproven(5, kPlenty);
  while (unproven.take(kA, 1)) {
  }
  for (const std::uint32_t device : {1, 2, 1, 3, 2}) unproven.wait(core::DeviceNo{device});
  CHECK(unproven.waiting() == 3);
  CHECK(tried_again(unproven).empty());
  unproven.give_back(kA, 1);
  CHECK(tried_again(unproven) == std::vector<std::uint32_t>{1, 2});
  CHECK(tried_again(unproven).empty());
  unproven.wait(core::DeviceNo{1});
  while (unproven.messages() > 0) unproven.give_back(kA, 1);
  CHECK(tried_again(unproven) == std::vector<std::uint32_t>{3, 1});
}

TEST_CASE("while nothing is under way nobody waits for something to end") {
  Unproven unproven(5, kPlenty);
  unproven.wait(core::DeviceNo{7});
  CHECK(tried_again(unproven) == std::vector<std::uint32_t>{7});
}

}  // namespace
}  // namespace msggw::coap_adapter
