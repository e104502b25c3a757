// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/inbox.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "adapters/sms/smpp/test_peer.h"
#include "adapters/sms/submissions.h"
#include "adapters/sms/text/gsm7.h"

namespace sms = msggw::sms;
namespace smpp = msggw::smpp;
namespace sms_text = msggw::sms_text;
using namespace std::chrono_literals;

namespace {

constexpr msggw::base::TimePoint kNow{std::chrono::seconds{1'800'000'000}};

/// `text` as submit_sm PDUs of the gateway, encoded and decoded again.
std::vector<smpp::Message> over_the_wire(const sms::Options& options, const std::string& text) {
  msggw::base::metrics::Registry registry;
  sms::Submissions submissions(options, msggw::base::HashKey{1, 2}, 7, registry);
  submissions.set_up(sms::SmscNo{}, true);
  sms::Submissions::Owner owner;
  owner.begun = [](std::uint64_t, sms::SmscNo, std::size_t) {};
  owner.ended = [](std::uint64_t, sms::Submissions::End, std::optional<smpp::Status>, bool) {};
  submissions.set_owner(std::move(owner));
  sms::Outgoing out{text, "+4915112345678", {0, 1, "12345"}};
  out.expires = kNow + 1h;
  submissions.add(std::move(out));
  std::vector<smpp::Message> messages;
  std::uint32_t sequence = 0;
  while (submissions.has_next(sms::SmscNo{}, kNow)) {
    smpp::Pdu pdu{{smpp::Command::submit_sm, smpp::Status::ok, ++sequence},
                  submissions.next(sms::SmscNo{}, kNow).message};
    const auto octets = smpp::encode(pdu);
    REQUIRE(octets);
    auto decoded = smpp::decode(*octets);
    REQUIRE(decoded);
    messages.push_back(std::get<smpp::Message>(std::move(decoded->body)));
  }
  return messages;
}

/// Whole, or made so by this one.
std::optional<sms::Text> take(sms::Inbox& inbox, const std::string& sender,
                              const smpp::Message& message, sms_text::DefaultCoding coding) {
  const sms::Piece piece = sms::piece_of(message, coding);
  if (piece.is_whole()) return sms::text_of(piece);
  auto added = inbox.add(sender, message.destination.text, piece, 0, kNow);
  if (added.outcome != sms_text::Added::Outcome::complete) return std::nullopt;
  return sms::Text{added.message.is_text, std::move(added.message.body)};
}

std::optional<std::string> read(const sms::Options& options,
                                const std::vector<smpp::Message>& messages) {
  sms::Inbox inbox(options, msggw::base::HashKey{1, 2});
  std::optional<std::string> text;
  for (const smpp::Message& message : messages) {
    CHECK_FALSE(text);
    const auto taken = take(inbox, "+4915112345678", message, options.all[0].default_coding);
    if (taken) {
      CHECK(taken->is_text);
      text = taken->body;
    }
  }
  CHECK(inbox.incomplete() == 0);
  return text;
}

std::string repeated(const std::vector<std::string>& characters, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += characters[i % characters.size()];
  return text;
}

}  // namespace

TEST_CASE("every alphabet, form and length around the borders comes back as it went") {
  const std::vector<std::vector<std::string>> alphabets{
      {"a", "Q", "7"},                        // GSM 7-bit
      {"a", "\xe2\x82\xac", "{"},             // with the extension table
      {"a", "\xd0\x96"},                      // UCS2
      {"\xf0\x9f\x98\x80", "x", "\xd0\x96"},  // with surrogates
      {"\xe5\x86\x85"},                       // UCS2, one of each
  };
  std::vector<std::size_t> lengths{1};
  for (const std::size_t border : {66, 70, 134, 140, 153, 160, 306})
    for (std::size_t length = border - 2; length <= border + 2; ++length) lengths.push_back(length);
  std::mt19937 random(3);
  for (const auto coding :
       {sms_text::DefaultCoding::gsm7_unpacked, sms_text::DefaultCoding::gsm7_packed,
        sms_text::DefaultCoding::latin1}) {
    for (const auto form : {sms_text::ReferenceForm::udh8, sms_text::ReferenceForm::udh16,
                            sms_text::ReferenceForm::sar, sms_text::ReferenceForm::payload}) {
      sms::Options options;
      options.all = {sms::SmscOptions{}};
      options.all[0].default_coding = coding;
      options.all[0].long_messages = form;
      options.max_parts = 255;
      for (const auto& characters : alphabets) {
        for (const std::size_t length : lengths) {
          CAPTURE(length);
          CAPTURE(static_cast<int>(form));
          CAPTURE(static_cast<int>(coding));
          CAPTURE(characters.back());
          const std::string text = repeated(characters, length);
          auto messages = over_the_wire(options, text);
          std::shuffle(messages.begin(), messages.end(), random);
          CHECK(read(options, messages) == text);
        }
      }
    }
  }
}

TEST_CASE("255 parts in any order, and not one more") {
  for (const auto form : {sms_text::ReferenceForm::udh8, sms_text::ReferenceForm::udh16,
                          sms_text::ReferenceForm::sar}) {
    sms::Options options;
    options.all = {sms::SmscOptions{}};
    options.all[0].long_messages = form;
    options.max_parts = 255;
    const std::size_t part = form == sms_text::ReferenceForm::udh8 ? 153 : 152;
    const std::string text = repeated({"a", "b", "c"}, 255 * part);
    auto messages = over_the_wire(options, text);
    CHECK(messages.size() == 255);
    std::reverse(messages.begin(), messages.end());
    CHECK(read(options, messages) == text);
    CHECK(over_the_wire(options, text + "d").empty());
  }
}

TEST_CASE("parts of two messages, duplicates and strays between them") {
  sms::Options options;
  options.all = {sms::SmscOptions{}};
  const std::string one = repeated({"a"}, 300);
  const auto first = over_the_wire(options, one);
  sms::Inbox inbox(options, msggw::base::HashKey{1, 2});
  const auto from = [&](const std::string& sender, const smpp::Message& message) {
    return take(inbox, sender, message, sms_text::DefaultCoding::gsm7_unpacked);
  };
  CHECK_FALSE(from("+1", first[0]));
  CHECK_FALSE(from("+2", first[1]));  // the same reference, another phone
  CHECK_FALSE(from("+1", first[0]));
  CHECK(from("+1", first[1])->body == one);
  CHECK(inbox.incomplete() == 1);
  CHECK(inbox.counters().duplicates == 1);
  inbox.tick(kNow + options.partial_timeout);
  CHECK(inbox.incomplete() == 0);
  CHECK(inbox.counters().expired == 1);
}

TEST_CASE("octets are no text") {
  sms::Options options;
  options.all = {sms::SmscOptions{}};
  sms::Inbox inbox(options, msggw::base::HashKey{1, 2});
  smpp::Message message;
  message.data_coding = 4;
  message.short_message = std::string("\0\xff\x01", 3);
  const auto taken = take(inbox, "+1", message, sms_text::DefaultCoding::gsm7_unpacked);
  REQUIRE(taken);
  CHECK_FALSE(taken->is_text);
  CHECK(taken->body == message.short_message);
}

TEST_CASE("SAR TLVs that cannot be are no reason to lose a message") {
  sms::Options options;
  options.all = {sms::SmscOptions{}};
  sms::Inbox inbox(options, msggw::base::HashKey{1, 2});
  for (const auto& [total, number] :
       std::initializer_list<std::pair<std::uint8_t, std::uint8_t>>{{0, 1}, {2, 0}, {2, 3}}) {
    smpp::Message message;
    message.short_message = "hello";
    message.sar_reference = 7;
    message.sar_total = total;
    message.sar_number = number;
    const auto taken = take(inbox, "+1", message, sms_text::DefaultCoding::gsm7_unpacked);
    REQUIRE(taken);
    CHECK(taken->body == "hello");
  }
}

TEST_CASE("what a deliver_sm is") {
  using Kind = sms::IncomingKind;
  smpp::Message message;
  for (const auto& [esm_class, kind] :
       std::initializer_list<std::pair<std::uint8_t, Kind>>{{0x00, Kind::message},
                                                            {0x40, Kind::message},
                                                            {0x80, Kind::message},
                                                            {0x04, Kind::receipt},
                                                            {0x20, Kind::receipt},
                                                            {0x44, Kind::receipt},
                                                            {0x08, Kind::acknowledgement},
                                                            {0x10, Kind::acknowledgement},
                                                            {0x18, Kind::acknowledgement}}) {
    CAPTURE(int(esm_class));
    message.esm_class = esm_class;
    CHECK(sms::kind_of(message) == kind);
  }
  message.esm_class = 0;
  message.receipted_id = "7";
  CHECK(sms::kind_of(message) == Kind::message);
  message.state = 2;
  CHECK(sms::kind_of(message) == Kind::receipt);
}

TEST_CASE("a receipt in text or in TLVs") {
  smpp::Message message;
  message.esm_class = 0x04;
  message.short_message =
      "id:42 sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 "
      "stat:UNDELIV err:011 text:hello";
  auto receipts = sms::receipts_of(message, sms_text::DefaultCoding::gsm7_unpacked);
  const sms_text::Receipt* receipt = &receipts.front();
  CHECK(receipt->text_id == "42");
  CHECK(receipt->state == sms_text::MessageState::undeliverable);
  message.short_message.clear();
  message.receipted_id = "43";
  message.state = 2;
  message.network_error = smpp::NetworkError{3, 7};
  receipts = sms::receipts_of(message, sms_text::DefaultCoding::gsm7_unpacked);
  receipt = &receipts.front();
  CHECK(receipt->tlv_id == "43");
  CHECK(receipt->text_id.empty());
  CHECK(receipt->network_error->code == 7);
}

TEST_CASE("a receipt is read as it is written, whatever its data_coding and esm_class say") {
  using Coding = sms_text::DefaultCoding;
  const std::string text =
      "id:SM_1@x$ sub:001 dlvrd:001 submit date:2511281200 done date:2511281201 "
      "stat:DELIVRD err:000 text:hello";
  const auto ids_of = [](const smpp::Message& message, Coding coding) {
    std::vector<std::string> ids;
    const auto receipts = sms::receipts_of(message, coding);
    for (const auto& receipt : receipts) {
      CHECK(receipt.state == sms_text::MessageState::delivered);
      ids.push_back(receipt.text_id);
    }
    return ids;
  };
  const auto has = [](const std::vector<std::string>& ids, const char* id) {
    return std::ranges::find(ids, id) != ids.end();
  };
  smpp::Message message;
  for (const auto coding : {Coding::gsm7_unpacked, Coding::gsm7_packed, Coding::latin1}) {
    // The octets of the id, under every data_coding that a message may have had.
    message.short_message = text;
    for (const int data_coding : {0, 1, 3, 4, 8, 0xF1, 0xF5, 0x11, 0xFF}) {
      CAPTURE(data_coding);
      message.data_coding = static_cast<std::uint8_t>(data_coding);
      message.esm_class = 0x04;
      CHECK(ids_of(message, coding).front() == "SM_1@x$");
      message.esm_class = 0x44;  // the UDHI bit of the message, and no header
      CHECK(ids_of(message, coding).front() == "SM_1@x$");
    }
    message.data_coding = 8;
    message.short_message = sms_text::encode(sms_text::Alphabet::ucs2, text).value();
    CHECK(has(ids_of(message, coding), "SM_1@x$"));
  }
  message.esm_class = 0x04;
  message.data_coding = 0;
  message.short_message = sms_text::encode(sms_text::Alphabet::gsm7, text).value();
  CHECK(has(ids_of(message, Coding::gsm7_unpacked), "SM_1@x$"));
  message.data_coding = 8;  // copied, while the text is in data_coding 0's alphabet
  CHECK(has(ids_of(message, Coding::gsm7_unpacked), "SM_1@x$"));
  message.short_message = sms_text::gsm7_pack(message.short_message, 0, sms_text::Tail::zeros);
  message.data_coding = 0;
  CHECK(has(ids_of(message, Coding::gsm7_packed), "SM_1@x$"));
  // Behind a header that is there.
  message.esm_class = 0x44;
  message.short_message = std::string("\5\0\3\1\1\1", 6) + text;
  CHECK(has(ids_of(message, Coding::gsm7_unpacked), "SM_1@x$"));
  message.short_message = "hello";
  CHECK(sms::receipts_of(message, Coding::gsm7_unpacked).front().state.error().code ==
        msggw::base::Errc::missing);
}

TEST_CASE("what cannot hold a receipt is seen at a glance") {
  using Coding = sms_text::DefaultCoding;
  smpp::Message message;
  const auto may = [&](bool is_awaited) {
    return sms::may_hold_receipt(message, Coding::gsm7_unpacked, is_awaited);
  };
  message.short_message = "hello";
  CHECK_FALSE(may(true));
  message.short_message = R"({"deviceType":"meter"})";
  CHECK(may(true));
  CHECK_FALSE(may(false));
  CHECK(sms::may_hold_receipt(message, Coding::gsm7_packed, false));  // no letter can be seen
  message.short_message = "id:1 submit date:1 done date:2 stat:DELIVRD";
  CHECK(may(false));
  message.short_message = sms_text::encode(sms_text::Alphabet::ucs2, message.short_message).value();
  CHECK(may(false));
  message.short_message.clear();
  message.receipted_id = "1";
  CHECK(may(true));
  CHECK_FALSE(may(false));
}
