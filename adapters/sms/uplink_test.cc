// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/uplink.h"

#include <doctest/doctest.h>

#include "adapters/sms/test_messages_world.h"

using msggw::messages::Address;
using msggw::messages::AddressType;
using msggw::smpp::Status;
using msggw::sms::test::long_mo;
using msggw::sms::test::MessagesWorld;
using msggw::sms::test::mo;
using msggw::sms_text::ReferenceForm;
namespace messages = msggw::messages;
namespace sms = msggw::sms;
namespace smpp = msggw::smpp;
namespace storage = msggw::storage;
using namespace std::chrono_literals;

namespace {

constexpr const char* kPhone = "4915112345678";

/// A phone that has its Service ID: a keyword is no message.
void register_phone(MessagesWorld& world, const std::string& number = kPhone) {
  world.options.keyword_status = "STATUS";
  world.begin();
  REQUIRE(world.deliver(mo(number, "STATUS")) == Status::ok);
  world.settle();
  REQUIRE(world.sent_up().empty());
}

std::string contents(const std::vector<messages::Message>& all) {
  std::string text;
  for (const messages::Message& message : all) text += message.content + "|";
  return text;
}

std::size_t drafts(MessagesWorld& world) {
  std::size_t count = 0;
  REQUIRE(world.store.load(storage::TableNo{7}, [&](std::uint64_t, std::string_view) { ++count; }));
  return count;
}

}  // namespace

TEST_CASE("a text goes up, and its SMSC is answered when it is durable") {
  MessagesWorld world;
  register_phone(world);
  world.messages->commits = false;
  const auto id = world.hand_over(mo(kPhone, "21.5"));
  for (int i = 0; i < 20; ++i) world.turn();
  CHECK_FALSE(world.smsc().answer_to(id));
  world.messages->commits = true;
  REQUIRE(world.until([&] { return world.smsc().answer_to(id).has_value(); }));
  CHECK(world.smsc().answer_to(id) == Status::ok);
  const auto sent = world.sent_up();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].from == Address{AddressType::ue, "sid-0"});
  CHECK(sent[0].to == Address{AddressType::as, "as-1"});
  CHECK(sent[0].content == "21.5");
  CHECK(sent[0].application.empty());
}

TEST_CASE("the first text of a number waits for its Service ID, over a restart too") {
  MessagesWorld world;
  world.provisioning = MessagesWorld::Provisioning::away;
  world.begin();
  CHECK(world.deliver(mo(kPhone, "first")) == Status::ok);
  CHECK(world.deliver(mo(kPhone, "second")) == Status::ok);
  CHECK(drafts(world) == 2);
  CHECK(world.metric("msggw_sms_held_messages") == 2);
  world.restart();
  CHECK(world.deliver(mo(kPhone, "third")) == Status::ok);
  CHECK(world.deliver(mo(kPhone, "third")) == Status::ok);
  world.provisioning = MessagesWorld::Provisioning::answers;
  world.settle();
  CHECK(contents(world.sent_up()) == "first|second|third|third|");
  CHECK(drafts(world) == 0);
}

TEST_CASE("what was acknowledged is in the store until the Service ID is, and then gone up") {
  MessagesWorld world;
  world.provisioning = MessagesWorld::Provisioning::away;
  world.begin();
  REQUIRE(world.deliver(mo(kPhone, "first")) == Status::ok);
  world.provisioning = MessagesWorld::Provisioning::answers;
  world.commits = false;
  REQUIRE(world.until([&] { return world.asks == 1; }));
  world.restart();  // what was restored is tried at once
  world.settle();
  CHECK(drafts(world) == 1);
  world.commits = true;
  CHECK(contents(world.sent_up()) == "first|");
  CHECK(drafts(world) == 0);
}

TEST_CASE("what waits for a device that is refused ends") {
  MessagesWorld world;
  world.provisioning = MessagesWorld::Provisioning::away;
  world.begin();
  CHECK(world.deliver(mo(kPhone, "first")) == Status::ok);
  world.provisioning = MessagesWorld::Provisioning::refuses;
  REQUIRE(world.until([&] { return world.metric("msggw_sms_held_dropped_total") == 1; }));
  world.settle();
  CHECK(drafts(world) == 0);
  CHECK(world.deliver(mo(kPhone, "again")) == Status::rejected_by_application);
}

TEST_CASE("long texts in four forms, whole when the last part is durable") {
  for (const auto form :
       {ReferenceForm::udh8, ReferenceForm::udh16, ReferenceForm::sar, ReferenceForm::payload}) {
    for (const std::string& text :
         {std::string(400, 'x'), std::string("\xd0\x96", 2) + std::string(200, 'y')}) {
      CAPTURE(static_cast<int>(form));
      MessagesWorld world;
      register_phone(world);
      const auto parts = long_mo(kPhone, text, form);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        CHECK(world.sent_up().empty());
        CHECK(world.deliver(parts[i]) == Status::ok);
        // When it is whole, what names its parts is left, for a while.
        CHECK(drafts(world) == (parts.size() == 1 ? 0 : i + 1 == parts.size() ? 1 : i + 1));
      }
      CHECK(contents(world.sent_up()) == text + "|");
    }
  }
}

TEST_CASE("a part is acknowledged when it is durable, and is there after a crash") {
  MessagesWorld world;
  register_phone(world);
  const std::string text(400, 'z');
  const auto parts = long_mo(kPhone, text, ReferenceForm::udh8);
  REQUIRE(parts.size() == 3);
  CHECK(world.deliver(parts[1]) == Status::ok);
  world.messages->commits = false;
  const auto id = world.hand_over(parts[0]);
  for (int i = 0; i < 20; ++i) world.turn();
  CHECK_FALSE(world.smsc().answer_to(id));
  world.restart();
  REQUIRE(world.until([&] { return world.smsc().was_cut(id); }));
  CHECK(world.metric("msggw_sms_partial_messages") == 1);
  CHECK(world.deliver(parts[0]) == Status::ok);
  world.restart();
  CHECK(world.deliver(parts[0]) == Status::ok);
  CHECK(world.deliver(parts[2]) == Status::ok);
  CHECK(contents(world.sent_up()) == text + "|");
  CHECK(drafts(world) == 1);
}

TEST_CASE("a part that is given again after its text was whole stands in no other text") {
  MessagesWorld world;
  register_phone(world);
  const std::string first = std::string(300, 'a') + "1";
  const std::string second = std::string(300, 'b') + "2";
  for (const auto& part : long_mo(kPhone, first, ReferenceForm::udh8))
    CHECK(world.deliver(part) == Status::ok);
  world.restart();
  CHECK(world.deliver(long_mo(kPhone, first, ReferenceForm::udh8)[1]) == Status::ok);
  CHECK(world.metric("msggw_sms_partial_messages") == 0);
  for (const auto& part : long_mo(kPhone, second, ReferenceForm::udh8))  // the same reference
    CHECK(world.deliver(part) == Status::ok);
  for (const auto& part : long_mo(kPhone, second, ReferenceForm::udh8))  // and said again
    CHECK(world.deliver(part) == Status::ok);
  CHECK(contents(world.sent_up()) == first + "|" + second + "|" + second + "|");
}

TEST_CASE("what a phone has written that is no message yet is counted, for it and in all") {
  MessagesWorld world;
  world.provisioning = MessagesWorld::Provisioning::away;
  world.begin();
  CHECK(world.deliver(mo(kPhone, "hello")) == Status::ok);
  CHECK(world.deliver(mo(kPhone, "again")) == Status::ok);
  const auto parts = long_mo(kPhone, std::string(400, 'z'), ReferenceForm::udh8);
  CHECK(world.deliver(parts[0]) == Status::ok);
  CHECK(world.deliver(mo("4915100000001", "hello")) == Status::ok);
  world.settle();
  const auto device = world.gateway.tables().find_private_id(std::string("+") + kPhone);
  const auto kept = [&] { return world.adapter->uplink().kept_of(*device); };
  CHECK(kept().texts == 2);
  CHECK(kept().long_messages == 1);
  CHECK(world.adapter->uplink().kept().texts == 3);
  CHECK(world.adapter->uplink().kept().long_messages == 1);
  world.restart();
  CHECK(kept().texts == 2);
  CHECK(kept().long_messages == 1);
  world.provisioning = MessagesWorld::Provisioning::answers;
  CHECK(world.until([&] { return kept().texts == 0; }));
  CHECK(kept().long_messages == 1);
}

TEST_CASE("parts whose time is over leave the store") {
  MessagesWorld world;
  world.options.partial_timeout = msggw::base::Duration{50};
  register_phone(world);
  const auto parts = long_mo(kPhone, std::string(400, 'z'), ReferenceForm::udh8);
  CHECK(world.deliver(parts[0]) == Status::ok);
  REQUIRE(world.until([&] { return drafts(world) == 0; }));
  CHECK(world.metric("msggw_sms_partial_dropped_total") == 1);
}

TEST_CASE("where no long text may begin its part is put off, and what was acknowledged stays") {
  MessagesWorld world;
  world.options.max_partial_messages = 2;
  world.options.max_partial_per_sender = 1;
  register_phone(world);
  const std::string text(300, 'z');
  const auto first = long_mo(kPhone, text, ReferenceForm::udh8, 1);
  const auto second = long_mo(kPhone, text, ReferenceForm::udh8, 2);
  const auto other = long_mo("4915100000001", text, ReferenceForm::udh8, 1);
  const auto third = long_mo("4915100000002", text, ReferenceForm::udh8, 1);
  CHECK(world.deliver(first[0]) == Status::ok);
  CHECK(world.deliver(second[0]) == Status::temporary_application_error);
  CHECK(world.deliver(other[0]) == Status::ok);
  CHECK(world.deliver(third[0]) == Status::throttled);
  CHECK(drafts(world) == 2);
  world.options.max_partial_messages = 1;
  world.restart();
  CHECK(world.metric("msggw_sms_partial_messages") == 2);
  CHECK(world.metric("msggw_sms_partial_dropped_total") == 0);
  CHECK(world.deliver(first[1]) == Status::ok);
  CHECK(contents(world.sent_up()) == text + "|");
  CHECK(world.deliver(second[0]) == Status::throttled);
  CHECK(world.metric("msggw_sms_partial_put_off_total") == 3);
}

TEST_CASE("a text that its SMSC gives again after a crash is one message") {
  MessagesWorld world;
  register_phone(world);
  CHECK(world.deliver(mo(kPhone, "once")) == Status::ok);
  world.restart();
  CHECK(world.deliver(mo(kPhone, "once")) == Status::ok);  // the answer may not have come
  CHECK(contents(world.sent_up()) == "once|");
  CHECK(world.deliver(mo(kPhone, "once")) == Status::ok);  // that one has
  CHECK(contents(world.sent_up()) == "once|");
}

TEST_CASE("a phone that says the same twice means it twice") {
  MessagesWorld world;
  register_phone(world);
  for (int i = 0; i < 3; ++i) CHECK(world.deliver(mo(kPhone, "on")) == Status::ok);
  CHECK(contents(world.sent_up()) == "on|on|on|");
}

TEST_CASE("a text that was refused for want of a store is the same one when it comes again") {
  MessagesWorld world;
  world.message_limits.answer_within = msggw::base::Duration{50};
  register_phone(world);
  world.messages->commits = false;
  CHECK(world.deliver(mo(kPhone, "once")) == Status::temporary_application_error);
  world.messages->commits = true;
  world.settle();
  CHECK(world.deliver(mo(kPhone, "once")) == Status::ok);
  CHECK(contents(world.sent_up()) == "once|");
}

TEST_CASE("an id of the SMSC says what is the same") {
  MessagesWorld world;
  register_phone(world);
  smpp::Message message = mo(kPhone, "on");
  message.receipted_id = "17";
  CHECK(world.deliver(message) == Status::ok);
  CHECK(world.deliver(message) == Status::ok);
  message.receipted_id = "18";
  CHECK(world.deliver(message) == Status::ok);
  CHECK(contents(world.sent_up()) == "on|on|");
}

TEST_CASE("an alias names the recipient, and is not told") {
  MessagesWorld world;
  world.options.routes.aliases = {{"ops", {AddressType::as, "as-ops"}}};
  register_phone(world);
  for (const char* text : {"@ops open", "@OPS: open", "@opsopen", "@ops", "@who open"})
    CHECK(world.deliver(mo(kPhone, text)) == Status::ok);
  const auto sent = world.sent_up();
  REQUIRE(sent.size() == 5);
  CHECK(sent[0].to.address == "as-ops");
  CHECK(sent[0].content == "open");
  CHECK(sent[1].to.address == "as-ops");
  CHECK(sent[1].content == "open");
  for (std::size_t i = 2; i < 5; ++i) CHECK(sent[i].to.address == "as-1");
  CHECK(sent[4].content == "@who open");
}

TEST_CASE("recipients by number, by address and by port, and the application of the port") {
  MessagesWorld world;
  world.options.routes.numbers = {{"+44*", {AddressType::as, "as-44"}}};
  world.options.routes.services = {{"12345", 16'000, {AddressType::as, "as-port"}},
                                   {"", 16'001, {AddressType::as, "as-any"}},
                                   {"777", std::nullopt, {AddressType::as, "as-777"}}};
  world.options.routes.applications = {{16'000, "org.example.meter"}};
  register_phone(world);
  REQUIRE(world.deliver(mo("447700900123", "STATUS")) == Status::ok);
  world.settle();
  const auto to_of = [&](const smpp::Message& message) {
    REQUIRE(world.deliver(message) == Status::ok);
    const auto sent = world.sent_up();
    REQUIRE(sent.size() == 1);
    return sent[0].to.address + ' ' + sent[0].application;
  };
  CHECK(to_of(mo("447700900123", "a")) == "as-44 ");
  smpp::Message message = mo(kPhone, "b");
  CHECK(to_of(message) == "as-1 ");
  message.destination.text = "+777";
  CHECK(to_of(message) == "as-777 ");
  message = mo(kPhone, std::string("\x06\x05\x04\x3e\x80\x00\x01", 7) + std::string("\x00\xff", 2));
  message.esm_class = 0x40;
  message.data_coding = 4;
  CHECK(to_of(message) == "as-port org.example.meter");
  message = mo(kPhone, "c");
  message.destination_port = 16'001;
  CHECK(to_of(message) == "as-any ");
}

TEST_CASE("data is content as it is") {
  MessagesWorld world;
  world.options.routes.aliases = {{"ops", {AddressType::as, "as-ops"}}};
  register_phone(world);
  const std::string data("@ops \0\xff\x80", 8);
  smpp::Message message = mo(kPhone, data);
  message.data_coding = 4;
  CHECK(world.deliver(message) == Status::ok);
  const auto sent = world.sent_up();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].content == data);
  CHECK(sent[0].to.address == "as-1");
}

TEST_CASE("a text for which there is no room is refused for now, one too long for good") {
  MessagesWorld world;
  world.message_limits.max_messages_per_device = 2;
  world.message_limits.max_content_octets = 200;
  world.options.answer_unsent = "{cause}";
  register_phone(world);
  REQUIRE(world.until([&] { return world.smsc().received.size() == 1; }));  // of the keyword
  const std::string text(300, 'x');
  for (const auto& part : long_mo(kPhone, text, ReferenceForm::payload))
    CHECK(world.deliver(part) == Status::permanent_application_error);
  CHECK(drafts(world) == 0);
  CHECK(world.deliver(mo(kPhone, "1")) == Status::ok);
  CHECK(world.deliver(mo(kPhone, "2")) == Status::ok);
  CHECK(world.deliver(mo(kPhone, "3")) == Status::temporary_application_error);
  CHECK(contents(world.sent_up()) == "1|2|");
}

TEST_CASE("a long text for which there is no room waits") {
  MessagesWorld world;
  world.message_limits.max_messages_per_device = 1;
  register_phone(world);
  CHECK(world.deliver(mo(kPhone, "1")) == Status::ok);
  const std::string text(300, 'x');
  for (const auto& part : long_mo(kPhone, text, ReferenceForm::udh16))
    CHECK(world.deliver(part) == Status::ok);
  CHECK(drafts(world) == 3);  // and what names its parts
  CHECK(contents(world.sent_up()) == "1|");
  CHECK(world.deliver(mo(kPhone, "3")) ==
        Status::temporary_application_error);  // what waits goes first
  CHECK(contents(world.sent_up()) == text + "|");
  CHECK(drafts(world) == 1);
}

TEST_CASE("who nobody vouches for may not send") {
  MessagesWorld world;
  world.options.smsc.trusted = false;
  register_phone(world);
  CHECK(world.deliver(mo(kPhone, "hello")) == Status::rejected_by_application);
  CHECK(world.sent_up().empty());
  world.options.open_messages = true;
  CHECK(world.deliver(mo(kPhone, "hello")) == Status::ok);
  CHECK(contents(world.sent_up()) == "hello|");
}

TEST_CASE("information is what a device says at first; later JSON is content") {
  MessagesWorld world;
  world.begin();
  CHECK(world.deliver(mo(kPhone, R"({"deviceType":"meter"})")) == Status::ok);
  world.settle();
  CHECK(world.sent_up().empty());
  CHECK(world.deliver(mo(kPhone, R"({"t":21})")) == Status::ok);
  CHECK(contents(world.sent_up()) == R"({"t":21}|)");
}
