// SPDX-License-Identifier: Apache-2.0
// The operator's side of messages: what waits and for what, its end by hand, what has happened.
#include "gateway/messages/operator_side.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;
using core::Bearer;
using core::DeviceNo;

constexpr DeviceNo kDevice{0};

OperatorSide operator_of(MessagesWorld& world) {
  return OperatorSide(world.queue(), MessagesWorld::policy_of_tests());
}

std::vector<std::uint64_t> numbers(const Page& page) {
  std::vector<std::uint64_t> all;
  for (const MessageNo no : page.numbers) all.push_back(number(no));
  return all;
}

/// Of the messages' events since the queue was made, in words.
std::vector<std::string> story(MessagesWorld& world) {
  std::vector<std::string> told;
  const MessageTrace& trace = world.queue().trace;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const MessageEvent& event = trace[i];
    std::string text = std::to_string(number(event.no)) + ' ' + std::string(name_of(event.what));
    if (event.bearer != MessageEvent::kNoBearer)
      text += ' ' + std::string(core::name_of(static_cast<Bearer>(event.bearer)));
    if (!event.message_id.view().empty()) text += ' ' + std::string(event.message_id.view());
    if (!event.why.empty()) text += ' ' + std::string(event.why);
    if (event.other != MessageNo{}) text += ' ' + std::to_string(number(event.other));
    told.push_back(text);
  }
  return told;
}

WaitsFor head_waits_for(MessagesWorld& world) {
  return operator_of(world).waiting(kDevice).at(0).what;
}

TEST_CASE("a list: by device, direction, priority and stage, page by page") {
  MessagesWorld world;
  for (int i = 0; i < 3; ++i) world.deliver(world.message("d" + std::to_string(i)));  // 1, 2, 3
  auto urgent = world.request("u");
  urgent.priority = Priority::high;
  world.send(urgent);                                // 4
  world.send(world.request("other", "content", 1));  // 5
  world.deliver(world.message("m", "x", "svc-d1"));  // 6
  world.settle();
  const OperatorSide side = operator_of(world);
  using Numbers = std::vector<std::uint64_t>;
  CHECK(numbers(side.page({}, MessageNo{}, 10)) == Numbers{1, 2, 3, 4, 5, 6});
  const Page first = side.page({}, MessageNo{}, 4);
  CHECK(numbers(first) == Numbers{1, 2, 3, 4});
  REQUIRE(first.next);
  const Page second = side.page({}, *first.next, 4);
  CHECK(numbers(second) == Numbers{5, 6});
  CHECK_FALSE(second.next);
  CHECK(numbers(side.page({.up = true}, MessageNo{}, 10)) == Numbers{4, 5});
  CHECK(numbers(side.page({.priority = Priority::high}, MessageNo{}, 10)) == Numbers{4});
  CHECK(numbers(side.page({.device = kDevice}, MessageNo{}, 10)) == Numbers{1, 2, 3, 4});
  const Page of_device = side.page({.device = kDevice}, MessageNo{2}, 2);
  CHECK(numbers(of_device) == Numbers{2, 3});
  CHECK(of_device.next == MessageNo{4});
  CHECK(numbers(side.page({.device = kDevice, .up = false}, MessageNo{}, 2)) == Numbers{1, 2});

  const MessageNo handed = world.next_up()->no;
  CHECK(numbers(side.page({.state = State::handed}, MessageNo{}, 10)) == Numbers{number(handed)});
  world.server().accepted(handed, world.now());
  CHECK(numbers(side.page({.state = State::done}, MessageNo{}, 10)) == Numbers{number(handed)});
  CHECK(numbers(side.page({.device = kDevice, .state = State::done}, MessageNo{}, 10)) ==
        Numbers{4});
  CHECK(numbers(side.page({}, MessageNo{}, 10)) == Numbers{1, 2, 3, 5, 6});
}

TEST_CASE("what a device's messages wait for, step by step") {
  messages::Limits limits;
  limits.cache_octets = 0;
  MessagesWorld world(limits);
  world.deliver(world.message("m1"));
  world.deliver(world.message("m2"));
  CHECK(head_waits_for(world) == WaitsFor::commit);
  world.settle();
  CHECK(head_waits_for(world) == WaitsFor::device);
  const auto waiting = operator_of(world).waiting(kDevice);
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].messages == 2);
  CHECK(waiting[0].head == MessageNo{1});
  CHECK_FALSE(waiting[0].lane.up);
  CHECK(operator_of(world).waiting(DeviceNo{1}).empty());

  world.device_side().reachable(kDevice, Bearer::mqtt);
  CHECK(operator_of(world).reachable_over(kDevice) == 1U << 1);
  CHECK(head_waits_for(world) == WaitsFor::turn);
  CHECK_FALSE(world.device_side().next(Bearer::mqtt));
  CHECK(head_waits_for(world) == WaitsFor::content);
  world.read();
  const auto down = world.next_down();
  REQUIRE(down);
  CHECK(head_waits_for(world) == WaitsFor::end);
  world.device_side().came_back(down->no);
  CHECK(head_waits_for(world) == WaitsFor::rest);
  world.device_side().unreachable(kDevice, Bearer::mqtt);
  CHECK(head_waits_for(world) == WaitsFor::device);
}

TEST_CASE("upward: a message waits for the server's adapter, and is tried again") {
  MessagesWorld world;
  world.send(world.request("m1"));
  world.settle();
  CHECK(head_waits_for(world) == WaitsFor::turn);
  const MessageNo no = world.next_up()->no;
  CHECK(head_waits_for(world) == WaitsFor::end);
  world.server().undecided(no, world.now());
  const auto waiting = operator_of(world).waiting(kDevice);
  CHECK(waiting.at(0).what == WaitsFor::turn);
  CHECK(waiting.at(0).tries == 1);
  CHECK(operator_of(world).has_server(kDevice));
  messages::Policy other;
  other.servers = {"m5s-9"};
  CHECK_FALSE(OperatorSide(world.queue(), other).has_server(kDevice));
}

TEST_CASE("a message is removed: it ends as failed, the sender is told if it asked, once durable") {
  MessagesWorld world;
  auto message = world.message("m1");
  message.wants_report = true;
  world.deliver(message);
  world.deliver(world.message("m2"));
  world.settle();
  OperatorSide side = operator_of(world);
  CHECK_FALSE(side.durable_with());
  REQUIRE(side.remove(MessageNo{1}, world.now()));
  REQUIRE(side.durable_with());
  world.settle_all();
  CHECK(world.metric("msggw_messages_failed_total{cause=\"REMOVED\"}") == 1);
  const auto up = world.next_up();
  REQUIRE(up);
  CHECK(report_of(up->carried) == Report{message.to, message.from, "m1", false, "REMOVED"});
  CHECK(side.remove(MessageNo{1}, world.now()).error().code == base::Errc::unknown_device);
  CHECK(side.remove(MessageNo{99}, world.now()).error().code == base::Errc::unknown_device);

  world.restart();  // and it does not come back
  world.device_side().reachable(kDevice, Bearer::mqtt);
  CHECK(message_of(world.next_down()->carried).message_id == "m2");
}

TEST_CASE(
    "a message whose content is in the store alone ends at once, its report when it is read") {
  messages::Limits limits;
  limits.cache_octets = 0;
  MessagesWorld world(limits);
  auto message = world.message("m1");
  message.wants_report = true;
  world.deliver(message);
  world.settle();
  OperatorSide side = operator_of(world);
  REQUIRE(side.remove(MessageNo{1}, world.now()));
  CHECK(side.remove(MessageNo{1}, world.now()).error().code == base::Errc::unknown_device);
  CHECK(world.metric("msggw_messages_late_total") == 0);
  CHECK(numbers(side.page({}, MessageNo{}, 10)).empty());
  world.settle();
  CHECK_FALSE(side.durable_with());
  CHECK(world.take_reports().size() == 1);
  CHECK(world.rows(storage::kMessages) == 0);
}

TEST_CASE("what is in hand is not removed: who has it says what becomes of it") {
  MessagesWorld world;
  world.deliver(world.message("m1"));
  world.settle();
  world.device_side().reachable(kDevice, Bearer::mqtt);
  const MessageNo no = world.next_down()->no;
  world.pass(base::Duration{1});
  CHECK(world.metric("msggw_messages_in_hand") == 1);
  OperatorSide side = operator_of(world);
  const auto refused = side.remove(no, world.now());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == base::Errc::refused);
  world.device_side().came_back(no);
  CHECK(side.remove(no, world.now()));
  world.pass(base::Duration{1});
  CHECK(world.metric("msggw_messages_in_hand") == 0);
}

TEST_CASE("when a message came and when it expires is told, also while a bearer has it") {
  MessagesWorld world;
  world.deliver(world.message("m1"));
  world.settle();
  const auto is_right = [&](base::Duration age) {
    const Times times = times_of(world.queue(), MessageNo{1});
    return times.accepted == world.now() - age &&
           times.expires == times.accepted + world.queue().limits.down_lifetime;
  };
  CHECK(is_right(base::Duration{0}));
  world.device_side().reachable(kDevice, Bearer::mqtt);
  REQUIRE(world.next_down());
  world.pass(base::Duration{60'000});
  CHECK(is_right(base::Duration{60'000}));
}

TEST_CASE("what has happened to messages is told in order, with its time, and lost at a restart") {
  MessagesWorld world;
  auto message = world.message("m1");
  message.wants_report = true;
  world.deliver(message);
  world.pass(base::Duration{1'000});
  world.settle();
  world.deliver(message);
  world.device_side().reachable(kDevice, Bearer::mqtt);
  world.next_down();
  world.device_side().came_back(MessageNo{1});
  world.device_side().reachable(kDevice, Bearer::coap);
  world.device_side().unreachable(kDevice, Bearer::mqtt);
  world.next_down(Bearer::mqtt);
  world.next_down(Bearer::coap);
  world.device_side().proven(MessageNo{1}, world.now());
  world.device_side().proven(MessageNo{1}, world.now());
  auto to_all = world.request("u1");
  to_all.to = Address{AddressType::broadcast, "all"};
  world.send(to_all);
  const auto told = story(world);
  CHECK(told.front() == "1 taken_in m1");
  CHECK(told.at(1) == "1 repeated m1");
  CHECK(told.at(2) == "1 handed mqtt");
  CHECK(told.at(3) == "1 came_back");
  const std::vector<std::string> end(told.end() - 5, told.end());
  CHECK(end == std::vector<std::string>{"1 done", "2 taken_in m1", "1 reported 2", "1 late",
                                        "0 refused u1 ADDR_TYPE_NOT_SUPPORTED"});
  CHECK(world.queue().trace[0].at == world.now() - base::Duration{1'000});
  CHECK(world.queue().trace[1].at == base::TimePoint{});
  world.restart();
  CHECK(world.queue().trace.size() == 0);
}

TEST_CASE("the trace holds so many events and no more") {
  MessagesWorld world;
  auto nowhere = world.request("u");
  nowhere.to.reset();
  for (std::size_t i = 0; i < kMostMessageEvents + 5; ++i) world.send(nowhere);
  CHECK(world.queue().trace.size() == kMostMessageEvents);
  CHECK(world.queue().trace.total() == kMostMessageEvents + 5);
}

}  // namespace
}  // namespace msggw::scenario
