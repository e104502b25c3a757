// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;

TEST_CASE("a message for a device waits for a sign of life, is proven, and the report goes north") {
  MessagesWorld world;
  auto message = world.message("m1", "READ");
  message.wants_report = true;
  CHECK_FALSE(world.deliver(message));
  CHECK(world.answers_to_server().empty());
  world.settle();
  const auto answers = world.answers_to_server();
  REQUIRE(answers.size() == 1);
  CHECK_FALSE(answers[0].refusal);
  CHECK(world.store().outbox().waited_for == std::vector{core::DeviceNo{0}});
  CHECK_FALSE(world.next_down());

  CHECK(world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt));
  CHECK_FALSE(world.next_down(core::Bearer::coap));
  const auto down = world.next_down();
  REQUIRE(down);
  CHECK(message_of(down->carried) == message);
  CHECK(down->wants_report);
  CHECK_FALSE(world.next_down());
  world.device_side().proven(down->no, world.now());
  CHECK_FALSE(world.next_up());  // not before it is durable
  world.settle();
  const auto up = world.next_up();
  REQUIRE(up);
  CHECK(report_of(up->carried) == Report{message.to, message.from, "m1", true, ""});
  world.server().accepted(up->no, world.now());
  world.settle();
  CHECK(world.rows(storage::kMessages) == 0);
  CHECK_FALSE(world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt));
}

TEST_CASE("no report is sent that nobody asked for, and one end counts") {
  MessagesWorld world;
  world.deliver(world.message("m1"));
  world.settle();
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  const MessageNo no = world.next_down()->no;
  world.device_side().failed(no, Cause::no_proof, world.now());
  world.device_side().proven(no, world.now());
  world.settle();
  CHECK_FALSE(world.next_up());
  CHECK(world.metric("msggw_messages_late_total") == 1);
  CHECK(world.metric("msggw_messages_done_total{kind=\"message_down\"}") == 0);
}

TEST_CASE("a device that goes away gets it again at the next sign of life, over any bearer") {
  MessagesWorld world;
  world.deliver(world.message("m1"));
  world.deliver(world.message("m2"));
  world.settle();
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  const MessageNo no = world.next_down()->no;
  world.device_side().unreachable(core::DeviceNo{0}, core::Bearer::mqtt);
  world.device_side().came_back(no);
  CHECK_FALSE(world.next_down());
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::coap);
  const auto again = world.next_down(core::Bearer::coap);
  REQUIRE(again);
  CHECK(again->no == no);
  world.device_side().proven(no, world.now());
  CHECK(message_of(world.next_down(core::Bearer::coap)->carried).message_id == "m2");
}

TEST_CASE("a device with several bearers gets messages by SMS while no other one is alive") {
  MessagesWorld world;
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::sms);
  for (const core::Bearer other : {core::Bearer::coap, core::Bearer::mqtt}) {
    CAPTURE(core::name_of(other));
    world.device_side().reachable(core::DeviceNo{0}, other);
    world.deliver(world.message("over " + std::string(core::name_of(other))));
    world.settle();
    CHECK_FALSE(world.next_down(core::Bearer::sms));
    const auto delivery = world.next_down(other);
    REQUIRE(delivery);
    world.device_side().proven(delivery->no, world.now());
    world.device_side().unreachable(core::DeviceNo{0}, other);
    world.deliver(world.message("after " + std::string(core::name_of(other))));
    world.settle();
    const auto by_sms = world.next_down(core::Bearer::sms);
    REQUIRE(by_sms);
    world.device_side().proven(by_sms->no, world.now());
  }
}

TEST_CASE("a bearer that lost the device after it was due hands the message to another") {
  MessagesWorld world;
  world.deliver(world.message("m1"));
  world.settle();
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::coap);
  world.device_side().unreachable(core::DeviceNo{0}, core::Bearer::coap);
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  CHECK_FALSE(world.next_down(core::Bearer::coap));
  CHECK(world.next_down(core::Bearer::mqtt));
}

TEST_CASE("what is not for a device here is refused") {
  MessagesWorld world;
  CHECK(world.deliver(world.message("m", "x", "svc-unknown"))->refusal->cause ==
        "RECIPIENT_NOT_FOUND");
  auto group = world.message("m");
  group.to.type = AddressType::group;
  CHECK(world.deliver(group)->refusal->cause == "ADDR_TYPE_NOT_SUPPORTED");
  CHECK(world.server()
            .deliver(Role::l3g, world.message("m"), core::Ticket{9}, world.now())
            ->refusal->cause == "RECIPIENT_NOT_FOUND");
}

TEST_CASE(
    "a repetition of the server is delivered once; one that counts from 1 again is delivered") {
  MessagesWorld world;
  world.deliver(world.message("1", "first"));
  world.settle();
  world.deliver(world.message("1", "first"));
  CHECK(world.answers_to_server().size() == 2);
  world.deliver(world.message("1", "second"));
  world.settle();
  world.restart();
  world.deliver(world.message("1", "second"));
  world.settle();
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  for (const char* const content : {"first", "second"}) {
    const auto down = world.next_down();
    REQUIRE(down);
    CHECK(message_of(down->carried).content == content);
    world.device_side().proven(down->no, world.now());
  }
  CHECK_FALSE(world.next_down());
}

TEST_CASE("the room for one that counts from 1 again may be that of the one with its msgId") {
  for (const bool withheld : {false, true}) {
    CAPTURE(withheld);
    Limits limits;
    limits.max_messages_per_device = 2;
    limits.at_limit = withheld ? AtLimit::refuse : AtLimit::drop_oldest;
    MessagesWorld world(limits);
    for (const char* const id : {"1", "2"}) world.deliver(world.message(id, "first"));
    world.settle();
    CHECK(world.answers_to_server().size() == 2);
    if (withheld) world.device_side().withhold(core::DeviceNo{0});
    CHECK_FALSE(world.deliver(world.message("1", "second")));
    world.settle();
    CHECK(world.answers_to_server().size() == 1);
    CHECK(world.metric("msggw_messages_failed_total{cause=\"DROPPED\"}") == 1);
  }
}

TEST_CASE("what a bearer has no room for waits as before, and leaves no trace") {
  MessagesWorld world;
  world.deliver(world.message("m1"));
  world.settle();
  const std::uint64_t before = world.queue().trace.total();
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  for (int times = 0; times < 100; ++times) {
    const auto down = world.next_down();
    REQUIRE(down);
    world.device_side().no_room(down->no);
    world.device_side().unreachable(core::DeviceNo{0}, core::Bearer::mqtt);
    world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  }
  CHECK(world.queue().trace.total() == before);
  CHECK(world.take_down().size() == 1);
}

TEST_CASE("what is handed over does not expire until the bearer says what became of it") {
  Limits limits;
  limits.proof_within = std::chrono::hours{24 * 30};
  MessagesWorld world(limits);
  auto message = world.message("m1");
  message.wants_report = true;
  world.deliver(message);
  world.settle();
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  const MessageNo no = world.next_down()->no;
  world.pass(world.limits().down_lifetime + std::chrono::seconds{1});
  CHECK(world.metric("msggw_messages_failed_total{cause=\"EXPIRED\"}") == 0);
  world.device_side().came_back(no);
  world.pass(std::chrono::seconds{31});
  CHECK(world.metric("msggw_messages_failed_total{cause=\"EXPIRED\"}") == 1);
  world.settle();
  CHECK(report_of(world.next_up()->carried).failure_cause == "EXPIRED");
}

TEST_CASE("a million's worth of contents does not stay in memory") {
  Limits limits;
  limits.cache_octets = 10'000;
  MessagesWorld world(limits);
  for (int i = 0; i < 200; ++i)
    world.deliver(world.message(std::to_string(i), std::string(1'000, 'x')));
  world.settle();
  CHECK(world.queue().contents.octets() <= 20'000);
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  for (int i = 0; i < 200; ++i) {
    const auto down = world.next_down();
    REQUIRE(down);
    CHECK(message_of(down->carried).message_id == std::to_string(i));
    world.device_side().proven(down->no, world.now());
  }
  world.settle();
  CHECK(world.queue().contents.size() == 0);
  CHECK(world.rows(storage::kMessages) == 0);
}

TEST_CASE("a content that was handed out and came back does not stay beyond the cache") {
  Limits limits;
  limits.cache_octets = 0;
  MessagesWorld world(limits);
  world.deliver(world.message("m1"));
  world.settle();
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  const MessageNo no = world.next_down()->no;
  world.device_side().came_back(no);
  CHECK(world.queue().contents.size() == 0);
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  CHECK(world.next_down()->no == no);
}

TEST_CASE("a report for a device's message reaches the device") {
  MessagesWorld world;
  const Report report{{AddressType::as, "as-1"}, {AddressType::ue, "svc-d1"}, "m7", true, ""};
  CHECK_FALSE(world.server().deliver_report(Role::n3g, report, core::Ticket{1}, world.now()));
  world.settle();
  CHECK(world.answers_to_server().size() == 1);
  world.device_side().reachable(core::DeviceNo{1}, core::Bearer::mqtt);
  CHECK(report_of(world.next_down()->carried) == report);
}

}  // namespace
}  // namespace msggw::scenario
