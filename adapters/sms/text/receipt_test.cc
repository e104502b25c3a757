// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/text/receipt.h"

#include <doctest/doctest.h>

#include "adapters/sms/text/receipt_id.h"

namespace msggw::sms_text {

namespace {

using std::chrono::local_days;
using std::chrono::year;

constexpr std::string_view kCommon =
    "id:0123456789 sub:001 dlvrd:001 submit date:2311221459 done date:2311221501 stat:DELIVRD "
    "err:000 text:Hello id:7 stat:EXPIRED";

std::string state_in(std::string_view text, const ReceiptTlvs& tlvs = {}) {
  const Receipt receipt = parse_receipt(text, tlvs);
  return receipt.state ? (receipt.tlv_id.empty() ? receipt.text_id : receipt.tlv_id) + "=" +
                             std::string(word_of(*receipt.state))
                       : std::string(base::name_of(receipt.state.error().code));
}

}  // namespace

TEST_CASE("the form of SMPP 3.4 appendix B") {
  const Receipt receipt = parse_receipt(kCommon, {});
  CHECK(receipt.text_id == "0123456789");
  CHECK(receipt.tlv_id.empty());
  CHECK(receipt.state == MessageState::delivered);
  CHECK(receipt.error == "000");
  CHECK(!receipt.network_error);
  const auto day = local_days(year(2023) / 11 / 22);
  const auto submitted = day + std::chrono::hours(14) + std::chrono::minutes(59);
  CHECK(receipt.submitted_at.has_value());
  CHECK((receipt.submitted_at == std::chrono::local_seconds(submitted)));
  CHECK((*receipt.done_at - *receipt.submitted_at == std::chrono::minutes(2)));
  CHECK(receipt.submitted == 1);
  CHECK(receipt.delivered == 1);
  CHECK(receipt.text == "Hello id:7 stat:EXPIRED");
}

TEST_CASE("other common forms") {
  CHECK(state_in("ID:A1 SUB:1 DLVRD:1 SUBMIT DATE:x DONE DATE:y STAT:delivrd ERR:0 Text:") ==
        "A1=DELIVRD");
  CHECK(state_in("stat:UNDELIV err:12 id:A1") == "A1=UNDELIV");
  CHECK(state_in("id: A1 stat: EXPIRED") == "A1=EXPIRED");
  CHECK(state_in("  id :A1\r\nstat :EXPIRED\r\n") == "A1=EXPIRED");
  CHECK(state_in("id:A1, status:Rejected; error:5") == "A1=REJECTD");
  CHECK(state_in("id:A1 submitdate:1 done_date:2 stat:ACCEPTED") == "A1=ACCEPTD");
  CHECK(state_in("id:A1 stat:2") == "A1=DELIVRD");
  CHECK(state_in("id:A1 stat:en route") == "A1=ENROUTE");
  CHECK(state_in("id:A1 stat:DELIVERED") == "A1=DELIVRD");
  CHECK(state_in("id:A1 stat:UNDELIVERABLE") == "A1=UNDELIV");
  CHECK(state_in("id:A1 stat:DELETED id:B2 stat:EXPIRED") == "A1=DELETED");
  CHECK(state_in("text:hello id:A1 stat:UNKNOWN") == "A1=UNKNOWN");
  CHECK(state_in("grid:7 id:A1 stat:DELIVRD") == "A1=DELIVRD");
}

TEST_CASE("what is missing or unknown is said") {
  CHECK(state_in("") == "missing");
  CHECK(state_in("hello") == "missing");
  CHECK(state_in("id:A1") == "missing");
  CHECK(state_in("stat:DELIVRD") == "missing");
  CHECK(state_in("id: stat:DELIVRD") == "missing");
  CHECK(state_in("id:A1 stat:LOST") == "incorrect");
  CHECK(state_in("id:A1 stat:10") == "incorrect");
}

TEST_CASE("the ids are told though the state is none") {
  ReceiptTlvs tlvs;
  tlvs.receipted_message_id = "BEEF";
  for (const char* text : {"id:A1", "id:A1 stat:", "id:A1 stat:NOROUTE", "stat:10 id:A1"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(parse_receipt(text, {}).state);
    CHECK(parse_receipt(text, {}).text_id == "A1");
    CHECK(parse_receipt(text, tlvs).tlv_id == "BEEF");
  }
}

TEST_CASE("the form of a receipt is its field names, in any order and with any values") {
  CHECK(parse_receipt(kCommon, {}).has_form);
  CHECK(parse_receipt("STAT:NOROUTE, Done_Date:, SubmitDate:x, ID:", {}).has_form);
  CHECK_FALSE(parse_receipt("id:1 stat:DELIVRD", {}).has_form);
  CHECK_FALSE(parse_receipt("id:1 submit date:1 done date:2 err:000", {}).has_form);
  CHECK_FALSE(parse_receipt("id 1 submit date 1 done date 2 stat DELIVRD", {}).has_form);
  CHECK_FALSE(parse_receipt("id:1 stat:DELIVRD text:submit date:1 done date:2", {}).has_form);
}

TEST_CASE("dates with seconds or a long year; no date that there is not") {
  const auto done = [](const std::string& date) {
    return parse_receipt("id:1 stat:DELIVRD done date:" + date, {}).done_at;
  };
  const auto day = local_days(year(2024) / 2 / 29);
  CHECK((done("2402290000") == std::chrono::local_seconds(day)));
  CHECK((done("240229000007") == std::chrono::local_seconds(day + std::chrono::seconds(7))));
  CHECK((done("20240229000007") == std::chrono::local_seconds(day + std::chrono::seconds(7))));
  for (const char* bad : {"2302290000", "2413010000", "2402292400", "2402290060", "240229000060",
                          "24022900", "2402290a00", "", "0000000000", "99999999999999"}) {
    CAPTURE(std::string(bad));
    CHECK(!done(bad).has_value());
  }
}

TEST_CASE("usable TLVs win over the text") {
  ReceiptTlvs tlvs;
  tlvs.receipted_message_id = std::string_view("BEEF\0", 5);
  tlvs.message_state = 5;
  tlvs.network_error_code = std::string_view("\x03\x01\x02", 3);
  const Receipt receipt = parse_receipt(kCommon, tlvs);
  CHECK(receipt.tlv_id == "BEEF");
  CHECK(receipt.text_id == "0123456789");
  CHECK(receipt.state == MessageState::undeliverable);
  CHECK(receipt.network_error == NetworkError{3, 0x0102});
  CHECK(receipt.text == "Hello id:7 stat:EXPIRED");
  CHECK(state_in("", tlvs) == "BEEF=UNDELIV");
  CHECK(state_in("\xFF\xFE", tlvs) == "BEEF=UNDELIV");
  tlvs.receipted_message_id = std::string_view("\0", 1);
  tlvs.message_state = 77;
  tlvs.network_error_code = "x";
  CHECK(state_in(kCommon, tlvs) == "0123456789=DELIVRD");
  CHECK(!parse_receipt(kCommon, tlvs).network_error);
  CHECK(state_in("id:1", {std::nullopt, 0, std::nullopt}) == "1=ENROUTE");
  CHECK(state_in("id:1", {std::nullopt, 9, std::nullopt}) == "1=REJECTD");
}

TEST_CASE("every state has a word that is read again") {
  for (int value = 1; value <= 8; ++value) {
    const auto state = static_cast<MessageState>(value);
    CHECK(state_in("id:1 stat:" + std::string(word_of(state))) ==
          "1=" + std::string(word_of(state)));
    CHECK(is_final(state) == (state != MessageState::enroute && state != MessageState::accepted));
  }
}

TEST_CASE("ids match however the SMSC writes them") {
  constexpr IdForm as_is{};
  constexpr IdForm decimal{IdForm::Base::decimal};
  constexpr IdForm hex{IdForm::Base::hex};
  CHECK(same_id_key("0A1", as_is) == "0A1");
  CHECK(same_id_key(std::string_view(" 0A1 \0", 6), as_is) == "0A1");
  CHECK(same_id_key("00A1", {IdForm::Base::as_is, true, false}) == "A1");
  CHECK(same_id_key("0A1", {IdForm::Base::as_is, false, true}) == "0a1");
  CHECK(same_id_key("000", {IdForm::Base::as_is, true, true}) == "0");
  CHECK(same_id_key("3735928559", decimal) == same_id_key("DEADBEEF", hex));
  CHECK(same_id_key("0003735928559", decimal) == same_id_key("0x00deadbeef", hex));
  CHECK(same_id_key("340282366920938463463374607431768211455", decimal) ==
        same_id_key(std::string(32, 'F'), hex));
  CHECK(same_id_key("0", decimal) == same_id_key("000", hex));
  CHECK(same_id_key("00", decimal) == "0");
  CHECK(same_id_key("no-Number", decimal) == "no-number");
  CHECK(same_id_key("no-Number", hex) == "no-number");
  CHECK(same_id_key(std::string(65, '1'), decimal) == std::string(65, '1'));
  CHECK(same_id_key("", decimal).empty());
  CHECK(same_id_key("0x", hex) == "0x");
  CHECK(same_id_key("", as_is).empty());
}

}  // namespace msggw::sms_text
