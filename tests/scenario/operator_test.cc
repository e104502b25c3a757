// SPDX-License-Identifier: Apache-2.0
// What an operator does to devices: add, suspend, resume, ask again, with a power cut at each step.
#include <doctest/doctest.h>

#include "tests/scenario/steps.h"

namespace msggw::test::operator_test {

using msggw::base::Errc;
using namespace msggw::core;
using namespace msggw::scenario;
using namespace std::chrono_literals;

namespace {

DeviceNo add(World& world, std::string_view private_id, std::string_view info = {}) {
  const auto added =
      world.gateway().operations().add_device({UeType::legacy_3gpp, private_id, info}, world.now());
  REQUIRE(added);
  return added->device;
}

}  // namespace

TEST_CASE("a device added before it shows up is asked for, and served at once when it does") {
  World world;
  const DeviceNo no = add(world, "00:1B:63:84:45:E6", R"({"vendor":"Acme"})");
  CHECK_FALSE(world.ask());  // not before it is durable
  SUBCASE("undisturbed") {
    settle_decision(world);
  }
  SUBCASE("power cut after the commit") {
    settle_decision(world);
    world.restart();
  }
  CHECK(world.ask() == no);
  CHECK(world.kind() == AskKind::provision);
  CHECK(world.info() == R"({"vendor":"Acme"})");
  CHECK(world.gateway().tables().device(no).ue_type == UeType::legacy_3gpp);
  world.provision(no);
  world.settle();
  CHECK(world.answers().empty());
  CHECK(world.notices().empty());
  CHECK_FALSE(world.show_up("001b.6384.45e6", Bearer::mqtt, 5));
  world.settle();
  CHECK(world.answers().at(0).answer.verdict == Verdict::provisioned);
  CHECK(world.gateway().tables().devices() == 1);
  CHECK(world.gateway().tables().info(no) == R"({"vendor":"Acme"})");
}

TEST_CASE("adding a device that is known in any spelling changes nothing") {
  World world;
  const DeviceNo no = registered(world, "00:1b:63:84:45:e6");
  const auto again =
      world.gateway().operations().add_device({UeType::as, "001B63-84-45E6", {}}, world.now());
  REQUIRE(again);
  CHECK(again->is_new);  // another text: not one of the spellings of a MAC
  const auto known =
      world.gateway().operations().add_device({UeType::as, "001B638445E6", {}}, world.now());
  REQUIRE(known);
  CHECK_FALSE(known->is_new);
  CHECK(known->device == no);
  CHECK(world.gateway().tables().device(no).ue_type == UeType::non_3gpp);
  CHECK(known->has_other_type);
  CHECK_FALSE(known->has_other_info);
  const auto silent =
      world.gateway().operations().add_device({std::nullopt, "001B638445E6", {}}, world.now());
  CHECK_FALSE(silent->has_other_type);
  const auto other = world.gateway().operations().add_device(
      {UeType::non_3gpp, "001B638445E6", R"({"a":1})"}, world.now());
  CHECK_FALSE(other->has_other_type);
  CHECK(other->has_other_info);
  CHECK(world.gateway().tables().info(no).empty());
}

TEST_CASE("wrong devices are not added") {
  World world;
  const auto reason = [&](std::string_view id, std::string_view info = {}) {
    return world.gateway()
        .operations()
        .add_device({UeType::as, id, info}, world.now())
        .error()
        .code;
  };
  CHECK(reason("") == Errc::missing);
  CHECK(reason("a\nb") == Errc::malformed);
  CHECK(reason("a", std::string(600, 'x')) == Errc::too_large);
  CHECK(world.gateway().tables().devices() == 0);
  world.limits().max_devices = 1;
  world.restart();
  add(world, "one");
  CHECK(reason("two") == Errc::overloaded);
}

TEST_CASE("with first_contact = known, strangers leave no trace and friends are served") {
  World world;
  world.limits().first_contact = FirstContact::known;
  world.restart();
  const auto stranger = world.show_up("stranger", Bearer::coap, 1);
  REQUIRE(stranger);
  CHECK(stranger->verdict == Verdict::failed);
  CHECK(stranger->error.code == Errc::unknown_device);
  CHECK_FALSE(world.gateway().tables().has_changes());
  CHECK(world.gateway().tables().devices() == 0);

  add(world, "friend");
  world.settle();
  CHECK_FALSE(world.show_up("friend", Bearer::coap, 2));
  world.provision(*world.ask());
  world.settle();
  CHECK(world.answers().at(0).answer.verdict == Verdict::provisioned);
}

TEST_CASE("a suspended device is refused with the cause, and goes on as before when resumed") {
  World world;
  const DeviceNo no = registered(world, "meter");
  const auto handle = world.gateway().registrations().handle(no);
  REQUIRE(world.gateway().operations().suspend(no, world.now()));
  CHECK(world.notices().empty());
  settle_decision(world);
  CHECK(world.notices().size() == 1);
  SUBCASE("undisturbed too") {}
  SUBCASE("power cut") {
    world.restart();
  }
  CHECK(world.gateway().tables().devices_in(DeviceState::suspended) == 1);
  const auto refused = [&](std::optional<msggw::core::Answer> answer) {
    REQUIRE(answer);
    CHECK(answer->verdict == Verdict::refused);
    CHECK(answer->error.detail == "SUSPENDED: the operator has suspended this device");
  };
  refused(world.show_up("meter", Bearer::coap, 2));
  refused(world.show_up("meter", Bearer::mqtt, 3));
  refused(
      world.gateway().registrations().refresh({handle, Bearer::coap, Ticket{4}, {}}, world.now()));
  refused(world.gateway().registrations().deregister_handle(handle, Bearer::coap, Ticket{5},
                                                            world.now()));
  CHECK_FALSE(world.gateway().tables().has_changes());
  CHECK_FALSE(world.ask());
  REQUIRE(world.gateway().operations().suspend(no, world.now()));  // again
  CHECK_FALSE(world.gateway().tables().has_changes());
  CHECK_FALSE(world.gateway().operations().ask_again(no));

  REQUIRE(world.gateway().operations().resume(no));
  settle_decision(world);
  CHECK(world.state(no) == DeviceState::provisioned);
  CHECK(world.gateway().registrations().view(no, Bearer::coap).service_id == "svc-meter");
  const auto answer = world.show_up("meter", Bearer::coap, 6);
  REQUIRE(answer);
  CHECK(answer->verdict == Verdict::provisioned);
  CHECK_FALSE(world.ask());
}

TEST_CASE("a device suspended on its way is not asked for until it is resumed") {
  World world;
  CHECK_FALSE(world.show_up("meter", Bearer::coap, 7, {}, R"({"a":1})"));
  const DeviceNo no{0};
  const auto suspend = [&] {
    REQUIRE(world.gateway().operations().suspend(no, world.now()));
    CHECK(world.answers().empty());
    world.settle();
    const auto answers = world.answers();
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].answer.ticket == Ticket{7});
    CHECK(answers[0].answer.verdict == Verdict::refused);
    CHECK_FALSE(world.ask());
    CHECK(world.gateway().tables().on_their_way() == 0);
  };
  SUBCASE("before its first commit") {
    suspend();
  }
  SUBCASE("during its first commit") {
    world.take();
    REQUIRE(world.gateway().operations().suspend(no, world.now()));
    world.commit();
    CHECK(world.answers().empty());
    CHECK_FALSE(world.ask());
    suspend();
  }
  SUBCASE("when it is due") {
    world.settle();
    suspend();
  }
  SUBCASE("in back-off") {
    world.settle();
    world.gateway().journey().failed(*world.ask(), 0ms, world.now());
    suspend();
    world.pass(60'000ms);
    CHECK_FALSE(world.ask());
  }
  SUBCASE("and the power is cut") {
    world.settle();
    suspend();
    world.restart();
    world.pass(60'000ms);
    CHECK_FALSE(world.ask());
  }
  REQUIRE(world.gateway().operations().resume(no));
  world.settle();
  CHECK(world.ask() == no);
  CHECK(world.info() == R"({"a":1})");
  CHECK_FALSE(world.ask());
  world.provision(no);
  world.settle();
  CHECK(world.state(no) == DeviceState::provisioned);
}

TEST_CASE("resumed before the first commit it is asked for once") {
  World world;
  CHECK_FALSE(world.show_up("meter", Bearer::coap, 7));
  REQUIRE(world.gateway().operations().suspend(DeviceNo{0}, world.now()));
  REQUIRE(world.gateway().operations().resume(DeviceNo{0}));
  CHECK_FALSE(world.ask());
  world.settle();
  CHECK(world.ask());
  CHECK_FALSE(world.ask());
}

TEST_CASE("an ask in hand when the device is suspended is neither repeated nor believed") {
  World world;
  CHECK_FALSE(world.show_up("meter", Bearer::coap, 7));
  world.settle();
  const DeviceNo no = *world.ask();
  REQUIRE(world.gateway().operations().suspend(no, world.now()));
  world.settle();
  SUBCASE("answered while suspended: asked for anew when resumed") {
    world.provision(no);
    CHECK_FALSE(world.gateway().tables().device(no).has_service_id());
    CHECK(world.gateway().tables().on_their_way() == 0);
    REQUIRE(world.gateway().operations().resume(no));
    CHECK(world.ask() == no);
  }
  SUBCASE("resumed while in hand: that ask will do") {
    REQUIRE(world.gateway().operations().resume(no));
    CHECK_FALSE(world.ask());
  }
  world.provision(no);
  world.settle();
  CHECK(world.gateway().registrations().view(no, Bearer::coap).service_id == "svc-meter");
}

TEST_CASE("a suspended device that had been refused is refused again when resumed") {
  World world;
  CHECK_FALSE(world.show_up("meter", Bearer::coap, 7));
  world.settle();
  const DeviceNo no = *world.ask();
  world.gateway().journey().refused(no, "POLICY_DENIED", "no", world.now());
  world.settle();
  REQUIRE(world.gateway().operations().suspend(no, world.now()));
  world.settle();
  world.restart();
  REQUIRE(world.gateway().operations().resume(no));
  CHECK(world.state(no) == DeviceState::refused);
  CHECK(world.show_up("meter", Bearer::coap, 8)->error.detail == "POLICY_DENIED: no");
}

TEST_CASE("asked again by the operator") {
  World world;
  SUBCASE("a refused device, long before its time") {
    CHECK_FALSE(world.show_up("meter", Bearer::coap, 7, {}, R"({"a":1})"));
    world.settle();
    world.gateway().journey().refused(*world.ask(), "POLICY_DENIED", "no", world.now());
    world.settle();
    world.restart();
    REQUIRE(world.gateway().operations().ask_again(DeviceNo{0}));
    settle_decision(world);
    CHECK(world.ask() == DeviceNo{0});
    CHECK(world.info() == R"({"a":1})");
    world.provision(DeviceNo{0});
    world.settle();
    CHECK(world.state(DeviceNo{0}) == DeviceState::provisioned);
  }
  SUBCASE("one in back-off: now") {
    CHECK_FALSE(world.show_up("meter", Bearer::coap, 7));
    world.settle();
    world.gateway().journey().failed(*world.ask(), 100'000ms, world.now());
    REQUIRE(world.gateway().operations().ask_again(DeviceNo{0}));
    CHECK(world.ask() == DeviceNo{0});
    CHECK_FALSE(world.ask());
  }
  SUBCASE("one with a Service ID, over a power cut") {
    const DeviceNo no = registered(world, "meter");
    REQUIRE(world.gateway().operations().ask_again(no));
    settle_decision(world);
    world.restart();
    REQUIRE(world.ask() == no);
    CHECK(world.show_up("meter", Bearer::coap, 8)->verdict == Verdict::provisioned);
    world.provision(no, 0s, "m5s-2");
    world.settle();
    world.restart();
    CHECK_FALSE(world.ask());
    const auto view = world.gateway().registrations().view(no, Bearer::coap);
    CHECK(view.service_id == "svc-meter");
    CHECK(view.profile->server_service_ids.at(0) == "m5s-2");
  }
  SUBCASE("and suspended meanwhile") {
    const DeviceNo no = registered(world, "meter");
    REQUIRE(world.gateway().operations().ask_again(no));
    REQUIRE(world.gateway().operations().suspend(no, world.now()));
    world.settle();
    CHECK_FALSE(world.ask());
    REQUIRE(world.gateway().operations().resume(no));
    world.settle();
    CHECK(world.ask() == no);
  }
}

}  // namespace msggw::test::operator_test
