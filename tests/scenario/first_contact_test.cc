// SPDX-License-Identifier: Apache-2.0
// The contribution 6.X.1.4 step by step, with a power cut at each step.
#include <doctest/doctest.h>

#include "tests/scenario/steps.h"

namespace msggw::test::first_contact_test {

using msggw::core::Bearer;
using msggw::core::DeviceNo;
using msggw::core::DeviceState;
using msggw::core::Ticket;
using msggw::core::Verdict;
using msggw::scenario::registered;
using msggw::scenario::World;
using namespace std::chrono_literals;

namespace {

const std::string kMac = "00-1B-63-84-45-E6";

}  // namespace

TEST_CASE("nothing leaves the gateway before the Private ID is durable") {
  World world;
  CHECK_FALSE(world.show_up(kMac, Bearer::coap, 7));
  CHECK_FALSE(world.ask());
  REQUIRE(world.take());
  CHECK_FALSE(world.ask());
  world.commit();
  CHECK(world.ask() == DeviceNo{0});
  CHECK(world.asked() == std::vector<std::string>{"001b638445e6"});
}

TEST_CASE("nobody is told a Service ID before it is durable") {
  World world;
  CHECK_FALSE(world.show_up(kMac, Bearer::coap, 7));
  world.settle();
  world.provision(*world.ask());
  CHECK(world.answers().empty());
  CHECK_FALSE(world.show_up(kMac, Bearer::coap, 8));
  REQUIRE(world.take());
  CHECK_FALSE(world.show_up(kMac, Bearer::coap, 9));
  CHECK(world.answers().empty());
  world.commit();
  const auto answers = world.answers();
  REQUIRE(answers.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(answers[i].answer.verdict == Verdict::provisioned);
    CHECK(answers[i].answer.ticket == Ticket{7 + i});
  }
  CHECK(world.gateway().registrations().view(DeviceNo{0}, Bearer::coap).service_id ==
        "svc-001b638445e6");
}

TEST_CASE("bearers learn of the end of a first contact in the turn that decides it, once") {
  World world;
  CHECK_FALSE(world.show_up(kMac, Bearer::coap, 7));
  CHECK_FALSE(world.show_up("+4915112345678", Bearer::sms, 8));
  world.settle();
  CHECK(world.decisions().empty());
  world.provision(*world.ask());
  const auto first = world.decisions();
  REQUIRE(first.size() == 1);
  CHECK(first.front().bearer == Bearer::coap);
  CHECK(world.gateway().tables().device(first.front().device).has_service_id());
  world.settle();
  CHECK(world.decisions().empty());
  world.restart();
  const DeviceNo phone = *world.ask();
  world.gateway().journey().refused(phone, "POLICY_DENIED", "no", world.now());
  const auto second = world.decisions();
  REQUIRE(second.size() == 1);
  CHECK(second.front().bearer == Bearer::sms);
  CHECK(second.front().device == phone);
  world.settle();
  world.restart();
  CHECK(world.decisions().empty());
}

TEST_CASE("a registration over a second bearer is not told with a commit that does not hold it") {
  World world;
  CHECK_FALSE(world.show_up(kMac, Bearer::coap, 1));
  world.settle();
  world.provision(*world.ask());
  REQUIRE(world.take());
  CHECK_FALSE(world.show_up(kMac, Bearer::mqtt, 2));  // too late for the batch in flight
  world.commit();
  for (const auto& to : world.answers()) CHECK(to.bearer == Bearer::coap);
  world.settle();
  world.restart();
  CHECK(world.gateway().registrations().view(DeviceNo{0}, Bearer::mqtt).binding.alive());
}

TEST_CASE("two spellings and two bearers are one device and one request") {
  World world;
  CHECK_FALSE(world.show_up("00-1B-63-84-45-E6", Bearer::coap, 1));
  CHECK_FALSE(world.show_up("00:1b:63:84:45:e6", Bearer::mqtt, 2));
  world.settle();
  world.provision(*world.ask());
  CHECK_FALSE(world.show_up("001b.6384.45e6", Bearer::coap, 3));
  world.settle();
  CHECK(world.answers().size() == 3);
  CHECK(world.asked().size() == 1);
  CHECK(world.gateway().tables().devices() == 1);
}

TEST_CASE("a known device is answered in the same turn") {
  World world;
  registered(world, kMac);
  const auto answer = world.show_up("00:1b:63:84:45:e6", Bearer::coap, 2);
  REQUIRE(answer);
  CHECK(answer->verdict == Verdict::provisioned);
  CHECK_FALSE(world.gateway().tables().has_changes());
  CHECK_FALSE(world.ask());
}

TEST_CASE("a power cut at each step loses nothing that was said, and asks again for the rest") {
  World world;
  SUBCASE("before the first commit: the device shows up again as a new one") {
    CHECK_FALSE(world.show_up(kMac, Bearer::coap, 1));
    world.take();
    world.restart();
    CHECK(world.gateway().tables().devices() == 0);
  }
  SUBCASE("recorded: asked for without showing up again") {
    CHECK_FALSE(world.show_up(kMac, Bearer::coap, 1));
    world.settle();
    world.restart();
    world.provision(*world.ask());
  }
  SUBCASE("asked: asked again") {
    CHECK_FALSE(world.show_up(kMac, Bearer::coap, 1));
    world.settle();
    world.ask();
    world.restart();
    world.provision(*world.ask());
  }
  SUBCASE("answered by the Provisioning Function but not durable: asked again") {
    CHECK_FALSE(world.show_up(kMac, Bearer::coap, 1));
    world.settle();
    world.provision(*world.ask());
    world.take();
    world.restart();
    world.provision(*world.ask());
  }
  SUBCASE("durable: known") {
    registered(world, kMac);
    world.restart();
    CHECK_FALSE(world.ask());
    const auto answer = world.show_up(kMac, Bearer::coap, 2);
    REQUIRE(answer);
    CHECK(answer->verdict == Verdict::provisioned);
  }
  world.settle();
  if (world.gateway().tables().devices() > 0) {
    CHECK(world.gateway().registrations().view(DeviceNo{0}, Bearer::coap).service_id ==
          "svc-001b638445e6");
    CHECK(world.gateway().tables().device(DeviceNo{0}).state == DeviceState::provisioned);
  }
}

TEST_CASE(
    "a device that waits too long is told \"pending\", then told the rest where the bearer can") {
  World world;
  CHECK_FALSE(world.show_up(kMac, Bearer::mqtt, 1));
  world.settle();
  const auto device = world.ask();
  CHECK(world.gateway().turn().next_deadline() == world.now() + 2'000ms);
  world.pass(1'999ms);
  CHECK(world.answers().empty());
  world.pass(1ms);
  auto answers = world.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].answer.verdict == Verdict::pending);
  CHECK(answers[0].answer.retry_after == 10'000ms);
  world.provision(*device);
  world.settle();
  CHECK(world.answers().empty());
  const auto notices = world.notices();
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].bearer == Bearer::mqtt);
}

TEST_CASE("a device restored while pending is told later too") {
  World world;
  CHECK_FALSE(world.show_up(kMac, Bearer::mqtt, 1));
  world.settle();
  world.restart();
  world.provision(*world.ask());
  world.settle();
  REQUIRE(world.notices().size() == 1);
}

TEST_CASE("\"pending\" is not said of a device that is not durable yet") {
  World world;
  CHECK_FALSE(world.show_up(kMac, Bearer::coap, 1));
  world.take();  // and the store never answers
  world.pass(2'000ms);
  const auto answers = world.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].answer.verdict == Verdict::failed);
  CHECK(answers[0].answer.error.code == msggw::base::Errc::unavailable);
}

TEST_CASE("a refusal is durable, final for a while, and then asked again") {
  World world;
  CHECK_FALSE(world.show_up(kMac, Bearer::coap, 1));
  world.settle();
  world.gateway().journey().refused(*world.ask(), "POLICY_DENIED", "not on the list", world.now());
  CHECK(world.answers().empty());
  world.settle();
  const auto answers = world.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].answer.verdict == Verdict::refused);
  CHECK(answers[0].answer.error.detail == "POLICY_DENIED: not on the list");

  world.restart();
  world.pass(3'599'000ms);
  CHECK_FALSE(world.ask());
  auto again = world.show_up(kMac, Bearer::coap, 2);
  REQUIRE(again);
  CHECK(again->verdict == Verdict::refused);
  world.pass(1'000ms);
  CHECK_FALSE(world.show_up(kMac, Bearer::coap, 3));
  world.provision(*world.ask());
  world.settle();
  CHECK(world.answers().at(0).answer.verdict == Verdict::provisioned);
}

TEST_CASE("an answer of no use costs that device a growing wait, and no other anything") {
  World world;
  CHECK_FALSE(world.show_up("bad", Bearer::coap, 1));
  CHECK_FALSE(world.show_up("good", Bearer::coap, 2));
  world.settle();
  const auto bad = world.ask();
  const auto good = world.ask();
  world.gateway().journey().failed(*bad, 0ms, world.now());
  world.provision(*good);
  world.settle();
  CHECK(world.answers().size() == 1);
  for (int failures = 0; failures < 12; ++failures) {
    world.pass(60'000ms);  // the most a wait may grow to
    REQUIRE(world.ask() == bad);
    world.gateway().journey().failed(*bad, 0ms, world.now());
  }
  CHECK_FALSE(world.ask());
}

TEST_CASE("a Service ID that another device holds is not given out") {
  World world;
  registered(world, "first");
  CHECK_FALSE(world.show_up("second", Bearer::coap, 2));
  world.settle();
  const auto second = world.ask();
  world.gateway().journey().provisioned(*second, {"svc-first", {{"m5s-1"}, ""}}, world.now());
  world.settle();
  CHECK(world.answers().empty());
  CHECK_FALSE(world.gateway().tables().device(*second).has_service_id());
  world.pass(60'000ms);
  CHECK(world.ask() == second);
}

TEST_CASE("limits turn requests away and keep what is there") {
  msggw::core::Limits limits;
  limits.max_devices = 2;
  limits.max_waiting_requests_per_device = 2;
  World world(limits);
  CHECK_FALSE(world.show_up("a", Bearer::coap, 1));
  CHECK_FALSE(world.show_up("a", Bearer::coap, 2));
  const auto third = world.show_up("a", Bearer::coap, 3);
  REQUIRE(third);
  CHECK(third->error.code == msggw::base::Errc::overloaded);  // not durable yet: no "pending"
  world.settle();
  CHECK(world.show_up("a", Bearer::coap, 4)->verdict == Verdict::pending);
  CHECK_FALSE(world.show_up("b", Bearer::coap, 5));
  const auto full = world.show_up("c", Bearer::coap, 6);
  REQUIRE(full);
  CHECK(full->verdict == Verdict::failed);
  CHECK(full->error.code == msggw::base::Errc::overloaded);
  CHECK(full->retry_after > 0ms);
}

TEST_CASE("wrong requests are answered at once and change nothing") {
  World world;
  CHECK(world.show_up("", Bearer::coap, 1)->error.code == msggw::base::Errc::missing);
  CHECK(world.show_up("a\nb", Bearer::coap, 1)->error.code == msggw::base::Errc::malformed);
  CHECK(world.show_up(std::string(200, 'x'), Bearer::coap, 1)->error.code ==
        msggw::base::Errc::too_large);
  CHECK_FALSE(world.gateway().tables().has_changes());
}

}  // namespace msggw::test::first_contact_test
