// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/test_messages_world.h"

#include "gateway/base/result.h"

namespace msggw::sms::test {

namespace {

constexpr std::uint8_t kUdhi = 0x40;

}  // namespace

void MessagesWorld::begin() {
  start();
  base::ensure(until([&] { return smsc().bound() > 0; }), "the SMSC is bound");
}

void MessagesWorld::settle() {
  for (int i = 0; i < 5; ++i) turn();
}

std::uint64_t MessagesWorld::hand_over(const smpp::Message& message) {
  std::uint64_t id = 0;
  base::ensure(until([&] { return (id = smsc().deliver(message)) != 0; }), "the SMSC is bound");
  return id;
}

std::optional<smpp::Status> MessagesWorld::deliver(const smpp::Message& message) {
  const std::uint64_t id = hand_over(message);
  until([&] { return smsc().answer_to(id).has_value() || smsc().was_cut(id); });
  return smsc().answer_to(id);
}

std::vector<messages::Message> MessagesWorld::sent_up() {
  std::vector<messages::Message> all;
  settle();
  for (auto& carried : messages->take_up()) {
    if (auto* const message = std::get_if<messages::Message>(&carried))
      all.push_back(std::move(*message));
    settle();
  }
  return all;
}

std::vector<smpp::Message> long_mo(const std::string& number, const std::string& text,
                                   sms_text::ReferenceForm form, std::uint16_t reference) {
  const auto alphabet = sms_text::best_alphabet(text, sms_text::DefaultCoding::gsm7_unpacked);
  sms_text::SplitOptions options;
  options.form = form;
  options.reference = reference;
  const auto parts = sms_text::split(alphabet, text, options);
  base::ensure(parts.has_value(), "the text can be split");
  std::vector<smpp::Message> all;
  for (const sms_text::Part& part : *parts) {
    smpp::Message message = mo(number, part.udh + part.data);
    message.data_coding =
        sms_text::data_coding_of(alphabet, sms_text::DefaultCoding::gsm7_unpacked);
    if (!part.udh.empty()) message.esm_class = kUdhi;
    if (form == sms_text::ReferenceForm::payload) {
      message.payload = std::exchange(message.short_message, {});
    } else if (form == sms_text::ReferenceForm::sar && part.total > 1) {
      message.sar_reference = part.reference;
      message.sar_total = part.total;
      message.sar_number = part.sequence;
    }
    all.push_back(std::move(message));
  }
  return all;
}

}  // namespace msggw::sms::test
