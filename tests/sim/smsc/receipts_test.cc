// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/receipts.h"

#include <doctest/doctest.h>

namespace msggw::smsc {
namespace {

std::string id(std::uint64_t number, IdForm form, bool in_receipt) {
  std::string out;
  append_id(out, number, form, in_receipt);
  return out;
}

Receipt sample() {
  Receipt receipt;
  receipt.id = 0xABCDEF;
  receipt.submitted = base::TimePoint(std::chrono::milliseconds(1'700'000'000'000));
  receipt.source = "491701234567";
  receipt.destination = "12345";
  receipt.text = "hello";
  return receipt;
}

}  // namespace

TEST_CASE("message ids") {
  CHECK(id(0xABCDEF, IdForm::decimal, false) == "11259375");
  CHECK(id(0xABCDEF, IdForm::hex, true) == "abcdef");
  CHECK(id(0xABCDEF, IdForm::hex_upper, true) == "ABCDEF");
  CHECK(id(0xABCDEF, IdForm::padded, true) == "00000000000011259375");
  CHECK(id(0xABCDEF, IdForm::hex_decimal, false) == "abcdef");
  CHECK(id(0xABCDEF, IdForm::hex_decimal, true) == "11259375");
  const std::string uuid = id(1, IdForm::uuid, false);
  CHECK(uuid == id(1, IdForm::uuid, true));
  CHECK(uuid != id(2, IdForm::uuid, false));
  CHECK(uuid.size() == 36);
  CHECK(uuid[14] == '4');
}

TEST_CASE("a receipt as text, as TLVs, as both") {
  Receipt receipt = sample();
  const auto done = receipt.submitted + std::chrono::minutes(2);
  ReceiptText storage;
  Sm sm;
  compose(receipt, done, storage, sm);
  CHECK(sm.esm_class == 0x04);
  CHECK(sm.octets ==
        "id:11259375 sub:001 dlvrd:001 submit date:2311142213 done date:2311142215 stat:DELIVRD "
        "err:000 text:hello");
  CHECK(sm.receipted_message_id == "11259375");
  CHECK(sm.message_state == std::uint8_t{2});
  CHECK(sm.source.text == "491701234567");
  receipt.form = ReceiptForm::tlv;
  compose(receipt, done, storage, sm);
  CHECK(sm.octets.empty());
  CHECK(sm.receipted_message_id == "11259375");
  receipt.form = ReceiptForm::text;
  receipt.state = MessageState::undeliverable;
  compose(receipt, done, storage, sm);
  CHECK(sm.octets.find(" dlvrd:000 ") != std::string::npos);
  CHECK(sm.octets.find(" stat:UNDELIV err:001 ") != std::string::npos);
  CHECK(sm.receipted_message_id.empty());
  CHECK_FALSE(sm.message_state);
}

TEST_CASE("who wants one") {
  CHECK_FALSE(wants_receipt(0, MessageState::delivered));
  CHECK(wants_receipt(1, MessageState::delivered));
  CHECK_FALSE(wants_receipt(2, MessageState::delivered));
  CHECK(wants_receipt(2, MessageState::undeliverable));
  CHECK(wants_receipt(0x11, MessageState::expired));
}

TEST_CASE("numbers of finished receipts are given again, with nothing of the old one") {
  ReceiptTable table;
  const auto first = table.add();
  table.at(first) = sample();
  table.at(first).held.link = 7;
  CHECK(table.size() == 1);
  table.remove(first);
  CHECK(table.size() == 0);
  CHECK(table.add() == first);
  CHECK(table.at(first).held.link == 0);
  CHECK(table.at(first).text.view().empty());
}

}  // namespace msggw::smsc
