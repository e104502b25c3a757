// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "tests/sim/fleet/ids.h"

namespace msggw::fleet {
namespace {

constexpr std::uint64_t kMostDevices = 100'000'000;
constexpr std::size_t kMostConnections = 15'000;

/// An option in seconds, fractions allowed, kept in milliseconds.
void seconds_option(CLI::App& app, const char* name, std::chrono::milliseconds& value,
                    const std::string& help) {
  app.add_option_function<double>(
         name,
         [&value](double seconds) {
           value = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000 + 0.5));
         },
         help)
      ->check(CLI::Range(0.0, 1e6, "0 to 1e6"))
      ->type_name("SECONDS")
      ->default_str(std::to_string(value.count() / 1000));
}

void declare_devices(CLI::App& app, Options& o) {
  constexpr auto kGroup = "Which devices";
  app.add_option("--devices", o.devices, "distinct Private IDs")
      ->check(CLI::Range(std::uint64_t{1}, kMostDevices, "1 to 100,000,000"))
      ->type_name("N")
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--first", o.first, "index of the first, to continue or to repeat a run")
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--id-template", o.id_template,
                 "mac (02-xx-xx-xx-xx-xx), imei, uuid, or a text with {n} for the index")
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--once", o.once,
                 "register exactly these Private IDs, print one JSON line for each "
                 "(asks again while pending)")
      ->type_name("ID")
      ->group(kGroup);
  app.add_option("--rounds", o.rounds, "times each device registers")
      ->check(CLI::Range(std::uint64_t{1}, kMostDevices, "1 to 100,000,000"))
      ->type_name("N")
      ->capture_default_str()
      ->group(kGroup);
  app.add_flag("--renew", o.renew,
               "CoAP: further rounds renew the registration where the first has put it, and do not "
               "claim it anew")
      ->group(kGroup);
  app.add_option("--info", o.info, "body of each registration, a JSON object")->group(kGroup);
  app.add_option("--lt", o.lifetime, "lifetime asked for in seconds (CoAP), 0: none asked for")
      ->capture_default_str()
      ->group(kGroup);
}

void declare_pace(CLI::App& app, Options& o) {
  constexpr auto kGroup = "How fast";
  app.add_option("--window", o.window, "requests outstanding at most")
      ->check(CLI::Range(std::size_t{1}, kMostWindow, "1 to 65,535"))
      ->type_name("N")
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--rate", o.rate, "new requests a second, 0: as fast as the window allows")
      ->check(CLI::Range(0.0, 1e7, "0 to 1e7"))
      ->type_name("N")
      ->capture_default_str()
      ->group(kGroup);
  seconds_option(app, "--ramp", o.ramp, "reach the rate (without --rate: the window) in this time");
  seconds_option(app, "--duration", o.duration, "stop asking after this time, 0: ask for all");
  seconds_option(app, "--timeout", o.timeout, "give a request up after this time");
  app.add_option("--retries", o.retries,
                 "CoAP: retransmissions of a request; MQTT: times a device publishes again")
      ->check(CLI::Range(0u, 20u, "0 to 20"))
      ->type_name("N")
      ->capture_default_str()
      ->group(kGroup);
  seconds_option(app, "--ack-timeout", o.ack_timeout, "CoAP: ACK_TIMEOUT of RFC 7252");
  seconds_option(app, "--ask-again", o.ask_again, "MQTT: silence before a device publishes again");
  app.add_flag("--warm-up", o.warm_up,
               "leave each device's first answer, which waits for its handshake, out of the "
               "latencies")
      ->group(kGroup);
  app.add_flag("--pending-retry", o.pending_retry,
               "ask again after pending, 5.03 or a timeout until provisioned")
      ->group(kGroup);
  seconds_option(app, "--pending-cap", o.pending_cap,
                 "most that Max-Age or retryAfter is obeyed for");
  seconds_option(app, "--pending-for", o.pending_for,
                 "a device stops asking again after this time");
  for (const char* name : {"--ramp", "--duration", "--timeout", "--ack-timeout", "--ask-again",
                           "--pending-cap", "--pending-for"}) {
    app.get_option(name)->group(kGroup);
  }
}

void declare_mqtt(CLI::App& app, Options& o) {
  constexpr auto kGroup = "MQTT";
  app.add_option("--prefix", o.prefix, "first level of the topics")
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--qos", o.qos, "of the requests and of the subscriptions")
      ->check(CLI::Range(0, 2, "0 to 2"))
      ->type_name("N")
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--connections", o.connections,
                 "client connections that carry the devices, default min(devices, 16)")
      ->check(CLI::Range(std::size_t{1}, kMostConnections, "1 to 15,000"))
      ->type_name("N")
      ->group(kGroup);
  app.add_option("--mqtt-version", o.mqtt_version, "3.1.1 or 5")
      ->check(CLI::IsMember({"3.1.1", "5"}))
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--mqtt-answers", o.mqtt_answers,
                 "topics: every device subscribes to its registration topic; wildcard: one "
                 "subscription for all, on one more connection; response: MQTT 5 response topic")
      ->check(CLI::IsMember({"topics", "wildcard", "response"}))
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--mqtt-user", o.mqtt_user, "user name at the broker")->group(kGroup);
  app.add_option("--mqtt-password", o.mqtt_password, "password at the broker")->group(kGroup);
}

void declare_results(CLI::App& app, Options& o) {
  constexpr auto kGroup = "Results";
  app.add_option("--ids", o.ids_file, "write privateId<TAB>serviceId for every answer")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--expect", o.expect_file,
                 "every Service ID must be the one in this file (as --ids writes it)")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_flag("--json", o.json, "print the result as one JSON object")->group(kGroup);
  app.add_flag("--quiet", o.quiet, "no progress line")->group(kGroup);
}

}  // namespace

MqttAnswers Options::answers() const {
  if (mqtt_answers == "wildcard") return MqttAnswers::wildcard;
  if (mqtt_answers == "response") return MqttAnswers::response;
  return MqttAnswers::topics;
}

CLI::App* declare(CLI::App& parent, Options& o) {
  CLI::App& app = *parent.add_subcommand(
      "fleet", "simulated devices that register with a gateway over their own protocols");
  app.add_option("--coap", o.coap, "the gateway's CoAP listener")
      ->type_name("HOST:PORT")
      ->group("Where to");
  app.add_option("--mqtt", o.mqtt, "the broker that the gateway is connected to")
      ->type_name("HOST:PORT")
      ->group("Where to");
  declare_devices(app, o);
  declare_pace(app, o);
  app.add_option("--peers", o.peers,
                 "different source addresses and ports, default min(devices, 100); towards "
                 "127.0.0.0/8 a few sockets and many source addresses, so a million costs no more")
      ->check(CLI::Range(std::size_t{1}, kMostPeers, "1 to 16,000,000"))
      ->type_name("N")
      ->group("CoAP");
  declare_mqtt(app, o);
  declare(app, o.security);
  app.add_option("--write-credentials", o.credentials_file,
                 "write their PSKs or passwords as a list for `msggw devices credential import`, "
                 "and nothing else")
      ->type_name("FILE")
      ->group("Security");
  declare_results(app, o);
  app.footer(
      "Exit codes: 0 all registered; 1 some not, or another Service ID than expected;\n"
      "            2 wrong usage, or the peer cannot be reached.\n"
      "Examples:   msggw-sim fleet --coap 127.0.0.1:5683 --devices 1000 --window 256\n"
      "            msggw-sim fleet --mqtt 127.0.0.1:1883 --devices 1000 --pending-retry --ids "
      "ids.tsv\n"
      "            msggw-sim fleet --coap 127.0.0.1:5683 --once 00-1B-63-84-45-E6\n"
      "            msggw-sim fleet --devices 1000 --psk --keys-from test --write-credentials "
      "keys.csv\n"
      "            msggw-sim fleet --coap 127.0.0.1:5684 --dtls --psk --keys keys.csv --devices "
      "1000");
  return &app;
}

void complete(Options& o) {
  const bool only_writes = !o.credentials_file.empty();
  if (o.coap.empty() == o.mqtt.empty() && !(only_writes && o.coap.empty()))
    throw std::invalid_argument("give one of --coap and --mqtt");
  check(o.security, !o.coap.empty(), !o.mqtt.empty());
  if (only_writes && !o.security.psk && !o.security.passwords)
    throw std::invalid_argument("--write-credentials needs --psk or --passwords");
  if (!o.once.empty()) {
    o.devices = o.once.size();
    o.pending_retry = true;
    o.quiet = true;
  }
  if (o.info.size() > kMostInfoOctets) {
    throw std::invalid_argument("--info: at most " + std::to_string(kMostInfoOctets) + " octets");
  }
  if (o.renew && (o.coap.empty() || o.collecting()))
    throw std::invalid_argument(
        "--renew is of --coap, and learns no Service IDs: not with --once, --ids and --expect");
  if (o.security.any()) o.peers = o.devices;
  if (o.security.proves() && !o.mqtt.empty()) {
    if (o.devices > kMostConnections || o.answers() == MqttAnswers::wildcard)
      throw std::invalid_argument(
          "--psk, --passwords and --cert over MQTT are of 15,000 devices at most, and not of "
          "wildcard");
    o.connections = o.devices;
  }
  if (o.peers == 0) o.peers = std::min<std::uint64_t>(o.devices, 100);
  if (o.connections == 0) o.connections = std::min<std::uint64_t>(o.devices, 16);
  if (o.answers() == MqttAnswers::response && o.mqtt_version != "5") {
    throw std::invalid_argument("--mqtt-answers response needs --mqtt-version 5");
  }
  const Ids ids(o);  // throws what is wrong with the template or the IDs
  const std::uint32_t to_check = o.once.empty() ? 1 : static_cast<std::uint32_t>(o.devices);
  for (std::uint32_t device = 0; !o.mqtt.empty() && device < to_check; ++device) {
    if (ids.text(device).find_first_of("+#/") != std::string::npos) {
      throw std::invalid_argument("an ID in an MQTT topic holds no '+', '#' or '/'");
    }
  }
}

HostPort split_host_port(std::string_view text, std::uint16_t default_port) {
  const auto wrong = [&](const char* what) {
    return std::invalid_argument("'" + std::string(text) + "': " + what);
  };
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) throw wrong("']' is missing");
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!port.empty() && !port.starts_with(':')) throw wrong("':' is missing");
    if (!port.empty()) port.remove_prefix(1);
  } else if (const auto colon = text.find(':'); colon != text.npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (host.empty()) throw wrong("no host");
  std::uint16_t number = default_port;
  const bool has_port = !text.ends_with(']') && text.find(':') != text.npos;
  if (has_port) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc{} || end != port.data() + port.size() || number == 0) {
      throw wrong("not a port number");
    }
  }
  return {std::string(host), number};
}

}  // namespace msggw::fleet
