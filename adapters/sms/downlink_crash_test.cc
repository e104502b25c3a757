// SPDX-License-Identifier: Apache-2.0
// Messages for phones, and a process that dies.
#include <doctest/doctest.h>

#include "adapters/sms/downlink.h"
#include "adapters/sms/test_downlink.h"

namespace msggw::sms::test {
namespace {

constexpr const char* kNumber = "4915112345678";

TEST_CASE("receipts are matched after a restart, by whichever form the ids have") {
  DownlinkWorld world;
  world.options.smsc.response_ids = IdWriting::hex;
  world.options.smsc.receipt_ids = IdWriting::decimal;
  world.enter(kNumber);
  world.deliver(world.message("m1", std::string(300, 'x')));
  world.accept("0a");
  world.accept("0b");
  CHECK(world.after_receipt("10").empty());
  world.restart();
  CHECK(world.metric("msggw_sms_receipts_awaited") == 1);
  CHECK(world.after_receipt("11") == "m1 ok");
  CHECK(world.rows(storage::kTracking) == 0);
  world.restart();
  CHECK(world.is_quiet());
}

TEST_CASE("what was being sent when the process died is sent again") {
  DownlinkWorld world;
  world.enter(kNumber);
  world.deliver(world.message("m1", "hello"));
  const auto first = world.next_submit();
  world.restart();
  const auto second = world.next_submit();
  CHECK(second.message.short_message == first.message.short_message);
  world.smsc().answer(second, smpp::Status::ok, "id2");
  world.settle();
  CHECK(world.after_receipt("id1").empty());
  CHECK(world.after_receipt("id2") == "m1 ok");
}

TEST_CASE("of a long message of which some parts were accepted all are sent again") {
  DownlinkWorld world;
  world.enter(kNumber);
  world.deliver(world.message("m1", std::string(300, 'x')));
  world.accept("a1");
  world.restart();
  world.accept("b1");
  world.accept("b2");
  CHECK(world.after_receipt("b1").empty());
  CHECK(world.after_receipt("a1").empty());
  CHECK(world.after_receipt("b2") == "m1 ok");
}

TEST_CASE("or nobody knows, and a receipt of an unknown id is its receipt") {
  DownlinkWorld world;
  world.options.after_crash = AfterCrash::unknown;
  world.options.max_early_receipts = 1;  // each new one ends the wait of the one before
  world.enter(kNumber);
  world.deliver(world.message("m1", "hello"));
  world.next_submit();
  world.restart();
  CHECK(world.is_quiet());
  CHECK(world.after_receipt("lost").empty());
  SUBCASE("of that number") {
    world.receipt("other", "DELIVRD", "4915100000000");
    CHECK(world.until(
        [&] { return world.metric("msggw_sms_receipts_total{result=\"adopted\"}") == 1; }));
    CHECK(world.reports() == "m1 ok");
  }
  SUBCASE("unless it waits for more than one") {
    world.restart();
    CHECK(world.is_quiet());
  }
}

TEST_CASE("a receipt of an unknown id is that of nobody if two of the number are in doubt") {
  DownlinkWorld world;
  world.options.after_crash = AfterCrash::unknown;
  world.options.max_early_receipts = 1;
  world.enter(kNumber);
  for (const auto priority : {messages::Priority::normal, messages::Priority::high}) {
    auto message = world.message(std::string("m") + std::string(name_of(priority)), "hello");
    message.priority = priority;
    world.deliver(std::move(message));
    world.next_submit();
  }
  world.restart();
  CHECK(world.after_receipt("lost").empty());
  world.receipt("other", "DELIVRD", "4915100000000");
  CHECK(world.until(
      [&] { return world.metric("msggw_sms_receipts_total{result=\"unknown\"}") == 1; }));
  CHECK(world.reports().empty());
}

TEST_CASE("a process that ends in good order leaves nothing in doubt that was not submitted") {
  DownlinkWorld world;
  world.options.after_crash = AfterCrash::unknown;
  world.options.smsc.window = 1;
  world.enter(kNumber);
  world.deliver(world.message("m1", "first"));
  world.next_submit();
  auto urgent = world.message("m2", "second");
  urgent.priority = messages::Priority::high;
  world.deliver(std::move(urgent));
  world.settle();
  CHECK(world.rows(storage::kTracking) == 2);
  world.adapter->stop();
  world.settle();
  CHECK(world.rows(storage::kTracking) == 1);
  world.restart();
  CHECK(world.next_submit().message.short_message == "second");
}

TEST_CASE("more than are tracked: the oldest ends without proof") {
  DownlinkWorld world;
  world.options.max_tracked = 2;
  world.enter(kNumber);
  for (const char* const id : {"m1", "m2", "m3"}) {
    world.deliver(world.message(id, "hello"));
    world.accept(id);
  }
  CHECK(world.reports() == "m1 NO_PROOF");
  CHECK(world.after_receipt("m1").empty());
  CHECK(world.after_receipt("m3") == "m3 ok");
}

}  // namespace
}  // namespace msggw::sms::test
