// SPDX-License-Identifier: Apache-2.0
// A device whose information comes behind its registration: an SMS in parts.
#include <doctest/doctest.h>

#include "tests/scenario/world.h"

namespace msggw::scenario {
namespace {

using namespace std::chrono_literals;
using core::Bearer;
using core::DeviceNo;
using core::DeviceState;

constexpr const char* kInfo = R"({"vendor":"Acme"})";

class Phone {
 public:
  explicit Phone(World& to) : world(to) {
    say({}, false);
    world.settle();
    no = *world.gateway().tables().find_private_id("+15551234567");
  }
  std::optional<core::Answer> say(std::string_view info, bool late) {
    core::RegisterRequest request;
    request.bearer = Bearer::sms;
    request.ticket = core::Ticket{1};
    request.private_id = "+15551234567";
    request.info = info;
    request.info_is_late = late;
    request.when_recorded = true;
    request.forever = true;
    return world.gateway().registrations().register_device(request, world.now());
  }

  World& world;
  DeviceNo no{};
};

/// The device is asked for once more, with what it said, and then no more.
void expect_one_more_ask(World& world, DeviceNo no) {
  world.settle();
  REQUIRE(world.ask() == no);
  CHECK(world.info() == kInfo);
  world.provision(no);
  world.settle();
  CHECK_FALSE(world.ask());
  CHECK(world.state(no) == DeviceState::provisioned);
}

TEST_CASE("information that comes before the first ask goes with it") {
  World world;
  Phone phone(world);
  phone.say(kInfo, true);
  expect_one_more_ask(world, phone.no);
}

TEST_CASE("information that comes behind an ask goes with one more") {
  World world;
  Phone phone(world);
  REQUIRE(world.ask() == phone.no);
  SUBCASE("while it is under way") {
    phone.say(kInfo, true);
    world.settle();
    world.provision(phone.no);
  }
  SUBCASE("while its answer is on its way to the store") {
    world.provision(phone.no);
    REQUIRE(world.take());
    phone.say(kInfo, true);
    world.commit();
  }
  SUBCASE("when all is done") {
    world.provision(phone.no);
    world.settle();
    phone.say(kInfo, true);
  }
  SUBCASE("when all is done, and then the process dies") {
    world.provision(phone.no);
    world.settle();
    phone.say(kInfo, true);
    world.settle();
    world.restart();
  }
  SUBCASE("while it is under way, and the process dies behind the answer") {
    phone.say(kInfo, true);
    world.provision(phone.no);
    world.settle();
    world.restart();
  }
  SUBCASE("while a renewal is under way") {
    world.provision(phone.no);
    world.settle();
    REQUIRE(world.gateway().operations().ask_again(phone.no));
    REQUIRE(world.ask() == phone.no);
    phone.say(kInfo, true);
    world.settle();
    world.provision(phone.no);
  }
  SUBCASE("over another bearer, which does not say that it is late") {
    world.show_up("+15551234567", Bearer::coap, 2, {}, kInfo);
    world.settle();
    world.provision(phone.no);
  }
  expect_one_more_ask(world, phone.no);
}

TEST_CASE("a refusal of before is opened by it, once") {
  World world;
  Phone phone(world);
  REQUIRE(world.ask() == phone.no);
  const auto refuse = [&] {
    world.gateway().journey().refused(phone.no, "POLICY_DENIED", "no vendor", world.now());
  };
  SUBCASE("while it is under way") {
    phone.say(kInfo, true);
    refuse();
  }
  SUBCASE("while it is on its way to the store") {
    refuse();
    REQUIRE(world.take());
    phone.say(kInfo, true);
    world.commit();
  }
  SUBCASE("when it stands") {
    refuse();
    world.settle();
    phone.say(kInfo, true);
  }
  world.settle();
  REQUIRE(world.ask() == phone.no);
  CHECK(world.info() == kInfo);
  refuse();
  world.settle();
  CHECK(world.state(phone.no) == DeviceState::refused);
  phone.say(R"({"vendor":"Other"})", true);
  world.settle();
  CHECK_FALSE(world.ask());
  CHECK(world.gateway().tables().info(phone.no) == kInfo);
}

TEST_CASE("a suspended device is not asked for by it") {
  World world;
  Phone phone(world);
  REQUIRE(world.ask() == phone.no);
  world.provision(phone.no);
  world.settle();
  REQUIRE(world.gateway().operations().suspend(phone.no, world.now()));
  phone.say(kInfo, true);
  world.settle();
  CHECK_FALSE(world.ask());
}

}  // namespace
}  // namespace msggw::scenario
