// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "tests/scenario/world.h"

/// Steps that several scenarios begin with.
namespace msggw::scenario {

/// A device that is registered over CoAP, committed.
inline core::DeviceNo registered(World& world, const std::string& private_id) {
  REQUIRE_FALSE(world.show_up(private_id, core::Bearer::coap, 1));
  world.settle();
  const auto device = world.ask();
  REQUIRE(device);
  world.provision(*device);
  world.settle();
  world.answers();
  world.notices();
  return *device;
}

/// What was decided is durable with one more commit, and not before.
inline void settle_decision(World& world) {
  REQUIRE(world.gateway().tables().durable_with());
  world.settle();
  CHECK_FALSE(world.gateway().tables().durable_with());
}

}  // namespace msggw::scenario
