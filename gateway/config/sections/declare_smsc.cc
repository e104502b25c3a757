// SPDX-License-Identifier: Apache-2.0
// What [sms] and one [[smsc]] may say of an SMSC.
#include "gateway/config/sections/declare.h"

namespace msggw::config {

using config_language::OptionTable;

namespace {

// SMPP 3.4 5.2, each without the NUL at its end.
constexpr std::size_t kSystemIdOctets = 15;
constexpr std::size_t kPasswordOctets = 8;
constexpr std::size_t kSystemTypeOctets = 12;
constexpr std::size_t kAddressRangeOctets = 40;
constexpr std::size_t kServiceTypeOctets = 5;

constexpr std::size_t kNameOctets = 64;
constexpr std::size_t kMostAddresses = 16;
void declare_account(OptionTable& table, sms::SmscOptions& smsc) {
  table.text("name", smsc.name, kNameOctets,
             "What the SMSC is called in events, metrics and `msggw status`.");
  const auto parse = [](std::string_view text) {
    return base::parse_address(text, sms::kSmppPort);
  };
  table.parsed_list(
      "addresses", smsc.addresses, kMostAddresses, parse,
      "HOST:PORT of the SMSC, [ADDRESS]:PORT for IPv6; without a port it is 2775. They are "
      "tried in their order until one takes the bind.");
  table.text("system_id", smsc.system_id, kSystemIdOctets,
             "The account at the SMSC (SMPP 3.4 section 5.2.1). Gateways that share one SMSC need "
             "one each, unless it lets an account bind several times.");
  table.optional_secret("password", smsc.password, kPasswordOctets,
                        "Its password. Keep this file readable to the gateway alone.");
  table.optional_text("system_type", smsc.system_type, kSystemTypeOctets,
                      "What kind of client this is, if the SMSC asks for it, such as \"VMA\".");
  using sms::BindMode;
  table.choice(
      "bind", smsc.bind,
      {{name_of(BindMode::transceiver), BindMode::transceiver},
       {name_of(BindMode::transmitter_and_receiver), BindMode::transmitter_and_receiver},
       {name_of(BindMode::receiver), BindMode::receiver},
       {name_of(BindMode::transmitter), BindMode::transmitter}},
      "transceiver: one connection both ways. transmitter+receiver: one for each way, where "
      "the SMSC has no transceivers. receiver: messages from devices only. transmitter: messages "
      "to devices only, the way back leads through another SMSC.");
  table.optional_text("address_range", smsc.address_range, kAddressRangeOctets,
                      "Which numbers the SMSC is to route here, as it wants that written (a "
                      "regular expression at most). Empty: those that the account has.");
  table.optional_text("service_type", smsc.service_type, kServiceTypeOctets,
                      "The service that messages to devices belong to, if the SMSC asks for it, "
                      "such as \"CMT\".");
  table.optional_text("ca", smsc.ca,
                      "PEM file with the certificates that may sign the SMSC's. Naming it makes "
                      "the connection TLS; without it the password crosses the network in "
                      "cleartext.");
  table.optional_text("certificate", smsc.certificate,
                      "PEM file with the gateway's own certificate, for an SMSC that asks for one. "
                      "Needs key and ca.");
  table.optional_text("key", smsc.key, "PEM file with the private key of that certificate.");
}

void declare_pace(OptionTable& table, sms::SmscOptions& smsc) {
  table.number("rate", smsc.rate, 1, 100'000,
               "Messages to devices a second, as the SMSC's owner grants them. What is above it "
               "waits. An SMSC that throttles slows it down further for a while.");
  table.number("burst", smsc.burst, 1, 100'000,
               "Messages to devices that may go at once after a pause.");
  table.number("window", smsc.window, 1, 10'000,
               "Messages to devices that the SMSC has not answered yet, on each connection. Above "
               "this the next ones wait.");
  table.number("max_unanswered", smsc.max_unanswered, 1, 1'000'000,
               "Messages from devices that are not answered yet because the store has not "
               "committed them, on each connection. Above this they are answered "
               "ESME_RMSGQFUL, and the SMSC tries again later.");
  table.time("connect_within", smsc.connect_within, 100 * kMillisecond, 5 * kMinute,
             "An address that has not accepted the connection by then is given up for the next.");
  table.time("response_within", smsc.response_within, 100 * kMillisecond, 10 * kMinute,
             "How long the SMSC has for each of its answers. A message without one may have "
             "arrived or not.");
  table.time("enquire_after", smsc.enquire_after, kSecond, kHour,
             "After this much silence the SMSC is asked whether it is still there (enquire_link); "
             "without an answer the connection is made anew.");
}

void declare_writing(OptionTable& table, sms::SmscOptions& smsc) {
  using sms_text::DefaultCoding;
  table.choice("default_coding", smsc.default_coding,
               {{"gsm7", DefaultCoding::gsm7_unpacked},
                {"gsm7-packed", DefaultCoding::gsm7_packed},
                {"latin1", DefaultCoding::latin1}},
               "What data_coding 0 means at this SMSC: the GSM 7-bit alphabet with one character "
               "in an octet, the same with 8 characters in 7 octets, or Latin-1. Wrong if '@' "
               "or umlauts arrive as something else.");
  using sms_text::ReferenceForm;
  table.choice("long_messages", smsc.long_messages,
               {{"udh8", ReferenceForm::udh8},
                {"udh16", ReferenceForm::udh16},
                {"sar", ReferenceForm::sar},
                {"payload", ReferenceForm::payload}},
               "How messages to devices that need several parts are sent: with a user data header "
               "of an 8-bit or a 16-bit reference, with the SAR parameters of SMPP, or whole in "
               "message_payload for the SMSC to cut. From devices all of them are understood.");
  using sms::IdWriting;
  const std::initializer_list<std::pair<std::string_view, IdWriting>> ids = {
      {"as-is", IdWriting::as_is},
      {"loose", IdWriting::loose},
      {"decimal", IdWriting::decimal},
      {"hex", IdWriting::hex}};
  table.choice("response_ids", smsc.response_ids, ids,
               "How the SMSC writes message ids when it takes a message, and in the parameters of "
               "receipts. loose: leading zeros and letter case do not count.");
  table.choice("receipt_ids", smsc.receipt_ids, ids,
               "The same in the texts of receipts. SMSCs that write hex in one place and decimal "
               "in the other need both options set, or no receipt finds its message.");
}

}  // namespace

void declare_smsc(OptionTable& table, sms::SmscOptions& smsc) {
  declare_account(table, smsc);
  declare_pace(table, smsc);
  declare_writing(table, smsc);
}

}  // namespace msggw::config
