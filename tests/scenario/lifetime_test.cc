// SPDX-License-Identifier: Apache-2.0
// Registrations with this gateway: lifetime, refresh, expiry, de-registration (RFC 9176 5).
#include <doctest/doctest.h>

#include "tests/scenario/world.h"

using msggw::base::Errc;
using msggw::core::Bearer;
using msggw::core::DeviceNo;
using msggw::core::Ticket;
using msggw::core::Verdict;
using msggw::scenario::World;
using namespace std::chrono_literals;

namespace {

std::string registered(World& world, std::optional<std::chrono::seconds> lifetime = {}) {
  REQUIRE_FALSE(world.show_up("meter", Bearer::coap, 1, lifetime));
  world.settle();
  world.provision(*world.ask());
  world.settle();
  world.answers();
  return world.gateway().registrations().handle(DeviceNo{0});
}

bool alive(World& world, const std::string& handle) {
  return world.gateway().registrations().find_handle(handle, Bearer::coap).has_value();
}

}  // namespace

TEST_CASE("a registration ends with its lifetime and not before") {
  World world;
  const auto handle = registered(world, 100s);
  world.pass(99s);
  CHECK(alive(world, handle));
  world.pass(1s);
  CHECK_FALSE(alive(world, handle));
  world.settle();
  world.restart();
  CHECK_FALSE(alive(world, handle));
  CHECK(world.gateway().registrations().view(DeviceNo{0}, Bearer::coap).service_id ==
        "svc-meter");  // for ever
}

TEST_CASE("it lasts as long as the device was told, in whatever part of a second it came") {
  for (const auto part : {1ms, 500ms, 999ms}) {
    World world;
    world.pass(part);
    const auto handle = registered(world, 100s);
    world.pass(100s - 1ms);
    CHECK(alive(world, handle));
    world.pass(1s);
    CHECK_FALSE(alive(world, handle));
  }
}

TEST_CASE("likewise one that is renewed, or was read from the store") {
  for (const auto part : {1ms, 500ms, 999ms}) {
    World world;
    const auto handle = registered(world, 100s);
    world.pass(90s + part);
    CHECK_FALSE(world.gateway().registrations().refresh({handle, Bearer::coap, Ticket{2}, {}},
                                                        world.now()));
    world.settle();
    world.pass(100s - 1ms);
    CHECK(alive(world, handle));
    world.restart();
    CHECK(alive(world, handle));
    const auto until_s = world.gateway().tables().device(DeviceNo{0}).told_until_s(Bearer::coap);
    CHECK(until_s > msggw::core::to_seconds(world.now()));
  }
}

TEST_CASE("a refresh renews it, for as long as before or as asked") {
  World world;
  const auto handle = registered(world, 100s);
  world.pass(20s);
  const auto answer =
      world.gateway().registrations().refresh({handle, Bearer::coap, Ticket{2}, {}}, world.now());
  REQUIRE(answer);  // within the quarter that is durable already
  CHECK(answer->verdict == Verdict::provisioned);
  world.pass(99s);
  CHECK(alive(world, handle));
  CHECK_FALSE(world.gateway().registrations().refresh({handle, Bearer::coap, Ticket{3}, 1000s},
                                                      world.now()));
  CHECK(world.answers().empty());
  world.settle();
  CHECK(world.answers().size() == 1);
  world.pass(999s);
  CHECK(alive(world, handle));
  world.pass(1s);
  CHECK_FALSE(alive(world, handle));
}

TEST_CASE("a shorter lifetime ends sooner than the one before would have") {
  World world;
  auto handle = registered(world, 10'000s);
  SUBCASE("by a refresh") {
    world.gateway().registrations().refresh({handle, Bearer::coap, Ticket{2}, 100s}, world.now());
  }
  SUBCASE("by another registration") {
    world.show_up("meter", Bearer::coap, 2, 100s);
    handle = world.gateway().registrations().handle(DeviceNo{0});
  }
  SUBCASE("after the one before was ended") {
    world.gateway().registrations().deregister_handle(handle, Bearer::coap, Ticket{2}, world.now());
    world.settle();
    world.show_up("meter", Bearer::coap, 3, 100s);
    handle = world.gateway().registrations().handle(DeviceNo{0});
  }
  world.settle();
  world.pass(99s);
  CHECK(alive(world, handle));
  world.pass(1s);
  CHECK_FALSE(alive(world, handle));
}

TEST_CASE("a promised lifetime survives a power cut") {
  World world;
  const auto handle = registered(world, 100s);
  for (int refresh = 0; refresh < 50; ++refresh) {
    world.pass(13s);
    const auto said =
        world.gateway().registrations().refresh({handle, Bearer::coap, Ticket{9}, {}}, world.now());
    if (!said) world.settle();
    const auto told_until = world.now() + 100s;
    world.restart();
    const auto until = std::chrono::seconds{
        world.gateway().registrations().view(DeviceNo{0}, Bearer::coap).binding.until_s};
    CHECK(until >= told_until.time_since_epoch());
    CHECK(until <= told_until.time_since_epoch() + 25s);
  }
}

TEST_CASE("until when it is registered is what it was told, also after restarts") {
  World world;
  registered(world, 100s);
  const auto device = [&]() -> const msggw::core::Device& {
    return world.gateway().tables().device(DeviceNo{0});
  };
  const auto told = msggw::core::to_seconds(world.now() + 100s);
  CHECK(device().told_until_s(Bearer::coap) == told);
  for (int i = 0; i < 3; ++i) {
    world.restart();
    CHECK(device().binding(Bearer::coap).until_s == told + 25);
    CHECK(device().told_until_s(Bearer::coap) == told);
    REQUIRE(world.gateway().operations().suspend(DeviceNo{0}, world.now()));  // writes the row
    REQUIRE(world.gateway().operations().resume(DeviceNo{0}));
    world.settle();
    CHECK(device().told_until_s(Bearer::coap) == told);
  }
  world.pass(10s);
  world.show_up("meter", Bearer::coap, 8, 100s);
  CHECK(device().told_until_s(Bearer::coap) == msggw::core::to_seconds(world.now() + 100s));
  CHECK(device().told_until_s(Bearer::mqtt) == msggw::core::Binding::kNever);
}

TEST_CASE("lifetimes outside the limits are moved to the nearer one") {
  World world;
  registered(world, 1s);
  CHECK(world.gateway().registrations().view(DeviceNo{0}, Bearer::coap).binding.lifetime_s == 60);
  world.show_up("meter", Bearer::coap, 2, std::chrono::seconds::max());
  CHECK(world.gateway().registrations().view(DeviceNo{0}, Bearer::coap).binding.lifetime_s ==
        2'592'000);
}

TEST_CASE("a de-registration is answered after its commit, and the Service ID stays") {
  World world;
  const auto handle = registered(world);
  CHECK_FALSE(world.gateway().registrations().deregister_handle(handle, Bearer::coap, Ticket{4},
                                                                world.now()));
  REQUIRE(world.take());
  CHECK(world.answers().empty());
  world.commit();
  CHECK(world.answers().at(0).answer.verdict == Verdict::deregistered);
  CHECK(world.gateway()
            .registrations()
            .deregister_handle(handle, Bearer::coap, Ticket{5}, world.now())
            ->error.code == Errc::unknown_device);
  world.restart();
  CHECK_FALSE(alive(world, handle));

  CHECK_FALSE(world.show_up("meter", Bearer::coap,
                            6));  // a new registration must be durable before it is said
  world.settle();
  CHECK(world.answers().at(0).answer.verdict == Verdict::provisioned);
  CHECK(world.gateway().registrations().view(DeviceNo{0}, Bearer::coap).service_id == "svc-meter");
  CHECK_FALSE(world.ask());
}

TEST_CASE(
    "registering again while the first registration is being committed waits for the commit") {
  World world;
  const auto handle = registered(world);
  CHECK_FALSE(world.gateway().registrations().deregister_handle(handle, Bearer::coap, Ticket{4},
                                                                world.now()));
  world.settle();
  world.answers();
  CHECK_FALSE(world.show_up("meter", Bearer::coap, 5));
  REQUIRE(world.take());
  CHECK_FALSE(world.show_up("meter", Bearer::coap, 6));
  world.commit();
  CHECK(world.answers().size() == 1);
  world.settle();
  CHECK(world.answers().size() == 1);
}

TEST_CASE("a store that does not commit is told to the device after a while") {
  World world;
  const auto handle = registered(world);
  CHECK_FALSE(world.gateway().registrations().deregister_handle(handle, Bearer::coap, Ticket{4},
                                                                world.now()));
  world.take();
  CHECK(world.gateway().turn().next_deadline() == world.now() + 2'000ms);
  world.pass(2'000ms);
  const auto answers = world.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].answer.error.code == Errc::unavailable);
  world.commit();
  CHECK(world.answers().empty());
}

TEST_CASE("many registrations and ends leave one reminder each") {
  World world;
  registered(world, 100s);
  for (int i = 0; i < 1'000; ++i) {
    world.gateway().registrations().deregister("meter", Bearer::coap, Ticket{1}, world.now());
    world.show_up("meter", Bearer::coap, 2, 100s);
    world.settle();
    world.answers();
  }
  world.pass(100s);
  world.settle();
  CHECK_FALSE(world.gateway().registrations().view(DeviceNo{0}, Bearer::coap).binding.alive());
  CHECK_FALSE(world.gateway().turn().next_deadline());
}
