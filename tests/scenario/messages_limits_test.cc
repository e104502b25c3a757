// SPDX-License-Identifier: Apache-2.0
// What becomes of messages for which there is no room.
#include <doctest/doctest.h>

#include "tests/scenario/messages_world.h"

namespace msggw::scenario::messages_limits_test {
namespace {

using namespace messages;

Limits dropping(std::size_t messages = 3) {
  Limits limits;
  limits.max_messages_per_device = messages;
  limits.at_limit = AtLimit::drop_oldest;
  return limits;
}

Message with_report(MessagesWorld& world, const std::string& id,
                    const std::string& content = "content") {
  auto message = world.message(id, content);
  message.wants_report = true;
  return message;
}

std::string ids(const std::vector<Message>& messages) {
  std::string all;
  for (const Message& message : messages) all += message.message_id;
  return all;
}

double dropped(const MessagesWorld& world) {
  return world.metric("msggw_messages_failed_total{cause=\"DROPPED\"}");
}

TEST_CASE("the oldest gives way to a new message, and who sent it is told") {
  MessagesWorld world(dropping());
  for (const char* const id : {"a", "b", "c", "d", "e"}) {
    CHECK_FALSE(world.deliver(with_report(world, id)));
    world.settle();
  }
  CHECK(dropped(world) == 2);
  CHECK(world.answers_to_server().size() == 5);
  const auto reports = world.take_reports();
  REQUIRE(reports.size() == 2);
  for (const Report& report : reports) CHECK(report.failure_cause == "DROPPED");
  CHECK(reports[0].message_id == "a");
  world.restart();
  CHECK(ids(world.take_down()) == "cde");
}

TEST_CASE("by default the new message is refused, and nothing is dropped") {
  Limits limits = dropping();
  limits.at_limit = AtLimit::refuse;
  MessagesWorld world(limits);
  for (const char* const id : {"a", "b", "c"}) CHECK_FALSE(world.deliver(world.message(id)));
  CHECK(world.deliver(world.message("d"))->refusal->cause == "DEVICE_QUEUE_FULL");
  CHECK(dropped(world) == 0);
}

TEST_CASE("what a bearer has stays, and so does what is more urgent") {
  MessagesWorld world(dropping());
  world.deliver(world.message("a"));
  world.settle();
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  const MessageNo handed = world.next_down()->no;
  auto urgent = world.message("u");
  urgent.priority = Priority::high;
  CHECK_FALSE(world.deliver(urgent));
  CHECK_FALSE(world.deliver(world.message("b")));
  CHECK_FALSE(world.deliver(world.message("c")));  // b gives way
  CHECK(dropped(world) == 1);
  auto low = world.message("l");
  low.priority = Priority::low;
  CHECK(world.deliver(low)->refusal->cause == "DEVICE_QUEUE_FULL");
  world.settle();
  world.device_side().proven(handed, world.now());
  CHECK(ids(world.take_down()) == "uc");
}

TEST_CASE("the least urgent give way first") {
  MessagesWorld world(dropping());
  auto low = world.message("l");
  low.priority = Priority::low;
  world.deliver(world.message("a"));
  world.deliver(low);
  world.deliver(world.message("b"));
  world.deliver(world.message("c"));
  world.settle();
  CHECK(ids(world.take_down()) == "abc");
}

TEST_CASE("as many go as the new one takes octets, and none for one that will never fit") {
  Limits limits = dropping(100);
  limits.max_octets_per_device = 5'000;
  MessagesWorld world(limits);
  for (const char* const id : {"a", "b", "c", "d"})
    CHECK_FALSE(world.deliver(world.message(id, std::string(1'000, 'x'))));
  world.settle();
  CHECK(world.deliver(world.message("e", std::string(6'000, 'x')))->refusal);
  CHECK(dropped(world) == 0);
  CHECK_FALSE(world.deliver(world.message("f", std::string(2'500, 'x'))));
  world.settle();
  CHECK(dropped(world) == 2);
  CHECK(ids(world.take_down()) == "cdf");
}

TEST_CASE("what gave way counts no more for its device, also while its report is to be read") {
  Limits limits = dropping(2);
  limits.cache_octets = 0;
  MessagesWorld world(limits);
  for (const char* const id : {"a", "b"}) world.deliver(with_report(world, id));
  world.settle();
  CHECK_FALSE(world.deliver(world.message("c")));
  CHECK_FALSE(world.deliver(world.message("d")));
  CHECK(dropped(world) == 2);
  CHECK(world.take_reports().size() == 2);
  CHECK(ids(world.take_down()) == "cd");
}

TEST_CASE("upward too: the device is told what was dropped, and may send it again") {
  MessagesWorld world(dropping(1));
  auto request = world.request("a");
  request.wants_report = true;
  world.send(request);
  world.settle();
  CHECK_FALSE(world.send(world.request("b")));
  world.settle();
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  const auto told = world.next_down();
  REQUIRE(told);
  CHECK(report_of(told->carried).failure_cause == "DROPPED");
  const auto up = world.next_up();
  REQUIRE(up);
  CHECK(message_of(up->carried).message_id == "b");
  world.server().accepted(up->no, world.now());
  CHECK_FALSE(world.send(request));
  world.settle();
  CHECK(message_of(world.next_up()->carried).message_id == "a");
}

TEST_CASE("reports are not dropped, and a report makes room for itself") {
  MessagesWorld world(dropping(2));
  const auto report = [&](const std::string& id) {
    const Report of{{AddressType::as, "as-1"}, {AddressType::ue, "svc-d0"}, id, true, ""};
    return world.server().deliver_report(Role::n3g, of, core::Ticket{1}, world.now());
  };
  CHECK_FALSE(world.deliver(world.message("a")));
  CHECK_FALSE(report("r1"));
  CHECK_FALSE(report("r2"));  // a gives way
  CHECK(dropped(world) == 1);
  CHECK(world.deliver(world.message("b"))->refusal->cause == "DEVICE_QUEUE_FULL");
  CHECK(report("r3")->refusal->cause == "DEVICE_QUEUE_FULL");
}

TEST_CASE("the limit of all devices refuses, whatever becomes of the oldest of one") {
  Limits limits = dropping();
  limits.max_messages = 2;
  MessagesWorld world(limits);
  world.deliver(world.message("a"));
  world.deliver(world.message("b"));
  CHECK(world.deliver(world.message("c"))->refusal->cause == "QUEUE_FULL");
  CHECK(dropped(world) == 0);
}

}  // namespace
}  // namespace msggw::scenario::messages_limits_test
