// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/receipt_book.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/support/events.h"

namespace sms = msggw::sms;
namespace sms_text = msggw::sms_text;
using sms::IdWriting;
using sms_text::MessageState;
using namespace std::chrono_literals;

namespace {

/// A book of two SMSCs; `settled` holds the tickets that it has settled, in their order.
struct World {
  explicit World(sms::Options given = {}) : options(std::move(given)) {
    options.all.assign(2, options.smsc);
    const auto settle = [this](std::uint64_t ticket, std::optional<MessageState>) {
      settled.push_back(ticket);
      return ended.contains(ticket) ? std::nullopt : std::optional<std::string>("+491");
    };
    book.emplace(options, msggw::base::HashKey{1, 2}, registry, settle);
  }

  void expect(std::uint64_t ticket, const std::string& id, std::size_t smsc = 0) {
    book->expect(sms::SmscNo{smsc}, ticket, id, now);
  }
  void receive(const std::string& text_id, MessageState state = MessageState::delivered,
               std::size_t smsc = 0, const std::string& tlv_id = "") {
    sms_text::Receipt receipt;
    receipt.text_id = text_id;
    receipt.tlv_id = tlv_id;
    receipt.state = state;
    book->received(sms::SmscNo{smsc}, {receipt}, now);
  }
  bool knows(const std::string& id) {
    sms_text::Receipt receipt;
    receipt.text_id = id;
    return book->knows(sms::SmscNo{}, {receipt});
  }
  void pass(msggw::base::Duration time) {
    now += time;
    book->tick(now);
  }
  double count(const std::string& result) {
    return msggw::base::metrics::counter(registry, "msggw_sms_receipts_total", "",
                                         {{"result", result}})
        .Value();
  }

  sms::Options options;
  msggw::base::metrics::Registry registry;
  msggw::base::TimePoint now{std::chrono::seconds{1'800'000'000}};
  std::vector<std::uint64_t> settled;
  std::set<std::uint64_t> ended;
  std::optional<sms::ReceiptBook> book;
};

using Tickets = std::vector<std::uint64_t>;

/// Of an SMSC that writes ids in one way in its responses, in another in its receipts.
sms::Options hex_then_decimal() {
  sms::Options options;
  options.smsc.response_ids = IdWriting::hex;
  options.smsc.receipt_ids = IdWriting::decimal;
  return options;
}

}  // namespace

TEST_CASE("a receipt may be there before the response, and one that is not final settles nothing") {
  World world;
  world.receive("77", MessageState::enroute);
  world.receive("77");
  CHECK(world.count("intermediate") == 1);
  CHECK(world.settled.empty());
  world.expect(1, "77");
  CHECK(world.settled == Tickets{1});
  CHECK(world.count("delivered") == 1);
  CHECK(world.book->awaited() == 0);
  world.receive("77");
  CHECK(world.count("repeated") == 1);
  CHECK(world.knows("77"));
  world.pass(61s);
  CHECK(world.count("unknown") == 0);
  CHECK_FALSE(world.knows("77"));
  CHECK(world.book->is_empty());
}

TEST_CASE("a receipt for nothing is unknown when its response can no longer come") {
  World world;
  world.receive("99");
  world.receive("99");
  CHECK(world.count("repeated") == 1);
  CHECK(world.book->next_deadline() == world.now + 60s);
  world.pass(59s);
  CHECK(world.count("unknown") == 0);
  world.pass(1s);
  CHECK(world.count("unknown") == 1);
  CHECK_FALSE(world.book->next_deadline());
}

TEST_CASE("a receipt that comes twice is no unknown one, and one that is too late is named so") {
  World world;
  world.ended = {2};
  world.expect(1, "1");
  world.expect(2, "2");
  world.receive("1");
  world.receive("1");
  CHECK(world.count("repeated") == 1);
  world.receive("2");
  CHECK(world.count("late") == 1);
  CHECK(world.count("delivered") == 1);
}

TEST_CASE("ids are matched however the SMSC writes them") {
  World world(hex_then_decimal());
  world.expect(1, "00FF");
  world.expect(2, "100");
  world.receive("0255");
  world.receive("", MessageState::rejected, 0, "100");  // a TLV is as the response
  CHECK(world.settled == Tickets{1, 2});
  CHECK(world.count("delivered") == 1);
  CHECK(world.count("failed") == 1);
}

TEST_CASE("a receipt whose text and TLV write the id in two ways, and both in the other way") {
  World world(hex_then_decimal());
  world.expect(256, "100");
  world.expect(100, "64");
  world.receive("100", MessageState::delivered, 0, "100");  // both decimal
  world.receive("256", MessageState::delivered, 0, "100");  // the TLV as in the response
  CHECK(world.settled == Tickets{100, 256});
  world.receive("256", MessageState::delivered, 0, "100");
  CHECK(world.count("repeated") == 1);
}

TEST_CASE("a receipt that can be read in several ways finds its message by any, early or not") {
  World world;
  const auto reading = [](const std::string& id) {
    sms_text::Receipt receipt;
    receipt.text_id = id;
    receipt.state = MessageState::delivered;
    return receipt;
  };
  const std::vector<sms_text::Receipt> readings{reading("SM\x11"
                                                        "1"),
                                                reading("SM_1")};
  const auto receive = [&] { world.book->received(sms::SmscNo{}, readings, world.now); };
  CHECK_FALSE(world.book->knows(sms::SmscNo{}, readings));
  world.expect(1, "SM_1");
  CHECK(world.book->knows(sms::SmscNo{}, readings));
  CHECK_FALSE(world.book->knows(sms::SmscNo{1}, readings));
  receive();
  CHECK(world.settled == Tickets{1});
  CHECK(world.book->knows(sms::SmscNo{}, readings));  // it may come once more
  receive();
  CHECK(world.count("repeated") == 1);

  world.pass(61s);
  receive();
  world.expect(2, "SM_1");
  CHECK(world.settled == Tickets{1, 2});
  receive();
  CHECK(world.count("repeated") == 2);
  world.pass(61s);
  CHECK(world.count("unknown") == 0);
  receive();  // of nothing, whatever its id
  world.pass(61s);
  CHECK(world.count("unknown") == 1);
  CHECK_FALSE(world.book->next_deadline());
}

TEST_CASE("a message that was not delivered, and a receipt that cannot be read, are told") {
  World world;
  msggw::test::Events events;
  world.expect(1, "1");
  world.receive("1", MessageState::expired);
  world.book->unreadable(sms::SmscNo{}, "receipt has no message id", world.now);
  CHECK(events.count("sms_undelivered smsc=smsc to=+491 state=EXPIRED") == 1);
  CHECK(events.count("sms_receipt_unreadable smsc=smsc reason=\"receipt has no message id\"") == 1);
}

TEST_CASE("the error is the network's, else what any reading has of it, and never long") {
  World world;
  sms_text::Receipt first;
  first.text_id = "1";
  first.state = MessageState::undeliverable;
  sms_text::Receipt second = first;
  std::string told = " error=011 ";
  second.error = "011";
  SUBCASE("of another reading") {}
  SUBCASE("of the network") {
    first.network_error = sms_text::NetworkError{3, 258};
    told = " error=3:258 ";
  }
  SUBCASE("long") {
    second.error = std::string(1'000, '7');
    told = " error=" + std::string(32, '7') + " ";
  }
  SUBCASE("before the response") {
    world.book->received(sms::SmscNo{}, {first, second}, world.now);
  }
  msggw::test::Events events;
  world.expect(1, "1");
  world.book->received(sms::SmscNo{}, {first, second}, world.now);
  CHECK(events.count(told) == 1);
}

TEST_CASE("two SMSCs may give the same id") {
  World world;
  world.expect(1, "5", 0);
  world.expect(2, "5", 1);
  world.receive("5", MessageState::delivered, 1);
  world.receive("5", MessageState::expired, 0);
  CHECK(world.settled == Tickets{2, 1});
  CHECK(world.count("delivered") == 1);
  CHECK(world.count("failed") == 1);
}

TEST_CASE("a receipt that never comes is missed once") {
  World world;
  world.expect(1, "1");
  world.pass(world.options.receipt_within);
  CHECK(world.settled == Tickets{1});
  CHECK(world.count("missing") == 1);
  CHECK_FALSE(world.book->next_deadline());
}

TEST_CASE("an id that is given twice means the later message") {
  World world;
  world.expect(1, "1");
  world.expect(2, "1");
  CHECK(world.settled == Tickets{1});
  CHECK(world.count("missing") == 1);
  world.receive("1");
  CHECK(world.settled == Tickets{1, 2});
}

TEST_CASE("limits: receipts awaited, receipts too early") {
  sms::Options options;
  options.max_tracked = 2;
  options.max_early_receipts = 2;
  World world(options);
  for (const std::uint64_t ticket : {1, 2, 3}) world.expect(ticket, std::to_string(ticket));
  CHECK(world.settled == Tickets{1});
  CHECK(world.count("missing") == 1);
  CHECK(world.book->awaited() == 2);
  for (const char* id : {"7", "8", "9"}) world.receive(id);
  CHECK(world.count("unknown") == 1);
  world.book->unreadable(sms::SmscNo{}, "no id", world.now);
  CHECK(world.count("unreadable") == 1);
}
