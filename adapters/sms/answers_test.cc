// SPDX-License-Identifier: Apache-2.0
// What the gateway itself tells phones: durable before what it answers, and said once.
#include "adapters/sms/answers.h"

#include <doctest/doctest.h>

#include "adapters/sms/test_world.h"
#include "adapters/sms/texts.h"
#include "storage/device_record.h"

namespace msggw::sms::test {
namespace {

using smpp::Status;

constexpr const char* kPhone = "4915112345678";

/// A gateway with one registered phone, whose keywords are on.
struct AnswersWorld : World {
  AnswersWorld() {
    options.keyword_status = "STATUS";
    options.keyword_stop = "STOP";
    options.answer_stop = "bye";
    options.answer_every = base::Duration{0};
  }
  void begin() {
    start();
    REQUIRE(write(kPhone, "hello") == Status::ok);
    const auto device = gateway.tables().find_private_id(std::string("+") + kPhone);
    REQUIRE(until([&] { return gateway.tables().device(*device).has_service_id(); }));
    settle();
  }
  void settle() {
    for (int i = 0; i < 10; ++i) turn();
  }
  std::uint64_t say(const std::string& text) {
    std::uint64_t id = 0;
    REQUIRE(until([&] { return (id = smsc().deliver(mo(kPhone, text))) != 0; }));
    return id;
  }
  std::vector<std::string> heard() {
    settle();
    std::vector<std::string> all;
    for (const smpp::Message& message : smsc().received) all.push_back(message.short_message);
    return all;
  }
  bool is_forgotten() {
    settle();
    return rows(storage::kQueue) + rows(storage::kMessages) + rows(storage::kTracking) == 0;
  }
};
using Texts = std::vector<std::string>;

TEST_CASE("a keyword is acknowledged when what the phone is told is durable, and then it is told") {
  AnswersWorld world;
  world.begin();
  world.messages->commits = false;
  const std::uint64_t id = world.say("STATUS");
  world.settle();
  CHECK_FALSE(world.smsc().answer_to(id));
  CHECK(world.smsc().received.empty());
  world.messages->commits = true;
  REQUIRE(world.until([&] { return world.smsc().answer_to(id) == Status::ok; }));
  CHECK(world.heard() == Texts{"provisioned sid-0"});
  CHECK(world.is_forgotten());
  CHECK(world.metric("msggw_messages_done_total{kind=\"text_down\"}") == 1);
}

TEST_CASE("while the store hangs the SMSC is told to give the keyword again") {
  AnswersWorld world;
  world.message_limits.answer_within = base::Duration{100};
  world.begin();
  world.messages->commits = false;
  const std::uint64_t id = world.say("STATUS");
  REQUIRE(world.until([&] { return world.smsc().answer_to(id).has_value(); }));
  CHECK(world.smsc().answer_to(id) == Status::temporary_application_error);
  CHECK(world.heard().empty());
}

TEST_CASE("a refusal for good is told when the words about it are durable") {
  AnswersWorld world;
  world.offers_messages = true;
  world.options.answer_unsent = "{cause}";
  world.message_limits.max_content_octets = 5;
  world.begin();
  world.messages->commits = false;
  const std::uint64_t id = world.say("much too long");
  world.settle();
  CHECK_FALSE(world.smsc().answer_to(id));
  world.messages->commits = true;
  REQUIRE(world.until([&] { return world.smsc().answer_to(id).has_value(); }));
  CHECK(world.smsc().answer_to(id) == Status::permanent_application_error);
  REQUIRE(world.heard().size() == 1);
  CHECK(sms_text::decode(sms_text::Alphabet::gsm7, world.smsc().received[0].short_message) ==
        "PAYLOAD_TOO_LARGE");
}

TEST_CASE("what no SMSC has had when the process ends is sent by the next one, once") {
  AnswersWorld world;
  world.add_smsc().answers = false;
  world.begin();
  world.say("STATUS");
  world.say("STOP");  // it waits for the one before
  REQUIRE(world.until([&] { return world.smsc().submits.size() == 1; }));
  world.settle();
  world.smsc().answers = true;
  world.restart();
  const Texts told{"provisioned sid-0", "provisioned sid-0", "bye"};
  CHECK(world.until([&] { return world.smsc().received.size() == 3; }));
  CHECK(world.heard() == told);
  CHECK(world.is_forgotten());
  world.restart();
  CHECK(world.heard() == told);
}

TEST_CASE("of what was being sent when the process died the option says what becomes") {
  AnswersWorld world;
  world.add_smsc().answers = false;
  SUBCASE("it is sent again") {}
  SUBCASE("nobody knows") {
    world.options.after_crash = AfterCrash::unknown;
  }
  world.begin();
  world.say("STATUS");
  REQUIRE(world.until([&] { return world.smsc().submits.size() == 1; }));
  world.smsc().answers = true;
  world.restart();
  const bool again = world.options.after_crash == AfterCrash::repeat;
  CHECK(world.heard().size() == (again ? 2 : 1));
  CHECK(world.is_forgotten());
}

TEST_CASE("texts to one phone go one after the other") {
  AnswersWorld world;
  world.add_smsc().answers = false;
  world.begin();
  world.say("STATUS");
  world.say("STOP");
  REQUIRE(world.until([&] { return world.smsc().submits.size() == 1; }));
  world.settle();
  REQUIRE(world.smsc().submits.size() == 1);
  CHECK(world.smsc().submits.front().message.short_message == "provisioned sid-0");
  world.smsc().answer(world.smsc().submits.front(), Status::ok, "id1");
  REQUIRE(world.until([&] { return world.smsc().submits.size() == 2; }));
  CHECK(world.smsc().submits.back().message.short_message == "bye");
}

TEST_CASE("without an SMSC that sends, texts wait in the limits of the gateway, and not for ever") {
  AnswersWorld world;
  world.options.smsc.bind = BindMode::receiver;
  world.message_limits.max_messages_per_device = 2;
  world.begin();
  for (int i = 0; i < 3; ++i) CHECK(world.write(kPhone, "STATUS") == Status::ok);
  CHECK(world.metric("msggw_messages_waiting") == 2);
  CHECK(world.metric("msggw_sms_unsaid_total{reason=\"no_room\"}") == 1);
  CHECK(world.metric("msggw_messages_refused_total{cause=\"DEVICE_QUEUE_FULL\"}") == 1);
  world.clock.skip(world.options.outgoing_lifetime);
  REQUIRE(world.until([&] { return world.metric("msggw_messages_waiting") == 0; }));
  CHECK(world.metric("msggw_messages_failed_total{cause=\"EXPIRED\"}") == 2);
  CHECK(world.is_forgotten());
}

TEST_CASE("the end of a first contact is told once, also if it comes after a restart") {
  AnswersWorld world;
  world.options.answer = "{serviceId}";
  SUBCASE("from the source") {
    world.options.source = "12345";
  }
  SUBCASE("from the address that the phone wrote to") {}
  SUBCASE("where messages are offered") {
    world.offers_messages = true;
  }
  world.provisioning = World::Provisioning::away;
  world.start();
  CHECK(world.write(kPhone, "hello") == Status::ok);
  world.restart();
  world.provisioning = World::Provisioning::answers;
  CHECK(world.until([&] { return world.smsc().received.size() == 1; }));
  CHECK(world.write(kPhone, "again") == Status::ok);
  CHECK(world.heard() == Texts{"sid-0"});
  CHECK(world.smsc().received.front().source.text == "12345");
  CHECK(world.rows(storage::kDrafts) == 0);
}

TEST_CASE("a text keeps its way: SMSC, address and the form of that") {
  Options options;
  options.all.resize(2);
  options.all[0].name = "first";
  options.all[1].name = "the second one";
  const ReturnPath path{SmscNo{1}, {5, 9, "My Shop"}};
  const messages::Message text = text_to("+49151", path, "hello", options);
  const Outgoing out = outgoing_of(text, options);
  CHECK(out.smsc == SmscNo{1});
  CHECK(out.from == path.service);
  CHECK(out.to == "+49151");
  CHECK(out.text == "hello");
  options.all.pop_back();
  CHECK(outgoing_of(text, options).smsc == SmscNo{});
  for (const char* odd :
       {"", " ", "first", "first ", "first 1", "first 1.", "first x.y", "first 999.1"}) {
    messages::Message other = text;
    other.application = odd;
    CHECK(outgoing_of(other, options).from.text == "My Shop");
  }
}

TEST_CASE("another answer_every counts from the reload on") {
  AnswersWorld world;
  world.options.answer_every = std::chrono::hours{1};
  world.begin();
  const auto ask = [&] {
    const std::uint64_t id = world.say("STATUS");
    REQUIRE(world.until([&] { return world.smsc().answer_to(id) == Status::ok; }));
  };
  ask();
  ask();
  CHECK(world.heard().size() == 1);
  world.options.answer_every = base::Duration{0};
  world.adapter->reconfigure();
  ask();
  CHECK(world.until([&] { return world.heard().size() == 2; }));
}

}  // namespace
}  // namespace msggw::sms::test
