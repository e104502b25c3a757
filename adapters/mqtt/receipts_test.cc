// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/receipts.h"

#include <doctest/doctest.h>

namespace msggw::mqtt {

TEST_CASE("what changes nothing is acknowledged at once, and behind what waits") {
  Receipts receipts;
  CHECK(receipts.take({}) == 0);
  const auto first = receipts.take({1, 0});
  CHECK(first > receipts.settled({}));
  CHECK(receipts.take({}) == first);
  CHECK(receipts.settled({1, 0}) == first);
  CHECK(receipts.take({}) == 0);
}

TEST_CASE("a message waits for both of its commits, and for those before it") {
  Receipts receipts;
  const auto devices = receipts.take({5, 0});
  const auto messages = receipts.take({0, 3});
  const auto both = receipts.take({6, 4});
  CHECK(devices < messages);
  CHECK(messages < both);
  CHECK(receipts.settled({4, 9}) < devices);
  CHECK(receipts.settled({5, 2}) == devices);
  CHECK(receipts.settled({5, 3}) == messages);
  CHECK(receipts.settled({6, 3}) == messages);
  CHECK(receipts.settled({6, 4}) == both);
  CHECK(receipts.size() == 0);
}

TEST_CASE("a flood in one batch takes one step") {
  Receipts receipts;
  for (int i = 0; i < 1'000; ++i) receipts.take({7, 7});
  CHECK(receipts.size() == 1);
}

}  // namespace msggw::mqtt
