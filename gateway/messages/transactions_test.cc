// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/transactions.h"

#include <doctest/doctest.h>

#include <random>

namespace msggw::messages {
namespace {

constexpr std::chrono::seconds kHour{3'600};
constexpr core::DeviceNo kDevice{7};

Address as(const std::string& name) {
  return {AddressType::as, name};
}

std::string peer(const Transactions& transactions, std::uint32_t now_s,
                 std::uint32_t application = 0, core::DeviceNo device = kDevice) {
  const auto found = transactions.peer_of(device, application, now_s);
  return found ? found->address : "nobody";
}

TEST_CASE("the newest peer is answered until its time is over") {
  Transactions transactions(kHour, 10);
  CHECK(peer(transactions, 100) == "nobody");
  transactions.open(kDevice, as("a"), 0, 100);
  transactions.open(kDevice, as("b"), 0, 200);
  CHECK(peer(transactions, 200) == "b");
  CHECK(peer(transactions, 3'799) == "b");
  CHECK(peer(transactions, 3'800) == "nobody");
  transactions.open(kDevice, as("a"), 0, 3'000);
  CHECK(peer(transactions, 3'800) == "a");
  CHECK(peer(transactions, 3'800, 0, core::DeviceNo{8}) == "nobody");
}

TEST_CASE("who names an application answers the newest peer of that") {
  Transactions transactions(kHour, 10);
  transactions.open(kDevice, as("a"), 1, 100);
  transactions.open(kDevice, as("b"), 2, 200);
  CHECK(peer(transactions, 300, 1) == "a");
  CHECK(peer(transactions, 300, 3) == "b");
  CHECK(peer(transactions, 3'750, 1) == "b");  // that of a is over
}

TEST_CASE("a device has four peers, and the fifth takes the place of the oldest") {
  Transactions transactions(kHour, 10);
  for (const char* const name : {"a", "b", "c", "d"}) transactions.open(kDevice, as(name), 0, 100);
  transactions.open(kDevice, as("a"), 0, 101);  // is the newest again
  CHECK(transactions.take_dropped().of_device == 0);
  transactions.open(kDevice, as("e"), 0, 102);
  CHECK(transactions.take_dropped().of_device == 1);
  std::string all;
  for (const Transaction& one : transactions.of(kDevice)) all += one.peer.address;
  CHECK(all == "eadc");
}

TEST_CASE("each peer of a device has an address of the gateway for itself while there are enough") {
  Transactions transactions(kHour, 10);
  const std::vector<std::uint32_t> own{11, 12, 13};
  const auto open = [&](const char* name, std::uint32_t at, std::uint32_t application = 0) {
    return transactions.open(kDevice, as(name), application, at, own);
  };
  const auto peer_at = [&](std::uint32_t number, std::uint32_t application = 0) {
    const auto found = transactions.peer_of(kDevice, application, 200, number);
    return found ? found->address : "nobody";
  };
  CHECK(open("a", 100) == 11);
  CHECK(open("b", 101) == 12);
  CHECK(open("c", 102) == 13);
  CHECK(open("a", 103, 5) == 11);  // of another application: the same peer
  CHECK(peer_at(11) == "a");
  CHECK(peer_at(12) == "b");
  CHECK(peer_at(13, 5) == "c");
  CHECK(peer_at(14) == "nobody");
  CHECK(peer_at(0) == "c");
  CHECK(peer_at(0, 5) == "a");
  // With none left, that of who was silent longest.
  CHECK(open("d", 104) == 12);
  CHECK(peer_at(12) == "d");
  Transactions again(kHour, 10);
  REQUIRE(again.restore(kDevice, transactions.of(kDevice)));
  CHECK(again.of(kDevice) == transactions.of(kDevice));
  CHECK(again.open(kDevice, as("c"), 0, 105, own) == 13);
}

TEST_CASE("a peer from before there were several addresses is answered through any") {
  Transactions transactions(kHour, 10);
  CHECK(transactions.open(kDevice, as("a"), 0, 100) == 0);
  CHECK(transactions.peer_of(kDevice, 0, 200, 11)->address == "a");
  const std::vector<std::uint32_t> own{11, 12};
  CHECK(transactions.open(kDevice, as("a"), 0, 101, own) == 11);
  CHECK(transactions.take_changes().size() == 1);
  CHECK_FALSE(transactions.peer_of(kDevice, 0, 200, 12));
}

TEST_CASE("a row is written when the peer changes or a quarter of the time is over") {
  Transactions transactions(kHour, 10);
  const auto written = [&] { return transactions.take_changes().size(); };
  transactions.open(kDevice, as("a"), 0, 100);
  transactions.open(kDevice, as("a"), 0, 100);
  CHECK(written() == 1);
  transactions.open(kDevice, as("a"), 0, 999);
  CHECK_FALSE(transactions.has_changes());
  CHECK(peer(transactions, 4'000) == "a");
  transactions.open(kDevice, as("a"), 0, 1'000);
  CHECK(written() == 1);
  transactions.open(kDevice, as("b"), 0, 1'001);
  CHECK(written() == 1);
  transactions.forget(kDevice);
  transactions.forget(kDevice);
  CHECK(written() == 1);
  CHECK(transactions.of(kDevice).empty());
}

TEST_CASE("those of too many devices give way, the ones that waited longest first") {
  Transactions transactions(kHour, 2);
  transactions.open(core::DeviceNo{1}, as("a"), 0, 100);
  transactions.open(core::DeviceNo{2}, as("a"), 0, 101);
  transactions.open(core::DeviceNo{1}, as("a"), 0, 102);
  transactions.open(core::DeviceNo{3}, as("a"), 0, 103);
  CHECK(transactions.devices() == 2);
  CHECK(transactions.take_dropped().of_all == 1);
  CHECK(peer(transactions, 104, 0, core::DeviceNo{1}) == "a");
  CHECK(peer(transactions, 104, 0, core::DeviceNo{2}) == "nobody");
}

TEST_CASE("what is over goes with its row, what is restored is as it was") {
  Transactions transactions(kHour, 10);
  const std::vector<Transaction> rows{{as("b"), 2, 200}, {as("a"), 1, 100}};
  CHECK(transactions.restore(kDevice, rows));
  CHECK_FALSE(transactions.restore(kDevice, rows));
  CHECK_FALSE(transactions.restore(core::DeviceNo{8}, {}));
  CHECK_FALSE(transactions.restore(core::DeviceNo{8}, std::vector<Transaction>(5, rows[0])));
  transactions.restored();
  CHECK(transactions.of(kDevice) == rows);
  transactions.tick(3'799);
  CHECK(transactions.devices() == 1);
  transactions.tick(3'800);
  CHECK(transactions.devices() == 0);
  CHECK(transactions.take_changes() == std::vector{kDevice});
}

TEST_CASE("other limits count for those that there are") {
  Transactions transactions(kHour, 10);
  for (std::uint32_t i = 0; i < 6; ++i) transactions.open(core::DeviceNo{i}, as("a"), 0, 100 + i);
  transactions.limit_to(2 * kHour, 3);
  CHECK(peer(transactions, 5'000, 0, core::DeviceNo{5}) == "a");
  transactions.open(core::DeviceNo{6}, as("a"), 0, 200);
  transactions.open(core::DeviceNo{7}, as("a"), 0, 201);
  transactions.open(core::DeviceNo{8}, as("a"), 0, 202);
  CHECK(transactions.devices() == 3);
  transactions.limit_to(std::chrono::seconds{0}, 3);
  CHECK(peer(transactions, 203, 0, core::DeviceNo{8}) == "nobody");
}

TEST_CASE("without a time there are none") {
  Transactions transactions(std::chrono::seconds{0}, 10);
  transactions.open(kDevice, as("a"), 0, 100);
  CHECK(peer(transactions, 100) == "nobody");
  CHECK_FALSE(transactions.has_changes());
}

TEST_CASE("at random: bounds hold, and each address is held as often as it is named") {
  Transactions transactions(kHour, 50);
  std::mt19937 random(3);
  std::uint32_t now_s = 1'000;
  for (int step = 0; step < 50'000; ++step) {
    const core::DeviceNo device{static_cast<std::uint32_t>(random() % 100)};
    now_s += random() % 20;
    if (random() % 10 == 0)
      transactions.forget(device);
    else
      transactions.open(device, as(std::to_string(random() % 30)), random() % 3, now_s);
    if (random() % 10 == 0) transactions.tick(now_s);
    CHECK(transactions.devices() <= 50);
    if (random() % 100 == 0) transactions.take_changes();
  }
  transactions.tick(now_s + 3'600);
  CHECK(transactions.devices() == 0);
}

TEST_CASE("an address goes with the last that holds it, and its number is given again") {
  AddressBook book;
  const AddressNo a = book.hold(as("a"));
  CHECK(book.hold(as("a")) == a);
  const AddressNo b = book.hold({AddressType::ue, "a"});
  CHECK(b != a);
  book.release(a);
  CHECK(book.at(a) == as("a"));
  book.release(a);
  CHECK(book.size() == 1);
  CHECK(book.hold(as("c")) == a);
  CHECK(book.at(b).type == AddressType::ue);
}

}  // namespace
}  // namespace msggw::messages
