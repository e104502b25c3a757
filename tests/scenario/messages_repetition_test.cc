// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <set>

#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;

TEST_CASE("a repetition is answered as the first was and goes once; other content is refused") {
  MessagesWorld world;
  world.send(world.request("m1", "x"));
  REQUIRE(world.take());
  CHECK_FALSE(world.send(world.request("m1", "x")));  // under way: with its commit
  world.commit();
  CHECK(world.answers_to_devices().size() == 2);
  CHECK_FALSE(world.send(world.request("m1", "x")));  // durable: at once
  CHECK(world.answers_to_devices().size() == 1);
  const auto other = world.send(world.request("m1", "y"));
  REQUIRE(other);
  CHECK(other->refusal->cause == "MSG_ID_REUSED");
  CHECK_FALSE(world.send(world.request("m1", "y", 1)));  // of another device
  world.restart();
  CHECK_FALSE(world.send(world.request("m1", "x")));
  CHECK(world.answers_to_devices().size() == 1);
  CHECK(world.pass_one() == "m1");
  CHECK(world.metric("msggw_messages_repeated_total") == 1);
  world.settle();
  CHECK(world.pass_one() == "nothing");
  world.pass(world.limits().window_time + std::chrono::seconds{1});
  world.settle();
  CHECK(world.rows(storage::kQueue) == 0);
  world.send(world.request("m1", "y"));
  world.settle();
  CHECK(world.pass_one() == "m1");
}

TEST_CASE(
    "one msgId, and another appId or recipient: another message, of which the device is told") {
  Policy policy = MessagesWorld::policy_of_tests();
  policy.default_recipient = Address{AddressType::as, "as-1"};
  MessagesWorld world({}, policy);
  const auto cause = [&](const SendRequest& request) {
    const auto answer = world.send(request);
    world.settle();
    return answer ? std::string(answer->refusal->cause) : std::string("taken");
  };
  auto said = world.request("k1", "one");
  said.application = "meters";
  CHECK(cause(said) == "taken");
  auto other = said;
  other.application = "doors";
  CHECK(cause(other) == "MSG_ID_REUSED");
  other.application.clear();
  CHECK(cause(other) == "MSG_ID_REUSED");
  other = said;
  other.to.reset();  // the same recipient in the end
  CHECK(cause(other) == "MSG_ID_REUSED");
  other.content = "two";
  CHECK(cause(other) == "MSG_ID_REUSED");
  CHECK(world.queue().lanes.all().messages == 1);
  CHECK(cause(said) == "taken");  // as before
  CHECK(world.metric("msggw_messages_repeated_total") == 1);

  auto left_out = world.request("k2", "one");
  left_out.to.reset();
  CHECK(cause(left_out) == "taken");
  CHECK(cause(world.request("k2", "one")) == "MSG_ID_REUSED");
  CHECK(cause(world.request("k2", "two")) == "MSG_ID_REUSED");
  CHECK(cause(left_out) == "taken");
  other = world.request("k1", "one");
  other.to->address = "as-2";
  CHECK(cause(other) == "taken");  // devices may count for each recipient
  CHECK(world.queue().lanes.all().messages == 3);
}

TEST_CASE("downward too one msgId and another appId is another message") {
  MessagesWorld world;
  auto message = world.message("m1", "x");
  message.application = "meters";
  CHECK_FALSE(world.deliver(message));
  CHECK_FALSE(world.deliver(message));
  message.application = "doors";
  CHECK_FALSE(world.deliver(message));
  world.settle();
  CHECK(world.take_down().size() == 2);
}

TEST_CASE("downward contents that alternate under one msgId come once each") {
  MessagesWorld world;
  const auto deliver = [&](const char* content) {
    CHECK_FALSE(world.deliver(world.message("m1", content)));
    world.settle();
    CHECK(world.answers_to_server().size() == 1);
  };
  for (const char* const content : {"a", "b", "a", "c", "b"}) deliver(content);
  CHECK(world.metric("msggw_messages_repeated_total") == 2);
  std::string got;
  for (const Message& message : world.take_down()) got += message.content;
  CHECK(got == "abc");
  world.settle();
  world.restart();
  for (const char* const content : {"a", "c", "b"}) deliver(content);
  CHECK(world.take_down().empty());
  world.pass(world.limits().window_time + std::chrono::seconds{1});
  world.settle();
  deliver("b");
  CHECK(world.take_down().size() == 1);
}

TEST_CASE("so they do if the first of them failed and that was told") {
  MessagesWorld world;
  const auto deliver = [&](const char* content) {
    auto message = world.message("m1", content);
    message.wants_report = true;
    CHECK_FALSE(world.deliver(message));
    world.settle();
  };
  deliver("a");
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  const auto first = world.next_down();
  REQUIRE(first);
  world.device_side().failed(first->no, Cause::refused, world.now());
  CHECK(world.take_reports().size() == 1);
  deliver("b");
  deliver("a");
  CHECK(world.take_reports().size() == 1);  // the same once more, of the first
  const auto taken = world.take_down();
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].content == "b");
}

TEST_CASE("many contents under one msgId are told apart as fast as many msgIds") {
  MessagesWorld world;
  for (int i = 0; i < 2'000; ++i) {
    REQUIRE_FALSE(world.deliver(world.message("m1", std::to_string(i))));
    world.settle();
    world.take_down();
  }
  std::set<std::uint64_t> hashes;
  const Key key = world.queue().key_of(world.message("m1"), false);
  for (int i = 0; i < 2'000; ++i) {
    const Message message = world.message("m1", std::to_string(i));
    const Key by_content = key.with(world.queue().content_hash_of(message));
    CHECK(world.queue().headers.in_window(by_content));
    hashes.insert(by_content.low);
  }
  CHECK(hashes.size() > 1'990);
}

TEST_CASE("an origin that comes again after its time is of another message") {
  MessagesWorld world;
  auto request = world.request("", "x");
  request.origin = "mid 1";
  request.origin_for = std::chrono::seconds{247};
  const auto taken = [&](base::Duration later) {
    world.pass(later);
    world.send(request);
    world.settle();
    const auto answers = world.answers_to_devices();
    REQUIRE(answers.size() == 1);
    return answers[0].message_id;
  };
  // Whatever part of a period has passed when it comes first.
  for (int round = 0; round < 20; ++round) {
    const std::string first = taken(std::chrono::seconds{300 + 13});
    CHECK(taken(std::chrono::seconds{100}) == first);
    world.restart();
    CHECK(taken(std::chrono::seconds{146}) == first);
    CHECK(taken(std::chrono::seconds{3}) != first);
  }
}

TEST_CASE("a msgId that we make is the same for a repetition, and tells nothing") {
  MessagesWorld world;
  auto request = world.request("", "x");
  request.origin = "mid 1";
  world.send(request);
  world.send(request);
  auto later = request;
  later.origin = "mid 2";
  world.send(later);
  world.settle();
  const auto answers = world.answers_to_devices();
  REQUIRE(answers.size() == 3);
  CHECK(answers[0].message_id == answers[1].message_id);
  CHECK(answers[0].message_id != answers[2].message_id);
  CHECK(answers[0].message_id.size() == 36);
  CHECK(world.queue().lanes.all().messages == 2);
}

TEST_CASE("whether a msgId that the gateway would make is known is asked before") {
  MessagesWorld world;
  auto request = world.request("");
  request.origin = "7";
  CHECK_FALSE(world.device_side().is_known(request, world.now()));
  world.send(request);
  CHECK(world.device_side().is_known(request, world.now()));
  world.settle();
  world.restart();
  CHECK(world.device_side().is_known(request, world.now()));
  auto other = request;
  other.content = "other";
  CHECK_FALSE(world.device_side().is_known(other, world.now()));
  other = request;
  other.origin = "8";
  CHECK_FALSE(world.device_side().is_known(other, world.now()));
  other = request;
  other.to.reset();  // and there is no default
  CHECK_FALSE(world.device_side().is_known(other, world.now()));
}

}  // namespace
}  // namespace msggw::scenario
