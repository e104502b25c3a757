// SPDX-License-Identifier: Apache-2.0
// A bearer whose peer only hands over what a device says (an SMSC) and wants it to be safe soon.
#include "tests/scenario/steps.h"

namespace msggw::test::handed_over_test {

using msggw::core::Bearer;
using msggw::core::DeviceState;
using msggw::core::Verdict;
using msggw::scenario::World;
using namespace std::chrono_literals;

namespace {

constexpr const char* kNumber = "+4915112345678";

auto hand_over(World& world, std::uint64_t ticket) {
  msggw::core::RegisterRequest request;
  request.bearer = Bearer::sms;
  request.ticket = msggw::core::Ticket{ticket};
  request.ue_type = msggw::core::UeType::legacy_3gpp;
  request.private_id = kNumber;
  request.forever = true;
  request.when_recorded = true;
  return world.gateway().registrations().register_device(request, world.now());
}

}  // namespace

TEST_CASE("what is handed over is answered with the commit of the record") {
  World world;
  CHECK_FALSE(hand_over(world, 1));
  REQUIRE(world.take());
  CHECK(world.answers().empty());
  world.commit();
  const auto answers = world.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].bearer == Bearer::sms);
  CHECK(answers[0].answer.verdict == Verdict::pending);
  CHECK(answers[0].answer.began);

  const auto device = world.ask();
  REQUIRE(device);
  world.provision(*device);
  CHECK(world.notices().empty());
  world.settle();
  const auto notices = world.notices();
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].first);
  CHECK(world.answers().empty());
}

TEST_CASE("a message handed over twice waits for the same commit, and begins nothing") {
  World world;
  CHECK_FALSE(hand_over(world, 1));
  REQUIRE(world.take());
  CHECK_FALSE(hand_over(world, 2));  // the record is in flight
  CHECK(world.answers().empty());
  world.commit();
  const auto answers = world.answers();
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].answer.began);
  CHECK_FALSE(answers[1].answer.began);
  const auto third = hand_over(world, 3);  // all is durable, no Service ID yet
  REQUIRE(third);
  CHECK(third->verdict == Verdict::pending);
  CHECK_FALSE(third->began);
}

TEST_CASE("a device that is known by another bearer begins over this one") {
  World world;
  const auto device = msggw::scenario::registered(world, kNumber);
  CHECK_FALSE(hand_over(world, 2));  // the new registration is to be durable first
  world.settle();
  const auto answers = world.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].answer.verdict == Verdict::provisioned);
  CHECK(answers[0].answer.device == device);
  CHECK(answers[0].answer.began);
  const auto again = hand_over(world, 3);
  REQUIRE(again);
  CHECK(again->verdict == Verdict::provisioned);
  CHECK_FALSE(again->began);
}

TEST_CASE("the end of a first contact is known as such after a restart, a suspension is none") {
  World world;
  CHECK_FALSE(hand_over(world, 1));
  world.settle();
  world.restart();
  const auto device = world.ask();
  REQUIRE(device);
  world.provision(*device);
  world.settle();
  auto notices = world.notices();
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].first);

  REQUIRE(world.gateway().operations().suspend(*device, world.now()));
  world.settle();
  notices = world.notices();
  REQUIRE(notices.size() == 1);
  CHECK_FALSE(notices[0].first);
}

TEST_CASE("what the store does not take is not said to be safe") {
  World world;
  CHECK_FALSE(hand_over(world, 1));
  REQUIRE(world.take());  // and it never answers
  CHECK_FALSE(hand_over(world, 2));
  world.pass(2'000ms);
  const auto answers = world.answers();
  REQUIRE(answers.size() == 2);
  for (const auto& [bearer, answer] : answers) {
    CHECK(answer.verdict == Verdict::failed);
    CHECK(answer.error.code == msggw::base::Errc::unavailable);
  }
}

}  // namespace msggw::test::handed_over_test
