// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "tests/sim/fleet/security.h"
#include "tests/sim/traffic/plan.h"

namespace CLI {
class App;
}

namespace msggw::devices {

/// How devices show that they have what they were given.
enum class Proof : std::uint8_t {
  acknowledgement,  ///< CoAP: they observe, and acknowledge; MQTT: the broker does
  after,            ///< CoAP: they poll, and say what they have with the next GET
  report,           ///< they report it; CoAP: and poll
  push,             ///< CoAP: they are pushed to, and answer
  none,             ///< CoAP: they observe and never say anything
};

/// What `msggw-sim devices` was asked for. Exactly one of `coap` and `mqtt` is given.
struct Options {
  std::string coap;  ///< HOST:PORT of a gateway's CoAP listener
  std::string mqtt;  ///< HOST:PORT of a broker that the gateway is connected to

  std::uint32_t devices = 1;
  std::uint64_t first = 1;
  std::string id_template = "device-{n}";
  std::string proof = "ack";
  std::string recipient = "as-1@msgin5g.example";  ///< Service ID of the Application Server
  std::string ledger;                              ///< file; empty: none
  traffic::Plan plan;                              ///< that begins at once, if it has a count

  std::size_t peers = 0;                       ///< CoAP: source addresses; 0: min(devices, 1,000)
  std::size_t connections = 4;                 ///< MQTT
  std::chrono::milliseconds ask_again{2'000};  ///< without an answer
  std::chrono::milliseconds poll_every{200};   ///< an empty inbox
  std::chrono::milliseconds observe_every{0};  ///< 0: once
  std::uint32_t refuse_every = 0;  ///< of their reports, each so-manieth says that it failed

  fleet::Security security;
  /// Devices (MQTT: connections) a second to which something happens: over CoAP they restart, come
  /// from another address, or sleep, in turns; over MQTT their connection is cut.
  double disturb = 0;
  std::chrono::milliseconds sleep_for{5'000};
  bool keep_sessions = false;  ///< MQTT 3.1.1

  Proof how_proven() const;
};

/// Adds the subcommand `devices`; parsing fills `options`, which must outlive `app`.
CLI::App* declare(CLI::App& app, Options& options);

/// Registers the devices, says `ready`, does what standard input says until SIGTERM or SIGINT.
/// Throws std::runtime_error or std::invalid_argument with one sentence for the user.
void run(const Options& options);

}  // namespace msggw::devices
