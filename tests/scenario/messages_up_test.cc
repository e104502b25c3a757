// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;

TEST_CASE("a device is told that its message is taken when it is durable, and it goes then") {
  MessagesWorld world;
  CHECK_FALSE(world.send(world.request("m1", "hello")));
  CHECK_FALSE(world.next_up());
  REQUIRE(world.take());
  CHECK(world.answers_to_devices().empty());
  CHECK_FALSE(world.next_up());
  world.commit();
  const auto answers = world.answers_to_devices();
  REQUIRE(answers.size() == 1);
  CHECK_FALSE(answers[0].refusal);
  CHECK(answers[0].message_id == "m1");
  CHECK(answers[0].ticket == core::Ticket{1});
  const auto up = world.next_up();
  REQUIRE(up);
  const Message& message = message_of(up->carried);
  CHECK(message.from == Address{AddressType::ue, "svc-d0"});
  CHECK(message.to == Address{AddressType::as, "as-1"});
  CHECK(message.content == "hello");
  CHECK_FALSE(world.next_up());
  world.server().accepted(up->no, world.now());
  world.settle();
  CHECK(world.rows(storage::kMessages) == 0);
  CHECK(world.rows(storage::kQueue) == 1);  // in the window
  world.server().accepted(up->no, world.now());
  CHECK(world.metric("msggw_messages_late_total") == 1);
}

TEST_CASE("order holds within device and priority, the urgent goes first, devices do not wait") {
  MessagesWorld world;
  auto low = world.request("low");
  low.priority = Priority::low;
  auto high = world.request("high");
  high.priority = Priority::high;
  for (auto request :
       {low, world.request("a"), world.request("b"), high, world.request("other", "x", 1)})
    world.send(request);
  world.settle();
  const auto first = world.next_up();
  CHECK(message_of(first->carried).message_id == "high");
  const MessageNo high_no = first->no;
  const auto second = world.next_up();
  CHECK(message_of(second->carried).message_id == "a");
  const MessageNo a_no = second->no;
  CHECK(message_of(world.next_up()->carried).message_id == "other");
  CHECK(message_of(world.next_up()->carried).message_id == "low");
  CHECK_FALSE(world.next_up());
  world.server().undecided(a_no, world.now());
  CHECK(message_of(world.next_up()->carried).message_id == "a");
  world.server().accepted(a_no, world.now());
  CHECK(message_of(world.next_up()->carried).message_id == "b");
  world.server().accepted(high_no, world.now());
}

TEST_CASE("what no server can be brought is refused, in the words of who knows") {
  Policy policy = MessagesWorld::policy_of_tests();
  policy.why_not_carried = [](std::string_view application,
                              std::string_view content) -> std::optional<std::string> {
    if (application == "raw" || content != "\xff") return std::nullopt;
    return "set that option";
  };
  MessagesWorld world({}, policy);
  auto request = world.request("m1", "\xff");
  const auto refused = world.send(request);
  REQUIRE(refused);
  CHECK(refused->refusal->cause == "UNSUPPORTED_CONTENT");
  CHECK(refused->refusal->error.detail == "set that option");
  CHECK_FALSE(world.take());
  request.application = "raw";
  CHECK_FALSE(world.send(request));
}

TEST_CASE("what is refused, and why") {
  Limits limits;
  limits.max_content_octets = 10;
  MessagesWorld world(limits);
  auto without = world.request("m1");
  without.to.reset();
  CHECK(world.send(without)->refusal->cause == "NO_RECIPIENT");
  auto topic = world.request("m1");
  topic.to->type = AddressType::topic;
  CHECK(world.send(topic)->refusal->cause == "ADDR_TYPE_NOT_SUPPORTED");
  CHECK(world.send(world.request("m1", "01234567890"))->refusal->cause == "PAYLOAD_TOO_LARGE");
  CHECK_FALSE(world.send(world.request("m1", "0123456789")));
  for (const std::string cause : {"NO_RECIPIENT", "ADDR_TYPE_NOT_SUPPORTED", "PAYLOAD_TOO_LARGE"})
    CHECK(world.metric("msggw_messages_refused_total{cause=\"" + cause + "\"}") == 1);

  Policy elsewhere;
  elsewhere.servers = {"m5s-other"};
  elsewhere.default_recipient = Address{AddressType::as, "as-default"};
  MessagesWorld other({}, elsewhere);
  CHECK(other.send(other.request("m1"))->refusal->cause == "UNKNOWN_SERVER");
  elsewhere.servers.emplace_back("m5s-1");
  MessagesWorld good({}, elsewhere);
  auto plain = good.request("m1");
  plain.to.reset();
  CHECK_FALSE(good.send(plain));
  good.settle();
  CHECK(message_of(good.next_up()->carried).to.address == "as-default");
}

TEST_CASE("no device takes all the room, and there is room again when messages have gone") {
  Limits limits;
  limits.max_messages_per_device = 2;
  limits.max_messages = 3;
  MessagesWorld world(limits);
  CHECK_FALSE(world.send(world.request("a")));
  CHECK_FALSE(world.send(world.request("b")));
  const auto third = world.send(world.request("c"));
  CHECK(third->refusal->cause == "DEVICE_QUEUE_FULL");
  CHECK(third->refusal->retry_after == limits.retry_after);
  CHECK_FALSE(world.send(world.request("a", "content", 1)));
  CHECK(world.send(world.request("b", "content", 1))->refusal->cause == "QUEUE_FULL");
  world.settle();
  CHECK(world.pass_one() == "a");
  CHECK_FALSE(world.send(world.request("c")));
}

TEST_CASE("a message that comes to nothing again and again while others pass ends, others do not") {
  MessagesWorld world;
  auto bad = world.request("bad");
  bad.wants_report = true;
  world.send(bad);
  world.settle();
  for (unsigned i = 0; i < 100; ++i) {  // an outage: nothing passes
    const auto up = world.next_up();
    REQUIRE(up);
    world.server().undecided(up->no, world.now());
  }
  for (unsigned i = 0; i < world.limits().most_tries; ++i) {
    CHECK(world.metric("msggw_messages_failed_total{cause=\"INTERNAL_ERROR\"}") == 0);
    world.send(world.request("good" + std::to_string(i), "x", 1));
    world.settle();
    for (int both = 0; both < 2; ++both) {
      const auto up = world.next_up();
      REQUIRE(up);
      if (up->device == core::DeviceNo{1})
        world.server().accepted(up->no, world.now());
      else
        world.server().undecided(up->no, world.now());
    }
  }
  if (const auto up = world.next_up()) world.server().undecided(up->no, world.now());
  world.settle();
  CHECK(world.metric("msggw_messages_failed_total{cause=\"INTERNAL_ERROR\"}") == 1);
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  const auto told = world.next_down();
  REQUIRE(told);
  CHECK(report_of(told->carried).message_id == "bad");
  CHECK(report_of(told->carried).to.address == "svc-d0");
  CHECK(report_of(told->carried).failure_cause == "INTERNAL_ERROR");
}

TEST_CASE("what waits survives a restart, in order; what was under way goes again") {
  MessagesWorld world;
  for (const char* const id : {"a", "b", "c"}) world.send(world.request(id));
  world.settle();
  CHECK(message_of(world.next_up()->carried).message_id == "a");
  world.restart();
  for (const char* const id : {"a", "b", "c", "nothing"}) CHECK(world.pass_one() == id);
}

TEST_CASE("a message that expires ends in time, told to who asked for it, with its content read") {
  MessagesWorld world;
  auto request = world.request("m1");
  request.wants_report = true;
  request.lifetime = std::chrono::seconds{60};
  world.send(request);
  world.settle();
  world.restart();  // its content is in the store alone
  CHECK(world.store().next_deadline() ==
        base::TimePoint(std::chrono::floor<std::chrono::seconds>(world.now()) +
                        std::chrono::seconds{60}));
  world.pass(std::chrono::seconds{61});
  world.read();
  world.settle();
  CHECK(world.pass_one() == "nothing");
  CHECK(world.metric("msggw_messages_failed_total{cause=\"EXPIRED\"}") == 1);
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  const auto told = world.next_down();
  REQUIRE(told);
  CHECK(report_of(told->carried).failure_cause == "EXPIRED");
  CHECK_FALSE(world.send(request));  // what failed may be sent again
}

TEST_CASE("a row that is lost ends its message, and its lane goes on") {
  MessagesWorld world;
  world.send(world.request("a"));
  world.send(world.request("b"));
  world.settle();
  world.restart();
  world.lose_row(MessageNo{1});
  CHECK_FALSE(world.next_up());
  world.read();
  CHECK(world.pass_one() == "b");
  CHECK(world.metric("msggw_messages_failed_total{cause=\"INTERNAL_ERROR\"}") == 1);
}

TEST_CASE("a number is given once, also when nothing is left of those before") {
  MessagesWorld world;
  world.send(world.request("a"));
  world.settle();
  const MessageNo first = world.next_up()->no;
  world.server().accepted(first, world.now());
  world.pass(world.limits().window_time + std::chrono::seconds{1});
  world.settle();
  REQUIRE(world.rows(storage::kQueue) == 0);
  world.restart();
  world.send(world.request("b"));
  world.settle();
  CHECK(number(world.next_up()->no) > number(first));
}

TEST_CASE("a lane that runs empty again and again while the server is away is listed once") {
  MessagesWorld world;
  for (int i = 0; i < 1'000; ++i) {
    auto request = world.request(std::to_string(i));
    request.lifetime = std::chrono::seconds{1};
    CHECK_FALSE(world.send(request));
    world.settle();
    world.pass(std::chrono::seconds{2});
    world.settle();
  }
  CHECK(world.queue().lanes.all().messages == 0);
  CHECK(world.queue().due_up.front().size() <= 1);
  CHECK_FALSE(world.next_up());
  CHECK(world.queue().lanes.size() == 0);
  world.send(world.request("last"));
  world.settle();
  CHECK(world.pass_one() == "last");
}

TEST_CASE("after an outage contents are read as they are taken, not all at once") {
  Limits limits;
  limits.cache_octets = 0;
  MessagesWorld world(limits, MessagesWorld::policy_of_tests(), 1'000);
  for (std::uint32_t device = 0; device < 1'000; ++device)
    world.send(world.request("m", std::string(100, 'x'), device));
  world.settle();
  world.restart();
  std::size_t most = 0;
  for (std::uint32_t device = 0; device < 1'000; ++device) {
    const auto up = world.next_up();
    REQUIRE(up);
    world.server().accepted(up->no, world.now());
    most = std::max(most, world.queue().contents.size() + world.queue().wanted.size());
  }
  CHECK(most <= 2 * Queue::kMostRead);
  CHECK_FALSE(world.next_up());
}

TEST_CASE("a store that does not come back in time: nobody is told that it is taken") {
  MessagesWorld world;
  world.send(world.request("a"));
  REQUIRE(world.take());
  world.pass(world.limits().answer_within);
  const auto answers = world.answers_to_devices();
  REQUIRE(answers.size() == 1);
  REQUIRE(answers[0].refusal);
  CHECK(answers[0].refusal->cause == "STORE_UNAVAILABLE");
  world.commit();
  CHECK(world.answers_to_devices().empty());
  CHECK(world.pass_one() == "a");
}

TEST_CASE("with which batch all is durable: what was sent, and what ended") {
  MessagesWorld world;
  CHECK_FALSE(world.queue().durable_with());
  world.send(world.request("m1"));
  CHECK(world.queue().durable_with() == 1);
  REQUIRE(world.take());
  CHECK(world.queue().durable_with() == 1);
  world.send(world.request("m2"));
  CHECK(world.queue().durable_with() == 2);
  world.commit();
  CHECK(world.queue().batches.committed == 1);
  CHECK(world.queue().durable_with() == 2);
  world.settle();
  CHECK_FALSE(world.queue().durable_with());
  world.server().accepted(world.next_up()->no, world.now());
  CHECK(world.queue().durable_with() == 3);
  world.settle();
  CHECK(world.queue().batches.committed == 3);
}

TEST_CASE("the operator is told what the server said of what came back, and of what failed") {
  MessagesWorld world;
  world.send(world.request("m1"));
  world.settle();
  const auto said = [&](Happening what) {
    const MessageTrace& trace = world.queue().trace;
    for (std::size_t i = trace.size(); i-- > 0;) {
      if (trace[i].what == what) return std::string(trace[i].said.view());
    }
    return std::string("nothing");
  };
  world.server().undecided(world.next_up()->no, world.now(), "HTTP 403");
  CHECK(said(Happening::came_back) == "HTTP 403");
  world.server().rejected(world.next_up()->no, Cause::refused, world.now(), "CONTENT_REFUSED");
  CHECK(said(Happening::failed) == "CONTENT_REFUSED");
  CHECK(said(Happening::taken_in).empty());
}

}  // namespace
}  // namespace msggw::scenario
