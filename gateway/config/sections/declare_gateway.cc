// SPDX-License-Identifier: Apache-2.0
// The sections [gateway], [log], [admin] and [limits].
#include "gateway/config/sections/declare.h"
#include "gateway/core/device.h"
#include "gateway/core/private_id.h"

namespace msggw::config {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

void declare_limits(config_language::OptionTable& table, core::Limits& limits) {
  table.section(
      "limits",
      "What the gateway takes on before it says no. Every refusal is counted in /metrics, so an "
      "operator sees which limit to raise.");
  table.number("max_devices", limits.max_devices, 1, 100'000'000,
               "Devices in the table, over all protocols. A new one above this is refused. Memory "
               "is about 200 "
               "octets a device.");
  table.octets("max_private_id_octets", limits.max_private_id_octets, 8,
               core::PrivateId::kMostOctets, "The longest Private ID that a device may show.");
  table.octets("max_info_octets", limits.max_info_octets, 0, 2'048,
               "The longest information (JSON object) that a device may send with its first "
               "registration; it goes "
               "to the Provisioning Function.");
  table.number("max_aliases_per_device", limits.max_aliases_per_device, 0,
               core::Device::kMostAliases,
               "Private IDs that one device may have beside its first: a number and a MAC, say "
               "(`msggw devices add --alias`). Those that it has stay when this is lowered.");
  table.number("max_waiting_requests", limits.max_waiting_requests, 1, 10'000'000,
               "Requests of devices that are left open until the Provisioning Function has "
               "answered, in all.");
  table.number("max_waiting_requests_per_device", limits.max_waiting_requests_per_device, 1, 64,
               "The same for one device.");
  table.number("max_unsaved_devices", limits.max_unsaved_devices, 1, 10'000'000,
               "New devices whose first record is not on disk yet. Above this new devices are told "
               "to come back.");
  table.time("answer_within", limits.answer_within, 50 * kMillisecond, 60 * kSecond,
             "A device that waits longer for its Service ID is told \"pending\": CoAP 5.03 with "
             "Max-Age, MQTT "
             "{\"state\":\"pending\"}. It stays recorded and gets the Service ID later.");
  table.time("pending_retry_after", limits.pending_retry_after, kSecond, kHour,
             "How long \"pending\" tells the device to wait before it asks again.");
  table.time("default_lifetime", limits.default_lifetime, kSecond, 8760 * kHour,
             "Lifetime of a registration when the device does not ask for one (RFC 9176 section "
             "5.3: 25 hours).");
  table.time("min_lifetime", limits.min_lifetime, kSecond, 8760 * kHour,
             "A device that asks for less gets this. It bounds the load of refreshes.");
  table.time("max_lifetime", limits.max_lifetime, kSecond, 8760 * kHour,
             "A device that asks for more gets this. It bounds how long a device that is gone is "
             "taken for there.");
  table.time("refused_retry", limits.refused_retry, kSecond, 720 * kHour,
             "A device that the Provisioning Function refused is asked for again when it shows up "
             "this much later.");
  table.time("provisioning_backoff_first", limits.provisioning_backoff_first, kMillisecond, kHour,
             "After an answer for one device that is of no use, the ceiling of the random wait "
             "before it is asked "
             "for again. It doubles with each failure.");
  table.time("provisioning_backoff_most", limits.provisioning_backoff_most, kMillisecond,
             24 * kHour, "The most that the ceiling grows to.");
  using core::FirstContact;
  table.choice("first_contact", limits.first_contact,
               {{"open", FirstContact::open}, {"known", FirstContact::known}},
               "open: any device that shows up is recorded and served. known: only devices in the "
               "table, from `msggw devices add` and `import` or from a time when it was open; "
               "others are refused and leave no trace but a count.");
}

}  // namespace

void declare_gateway(config_language::OptionTable& table, Config& config) {
  table.section("gateway", "The process and its store.");
  table.text("folder", config.gateway.folder,
             "Holds the device table (an LMDB environment). Made with mode 0700 if it is missing. "
             "Two gateways "
             "cannot share one; put it on a local disk that honours fsync.");
  table.octets("map_size", config.gateway.map_size, 1 << 20, 4'096 * kGiB,
               "Address space reserved for the store, not disk: the file grows as it is used. It "
               "is the most that "
               "the store can hold.");
  table.time(
      "watchdog_turn", config.gateway.watchdog_turn, kMillisecond, kHour,
      "A turn of the event loop that takes longer is logged, since every device waits meanwhile.");

  table.section("log", "Events on standard error, one line each.");
  using base::log::Format;
  using base::log::Level;
  table.choice("level", config.log.level,
               {{"debug", Level::debug},
                {"info", Level::info},
                {"warn", Level::warn},
                {"error", Level::error}},
               "The least important events that are written.");
  table.choice(
      "format", config.log.format, {{"text", Format::text}, {"json", Format::json}},
      "text: time, level, event and key=value. json: one object a line, for log collectors.");

  table.section(
      "admin",
      "The operator's listener: /metrics (Prometheus), /healthz, /readyz, and the API below /api "
      "that `msggw devices` and `msggw status` use (docs/operator-api.md). The API asks for the "
      "token in operator.json, which the gateway writes into its folder at each start.");
  table.flag("enabled", config.admin.enabled, "Whether it listens at all.");
  table.numeric(
      "address", config.admin.address,
      "Address to listen on, numeric. What it says crosses the network in cleartext: keep it "
      "on loopback or behind a firewall.");
  table.number("port", config.admin.port, 0, 65'535,
               "TCP port, HTTP/1.1 and HTTP/2. 0 takes any free one.");
  table.parsed_list(
      "hosts", config.admin.hosts, 16, base::Host::parse,
      "Host names by which the API may be reached, behind a reverse proxy for example. "
      "Numeric addresses and localhost always work; any other name is refused, so that no "
      "web page can reach the API through a name of its own.");

  declare_limits(table, config.limits);
}

}  // namespace msggw::config
