// SPDX-License-Identifier: Apache-2.0
// The section [sms], but for what stands in each [[smsc]] too.
#include "gateway/config/sections/declare.h"

namespace msggw::config {

using config_language::OptionTable;

namespace {

constexpr std::size_t kMostPatterns = 1'000;
constexpr base::Duration kDay = 24 * kHour;

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

void declare_sms(OptionTable& table, sms::Options& sms) {
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
