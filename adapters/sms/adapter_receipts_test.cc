// SPDX-License-Identifier: Apache-2.0
// What comes from an SMSC as a message and is the receipt of one.
#include <doctest/doctest.h>

#include "adapters/sms/adapter.h"
#include "adapters/sms/test_world.h"

using msggw::core::Bearer;
using msggw::smpp::Status;
using msggw::sms::test::mo;
using msggw::sms::test::World;
namespace smpp = msggw::smpp;

namespace {

constexpr const char* kPhone = "4915112345678";
constexpr const char* kNumber = "+4915112345678";

}  // namespace

TEST_CASE("receipts of messages are matched over the connection") {
  World world;
  world.options.answer = "{serviceId}";
  world.start();
  CHECK(world.write(kPhone, "hello") == Status::ok);
  REQUIRE(world.until([&] { return world.smsc().received.size() == 1; }));
  smpp::Message receipt = mo(kPhone,
                             "id:id1 sub:001 dlvrd:001 submit date:2611231200 done "
                             "date:2611231201 stat:DELIVRD err:000 text:sid-0");
  receipt.esm_class = 0x04;
  const auto id = world.smsc().deliver(receipt);
  REQUIRE(world.until([&] { return world.smsc().answer_to(id) == Status::ok; }));
  CHECK(world.metric("msggw_sms_receipts_total{result=\"delivered\"}") == 1);
  receipt.short_message = "no receipt at all";
  const auto other = world.smsc().deliver(receipt);
  REQUIRE(world.until([&] { return world.smsc().answer_to(other) == Status::ok; }));
  CHECK(world.metric("msggw_sms_receipts_total{result=\"unreadable\"}") == 1);
  CHECK(world.gateway.tables().devices() == 1);
}

TEST_CASE("a receipt is one by the id that is awaited, whatever its esm_class says") {
  World world;
  world.options.keyword_stop = "STOP";
  world.options.answer_stop = "BYE";
  world.start();
  CHECK(world.write(kPhone, "hello") == Status::ok);
  CHECK(world.write(kPhone, "STOP") == Status::ok);
  REQUIRE(world.until([&] { return world.smsc().received.size() == 1; }));
  REQUIRE(world.until([&] { return world.metric("msggw_sms_receipts_awaited") == 1; }));
  const auto device = *world.gateway.tables().find_private_id(kNumber);
  const std::string text =
      "id:id1 sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 stat:DELIVRD "
      "err:000 text:BYE";
  smpp::Message receipt = mo(kPhone, text);
  SUBCASE("in the text") {}
  SUBCASE("in the text and a TLV") {
    receipt.receipted_id = "id1";
  }
  SUBCASE("in a TLV, and a text for people") {
    receipt.receipted_id = "id1";
    receipt.short_message = "Message delivered";
  }
  SUBCASE("as an acknowledgement of the phone") {
    receipt.esm_class = 0x08;
  }
  SUBCASE("whose state is no known word") {
    receipt.short_message = "id:id1 stat:NOROUTE err:000";
  }
  SUBCASE("without a state") {
    receipt.short_message = "id:id1";
  }
  for (int time = 0; time < 2; ++time) {  // an SMSC may give it twice
    const auto id = world.smsc().deliver(receipt);
    REQUIRE(world.until([&] { return world.smsc().answer_to(id) == Status::ok; }));
  }
  CHECK(world.metric("msggw_sms_received_total{kind=\"receipt\"}") == 2);
  CHECK_FALSE(world.gateway.tables().device(device).binding(Bearer::sms).alive());
  // The same words about nothing that was sent are a message, like any other of a phone.
  CHECK(world.write(kPhone, "id:id7 stat:DELIVRD") == Status::ok);
  CHECK(world.gateway.tables().device(device).binding(Bearer::sms).alive());
}

TEST_CASE("a receipt is one by its form, though nothing was sent or all is forgotten") {
  World world;
  world.options.keyword_stop = "STOP";
  world.start();
  CHECK(world.write(kPhone, "hello") == Status::ok);
  CHECK(world.write(kPhone, "STOP") == Status::ok);
  const auto device = *world.gateway.tables().find_private_id(kNumber);
  for (const char* state : {"DELIVRD", "NOROUTE", ""}) {
    CHECK(world.write(kPhone, std::string("id:id9 sub:001 dlvrd:001 submit date:2611231200 done "
                                          "date:2611231201 stat:") +
                                  state + " err:000 text:BYE") == Status::ok);
  }
  CHECK(world.metric("msggw_sms_received_total{kind=\"receipt\"}") == 3);
  CHECK(world.metric("msggw_sms_receipts_total{result=\"unreadable\"}") == 2);
  CHECK_FALSE(world.gateway.tables().device(device).binding(Bearer::sms).alive());
}
