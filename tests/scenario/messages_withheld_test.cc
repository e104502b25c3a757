// SPDX-License-Identifier: Apache-2.0
// What is withheld from who registers by mere claim.
#include <doctest/doctest.h>

#include "gateway/messages/operator_side.h"
#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;
using namespace std::chrono_literals;
using core::Bearer;
using core::Evidence;

constexpr core::DeviceNo kTheDevice{0};
constexpr const char* kWithheld = "msggw_messages_withheld";

/// What the claim over CoAP is given, proven one after the other.
std::vector<std::string> by_claim(MessagesWorld& world) {
  std::vector<std::string> ids;
  world.device_side().reachable(kTheDevice, Bearer::coap, Evidence::handle);
  while (const auto down = world.next_down(Bearer::coap)) {
    ids.push_back(message_of(down->carried).message_id);
    world.device_side().proven(down->no, world.now());
  }
  world.device_side().unreachable(kTheDevice, Bearer::coap);
  world.settle();
  return ids;
}

std::vector<std::string> by_proof(MessagesWorld& world) {
  std::vector<std::string> ids;
  for (const Message& message : world.take_down()) ids.push_back(message.message_id);
  world.device_side().unreachable(kTheDevice, Bearer::mqtt);
  world.settle();
  return ids;
}

using Ids = std::vector<std::string>;

TEST_CASE("what waited goes to who proves to be the device, and what comes later to the claim") {
  MessagesWorld world;
  world.deliver(world.message("m1"));
  world.deliver(world.message("m2"));
  world.settle();
  CHECK(world.device_side().waits(kTheDevice, Evidence::handle));
  CHECK(world.device_side().withhold(kTheDevice) == 2);
  CHECK_FALSE(world.device_side().waits(kTheDevice, Evidence::handle));
  CHECK(world.device_side().waits(kTheDevice, Evidence::identity));
  world.settle();
  world.pass(1s);
  CHECK(world.metric(kWithheld) == 2);
  world.deliver(world.message("m3"));
  world.settle();
  bool restarts = false;
  SUBCASE("at once") {}
  SUBCASE("after a restart") {
    restarts = true;
  }
  if (restarts) world.restart();
  CHECK(by_claim(world) == Ids{"m3"});
  CHECK(by_claim(world).empty());
  world.deliver(world.message("m4"));
  world.settle();
  CHECK(by_proof(world) == Ids{"m1", "m2", "m4"});
  world.pass(1s);
  CHECK(world.metric(kWithheld) == 0);
  CHECK(world.queue().lanes.all().messages == 0);
}

TEST_CASE("to who proves it the older goes first, one at a time, while a claim is there too") {
  MessagesWorld world;
  world.deliver(world.message("m1"));
  world.settle();
  world.device_side().withhold(kTheDevice);
  world.deliver(world.message("m2"));
  world.settle();
  world.device_side().reachable(kTheDevice, Bearer::mqtt);
  const auto first = world.next_down(Bearer::mqtt);
  REQUIRE(first);
  const MessageNo no = first->no;
  CHECK(message_of(first->carried).message_id == "m1");
  CHECK_FALSE(world.next_down(Bearer::mqtt));
  world.device_side().came_back(no);
  world.device_side().unreachable(kTheDevice, Bearer::mqtt);
  CHECK(by_claim(world) == Ids{"m2"});
  CHECK(by_proof(world) == Ids{"m1"});
}

TEST_CASE("a second claim withholds what came since the first, and order is kept") {
  MessagesWorld world;
  for (int claim = 0; claim < 3; ++claim) {
    world.deliver(world.message("n" + std::to_string(claim)));
    auto urgent = world.message("u" + std::to_string(claim));
    urgent.priority = Priority::high;
    world.deliver(urgent);
    world.settle();
    world.device_side().withhold(kTheDevice);
  }
  CHECK(by_claim(world).empty());
  const Ids given = by_proof(world);
  const auto of = [&](char priority) {
    Ids ids;
    std::ranges::copy_if(given, std::back_inserter(ids),
                         [&](const std::string& id) { return id.front() == priority; });
    return ids;
  };
  CHECK(of('u') == Ids{"u0", "u1", "u2"});  // order is that within a priority: contents are read
  CHECK(of('n') == Ids{"n0", "n1", "n2"});
}

TEST_CASE("what a claim was given and has not proven is withheld from the next") {
  MessagesWorld world;
  world.deliver(world.message("m1"));
  world.settle();
  world.device_side().reachable(kTheDevice, Bearer::coap, Evidence::handle);
  const MessageNo no = world.next_down(Bearer::coap)->no;
  bool waits_before = false;
  SUBCASE("nothing is withheld") {}
  SUBCASE("something is withheld already") {
    waits_before = true;
  }
  if (waits_before) {
    world.device_side().came_back(no);
    world.device_side().withhold(kTheDevice);
    world.deliver(world.message("m2"));
    world.settle();
    world.device_side().reachable(kTheDevice, Bearer::coap, Evidence::handle);
    CHECK(message_of(world.next_down(Bearer::coap)->carried).message_id == "m2");
  }
  world.device_side().withhold(kTheDevice);  // the bearer has not given it back
  if (!waits_before) world.device_side().came_back(no);
  world.settle();
  CHECK(by_claim(world).empty());
  CHECK(by_proof(world) == (waits_before ? Ids{"m1", "m2"} : Ids{"m1"}));
}

TEST_CASE("what is withheld fails when its time is over, and its sender is told") {
  MessagesWorld world;
  auto message = world.message("m1");
  message.wants_report = true;
  world.deliver(message);
  world.settle();
  world.device_side().withhold(kTheDevice);
  world.pass(world.limits().down_lifetime + 1s);
  const auto reports = world.take_reports();
  REQUIRE(reports.size() == 1);
  CHECK_FALSE(reports[0].delivered);
  CHECK(reports[0].failure_cause == "EXPIRED");
  CHECK(world.metric("msggw_messages_failed_total{cause=\"EXPIRED\"}") == 1);
}

TEST_CASE("what is withheld gives way to what is not, whatever the limit says") {
  Limits limits;
  limits.max_messages_per_device = 2;
  MessagesWorld world(limits);
  auto message = world.message("m1");
  message.wants_report = true;
  message.priority = Priority::high;
  world.deliver(message);
  world.deliver(world.message("m2"));
  world.settle();
  const auto full = world.deliver(world.message("m3"));
  REQUIRE(full);
  CHECK(full->refusal->cause == "DEVICE_QUEUE_FULL");
  world.device_side().withhold(kTheDevice);
  for (const char* const id : {"m4", "m5"}) {
    CHECK_FALSE(world.deliver(world.message(id)));
    world.settle_all();
  }
  CHECK(world.deliver(world.message("m6"))->refusal->cause == "DEVICE_QUEUE_FULL");
  CHECK(world.metric("msggw_messages_failed_total{cause=\"DROPPED\"}") == 2);
  const auto reports = world.take_reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].failure_cause == "DROPPED");
  CHECK(by_claim(world) == Ids{"m4", "m5"});
}

TEST_CASE("a message of which segments came before is withheld as a whole") {
  MessagesWorld world;
  world.deliver(world.segment("s1", {"set", 0, 2, false}, "before "));
  world.settle_all();
  world.device_side().withhold(kTheDevice);
  world.deliver(world.message("m1"));
  bool restarts = false;
  SUBCASE("at once") {}
  SUBCASE("after a restart") {
    restarts = true;
  }
  world.settle_all();
  if (restarts) world.restart();
  world.deliver(world.segment("s2", {"set", 1, {}, true}, "after"));
  world.settle_all();
  CHECK(by_claim(world).empty());
  world.deliver(world.message("m2"));
  world.settle();
  CHECK(by_claim(world) == Ids{"m2"});
  const auto taken = world.take_down();
  REQUIRE(taken.size() == 2);
  CHECK(taken[0].message_id == "m1");
  CHECK(taken[1].content == "before after");
}

TEST_CASE("while a bearer vouches for the device a claim gets nothing, and withholds nothing") {
  MessagesWorld world;
  world.device_side().vouch(Bearer::mqtt);
  REQUIRE(world.devices().show_up("d0", Bearer::mqtt, 2) == std::nullopt);
  world.devices().settle();
  world.deliver(world.message("m1"));
  world.settle();
  CHECK(world.device_side().withhold(kTheDevice) == 0);
  world.device_side().reachable(kTheDevice, Bearer::coap, Evidence::handle);
  CHECK_FALSE(world.next_down(Bearer::coap));
  world.store().outbox().waited_for.clear();
  world.deliver(world.message("m2"));
  world.settle();
  CHECK_FALSE(world.next_down(Bearer::coap));
  CHECK_FALSE(world.device_side().waits(kTheDevice, Evidence::handle));
  world.device_side().reachable(kTheDevice, Bearer::mqtt);
  const MessageNo no = world.next_down(Bearer::mqtt)->no;
  world.device_side().came_back(no);
  world.device_side().unreachable(kTheDevice, Bearer::mqtt);
  CHECK_FALSE(world.next_down(Bearer::coap));

  // It ends its registration there: what waits stays withheld from the claim.
  world.devices().gateway().registrations().deregister("d0", Bearer::mqtt, core::Ticket{3},
                                                       world.devices().now());
  CHECK(world.device_side().withhold(kTheDevice) == 2);
  CHECK(by_claim(world).empty());
  world.deliver(world.message("m3"));
  world.settle();
  CHECK(by_claim(world) == Ids{"m3"});
  CHECK(by_proof(world) == Ids{"m1", "m2"});
}

TEST_CASE("who waits for a device that is there by claim alone is told, so that others look") {
  MessagesWorld world;
  world.device_side().vouch(Bearer::mqtt);
  REQUIRE(world.devices().show_up("d0", Bearer::mqtt, 2) == std::nullopt);
  world.devices().settle();
  world.device_side().reachable(kTheDevice, Bearer::coap, Evidence::handle);
  world.deliver(world.message("m1"));
  world.settle();
  CHECK(world.store().outbox().waited_for == std::vector{kTheDevice});
  world.store().outbox().waited_for.clear();
  world.device_side().reachable(kTheDevice, Bearer::mqtt);
  CHECK(world.store().outbox().waited_for.empty());
  CHECK(world.next_down(Bearer::mqtt));
}

TEST_CASE("that a device is there by claim tells nobody anew of what is withheld") {
  MessagesWorld world;
  world.deliver(world.message("m1"));
  world.settle();
  REQUIRE(world.device_side().withhold(kTheDevice) == 1);
  world.store().outbox().waited_for.clear();
  world.device_side().reachable(kTheDevice, Bearer::coap, Evidence::handle);
  world.device_side().reachable(kTheDevice, Bearer::coap, Evidence::handle);
  CHECK(world.store().outbox().waited_for.empty());
}

TEST_CASE("the operator is told what is withheld") {
  MessagesWorld world;
  world.deliver(world.message("m1"));
  world.settle();
  world.device_side().withhold(kTheDevice);
  world.deliver(world.message("m2"));
  world.settle();
  const OperatorSide operators(world.queue(), MessagesWorld::policy_of_tests());
  auto waiting = operators.waiting(kTheDevice);
  REQUIRE(waiting.size() == 2);
  CHECK(waiting[0].what == WaitsFor::proof);
  CHECK(name_of(waiting[0].what) == "proof");
  CHECK(waiting[0].messages == 1);
  CHECK(waiting[1].what == WaitsFor::device);
  CHECK(operators.page({.device = kTheDevice}, MessageNo{}, 10).numbers.size() == 2);
  world.device_side().reachable(kTheDevice, Bearer::mqtt);
  waiting = operators.waiting(kTheDevice);
  CHECK(waiting[0].what == WaitsFor::turn);
  CHECK(waiting[1].what == WaitsFor::turn);
}

TEST_CASE("a device that goes leaves nothing that is withheld") {
  MessagesWorld world;
  world.deliver(world.message("m1"));
  world.settle();
  world.device_side().withhold(kTheDevice);
  world.store().leaving(kTheDevice, world.now());
  world.settle();
  CHECK(world.queue().lanes.all().messages == 0);
  CHECK(world.rows(storage::kMessages) == 0);
}

}  // namespace
}  // namespace msggw::scenario
