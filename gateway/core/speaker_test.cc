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

TEST_CASE("who has proved to be another device is refused everywhere, as if there were none") {
  for (const Admission admission : {Admission::open, Admission::known, Admission::proven}) {
    const ListenerPolicy policy{admission, true, true};
    for (const Act act : {Act::register_device, Act::registration, Act::message}) {
      const auto known = why_not({kDevice, Evidence::handle, true, true}, act, policy);
      const auto unknown = why_not({std::nullopt, Evidence::claim, false, true}, act, policy);
      REQUIRE(known);
      REQUIRE(unknown);
      CHECK(known->code == unknown->code);
      CHECK(known->detail == unknown->detail);
      const bool registers = act == Act::register_device;
      CHECK(known->code == (registers ? base::Errc::refused : base::Errc::unknown_device));
    }
  }
}

TEST_CASE(
    "a device that has credentials is not spoken for without them, unless the operator says so") {
  const Speaker claim{kDevice, Evidence::claim, true};
  const Speaker handle{kDevice, Evidence::handle, true};
  CHECK_FALSE(may(claim, Act::register_device, {Admission::open, true}));
  CHECK_FALSE(may(handle, Act::registration, {Admission::open, true}));
  CHECK_FALSE(may(handle, Act::message, {Admission::open, true}));
  CHECK(may(claim, Act::register_device, {Admission::open, true, true}));
  CHECK(may(handle, Act::message, {Admission::open, true, true}));
  CHECK(may({kDevice, Evidence::identity, true}, Act::message, {Admission::open}));
  // Where only known devices are served, it looks as one that is not.
  const ListenerPolicy known{Admission::known, true};
  const auto stranger = why_not({std::nullopt, Evidence::claim}, Act::register_device, known);
  const auto hidden = why_not(claim, Act::register_device, known);
  REQUIRE(hidden);
  CHECK(hidden->detail == stranger->detail);
}

}  // namespace
}  // namespace msggw::core
