// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/submissions.h"

#include <doctest/doctest.h>

#include "adapters/sms/test_submissions.h"

namespace msggw::sms::submissions_test {

namespace sms = msggw::sms;
namespace smpp = msggw::smpp;
namespace sms_text = msggw::sms_text;
using World = sms::test::SubmissionsWorld;
using sms::test::long_text;
using namespace std::chrono_literals;

TEST_CASE("a message is sent, accepted and delivered") {
  World world;
  world.add("hello");
  const auto submit = world.next();
  REQUIRE(submit);
  CHECK(submit->message.short_message == "hello");
  CHECK(submit->message.destination == smpp::Address{1, 1, "4915112345678"});
  CHECK(submit->message.source == smpp::Address{0, 1, "12345"});
  CHECK(submit->message.registered_delivery == 1);
  CHECK_FALSE(world.next());
  CHECK(world.submissions->waiting() == 1);
  CHECK_FALSE(world.answer(submit->ticket, smpp::Status::ok, "77"));
  CHECK(world.submissions->waiting() == 0);
  CHECK(world.submissions->receipts().awaited() == 1);
  world.receipt("77");
  CHECK(world.submissions->receipts().awaited() == 0);
  CHECK(world.receipts("delivered") == 1);
  CHECK(world.ends("sent") == 1);
  CHECK(world.ended == std::vector<std::uint64_t>{1});
  world.receipt("77");
  CHECK(world.receipts("repeated") == 1);
}

TEST_CASE("a long message goes out in parts of one reference, and is sent when all are accepted") {
  for (const auto form : {sms_text::ReferenceForm::udh8, sms_text::ReferenceForm::udh16,
                          sms_text::ReferenceForm::sar}) {
    sms::Options options;
    options.smsc.long_messages = form;
    World world(options);
    world.add(long_text(400));
    std::vector<smpp::Ticket> tickets;
    while (const auto submit = world.next()) {
      tickets.push_back(submit->ticket);
      const bool udh = form != sms_text::ReferenceForm::sar;
      CHECK((submit->message.esm_class == 0x40) == udh);
      CHECK(submit->message.sar_total.has_value() == !udh);
      if (!udh) {
        CHECK(submit->message.sar_total == 3);
        CHECK(submit->message.sar_number == tickets.size());
      }
    }
    REQUIRE(tickets.size() == 3);
    for (const std::size_t at : {2, 0, 1}) {
      CHECK(world.ends("sent") == 0);
      world.answer(tickets[at], smpp::Status::ok, "id" + std::to_string(at));
    }
    CHECK(world.ends("sent") == 1);
    for (const char* id : {"id1", "id0", "id2"}) world.receipt(id);
    CHECK(world.receipts("delivered") == 3);
  }
}

TEST_CASE(
    "a receipt that comes by another SMSC counts if it comes from the number of the message") {
  World world;
  world.add("hello");
  world.answer(world.next()->ticket, smpp::Status::ok, "77");
  sms_text::Receipt receipt;
  receipt.text_id = "77";
  receipt.state = sms_text::MessageState::delivered;
  const auto receive = [&](const char* number) {
    world.submissions->receipts().received(sms::SmscNo{1}, {receipt}, world.now, number);
  };
  receive("+49151");
  CHECK(world.receipts("delivered") == 0);
  receive("+4915112345678");
  CHECK(world.receipts("delivered") == 1);
}

TEST_CASE("a long message as one message_payload") {
  sms::Options options;
  options.smsc.long_messages = sms_text::ReferenceForm::payload;
  World world(options);
  world.add(long_text(400));
  const auto submit = world.next();
  REQUIRE(submit);
  CHECK(submit->message.short_message.empty());
  CHECK(submit->message.payload == long_text(400));
  CHECK_FALSE(world.next());
}

TEST_CASE("an SMSC that throttles is told to the caller and gets the message again") {
  World world;
  world.add("hello");
  const auto first = world.next();
  CHECK(world.answer(first->ticket, smpp::Status::throttled));
  auto again = world.next();
  REQUIRE(again);
  CHECK(again->ticket == first->ticket);
  CHECK(world.answer(again->ticket, smpp::Status::queue_full));
  again = world.next();
  REQUIRE(again);
  CHECK_FALSE(world.answer(again->ticket, smpp::Status::ok, "1"));
  CHECK(world.ends("sent") == 1);
  CHECK(world.count("submits", "result", "throttled") == 2);
}

TEST_CASE("a temporary error is tried again after a wait, a permanent one ends the message") {
  World world;
  world.add("hello");
  world.answer(world.next()->ticket, smpp::Status::system_error);
  CHECK(world.submissions->waiting() == 1);
  const auto deadline = world.submissions->next_deadline();
  REQUIRE(deadline);
  CHECK(*deadline <= world.now + 1s);
  world.pass(1s);
  const auto again = world.next();
  REQUIRE(again);
  world.answer(again->ticket, smpp::Status::invalid_destination);
  CHECK(world.ends("refused") == 1);
  CHECK(world.submissions->waiting() == 0);
  CHECK_FALSE(world.next());
}

TEST_CASE("a generic_nack counts by its status, as any other answer") {
  const auto nack = [](World& world, smpp::Status status) {
    const smpp::Pdu pdu{{smpp::Command::generic_nack, status, 1}, smpp::Empty{}};
    return world.submissions->answered(sms::SmscNo{}, world.next()->ticket, pdu, world.now);
  };
  for (const auto status : {smpp::Status::invalid_bind_state, smpp::Status::system_error,
                            smpp::Status::temporary_application_error}) {
    CAPTURE(smpp::describe(status));
    World world;
    world.add("hello");
    CHECK_FALSE(nack(world, status));
    CHECK(world.count("submits", "result", "temporary") == 1);
    world.pass(1s);
    CHECK(nack(world, smpp::Status::throttled));
    CHECK(world.submissions->waiting() == 1);
    world.answer(world.next()->ticket, smpp::Status::ok, "1");
    CHECK(world.ends("sent") == 1);
  }
  for (const auto status : {smpp::Status::ok, smpp::Status::invalid_command}) {
    World world;
    world.add("hello");
    CHECK_FALSE(nack(world, status));
    CHECK(world.ends("refused") == 1);
  }
}

TEST_CASE("one refused part ends a long message, whose other answers are of no account") {
  World world;
  world.add(long_text(400));
  const auto first = world.next();
  const auto second = world.next();
  world.answer(first->ticket, smpp::Status::invalid_destination);
  CHECK_FALSE(world.next());  // the third is not sent
  CHECK(world.ends("refused") == 1);
  world.answer(second->ticket, smpp::Status::ok, "2");
  world.receipt("2");
  CHECK(world.receipts("late") == 1);
  CHECK(world.ends("sent") == 0);
}

TEST_CASE("a message without an answer is sent again, and given up after a while") {
  World world;
  world.add("hello");
  for (int i = 0; i < 5; ++i) {
    const auto submit = world.next();
    REQUIRE(submit);
    world.submissions->unanswered(submit->ticket, world.now);
  }
  CHECK_FALSE(world.next());
  CHECK(world.ends("unanswered") == 1);
  CHECK(world.submissions->waiting() == 0);
}

TEST_CASE("a lost connection costs each part under way one try") {
  World world;
  world.add(long_text(1'400));
  for (int cut = 0; cut < 3; ++cut) {
    std::vector<smpp::Ticket> under_way;
    while (const auto submit = world.next()) under_way.push_back(submit->ticket);
    CHECK(under_way.size() == 10);
    for (const smpp::Ticket ticket : under_way) world.submissions->unanswered(ticket, world.now);
  }
  int id = 0;
  while (const auto submit = world.next())
    world.answer(submit->ticket, smpp::Status::ok, std::to_string(++id));
  CHECK(id == 10);
  CHECK(world.ends("sent") == 1);
}

TEST_CASE("\"later\" puts each part off for itself, and is no lost answer") {
  World world;
  world.add(long_text(1'400));
  std::size_t parts = 0;
  for (; const auto submit = world.next(); ++parts)
    world.answer(submit->ticket, smpp::Status::system_error);
  CHECK(parts == 10);
  world.pass(1s);  // the first wait is no longer
  for (int time = 0; time < 9; ++time) {
    std::size_t again = 0;
    for (; const auto submit = world.next(); ++again)
      world.answer(submit->ticket, smpp::Status::system_error);
    CHECK(again == parts);
    world.pass(60s);
  }
  std::vector<smpp::Ticket> under_way;
  while (const auto submit = world.next()) under_way.push_back(submit->ticket);
  for (const smpp::Ticket ticket : under_way) world.submissions->unanswered(ticket, world.now);
  int id = 0;
  while (const auto submit = world.next())
    world.answer(submit->ticket, smpp::Status::ok, std::to_string(++id));
  CHECK(id == 10);
  CHECK(world.ends("sent") == 1);
}

TEST_CASE("what waits for an SMSC that is away goes to the next one, whole") {
  World world;
  world.add(long_text(400));
  world.add("short");
  const auto first = world.next(0);
  REQUIRE(world.next(0));
  CHECK_FALSE(world.answer(first->ticket, smpp::Status::ok, "a1", 0));
  world.set_up(0, false);
  CHECK_FALSE(world.next(0));
  CHECK_FALSE(world.next(1));
  world.set_up(1, true);
  std::vector<std::string> ids;
  while (const auto submit = world.next(1)) {
    ids.push_back("b" + std::to_string(ids.size()));
    world.answer(submit->ticket, smpp::Status::ok, ids.back(), 1);
  }
  CHECK(ids.size() == 4);  // three parts once more, and the short one
  CHECK(world.ends("sent") == 2);
  for (const auto& id : ids) world.receipt(id, sms_text::MessageState::delivered, 1);
  CHECK(world.receipts("delivered") == 4);
  world.receipt("a1");  // of the first try
  CHECK(world.receipts("late") == 1);
}

TEST_CASE("a message added while its SMSC is away takes another one, or waits until it expires") {
  World world;
  world.set_up(0, false);
  world.add("waits");
  world.set_up(1, true);
  CHECK(world.next(1));
  world.add("takes the other");
  CHECK(world.next(1));

  World nobody;
  nobody.set_up(0, false);
  nobody.add("waits");
  CHECK(nobody.submissions->next_deadline() == nobody.now + nobody.options.outgoing_lifetime);
  nobody.pass(nobody.options.outgoing_lifetime);
  CHECK(nobody.ends("expired") == 1);
  nobody.set_up(0, true);
  CHECK_FALSE(nobody.next());
}

TEST_CASE("limit: parts") {
  sms::Options options;
  options.max_parts = 2;
  World world(options);
  world.add(long_text(400));
  CHECK_FALSE(world.next());
  CHECK(world.ends("unsendable") == 1);
  CHECK(world.submissions->waiting() == 0);
  CHECK(world.ended == std::vector<std::uint64_t>{1});
}

TEST_CASE("TON and NPI are those of the configuration, where it names them") {
  sms::Options options;
  options.smsc.destination_ton = 0;
  options.smsc.source_npi = 9;
  World world(options);
  world.add("hello");
  const auto submit = world.next();
  CHECK(submit->message.destination == smpp::Address{0, 1, "4915112345678"});
  CHECK(submit->message.source == smpp::Address{0, 9, "12345"});
}

TEST_CASE("ten thousand messages in any order leave nothing behind") {
  World world;
  world.set_up(1, true);
  std::mt19937 random(5);
  std::vector<std::pair<std::size_t, std::string>> receipts;
  int id = 0;
  for (int i = 0; i < 10'000; ++i) {
    world.add(i % 7 == 0 ? long_text(200) : "short", i % 2);
    if (random() % 3 == 0) world.set_up(0, random() % 4 != 0);
    for (const std::size_t smsc : {0, 1}) {
      while (const auto submit = world.next(smsc)) {
        switch (random() % 8) {
          case 0: world.answer(submit->ticket, smpp::Status::throttled, "", smsc); break;
          case 1: world.answer(submit->ticket, smpp::Status::system_error, "", smsc); break;
          case 2: world.answer(submit->ticket, smpp::Status::invalid_source, "", smsc); break;
          case 3: world.submissions->unanswered(submit->ticket, world.now); break;
          default:
            receipts.emplace_back(smsc, std::to_string(++id));
            if (random() % 2 == 0) {
              world.receipt(receipts.back().second, sms_text::MessageState::delivered, smsc);
              world.answer(submit->ticket, smpp::Status::ok, receipts.back().second, smsc);
              receipts.pop_back();
            } else {
              world.answer(submit->ticket, smpp::Status::ok, receipts.back().second, smsc);
            }
        }
        if (random() % 5 == 0) break;
      }
    }
    world.pass(10ms);
  }
  world.set_up(0, true);
  for (int i = 0; i < 200'000 && world.submissions->waiting() > 0; ++i) {
    for (const std::size_t smsc : {0, 1}) {
      while (const auto submit = world.next(smsc)) {
        receipts.emplace_back(smsc, std::to_string(++id));
        world.answer(submit->ticket, smpp::Status::ok, receipts.back().second, smsc);
      }
    }
    world.pass(100ms);
  }
  CHECK(world.submissions->waiting() == 0);
  CHECK(world.ends("sent") + world.ends("refused") + world.ends("unanswered") == 10'000);
  CHECK(world.ended.size() == 10'000);
  for (const auto& [smsc, text] : receipts)
    world.receipt(text, sms_text::MessageState::delivered, smsc);
  world.pass(61s);
  CHECK(world.receipts("unknown") == 0);
  CHECK(world.submissions->receipts().awaited() == 0);
}

TEST_CASE("other options of an SMSC leave what is prepared as it is") {
  World world;
  world.options.all[0].long_messages = sms_text::ReferenceForm::udh8;
  world.add(long_text(400));
  REQUIRE(world.next());
  world.options.all[0].long_messages = sms_text::ReferenceForm::sar;
  world.options.all[0].default_coding = sms_text::DefaultCoding::latin1;
  for (int part = 2; part <= 3; ++part) {
    const auto submit = world.next();
    REQUIRE(submit);
    CHECK(submit->message.esm_class == 0x40);
    CHECK_FALSE(submit->message.sar_total);
    CHECK(submit->message.data_coding == 0);
  }
}

TEST_CASE("an SMSC that comes back keeps its place only if it is bound as before") {
  const auto options = [](std::vector<std::pair<const char*, sms::BindMode>> all) {
    sms::Options options;
    for (const auto& [name, bind] : all) {
      options.all.emplace_back().name = name;
      options.all.back().bind = bind;
    }
    return options;
  };
  using Mode = sms::BindMode;
  auto now = options({{"a", Mode::transceiver}, {"b", Mode::transceiver}});
  now = sms::in_their_places(now, options({{"b", Mode::transceiver}}));
  CHECK(now.gone == std::vector<bool>{true, false});
  now = sms::in_their_places(now, options({{"b", Mode::transceiver}, {"a", Mode::transmitter}}));
  CHECK(now.gone == std::vector<bool>{true, false, false});
  CHECK(now.all[0].bind == Mode::transceiver);
  CHECK(now.all[2].bind == Mode::transmitter);
  now = sms::in_their_places(now, options({{"b", Mode::transceiver}}));
  now = sms::in_their_places(now, options({{"a", Mode::transceiver}, {"b", Mode::transceiver}}));
  CHECK(now.gone == std::vector<bool>{false, false, true});
}

TEST_CASE("SMSCs are preferred in the order in which they are written, wherever their places are") {
  sms::Options now;
  for (const char* name : {"a", "b"}) now.all.emplace_back().name = name;
  CHECK(now.by_preference() == std::vector{SmscNo{0}, SmscNo{1}});
  sms::Options wanted;
  for (const char* name : {"new", "b"}) wanted.all.emplace_back().name = name;
  now = sms::in_their_places(now, wanted);
  CHECK(now.by_preference() == std::vector{SmscNo{2}, SmscNo{1}});
  CHECK(now.preferred() == SmscNo{2});
}

}  // namespace msggw::sms::submissions_test
