// SPDX-License-Identifier: Apache-2.0
// The section [sms], but for what stands in each [[smsc]] too.
#include "gateway/config/sections/declare.h"

namespace msggw::config {

using config_language::OptionTable;

namespace {

constexpr std::size_t kMostPatterns = 1'000;
constexpr std::size_t kMostRoutes = 1'000;
constexpr std::size_t kMostSources = 1'000;
constexpr base::Duration kDay = 24 * kHour;

void declare_numbers(OptionTable& table, sms::Options& sms) {
  table.optional_text("country_code", sms.country_code);
  table.optional_text("national_prefix", sms.national_prefix);
  table.optional_text("international_prefix", sms.international_prefix);
  using sms::BareNumbers;
  table.choice("bare_numbers", sms.bare_numbers,
               {{"international", BareNumbers::international},
                {"national", BareNumbers::national},
                {"refuse", BareNumbers::refuse}});
  using sms::FirstContact;
  table.choice("first_contact", sms.first_contact,
               {{"open", FirstContact::open},
                {"known", FirstContact::known},
                {"pattern", FirstContact::pattern}});
  table.list("numbers", sms.numbers, kMostPatterns);
  using core::Admission;
  table.choice("admission", sms.admission,
               {{"open", Admission::open}, {"proven", Admission::proven}});
  table.flag("open_messages", sms.open_messages);
  table.flag("claims_despite_credentials", sms.claims_despite_credentials);
}

void declare_routes(OptionTable& table, sms::Routes& routes) {
  constexpr std::size_t kMostPrefixOctets = 8;
  table.text("alias_prefix", routes.alias_prefix, kMostPrefixOctets);
  table.parsed_list("aliases", routes.aliases, kMostRoutes, sms::parse_alias);
  table.parsed_list("number_recipients", routes.numbers, kMostRoutes, sms::parse_number_route);
  table.parsed_list("service_recipients", routes.services, kMostRoutes, sms::parse_service_route);
  table.parsed_list("port_applications", routes.applications, kMostRoutes,
                    sms::parse_port_application);
}

void declare_answers(OptionTable& table, sms::Options& sms) {
  table.optional_text("source", sms.source);
  table.list("sources", sms.sources, kMostSources);
  table.optional_text("answer", sms.answer);
  table.optional_text("answer_refused", sms.answer_refused);
  table.optional_text("keyword_status", sms.keyword_status);
  table.optional_text("keyword_stop", sms.keyword_stop);
  table.optional_text("answer_status", sms.answer_status);
  table.optional_text("answer_stop", sms.answer_stop);
  table.optional_text("answer_unsent", sms.answer_unsent);
  table.time("answer_every", sms.answer_every, 0 * kMillisecond, kDay);
  table.flag("receipts", sms.receipts);
  table.time("receipt_within", sms.receipt_within, kSecond, 30 * kDay);
  table.time("receipt_margin", sms.receipt_margin, kSecond, kDay);
  using sms::AfterCrash;
  table.choice("after_crash", sms.after_crash,
               {{"repeat", AfterCrash::repeat}, {"unknown", AfterCrash::unknown}});
}

void declare_sms_limits(OptionTable& table, sms::Options& sms) {
  table.number("max_outgoing", sms.max_outgoing, 1, 10'000'000);
  table.time("outgoing_lifetime", sms.outgoing_lifetime, kSecond, 30 * kDay);
  table.number("max_tracked", sms.max_tracked, 1, 10'000'000);
  table.number("max_early_receipts", sms.max_early_receipts, 1, 1'000'000);
  table.number("max_open_requests", sms.max_open_requests, 1, 10'000'000);
  table.number("max_parts", sms.max_parts, 1, sms_text::kMostParts);
  table.number("max_partial_messages", sms.max_partial_messages, 1, 1'000'000);
  table.octets("max_partial_octets", sms.max_partial_octets, 4'096, std::uint64_t{4} << 30);
  table.number("max_partial_per_sender", sms.max_partial_per_sender, 1, 10'000);
  table.time("partial_timeout", sms.partial_timeout, kSecond, kDay);
  table.time("held_lifetime", sms.held_lifetime, kMinute, 30 * kDay);
  table.time("reconnect_first", sms.reconnect_first, kMillisecond, kHour);
  table.time("reconnect_most", sms.reconnect_most, kMillisecond, kHour);
}

}  // namespace

void declare_sms(OptionTable& table, sms::Options& sms) {
  table.section("sms");
  table.taken(When::live);
  table.flag("enabled", sms.enabled);
  table.optional_text("smscs_file", sms.smscs_file);
  declare_smsc(table, sms.smsc);
  declare_numbers(table, sms);
  declare_routes(table, sms.routes);
  declare_answers(table, sms);
  declare_sms_limits(table, sms);
  table.taken(When::at_start, {"enabled", "reconnect_first", "reconnect_most"});
}

}  // namespace msggw::config
