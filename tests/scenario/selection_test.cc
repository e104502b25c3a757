// SPDX-License-Identifier: Apache-2.0
// Devices that an operator means by what they have in common.
#include <doctest/doctest.h>

#include "tests/scenario/steps.h"

namespace msggw::test::selection_test {

using namespace msggw::core;
using namespace msggw::scenario;
namespace base = msggw::base;
using base::Errc;
using namespace std::chrono_literals;

namespace {

bool selected(World& world, DeviceNo no, const Selection& selection) {
  return world.gateway().operations().is_selected(no, selection);
}

DeviceNo from(World& world, const std::string& private_id, base::Source source) {
  RegisterRequest request;
  request.private_id = private_id;
  request.source = source;
  CHECK_FALSE(world.gateway().registrations().register_device(request, world.now()));
  world.settle();
  return *world.gateway().tables().find_private_id(private_id);
}

}  // namespace

TEST_CASE("by a pattern of any of its Private IDs") {
  World world;
  const DeviceNo no = registered(world, "meter-1");
  REQUIRE(world.gateway().operations().add_alias(no, "+15551234567"));
  for (const char* pattern : {"meter-?", "*", "+1555*"})
    CHECK(selected(world, no, {pattern, {}, {}}));
  for (const char* pattern : {"meter", "METER-1", "+1666*"})
    CHECK_FALSE(selected(world, no, {pattern, {}, {}}));
  REQUIRE(world.gateway().operations().remove(no, world.now()));
  CHECK_FALSE(selected(world, no, {"*", {}, {}}));  // it goes already
}

TEST_CASE("by its source, also after a restart") {
  World world;
  const auto here = base::source_of(boost::asio::ip::make_address("192.0.2.7"));
  const DeviceNo one = from(world, "one", here);
  const DeviceNo other = from(world, "other", base::smsc_source(0));
  for (int i = 0; i < 2; ++i) {
    CHECK(selected(world, one, {{}, {}, here}));
    CHECK_FALSE(selected(world, one, {"x*", {}, here}));  // both must fit
    CHECK_FALSE(selected(world, other, {{}, {}, here}));
    CHECK(selected(world, other, {{}, {}, base::smsc_source(0)}));
    CHECK_FALSE(selected(world, other, {{}, {}, base::broker_source()}));
    world.restart();
  }
}

TEST_CASE("by how long it has asked for nothing, to a day") {
  World world;
  const DeviceNo no = registered(world, "meter");
  const auto idle = [&](std::chrono::hours ago) {
    return selected(world, no, {{}, to_seconds(world.now() - ago), {}});
  };
  world.pass(20 * 24h);
  world.pass(25h);
  CHECK(idle(19 * 24h));
  CHECK_FALSE(idle(21 * 24h));
  // What it asks for counts, over a restart too; a registration whose time runs is not idle.
  world.show_up("meter", Bearer::coap, 2, 3'600s);
  CHECK_FALSE(idle(0h));
  world.settle();
  world.restart();
  CHECK_FALSE(idle(0h));
  world.pass(2h);
  world.settle();
  CHECK_FALSE(idle(0h));
  world.pass(3 * 24h);
  CHECK(idle(24h));
  CHECK_FALSE(idle(3 * 24h));
}

TEST_CASE("one that goes on asking is not idle, whatever it is told") {
  World world;
  const DeviceNo suspended = registered(world, "suspended");
  REQUIRE(world.gateway().operations().suspend(suspended, world.now()));
  world.show_up("refused", Bearer::coap, 2);
  world.settle();
  const auto refused = world.ask();
  REQUIRE(refused);
  world.gateway().journey().refused(*refused, "POLICY_DENIED", "no", world.now());
  world.settle();
  world.limits().refused_retry = 100 * 24h;
  world.restart();
  world.pass(30 * 24h);
  const Selection idle{{}, to_seconds(world.now() - 24h), {}};
  for (const DeviceNo no : {suspended, *refused}) {
    CHECK(selected(world, no, idle));
    const Device& device = world.gateway().tables().device(no);
    CHECK(world.show_up(device.private_id, Bearer::coap, 3)->error.code == Errc::refused);
    world.settle();
    CHECK_FALSE(selected(world, no, idle));
  }
  CHECK_FALSE(world.take());
  world.show_up("refused", Bearer::coap, 4);
  CHECK_FALSE(world.take());  // written once a day
}

}  // namespace msggw::test::selection_test
