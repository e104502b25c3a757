// SPDX-License-Identifier: Apache-2.0
// Whom a device answers that names no recipient (TS 23.554 8.7.3).
#include <doctest/doctest.h>

#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;
using std::chrono::seconds;

Policy with_default() {
  Policy policy = MessagesWorld::policy_of_tests();
  policy.default_recipient = Address{AddressType::as, "as-default"};
  return policy;
}

/// A message of that sender, given to the first device; proven too.
void give(MessagesWorld& world, const std::string& sender, const std::string& application = "") {
  static int last = 0;
  auto message = world.message("down" + std::to_string(++last));
  message.from.address = sender;
  message.application = application;
  REQUIRE_FALSE(world.deliver(message));
  world.settle();
  REQUIRE(world.take_down().size() == 1);
  world.settle();
}

/// To whom a message goes that names nobody, or why it does not.
std::string answers(MessagesWorld& world, const std::string& application = "") {
  static int last = 0;
  auto request = world.request("up" + std::to_string(++last));
  request.to.reset();
  request.application = application;
  if (const auto refused = world.send(request)) return std::string(refused->refusal->cause);
  world.settle();
  const auto up = world.next_up();
  REQUIRE(up);
  const std::string to = message_of(up->carried).to.address;
  world.server().accepted(up->no, world.now());
  world.settle();
  return to;
}

TEST_CASE("a device answers who was last, for an hour, then the default") {
  MessagesWorld world({}, with_default());
  CHECK(answers(world) == "as-default");
  give(world, "as-1");
  give(world, "ue-2");
  CHECK(answers(world) == "ue-2");
  world.restart();
  CHECK(answers(world) == "ue-2");
  world.pass(world.limits().reply_time - seconds{1});
  CHECK(answers(world) == "ue-2");
  world.pass(seconds{1});
  CHECK(answers(world) == "as-default");
  world.settle();
  CHECK(world.rows(storage::kTransactions) == 0);
}

TEST_CASE("for all of the hour, in whatever part of a second it was given the message") {
  MessagesWorld world({}, with_default());
  world.pass(base::Duration{999});
  give(world, "as-1");
  world.pass(world.limits().reply_time - base::Duration{1});
  CHECK(answers(world) == "as-1");
  world.pass(seconds{1});
  CHECK(answers(world) == "as-default");
}

TEST_CASE("without a peer and a default it is refused") {
  MessagesWorld world;
  CHECK(answers(world) == "NO_RECIPIENT");
  give(world, "as-1");
  CHECK(answers(world) == "as-1");
}

TEST_CASE("what the device has not been given opens nothing") {
  MessagesWorld world;
  give(world, "as-1");
  auto waits = world.message("m");
  waits.from.address = "as-2";
  world.deliver(waits);
  world.settle();
  CHECK(answers(world) == "as-1");
}

TEST_CASE("an answer of an application goes to the last that spoke to it") {
  MessagesWorld world;
  give(world, "as-1", "metering");
  give(world, "as-2", "billing");
  CHECK(answers(world, "metering") == "as-1");
  CHECK(answers(world, "billing") == "as-2");
  CHECK(answers(world, "other") == "as-2");
  CHECK(answers(world) == "as-2");
}

TEST_CASE("the default of the device's kind goes before that of all") {
  Policy policy = with_default();
  policy.legacy_3gpp_recipient = Address{AddressType::as, "as-phones"};
  MessagesWorld other({}, policy);
  CHECK(answers(other) == "as-default");
  policy.non_3gpp_recipient = Address{AddressType::as, "as-things"};
  MessagesWorld world({}, policy);
  CHECK(answers(world) == "as-things");
}

TEST_CASE("the row is durable no later than the end of the message that opened it") {
  MessagesWorld world;
  world.deliver(world.message("m"));
  world.settle();
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  const MessageNo no = world.next_down()->no;
  world.device_side().proven(no, world.now());
  world.settle();
  CHECK(world.rows(storage::kTransactions) == 1);
  CHECK(world.rows(storage::kMessages) == 0);
}

TEST_CASE("a talk costs one row, and another when a quarter of its time is over") {
  MessagesWorld world;
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  int last = 0;
  const auto writes = [&] {
    world.deliver(world.message(std::to_string(++last)));
    world.settle();
    const auto down = world.next_down();
    REQUIRE(down);
    const bool changed = world.queue().transactions.has_changes();
    world.device_side().proven(down->no, world.now());
    world.settle();
    return changed;
  };
  CHECK(writes());
  CHECK_FALSE(writes());
  world.pass(world.limits().reply_time / 4 - seconds{1});
  CHECK_FALSE(writes());
  world.pass(seconds{1});
  CHECK(writes());
  CHECK_FALSE(writes());
}

TEST_CASE("a repetition is known though somebody else has spoken since") {
  MessagesWorld world;
  give(world, "as-1");
  auto request = world.request("again");
  request.to.reset();
  world.send(request);
  world.settle();
  give(world, "as-2");
  CHECK_FALSE(world.send(request));
  CHECK(world.metric("msggw_messages_repeated_total") == 1);
  CHECK(message_of(world.next_up()->carried).to.address == "as-1");
}

TEST_CASE("a repetition is answered as the first was, though there is nobody to answer any more") {
  MessagesWorld world;
  give(world, "as-1");
  auto request = world.request("again");
  request.to.reset();
  world.pass(world.limits().reply_time - seconds{1});
  world.send(request);
  world.settle();
  world.pass(seconds{1});
  CHECK_FALSE(world.send(request));
  request.message_id = "another";
  CHECK(world.send(request)->refusal->cause == "NO_RECIPIENT");
}

TEST_CASE("a device that is gone answers nobody, and its rows go") {
  MessagesWorld world;
  give(world, "as-1");
  CHECK(world.rows(storage::kTransactions) == 1);
  world.store().leaving(core::DeviceNo{0}, world.now());
  CHECK(answers(world) == "NO_RECIPIENT");
  world.settle();
  CHECK(world.rows(storage::kTransactions) == 0);
}

TEST_CASE("of too many devices those give way that were spoken to longest ago") {
  Limits limits;
  limits.max_transactions = 1;
  MessagesWorld world(limits);
  give(world, "as-1");
  auto message = world.message("m", "content", "svc-d1");
  world.deliver(message);
  world.settle();
  CHECK(world.take_down(1).size() == 1);
  world.pass(seconds{1});
  CHECK(world.metric("msggw_transactions_dropped_total{limit=\"devices\"}") == 1);
  CHECK(world.metric("msggw_transactions_devices") == 1);
  CHECK(answers(world) == "NO_RECIPIENT");
}

}  // namespace
}  // namespace msggw::scenario
