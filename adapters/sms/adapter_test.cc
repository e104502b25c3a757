// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/adapter.h"

#include <doctest/doctest.h>

#include "adapters/sms/test_world.h"

namespace msggw::sms::adapter_test {

using msggw::core::Bearer;
using msggw::core::DeviceState;
using msggw::smpp::Status;
using msggw::sms::test::mo;
using msggw::sms::test::World;
namespace sms = msggw::sms;
namespace smpp = msggw::smpp;
using namespace std::chrono_literals;

namespace {

constexpr const char* kPhone = "4915112345678";
constexpr const char* kNumber = "+4915112345678";

DeviceState state_of(World& world, const std::string& number = kNumber) {
  const auto device = world.gateway.tables().find_private_id(number);
  REQUIRE(device);
  return world.gateway.tables().device(*device).state;
}

}  // namespace

TEST_CASE("the first SMS of a number is its registration, answered when it is recorded") {
  World world;
  world.options.answer = "Service ID: {serviceId}";
  world.provisioning = World::Provisioning::away;
  world.commits = false;
  world.start();
  std::uint64_t id = 0;
  REQUIRE(world.until([&] { return (id = world.smsc().deliver(mo(kPhone, "hello"))) != 0; }));
  REQUIRE(world.until([&] { return world.gateway.tables().devices() == 1; }));
  for (int i = 0; i < 20; ++i) world.turn();
  CHECK_FALSE(world.smsc().answer_to(id));
  world.commits = true;
  REQUIRE(world.until([&] { return world.smsc().answer_to(id).has_value(); }));
  CHECK(world.smsc().answer_to(id) == Status::ok);
  CHECK(state_of(world) == DeviceState::recorded);
  CHECK(world.smsc().received.empty());

  world.provisioning = World::Provisioning::answers;
  REQUIRE(world.until([&] { return world.smsc().received.size() == 1; }));
  const smpp::Message& answer = world.smsc().received[0];
  CHECK(answer.short_message == "Service ID: sid-0");
  CHECK(answer.destination == smpp::Address{1, 1, kPhone});
  CHECK(answer.source == smpp::Address{0, 1, "12345"});
  const auto device = world.gateway.tables().find_private_id(kNumber);
  CHECK(world.gateway.tables().device(*device).ue_type == msggw::core::UeType::legacy_3gpp);
  CHECK(world.gateway.tables().device(*device).kind == msggw::core::PrivateIdKind::msisdn);
}

TEST_CASE("a number is told once, however often it writes and however it is spelt") {
  World world;
  world.options.answer = "{serviceId}";
  world.options.country_code = "49";
  world.start();
  CHECK(world.write(kPhone, "one") == Status::ok);
  REQUIRE(world.until([&] { return world.smsc().received.size() == 1; }));
  for (const auto& [ton, spelling] : std::initializer_list<std::pair<std::uint8_t, const char*>>{
           {0, "+4915112345678"}, {0, "015112345678"}, {2, "15112345678"}, {1, kPhone}}) {
    smpp::Message again = mo(spelling, "again");
    again.source.ton = ton;
    const auto id = world.smsc().deliver(again);
    REQUIRE(world.until([&] { return world.smsc().answer_to(id) == Status::ok; }));
  }
  for (int i = 0; i < 20; ++i) world.turn();
  CHECK(world.gateway.tables().devices() == 1);
  CHECK(world.smsc().received.size() == 1);
}

TEST_CASE("what a phone says of itself goes with the first ask; what is no information does not") {
  World world;
  world.start();
  CHECK(world.write(kPhone, R"({"deviceType":"meter"})") == Status::ok);
  CHECK(world.write("4915100000001", R"({"deviceType":)") == Status::ok);
  CHECK(world.gateway.tables().info(*world.gateway.tables().find_private_id(kNumber)) ==
        R"({"deviceType":"meter"})");
  CHECK(world.gateway.tables()
            .info(*world.gateway.tables().find_private_id("+4915100000001"))
            .empty());
  CHECK(world.metric("msggw_sms_refused_total{reason=\"information\"}") == 1);
}

TEST_CASE("a sender that is no number is refused for good") {
  World world;
  world.start();
  smpp::Message message = mo("ALERTS", "hello");
  message.source.ton = 5;
  std::uint64_t id = 0;
  REQUIRE(world.until([&] { return (id = world.smsc().deliver(message)) != 0; }));
  REQUIRE(world.until([&] { return world.smsc().answer_to(id).has_value(); }));
  CHECK(world.smsc().answer_to(id) == Status::permanent_application_error);
  CHECK(world.gateway.tables().devices() == 0);
  CHECK(world.metric("msggw_sms_refused_total{reason=\"sender\"}") == 1);
}

TEST_CASE("who is let in: open, known, pattern") {
  World world;
  world.options.first_contact = sms::FirstContact::known;
  world.start();
  CHECK(world.write(kPhone, "hello") == Status::rejected_by_application);
  REQUIRE(world.gateway.operations().add_device({msggw::core::UeType::legacy_3gpp, kNumber, ""},
                                                world.clock.now()));
  CHECK(world.write(kPhone, "hello") == Status::ok);
  world.options.first_contact = sms::FirstContact::pattern;
  world.options.numbers = {"+4915*", "+39?????????"};
  CHECK(world.write("396123456789", "hello") == Status::rejected_by_application);
  CHECK(world.write("39123456789", "hello") == Status::ok);
  CHECK(world.write("4915100000009", "hello") == Status::ok);
  CHECK(world.metric("msggw_sms_refused_total{reason=\"policy\"}") == 2);
}

TEST_CASE("a device that the operator added is told its Service ID at its first SMS") {
  World world;
  world.options.answer = "{serviceId}";
  world.start();
  REQUIRE(world.gateway.operations().add_device({msggw::core::UeType::legacy_3gpp, kNumber, ""},
                                                world.clock.now()));
  REQUIRE(world.until(
      [&] { return world.gateway.tables().devices_in(DeviceState::provisioned) == 1; }));
  CHECK(world.smsc().received.empty());
  CHECK(world.write(kPhone, "hello") == Status::ok);
  REQUIRE(world.until([&] { return world.smsc().received.size() == 1; }));
  CHECK(world.smsc().received[0].short_message == "sid-0");
}

TEST_CASE("a refused number is told why, and refused from then on") {
  World world;
  world.options.answer_refused = "{cause}: {detail}";
  world.provisioning = World::Provisioning::refuses;
  world.start();
  CHECK(world.write(kPhone, "hello") == Status::ok);
  REQUIRE(world.until([&] { return world.smsc().received.size() == 1; }));
  CHECK(msggw::sms_text::decode(msggw::sms_text::Alphabet::gsm7,
                                world.smsc().received[0].short_message) ==
        "POLICY_DENIED: not this one");
  CHECK(world.write(kPhone, "hello") == Status::rejected_by_application);
  for (int i = 0; i < 20; ++i) world.turn();
  CHECK(world.smsc().received.size() == 1);
}

TEST_CASE("keywords are off by default, and do what they say when they are on") {
  World world;
  world.start();
  CHECK(world.write(kPhone, "STATUS") == Status::ok);
  CHECK(world.write(kPhone, "STOP") == Status::ok);
  const auto device = *world.gateway.tables().find_private_id(kNumber);
  CHECK(world.gateway.tables().device(device).binding(Bearer::sms).alive());
  CHECK(world.smsc().received.empty());

  world.options.keyword_status = "STATUS";
  world.options.keyword_stop = "STOP";
  world.options.answer_stop = "Good bye";
  REQUIRE(world.until([&] { return world.gateway.tables().device(device).has_service_id(); }));
  CHECK(world.write(kPhone, " status ") == Status::ok);
  REQUIRE(world.until([&] { return world.smsc().received.size() == 1; }));
  CHECK(world.smsc().received[0].short_message == "provisioned sid-0");
  CHECK(world.write(kPhone, "STATUS") == Status::ok);  // too often
  CHECK(world.metric("msggw_sms_unsaid_total{reason=\"too_often\"}") == 1);

  CHECK(world.write("4915100000002", "STOP") == Status::ok);  // was never here
  CHECK_FALSE(world.gateway.tables().find_private_id("+4915100000002"));
  CHECK(world.write(kPhone, "Stop") == Status::ok);
  CHECK_FALSE(world.gateway.tables().device(device).binding(Bearer::sms).alive());
  CHECK(world.gateway.tables().device(device).service_id == "sid-0");
  CHECK(world.write(kPhone, "I am back") == Status::ok);
  CHECK(world.gateway.tables().device(device).binding(Bearer::sms).alive());
}

TEST_CASE("a first contact that asks for the status is answered once, when it has ended") {
  World world;
  world.options.answer = "first {serviceId}";
  world.options.keyword_status = "STATUS";
  world.options.answer_every = msggw::base::Duration{0};
  world.provisioning = World::Provisioning::away;
  world.start();
  CHECK(world.write(kPhone, "STATUS") == Status::ok);
  for (int i = 0; i < 20; ++i) world.turn();
  CHECK(world.smsc().received.empty());
  CHECK(world.write(kPhone, "STATUS") == Status::ok);  // it asks once more meanwhile
  REQUIRE(world.until([&] { return world.smsc().received.size() == 1; }));
  CHECK(world.smsc().received[0].short_message == "recorded");
  world.provisioning = World::Provisioning::answers;
  REQUIRE(world.until([&] { return world.smsc().received.size() == 2; }));
  CHECK(world.smsc().received[1].short_message == "first sid-0");
}

TEST_CASE("a long SMS registers with its first part, and is read when it is whole") {
  World world;
  world.start();
  std::string text = R"({"deviceType":"meter","vendor":")";
  text += std::string(200, 'x') + "\"}";
  const auto part = [&](char number, const std::string& body) {
    smpp::Message message = mo(kPhone, std::string{5, 0, 3, 7, 2, number} + body);
    message.esm_class = 0x40;
    return message;
  };
  for (const auto& message : {part(2, text.substr(150)), part(1, text.substr(0, 150))}) {
    std::uint64_t id = 0;
    REQUIRE(world.until([&] { return (id = world.smsc().deliver(message)) != 0; }));
    REQUIRE(world.until([&] { return world.smsc().answer_to(id) == Status::ok; }));
    CHECK(world.gateway.tables().devices() == 1);
  }
  CHECK(world.metric("msggw_sms_received_total{kind=\"part\"}") == 1);
  CHECK(world.metric("msggw_sms_received_total{kind=\"message\"}") == 1);
}

TEST_CASE("information in parts is kept when it is whole, though the device has its Service ID") {
  World world;
  world.start();
  const std::string info = R"({"deviceType":"meter","vendor":")" + std::string(200, 'x') + "\"}";
  const auto write = [&](char number, const std::string& body) {
    smpp::Message message = mo(kPhone, std::string{5, 0, 3, 7, 2, number} + body);
    message.esm_class = 0x40;
    std::uint64_t id = 0;
    REQUIRE(world.until([&] { return (id = world.smsc().deliver(message)) != 0; }));
    REQUIRE(world.until([&] { return world.smsc().answer_to(id) == Status::ok; }));
  };
  write(1, info.substr(0, 150));
  const auto device = *world.gateway.tables().find_private_id(kNumber);
  REQUIRE(world.until([&] { return world.gateway.tables().device(device).has_service_id(); }));
  const std::size_t asks = world.asks;
  write(2, info.substr(150));
  CHECK(world.gateway.tables().info(device) == info);
  REQUIRE(world.until([&] { return world.asks == asks + 1; }));  // now with it
  // A later one is no part of the registration.
  write(1, R"({"deviceType":)");
  write(2, R"("gate"})");
  CHECK(world.gateway.tables().info(device) == info);
  CHECK(world.asks == asks + 1);
}

TEST_CASE("while the store hangs the SMSC is told to come back, and nothing is promised") {
  msggw::core::Limits limits;
  limits.answer_within = msggw::base::Duration{100};
  World world(limits);
  world.commits = false;
  world.start();
  CHECK(world.write(kPhone, "hello") == Status::temporary_application_error);
  world.commits = true;
  CHECK(world.write(kPhone, "hello") == Status::ok);
}

TEST_CASE("a limit on messages whose answer waits is told as a full queue") {
  World world;
  world.options.max_open_requests = 1;
  world.commits = false;
  world.start();
  std::uint64_t first = 0;
  REQUIRE(world.until([&] { return (first = world.smsc().deliver(mo(kPhone, "1"))) != 0; }));
  const auto second = world.smsc().deliver(mo("4915100000001", "2"));
  REQUIRE(world.until([&] { return world.smsc().answer_to(second).has_value(); }));
  CHECK(world.smsc().answer_to(second) == Status::queue_full);
  world.commits = true;
  REQUIRE(world.until([&] { return world.smsc().answer_to(first).has_value(); }));
  CHECK(world.smsc().answer_to(first) == Status::ok);
}

TEST_CASE("a connection lost between message and answer: the message comes again, one device") {
  World world;
  world.options.answer = "{serviceId}";
  world.commits = false;
  world.start();
  std::uint64_t id = 0;
  REQUIRE(world.until([&] { return (id = world.smsc().deliver(mo(kPhone, "hello"))) != 0; }));
  REQUIRE(world.until([&] { return world.gateway.tables().devices() == 1; }));
  world.smsc().cut();
  CHECK(world.smsc().was_cut(id));
  world.commits = true;
  CHECK(world.write(kPhone, "hello") == Status::ok);
  CHECK(world.gateway.tables().devices() == 1);
  REQUIRE(world.until([&] { return world.smsc().received.size() == 1; }));
}

TEST_CASE("each SMSC is a source, whose first contacts are limited") {
  msggw::core::Limits limits;
  limits.first_contacts_per_smsc = 1;
  World world(limits);
  world.add_smsc();
  sms::test::TestSmsc& other = world.add_smsc();
  world.start();
  std::vector<std::uint64_t> ids;
  REQUIRE(world.until([&] { return world.smsc().bound() + other.bound() == 2; }));
  for (int i = 10; i < 60; ++i)
    ids.push_back(world.smsc().deliver(mo("49151123456" + std::to_string(i), "hello")));
  std::size_t turned_away = 0;
  for (const std::uint64_t id : ids) {
    REQUIRE(world.until([&] { return world.smsc().answer_to(id).has_value(); }));
    turned_away += world.smsc().answer_to(id) == Status::throttled;
  }
  CHECK(turned_away > 0);
  CHECK(world.gateway.tables().devices() == ids.size() - turned_away);
  CHECK(world.metric("msggw_first_contacts_limited_total{bearer=\"sms\"}") == turned_away);
  const auto id = other.deliver(mo(kPhone, "hello"));
  REQUIRE(world.until([&] { return other.answer_to(id).has_value(); }));
  CHECK(other.answer_to(id) == Status::ok);
  const auto device = world.gateway.tables().find_private_id(kNumber);
  REQUIRE(device);
  CHECK(world.gateway.operations().is_selected(*device, {{}, {}, msggw::base::smsc_source(1)}));
}

TEST_CASE("a device with a MAC and a number is one device, told at its number") {
  World world;
  world.options.answer = "{privateId} {serviceId}";
  world.provisioning = World::Provisioning::away;
  world.start();
  const auto added = world.gateway.operations().add_device(
      {msggw::core::UeType::non_3gpp, "00-1B-63-84-45-E6", "", {{kNumber}}}, world.clock.now());
  REQUIRE(added);
  CHECK(world.write(kPhone, "hello") == Status::ok);
  CHECK(world.gateway.tables().devices() == 1);
  CHECK(world.gateway.tables().find_private_id(kNumber) == added->device);
  world.provisioning = World::Provisioning::answers;
  REQUIRE(world.until([&] { return world.smsc().received.size() == 1; }));
  CHECK(world.smsc().received[0].destination.text == kPhone);
  CHECK(world.smsc().received[0].short_message == "001b638445e6 sid-0");
}

TEST_CASE(
    "the end of a first contact of a device without a number, or with nowhere to answer from, says "
    "nothing") {
  World world;
  world.options.answer = "{serviceId}";
  world.start();
  REQUIRE(world.gateway.operations().add_device({msggw::core::UeType::legacy_3gpp, "meter-7", ""},
                                                world.clock.now()));
  REQUIRE(world.gateway.operations().add_device({msggw::core::UeType::legacy_3gpp, kNumber, ""},
                                                world.clock.now()));
  REQUIRE(world.until(
      [&] { return world.gateway.tables().devices_in(DeviceState::provisioned) == 2; }));
  world.adapter->decided(*world.gateway.tables().find_private_id("meter-7"));
  world.adapter->decided(*world.gateway.tables().find_private_id(kNumber));
  CHECK(world.metric("msggw_sms_unsaid_total{reason=\"no_source\"}") == 1);
  CHECK(world.metric("msggw_sms_unsaid_total{reason=\"no_number\"}") == 1);
}

}  // namespace msggw::sms::adapter_test
