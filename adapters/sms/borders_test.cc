// SPDX-License-Identifier: Apache-2.0
// Texts and data whose length is at a border of parts: down through the core to an SMSC, and what
// that got is written by a phone and goes up again.
#include <doctest/doctest.h>

#include <array>

#include "adapters/sms/test_downlink.h"
#include "adapters/sms/test_messages_world.h"

namespace msggw::sms::test {
namespace {

using sms_text::DefaultCoding;
using sms_text::ReferenceForm;

constexpr const char* kPhone = "4915112345678";
constexpr std::array kForms = {ReferenceForm::udh8, ReferenceForm::udh16, ReferenceForm::sar,
                               ReferenceForm::payload};
constexpr std::array kCodings = {DefaultCoding::gsm7_unpacked, DefaultCoding::gsm7_packed,
                                 DefaultCoding::latin1};

/// What one part holds of an alphabet: alone, with a reference of 8 bits, with one of 16.
struct Room {
  std::size_t alone;
  std::size_t narrow;
  std::size_t wide;
};
constexpr Room kGsm7{160, 153, 152};
constexpr Room kUcs2{70, 67, 66};
constexpr Room kOctets{140, 134, 133};

std::string times(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

/// Lengths around the ends of one, two and three parts.
std::vector<std::size_t> lengths(const Room& room) {
  std::vector<std::size_t> all{1};
  for (const std::size_t border :
       {room.alone, 2 * room.narrow, 3 * room.narrow, 2 * room.wide, 3 * room.wide})
    for (const std::size_t length : {border - 1, border, border + 1}) all.push_back(length);
  return all;
}

std::string data_of(std::size_t length) {
  std::string data;
  for (std::size_t i = 0; i < length; ++i) data.push_back(static_cast<char>(0xFF - i * 7 % 256));
  return data;
}

/// `wide` takes two units of the alphabet, and stands wherever a cut may fall into it.
void add_at_cuts(std::vector<std::string>& all, std::string_view unit, std::string_view wide,
                 const Room& room) {
  for (std::size_t before = room.wide - 2; before <= room.narrow; ++before)
    all.push_back(times(unit, before) + std::string(wide) + times(unit, room.alone));
  for (std::size_t before = room.alone - 2; before <= room.alone; ++before)
    all.push_back(times(unit, before) + std::string(wide));
}

std::vector<std::string> all_contents() {
  constexpr const char* kEuro = "\xE2\x82\xAC";       // an escape in GSM 7-bit
  constexpr const char* kZhe = "\xD0\xB6";            // UCS-2
  constexpr const char* kSmile = "\xF0\x9F\x98\x80";  // two surrogates
  constexpr const char* kAcute = "\xC3\xAD";          // Latin-1, in GSM 7-bit none
  std::vector<std::string> all;
  for (const std::size_t length : lengths(kGsm7)) all.push_back(std::string(length, 'g'));
  for (const std::size_t length : lengths(kUcs2)) all.push_back(times(kZhe, length));
  for (const std::size_t length : lengths(kOctets)) {
    all.push_back(data_of(length));
    all.push_back(times(kAcute, length));
  }
  add_at_cuts(all, "e", kEuro, kGsm7);
  add_at_cuts(all, kZhe, kSmile, kUcs2);
  return all;
}

/// A gateway that is bound at an SMSC of this kind, and what that has been given.
class Down : public DownlinkWorld {
 public:
  Down(ReferenceForm form, DefaultCoding coding) {
    options.smsc.long_messages = form;
    options.smsc.default_coding = coding;
    options.smsc.rate = options.smsc.burst = 1'000'000;
    options.smsc.window = 1'000;
    options.max_parts = sms_text::kMostParts;
    message_limits.max_content_octets = std::size_t{1} << 20;
    patience = std::chrono::milliseconds{0};
    enter(kPhone);
    CHECK(reports().empty());  // what it has written goes up
    smsc().answers = true;
  }
  /// The parts of a message whose sender wants no report.
  std::vector<smpp::Message> parts_of(const std::string& content) {
    auto sent = message("m" + std::to_string(++count_), content);
    sent.wants_report = false;
    smsc().received.clear();
    deliver(std::move(sent));
    const messages::Lanes& lanes = messages->queue().lanes;
    REQUIRE(until([&] { return lanes.of(core::DeviceNo{}, false).messages == 0; }));
    return smsc().received;
  }
  bool are_all_accepted() { return brought("accepted") == static_cast<double>(count_); }

 private:
  std::size_t count_ = 0;
};

class Up : public MessagesWorld {
 public:
  explicit Up(DefaultCoding coding) {
    options.keyword_status = "STATUS";
    options.smsc.default_coding = coding;
    message_limits.max_content_octets = std::size_t{1} << 20;
    patience = std::chrono::milliseconds{0};
    begin();
    REQUIRE(deliver(mo(kPhone, "STATUS")) == smpp::Status::ok);
    settle();
    REQUIRE(sent_up().empty());
  }
  /// What goes up of it when a phone writes these parts, the last one first.
  std::string content_of(const std::vector<smpp::Message>& parts) {
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
      smpp::Message written = mo(kPhone, part->short_message);
      written.data_coding = part->data_coding;
      written.esm_class = part->esm_class;
      written.payload = part->payload;
      written.sar_reference = part->sar_reference;
      written.sar_total = part->sar_total;
      written.sar_number = part->sar_number;
      REQUIRE(deliver(written) == smpp::Status::ok);
    }
    const auto sent = sent_up();
    REQUIRE(sent.size() == 1);
    return sent.front().content;
  }
};

TEST_CASE("at every border of every alphabet and form a content goes down and comes back up") {
  const std::vector<std::string> contents = all_contents();
  for (const DefaultCoding coding : kCodings) {
    Up up(coding);
    for (const ReferenceForm form : kForms) {
      Down down(form, coding);
      for (const std::string& content : contents) {
        CAPTURE(static_cast<int>(coding));
        CAPTURE(static_cast<int>(form));
        CAPTURE(content);
        CHECK(up.content_of(down.parts_of(content)) == content);
      }
      CHECK(down.are_all_accepted());
    }
  }
}

TEST_CASE("as many parts as there may be, and one character more") {
  const auto parts = std::size_t{sms_text::kMostParts};
  for (const ReferenceForm form : {ReferenceForm::udh8, ReferenceForm::udh16, ReferenceForm::sar}) {
    CAPTURE(static_cast<int>(form));
    const bool is_narrow = form == ReferenceForm::udh8;
    const auto room = [&](const Room& of) { return parts * (is_narrow ? of.narrow : of.wide); };
    Up up(DefaultCoding::gsm7_unpacked);
    Down down(form, DefaultCoding::gsm7_unpacked);
    for (const std::string& content :
         {std::string(room(kGsm7), 'g'), times("\xD0\xB6", room(kUcs2)), data_of(room(kOctets))}) {
      const auto sent = down.parts_of(content);
      CHECK(sent.size() == parts);
      CHECK(up.content_of(sent) == content);
    }
    CHECK(down.are_all_accepted());
    down.deliver(down.message("too long", std::string(room(kGsm7) + 1, 'g')));
    down.settle();
    CHECK(down.reports() == "too long PAYLOAD_TOO_LARGE");
  }
}

}  // namespace
}  // namespace msggw::sms::test
