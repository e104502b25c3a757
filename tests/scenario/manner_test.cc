// SPDX-License-Identifier: Apache-2.0
// How a device takes messages is what it said at its last registration.
#include <doctest/doctest.h>

#include "tests/scenario/world.h"

namespace msggw::scenario {
namespace {

using core::DeviceNo;
using core::Manner;

std::optional<core::Answer> registers(World& world, std::optional<Manner> manner) {
  core::RegisterRequest request;
  request.bearer = core::Bearer::mqtt;
  request.ticket = core::Ticket{1};
  request.private_id = "meter";
  request.forever = true;
  request.manner = manner;
  return world.gateway().registrations().register_device(request, world.now());
}

Manner manner_of(World& world) {
  return world.gateway().tables().device(DeviceNo{0}).manner;
}

}  // namespace

TEST_CASE("what a device says of its messages is durable before it is answered, and stays") {
  World world;
  CHECK_FALSE(registers(world, Manner{.plain = true, .reports = false}));
  world.settle();
  world.provision(*world.ask());
  world.settle();
  CHECK(manner_of(world) == Manner{.plain = true, .reports = false});
  CHECK(registers(world, std::nullopt));  // nothing is to be written

  CHECK_FALSE(registers(world, Manner{.plain = false, .reports = true}));
  world.restart();  // before the commit
  CHECK(manner_of(world) == Manner{.plain = true, .reports = false});
  CHECK_FALSE(registers(world, Manner{.plain = false, .reports = true}));
  world.settle();
  CHECK(world.answers().size() == 1);
  world.restart();
  CHECK(manner_of(world) == Manner{.plain = false, .reports = true});
  CHECK(registers(world, std::nullopt));
  CHECK(manner_of(world) == Manner{.plain = false, .reports = true});
}

}  // namespace msggw::scenario
