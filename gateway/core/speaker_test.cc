// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/speaker.h"

#include <doctest/doctest.h>

namespace msggw::core {
namespace {

constexpr DeviceNo kDevice{7};

bool may(const Speaker& speaker, Act act, const ListenerPolicy& policy) {
  return !why_not(speaker, act, policy);
}

TEST_CASE("open: a claim is enough to register, and for messages only if the operator says so") {
  const ListenerPolicy open;
  CHECK(may({std::nullopt, Evidence::claim}, Act::register_device, open));
  CHECK_FALSE(may({std::nullopt, Evidence::claim}, Act::registration, open));
  CHECK(may({kDevice, Evidence::handle}, Act::registration, open));
  CHECK_FALSE(may({kDevice, Evidence::handle}, Act::message, open));
  CHECK(may({kDevice, Evidence::handle}, Act::message, {Admission::open, true}));
  CHECK_FALSE(may({std::nullopt, Evidence::claim}, Act::message, {Admission::open, true}));
  CHECK(may({kDevice, Evidence::identity}, Act::message, open));
}

TEST_CASE("known: a device that is not in the table is refused, whatever it wants") {
  const ListenerPolicy known{Admission::known, true};
  for (const Act act : {Act::register_device, Act::registration, Act::message}) {
    CHECK_FALSE(may({std::nullopt, Evidence::identity}, act, known));
    CHECK(may({kDevice, Evidence::handle}, act, known));
  }
}

TEST_CASE("proven: nothing but an identity counts, and all others hear the same") {
  const ListenerPolicy proven{Admission::proven, true};
  for (const Act act : {Act::register_device, Act::registration, Act::message}) {
    const auto stranger = why_not({std::nullopt, Evidence::claim}, act, proven);
    const auto device = why_not({kDevice, Evidence::handle}, act, proven);
    REQUIRE(stranger);
    REQUIRE(device);
    CHECK(stranger->detail == device->detail);
    CHECK(may({kDevice, Evidence::identity}, act, proven));
  }
}

}  // namespace
}  // namespace msggw::core
