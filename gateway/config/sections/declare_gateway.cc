// SPDX-License-Identifier: Apache-2.0
// The sections [gateway], [log], [admin], [limits] and [credentials].
#include "gateway/config/sections/declare.h"
#include "gateway/core/device.h"
#include "gateway/core/private_id.h"

namespace msggw::config {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

void declare_limits(config_language::OptionTable& table, core::Limits& limits) {
  table.section("limits");
  table.taken(When::live);
  table.number("max_devices", limits.max_devices, 1, 100'000'000);
  table.number("newcomers_give_way_percent", limits.newcomers_give_way_percent, 1, 100);
  table.number("first_contacts_per_address", limits.first_contacts_per_address, 0, 1'000'000);
  table.number("first_contacts_per_broker", limits.first_contacts_per_broker, 0, 1'000'000);
  table.number("first_contacts_per_smsc", limits.first_contacts_per_smsc, 0, 1'000'000);
  table.octets("max_private_id_octets", limits.max_private_id_octets, 8,
               core::PrivateId::kMostOctets);
  table.octets("max_info_octets", limits.max_info_octets, 0, 2'048);
  table.number("max_aliases_per_device", limits.max_aliases_per_device, 0,
               core::Device::kMostAliases);
  table.number("max_postings_per_device", limits.max_postings_per_device, 1,
               core::Device::kMostPostings);
  table.number("max_push_targets", limits.max_push_targets, 0, 100'000'000);
  table.number("max_waiting_requests", limits.max_waiting_requests, 1, 10'000'000);
  table.number("max_waiting_requests_per_device", limits.max_waiting_requests_per_device, 1, 64);
  table.number("max_unsaved_devices", limits.max_unsaved_devices, 1, 10'000'000);
  table.time("answer_within", limits.answer_within, 50 * kMillisecond, 60 * kSecond);
  table.time("pending_retry_after", limits.pending_retry_after, kSecond, kHour);
  table.time("default_lifetime", limits.default_lifetime, kSecond, 8760 * kHour);
  table.time("min_lifetime", limits.min_lifetime, kSecond, 8760 * kHour);
  table.time("max_lifetime", limits.max_lifetime, kSecond, 8760 * kHour);
  table.time("reachable_for", limits.reachable_for, kSecond, 24 * kHour);
  table.time("longest_outage", limits.longest_outage, 0 * kSecond, 8760 * kHour);
  table.time("refused_retry", limits.refused_retry, kSecond, 720 * kHour);
  table.time("provisioning_backoff_first", limits.provisioning_backoff_first, kMillisecond, kHour);
  table.time("provisioning_backoff_most", limits.provisioning_backoff_most, kMillisecond,
             24 * kHour);
  using core::FirstContact;
  table.choice("first_contact", limits.first_contact,
               {{"open", FirstContact::open}, {"known", FirstContact::known}});
}

void declare_credentials(config_language::OptionTable& table, credentials::Options& credentials) {
  table.section("credentials");
  table.taken(When::live);
  table.optional_text("key_file", credentials.key_file);
  table.time("grace", credentials.grace, 0 * kSecond, 8760 * kHour);
  table.number("max_credentials", credentials.max_credentials, 1, 100'000'000);
  table.number("max_per_device", credentials.max_per_device, 1, 64);
  table.taken(When::at_start, {"key_file"});
}

}  // namespace

void declare_gateway(config_language::OptionTable& table, Config& config) {
  table.section("gateway");
  table.text("folder", config.gateway.folder);
  table.octets("map_size", config.gateway.map_size, 1 << 20, 4'096 * kGiB);
  table.time("watchdog_turn", config.gateway.watchdog_turn, kMillisecond, kHour);
  table.taken(When::live, {"watchdog_turn"});

  table.section("log");
  using base::log::Format;
  using base::log::Level;
  table.choice("level", config.log.level,
               {{"debug", Level::debug},
                {"info", Level::info},
                {"warn", Level::warn},
                {"error", Level::error}});
  table.choice("format", config.log.format,
               {{"text", Format::text}, {"logfmt", Format::logfmt}, {"json", Format::json}});
  using base::log::PrivateIds;
  table.choice("private_ids", config.log.private_ids,
               {{"hashed", PrivateIds::hashed}, {"plain", PrivateIds::plain}});
  table.taken(When::live, {"level", "private_ids"});

  table.section("admin");
  table.taken(When::live);
  table.flag("enabled", config.admin.enabled);
  table.numeric("address", config.admin.address);
  table.number("port", config.admin.port, 0, 65'535);
  table.parsed_list("hosts", config.admin.hosts, 16, base::Host::parse);

  declare_limits(table, config.limits);
  declare_credentials(table, config.credentials);
}

}  // namespace msggw::config
