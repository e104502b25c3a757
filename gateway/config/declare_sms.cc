// SPDX-License-Identifier: Apache-2.0
// The section [sms], and what one [[smsc]] may say.
#include "gateway/config/declare.h"

namespace msggw::config {
namespace {

// SMPP 3.4 5.2, each without the NUL at its end.
constexpr std::size_t kSystemIdOctets = 15;
constexpr std::size_t kPasswordOctets = 8;
constexpr std::size_t kSystemTypeOctets = 12;
constexpr std::size_t kAddressRangeOctets = 40;
constexpr std::size_t kServiceTypeOctets = 5;

constexpr std::size_t kNameOctets = 64;
constexpr std::size_t kMostAddresses = 16;
constexpr std::size_t kMostPatterns = 1'000;
constexpr base::Duration kDay = 24 * kHour;

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

void declare_numbers(OptionTable& table, sms::Options& sms) {
  table.optional_text("country_code", sms.country_code,
                      "Country code of numbers in national form, such as \"49\". Empty: no "
                      "national form is understood.");
  table.optional_text("national_prefix", sms.national_prefix,
                      "What national numbers begin with, where they begin with anything.");
  table.optional_text("international_prefix", sms.international_prefix,
                      "What is dialled in front of a country code instead of '+'.");
  using sms::BareNumbers;
  table.choice("bare_numbers", sms.bare_numbers,
               {{"international", BareNumbers::international},
                {"national", BareNumbers::national},
                {"refuse", BareNumbers::refuse}},
               "What a number is whose type the SMSC does not tell and that begins with neither "
               "'+' nor one of the prefixes: complete with its country code, one that lacks it, "
               "or no number at all, so that its message is refused.");
  using sms::FirstContact;
  table.choice("first_contact", sms.first_contact,
               {{"open", FirstContact::open},
                {"known", FirstContact::known},
                {"pattern", FirstContact::pattern}},
               "Which phones are taken in at their first SMS. open: all. known: none; only devices "
               "from `msggw devices add` and `import`. pattern: those in numbers. Phones in the "
               "table are always served; first_contact of [limits] holds over this one.");
  table.list("numbers", sms.numbers, kMostPatterns,
             "Patterns of numbers with '+' and country code for first_contact = \"pattern\": '*' "
             "is any text, '?' one digit, as in \"+4917*\".");
}

void declare_answers(OptionTable& table, sms::Options& sms) {
  table.optional_text("source", sms.source,
                      "Sender of messages to devices: a number with '+', a short code, or up to 11 "
                      "letters and digits. Empty: the number that the device wrote to.");
  table.optional_text("answer", sms.answer,
                      "The SMS that tells a phone after its first contact that it has its Service "
                      "ID. In it {serviceId}, {privateId}, {state} and {servers} are replaced. "
                      "Empty: none.");
  table.optional_text("answer_refused", sms.answer_refused,
                      "The same where the device is refused, with {cause} and {detail} in "
                      "addition. Empty: none.");
  table.optional_text("keyword_status", sms.keyword_status,
                      "A message of this word alone asks for answer_status; letter case does not "
                      "count. At most 20 characters. Empty: off.");
  table.optional_text("keyword_stop", sms.keyword_stop,
                      "A message of this word alone ends the registration of the device. At most "
                      "20 characters. Empty: off.");
  table.optional_text("answer_status", sms.answer_status,
                      "The SMS that answers keyword_status, with the same replacements as "
                      "answer_refused.");
  table.optional_text("answer_stop", sms.answer_stop,
                      "The SMS that answers keyword_stop, with the same replacements as answer. "
                      "Empty: none.");
  table.time("answer_every", sms.answer_every, 0 * kMillisecond, kDay,
             "A device that asks again before this time has passed gets no second SMS, so that "
             "nobody can make the gateway send as many as they like.");
  table.flag("receipts", sms.receipts,
             "Whether the SMSC is asked to tell what became of each message to a device.");
  table.time("receipt_within", sms.receipt_within, kSecond, 30 * kDay,
             "A receipt that has not come by then is waited for no longer.");
}

void declare_sms_limits(OptionTable& table, sms::Options& sms) {
  table.number("max_outgoing", sms.max_outgoing, 1, 10'000'000,
               "Messages to devices that wait to be sent. Above this new ones are not taken.");
  table.time("outgoing_lifetime", sms.outgoing_lifetime, kSecond, 30 * kDay,
             "A message that has waited this long, since no SMSC takes it, is given up.");
  table.number("max_tracked", sms.max_tracked, 1, 10'000'000,
               "Messages to devices that wait for their receipt. Above this the oldest is "
               "waited for no longer.");
  table.number("max_early_receipts", sms.max_early_receipts, 1, 1'000'000,
               "Receipts kept that came before the SMSC's answer to their message. Above this the "
               "oldest is dropped.");
  table.number("max_open_requests", sms.max_open_requests, 1, 10'000'000,
               "Messages from devices that wait for the store, in all. Above this the SMSC is told "
               "to try again later.");
  table.number("max_parts", sms.max_parts, 1, sms_text::kMostParts,
               "Parts of one message to a device. A longer one is not sent.");
  table.number("max_partial_messages", sms.max_partial_messages, 1, 1'000'000,
               "Messages from devices of which parts are missing. Above this the one that "
               "waited longest for a part gives way.");
  table.octets("max_partial_octets", sms.max_partial_octets, 4'096, std::uint64_t{4} << 30,
               "Memory that they may take together, with the same consequence.");
  table.number("max_partial_per_sender", sms.max_partial_per_sender, 1, 10'000,
               "The same count for one sender, so that nobody crowds out the others.");
  table.time("partial_timeout", sms.partial_timeout, kSecond, kDay,
             "A message whose next part does not come within this time is dropped.");
  table.time("reconnect_first", sms.reconnect_first, kMillisecond, kHour,
             "Ceiling of the random wait before the first try to bind again. It doubles with each "
             "failure.");
  table.time("reconnect_most", sms.reconnect_most, kMillisecond, kHour,
             "The most that the ceiling grows to.");
}

}  // namespace

void declare_smsc(OptionTable& table, sms::SmscOptions& smsc) {
  declare_account(table, smsc);
  declare_pace(table, smsc);
  declare_writing(table, smsc);
}

void declare_sms(OptionTable& table, Config& config) {
  sms::Options& sms = config.sms;
  table.section("sms",
                "Devices that speak SMS only. The gateway is a client (ESME) of one or several "
                "SMSCs over SMPP 3.4. The first SMS of a number registers the device; the number "
                "is its Private ID (docs/smscs.md).");
  table.flag("enabled", sms.enabled, "Whether the gateway binds to SMSCs.");
  table.optional_text("smscs_file", sms.smscs_file,
                      "TOML file with one [[smsc]] for each SMSC in the order of preference. It "
                      "may hold the options from name to receipt_ids, which default to what is "
                      "said here. Empty: there is one SMSC, the one described here.");
  declare_smsc(table, sms.smsc);
  declare_numbers(table, sms);
  declare_answers(table, sms);
  declare_sms_limits(table, sms);
}

}  // namespace msggw::config
