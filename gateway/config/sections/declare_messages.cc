// SPDX-License-Identifier: Apache-2.0
// The section [messages].
#include "gateway/config/sections/declare.h"

namespace msggw::config {

namespace {

void declare_segments(config_language::OptionTable& table, messages::Limits& limits) {
  constexpr std::uint64_t kMiB = 1 << 20;
  table.time("segment_time", limits.segment_time, kSecond, 24 * kHour);
  table.number("max_segments", limits.max_segments, 1, 65'536);
  table.number("max_open_sets_per_device", limits.max_open_sets_per_device, 1, 1'000);
  table.number("max_open_sets", limits.max_open_sets, 1, 1'000'000);
  table.octets("max_open_set_octets", limits.max_open_set_octets, kMiB, 4'096 * kMiB);
}

}  // namespace

void declare_messages(config_language::OptionTable& table, MessagesOptions& messages) {
  table.section("messages");
  table.taken(When::live);
  messages::Policy& policy = messages.policy;
  table.parsed_list("recipients", policy.recipients, messages::kAddressTypes,
                    messages::parse_address_type);
  table.parsed("legacy_3gpp_recipient", policy.legacy_3gpp_recipient, messages::parse_recipient);
  table.parsed("non_3gpp_recipient", policy.non_3gpp_recipient, messages::parse_recipient);
  table.parsed("default_recipient", policy.default_recipient, messages::parse_recipient);
  messages::Limits& limits = messages.limits;
  constexpr std::uint64_t kMiB = 1 << 20;
  table.number("max_messages", limits.max_messages, 1, 100'000'000);
  table.octets("max_octets", limits.max_octets, kMiB, std::uint64_t{4} << 40);
  table.number("max_messages_per_device", limits.max_messages_per_device, 1, 1'000'000);
  table.octets("max_octets_per_device", limits.max_octets_per_device, 1'024, 1'024 * kMiB);
  using messages::AtLimit;
  table.choice("at_limit", limits.at_limit,
               {{"refuse", AtLimit::refuse}, {"drop_oldest", AtLimit::drop_oldest}});
  table.octets("max_content_octets", limits.max_content_octets, 1, 16 * kMiB);
  table.octets("max_unsaved_octets", limits.max_unsaved_octets, kMiB, 4'096 * kMiB);
  table.octets("cache_octets", limits.cache_octets, 0, 4'096 * kMiB);
  table.number("max_held", limits.max_held, 0, 1'000'000);
  table.number("window_messages", limits.window_messages, 0, 100'000'000);
  table.time("window_time", limits.window_time, kSecond, 24 * kHour);
  table.time("up_lifetime", limits.up_lifetime, kSecond, 8760 * kHour);
  table.time("down_lifetime", limits.down_lifetime, kSecond, 8760 * kHour);
  table.time("proof_within", limits.proof_within, kMinute, 8760 * kHour);
  table.time("reply_time", limits.reply_time, 0 * kSecond, 8760 * kHour);
  table.number("max_transactions", limits.max_transactions, 1, 100'000'000);
  declare_segments(table, limits);
  table.number("most_tries", limits.most_tries, 1, 255);
  table.time("answer_within", limits.answer_within, 50 * kMillisecond, kMinute);
  table.time("retry_after", limits.retry_after, kSecond, kHour);
}

}  // namespace msggw::config
