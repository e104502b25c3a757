// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/registry.h"

#include <doctest/doctest.h>

#include <string>

#include "gateway/core/lifetimes.h"
#include "gateway/core/profiles.h"

namespace msggw::core::registry_test {

using namespace msggw::core;  // NOLINT: a test of this room only

namespace {

Device device(std::string private_id, std::string service_id = {}) {
  Device row;
  row.private_id = std::move(private_id);
  row.service_id = std::move(service_id);
  return row;
}

}  // namespace

TEST_CASE("the registry finds each of many devices by both of its names") {
  Registry registry({1, 2});
  for (int i = 0; i < 20'000; ++i)
    CHECK(registry.add(device("p" + std::to_string(i))) == DeviceNo(i));
  for (int i = 0; i < 20'000; i += 2) registry.set_service_id(DeviceNo(i), "s" + std::to_string(i));
  for (int i = 0; i < 20'000; ++i) {
    CHECK(registry.find_private_id("p" + std::to_string(i)) == DeviceNo(i));
    const auto by_service_id = registry.find_service_id("s" + std::to_string(i));
    CHECK(by_service_id.has_value() == (i % 2 == 0));
  }
  CHECK_FALSE(registry.find_private_id("p20000"));
  CHECK_FALSE(registry.find_private_id(""));
  CHECK_FALSE(registry.find_service_id("p1"));
}

TEST_CASE("equal service profiles are one") {
  Profiles profiles;
  CHECK(profiles.intern({{"a", "b"}, "{}"}).added);
  CHECK_FALSE(profiles.intern({{"a", "b"}, "{}"}).added);
  CHECK(profiles.intern({{"ab"}, "{}"}).added);
  CHECK(profiles.intern({{"a", "b"}, ""}).no == ProfileNo{2});
  CHECK(profiles.at(ProfileNo{1}).server_service_ids == std::vector<std::string>{"ab"});
}

TEST_CASE("lifetimes that end sooner and sooner leave few entries, and the first of each stays") {
  Lifetimes lifetimes;
  lifetimes.add({7, DeviceNo{2}, Bearer::mqtt});
  for (std::uint32_t at = 100'000; at > 9; --at)
    lifetimes.add_sooner({at, DeviceNo{1}, Bearer::coap});
  CHECK(lifetimes.size() < 5'000);
  CHECK(lifetimes.take_due(7)->device == DeviceNo{2});
  CHECK(lifetimes.next_s() == 10U);
}

TEST_CASE("lifetimes come out in order, and not early") {
  Lifetimes lifetimes;
  for (const std::uint32_t at : {50U, 10U, 30U, 20U, 40U})
    lifetimes.add({at, DeviceNo{at}, Bearer::coap});
  CHECK(lifetimes.next_s() == 10U);
  CHECK_FALSE(lifetimes.take_due(9));
  for (const std::uint32_t at : {10U, 20U, 30U}) CHECK(lifetimes.take_due(30)->until_s == at);
  CHECK_FALSE(lifetimes.take_due(30));
  CHECK(lifetimes.size() == 2);
}

}  // namespace msggw::core::registry_test
