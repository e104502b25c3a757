// SPDX-License-Identifier: Apache-2.0
// What the Provisioning Function said has a lifetime; and who is asked for first.
#include <doctest/doctest.h>

#include "tests/scenario/world.h"

namespace msggw::test::renewal_test {

using msggw::core::Bearer;
using msggw::core::DeviceNo;
using msggw::core::DeviceState;
using msggw::core::Limits;
using msggw::core::Purpose;
using msggw::core::Renewal;
using msggw::core::Ticket;
using msggw::core::UeType;
using msggw::core::Verdict;
using msggw::scenario::World;
using namespace std::chrono_literals;

namespace {

Limits renewing() {
  Limits limits;
  limits.renewal = Renewal::ask_again;
  return limits;
}

/// Registered over MQTT for ever; what it was told is good for 100 s.
DeviceNo registered(World& world) {
  REQUIRE_FALSE(world.show_up("meter", Bearer::coap, 1, 86'400s));
  world.settle();
  const auto device = world.ask();
  REQUIRE(device);
  world.provision(*device, 100s);
  world.settle();
  world.answers();
  return *device;
}

void expect_served(World& world) {
  const auto answer = world.show_up("meter", Bearer::coap, 2, 86'400s);
  if (answer) CHECK(answer->verdict == Verdict::provisioned);
}

}  // namespace

TEST_CASE("with keep nothing is asked again") {
  World world;
  registered(world);
  world.pass(1'000s);
  expect_served(world);
  CHECK_FALSE(world.ask());
}

TEST_CASE("with ask_again a device is asked for in the background when it next shows itself") {
  World world(renewing());
  const DeviceNo no = registered(world);
  const auto handle = world.gateway().registrations().handle(no);
  world.pass(99s);
  expect_served(world);
  world.settle();
  world.answers();
  CHECK_FALSE(world.ask());
  world.restart();
  world.pass(1s);
  CHECK_FALSE(world.ask());  // a device that does not show itself costs nothing
  const auto answer =
      world.gateway().registrations().refresh({handle, Bearer::coap, Ticket{3}, {}}, world.now());
  if (answer) CHECK(answer->verdict == Verdict::provisioned);
  world.settle();
  REQUIRE(world.ask() == no);
  world.answers();
  CHECK(world.gateway().tables().on_their_way() == 0);
  CHECK(world.gateway().tables().on_their_way(Purpose::renewal) == 1);
  expect_served(world);  // from RAM, and no second ask
  CHECK_FALSE(world.ask());
  world.settle();
  world.answers();

  SUBCASE("nothing new") {
    world.provision(no, 100s);
    world.settle();
    CHECK(world.notices().empty());
    world.restart();
    world.pass(99s);
    expect_served(world);
    CHECK_FALSE(world.ask());
  }
  SUBCASE("other servers: stored, then told") {
    world.provision(no, 100s, "m5s-2");
    CHECK(world.notices().empty());
    world.settle();
    CHECK(world.notices().size() == 1);
    world.restart();
    CHECK(
        world.gateway().registrations().view(no, Bearer::coap).profile->server_service_ids.at(0) ==
        "m5s-2");
    expect_served(world);
    CHECK_FALSE(world.ask());
  }
  SUBCASE("good for ever") {
    world.provision(no);
    world.settle();
    world.pass(100'000'000s);
    expect_served(world);
    CHECK_FALSE(world.ask());
  }
  SUBCASE("another Service ID is a conflict: the device keeps its own") {
    world.gateway().journey().provisioned(no, {"svc-other", {{"m5s-9"}, ""}, 100s}, world.now());
    world.settle();
    world.restart();
    const auto view = world.gateway().registrations().view(no, Bearer::coap);
    CHECK(view.service_id == "svc-meter");
    CHECK(view.profile->server_service_ids.at(0) == "m5s-1");
    CHECK_FALSE(world.gateway().tables().device(no).service_id == "svc-other");
    expect_served(world);
    CHECK_FALSE(world.ask());  // not at once again
  }
  SUBCASE("refused: the device keeps what it has, and is asked for a while later") {
    world.gateway().journey().refused(no, "POLICY_DENIED", "", world.now());
    world.settle();
    CHECK(world.state(no) == DeviceState::provisioned);
    expect_served(world);
    CHECK_FALSE(world.ask());
    world.pass(3'600s);
    expect_served(world);
    CHECK(world.ask() == no);
  }
  SUBCASE("of no use: after a back-off again") {
    world.gateway().journey().failed(no, 0ms, world.now());
    world.pass(60s);
    CHECK(world.ask() == no);
  }
  CHECK(world.gateway().tables().devices_in(DeviceState::provisioned) == 1);
}

TEST_CASE("a changed information goes with the renewal, and only with it") {
  World world(renewing());
  const DeviceNo no = registered(world);
  world.show_up("meter", Bearer::coap, 2, 86'400s, R"({"fw":2})");
  CHECK(world.gateway().tables().info(no).empty());
  world.pass(100s);
  world.show_up("meter", Bearer::coap, 3, 86'400s, R"({"fw":2})");
  CHECK(world.ask() == no);
  CHECK(world.info() == R"({"fw":2})");
}

TEST_CASE("bearers and imports take turns, oldest first in each") {
  World world;
  for (int i = 0; i < 1'000; ++i) {
    CHECK_FALSE(world.show_up("flood-" + std::to_string(i), Bearer::coap, 1));
    REQUIRE(world.gateway().operations().add_device(
        {UeType::non_3gpp, "import-" + std::to_string(i), {}}, world.now()));
  }
  for (int i = 0; i < 3; ++i)
    CHECK_FALSE(world.show_up("mqtt-" + std::to_string(i), Bearer::mqtt, 1));
  world.settle();
  for (int i = 0; i < 12; ++i) REQUIRE(world.ask());
  const std::vector<std::string> expected{"flood-0",  "mqtt-0",   "import-0", "flood-1",
                                          "mqtt-1",   "import-1", "flood-2",  "mqtt-2",
                                          "import-2", "flood-3",  "import-3", "flood-4"};
  CHECK(world.asked() == expected);
  std::size_t rest = 0;
  while (world.ask()) ++rest;
  CHECK(rest == 2'003 - 12);
}

TEST_CASE("a device of an import that shows up by itself leaves the queue of the import") {
  World world;
  for (int i = 0; i < 1'000; ++i) {
    REQUIRE(world.gateway().operations().add_device(
        {UeType::non_3gpp, "import-" + std::to_string(i), {}}, world.now()));
  }
  world.settle();
  CHECK_FALSE(world.show_up("import-999", Bearer::mqtt, 1));
  CHECK(world.ask());
  CHECK(world.ask());
  CHECK(world.asked() == std::vector<std::string>{"import-999", "import-0"});
  std::size_t rest = 0;
  while (world.ask()) ++rest;
  CHECK(rest == 998);
}

}  // namespace msggw::test::renewal_test
