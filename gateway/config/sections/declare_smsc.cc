// SPDX-License-Identifier: Apache-2.0
// What [sms] and one [[smsc]] may say of an SMSC.
#include "gateway/config/sections/declare.h"

namespace msggw::config {

using config_language::OptionTable;

namespace {

using sms::kMostAccountText;

constexpr std::size_t kNameOctets = 64;
constexpr std::size_t kMostAddresses = 16;
constexpr std::size_t kMostTrustedNumbers = 1'000;

void declare_account(OptionTable& table, sms::SmscOptions& smsc) {
  table.text("name", smsc.name, kNameOctets);
  const auto parse = [](std::string_view text) {
    return base::parse_address(text, sms::kSmppPort);
  };
  table.parsed_list("addresses", smsc.addresses, kMostAddresses, parse);
  table.text("system_id", smsc.system_id, kMostAccountText);
  table.optional_secret("password", smsc.password, kMostAccountText);
  table.optional_text("password_file", smsc.password_file);
  table.optional_text("system_type", smsc.system_type, kMostAccountText);
  using sms::BindMode;
  table.choice("bind", smsc.bind,
               {{name_of(BindMode::transceiver), BindMode::transceiver},
                {name_of(BindMode::transmitter_and_receiver), BindMode::transmitter_and_receiver},
                {name_of(BindMode::receiver), BindMode::receiver},
                {name_of(BindMode::transmitter), BindMode::transmitter}});
  table.optional_text("address_range", smsc.address_range, kMostAccountText);
  table.optional_text("service_type", smsc.service_type, kMostAccountText);
  table.flag("trusted", smsc.trusted);
  table.list("trusted_numbers", smsc.trusted_numbers, kMostTrustedNumbers);
  table.optional_text("ca", smsc.ca);
  table.optional_text("crl", smsc.crl);
  table.optional_text("certificate", smsc.certificate);
  table.optional_text("key", smsc.key);
}

void declare_numbering(OptionTable& table, sms::SmscOptions& smsc) {
  table.octet_or_auto("source_ton", smsc.source_ton);
  table.octet_or_auto("source_npi", smsc.source_npi);
  table.octet_or_auto("destination_ton", smsc.destination_ton);
  table.octet_or_auto("destination_npi", smsc.destination_npi);
  table.octet_or_auto("range_ton", smsc.range_ton);
  table.octet_or_auto("range_npi", smsc.range_npi);
}

void declare_pace(OptionTable& table, sms::SmscOptions& smsc) {
  table.number("rate", smsc.rate, 1, 100'000);
  table.number("burst", smsc.burst, 1, 100'000);
  table.number("window", smsc.window, 1, 10'000);
  table.number("max_unanswered", smsc.max_unanswered, 1, 1'000'000);
  table.time("connect_within", smsc.connect_within, 100 * kMillisecond, 5 * kMinute);
  table.time("response_within", smsc.response_within, 100 * kMillisecond, 10 * kMinute);
  table.time("enquire_after", smsc.enquire_after, kSecond, kHour);
}

void declare_writing(OptionTable& table, sms::SmscOptions& smsc) {
  using sms_text::DefaultCoding;
  table.choice("default_coding", smsc.default_coding,
               {{"gsm7", DefaultCoding::gsm7_unpacked},
                {"gsm7-packed", DefaultCoding::gsm7_packed},
                {"latin1", DefaultCoding::latin1}});
  using sms_text::ReferenceForm;
  table.choice("long_messages", smsc.long_messages,
               {{"udh8", ReferenceForm::udh8},
                {"udh16", ReferenceForm::udh16},
                {"sar", ReferenceForm::sar},
                {"payload", ReferenceForm::payload}});
  using sms::IdWriting;
  const std::initializer_list<std::pair<std::string_view, IdWriting>> ids = {
      {"as-is", IdWriting::as_is},
      {"loose", IdWriting::loose},
      {"decimal", IdWriting::decimal},
      {"hex", IdWriting::hex}};
  table.choice("response_ids", smsc.response_ids, ids);
  table.choice("receipt_ids", smsc.receipt_ids, ids);
}

}  // namespace

void declare_smsc(OptionTable& table, sms::SmscOptions& smsc) {
  declare_account(table, smsc);
  declare_numbering(table, smsc);
  declare_pace(table, smsc);
  declare_writing(table, smsc);
  table.taken(When::at_start, {"name", "bind"});
}

}  // namespace msggw::config
