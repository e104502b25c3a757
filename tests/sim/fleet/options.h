// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/fleet/security.h"

namespace CLI {
class App;
}

namespace msggw::fleet {

/// A run's exit codes.
enum class Exit : int {
  all_registered = 0,
  some_not = 1,    ///< a device has no Service ID, or another one than --expect says
  not_usable = 2,  ///< wrong usage, a file that cannot be read, a peer that cannot be reached
};

/// Where a device listens for its answer over MQTT; see README.md for what each costs the broker.
enum class MqttAnswers { topics, wildcard, response };

inline constexpr std::size_t kMostWindow = 65'535;     ///< slot numbers are 16 bits of a CoAP token
inline constexpr std::size_t kMostPeers = 16'000'000;  ///< peer numbers are 24 bits of a CoAP token
inline constexpr std::size_t kMostIdOctets = 512;
/// A request stays within one datagram of 1,280 octets.
inline constexpr std::size_t kMostInfoOctets = 640;

/// What `msggw-sim fleet` was asked for. Exactly one of `coap` and `mqtt` is given,
/// but for `credentials_file`.
struct Options {
  std::string coap;  ///< HOST:PORT of a gateway's CoAP listener
  std::string mqtt;  ///< HOST:PORT of a broker that the gateway is connected to

  std::uint64_t devices = 1;
  std::uint64_t first = 1;
  std::string id_template = "mac";
  std::vector<std::string> once;  ///< exactly these Private IDs, one JSON line for each
  std::uint64_t rounds = 1;
  bool renew = false;          ///< rounds after the first are updates (RFC 9176 5.3.1)
  std::string info;            ///< body of every registration, JSON
  std::uint32_t lifetime = 0;  ///< seconds asked for (`lt=`), 0: the gateway's default

  std::size_t window = 256;
  double rate = 0;  ///< new requests a second; 0: as fast as the window allows
  std::chrono::milliseconds ramp{0};
  std::chrono::milliseconds duration{
      0};  ///< no new devices after this long; 0: until all were asked for
  std::chrono::milliseconds timeout{93'000};  ///< RFC 7252 4.8.2 MAX_TRANSMIT_WAIT
  unsigned retries = 4;  ///< RFC 7252 4.8 MAX_RETRANSMIT; MQTT: times asked again
  std::chrono::milliseconds ack_timeout{2'000};  ///< RFC 7252 4.8 ACK_TIMEOUT
  std::chrono::milliseconds ask_again{
      10'000};           ///< MQTT: silence after which a device publishes again
  bool warm_up = false;  ///< the first answer of each device is not in the latencies
  bool pending_retry = false;
  std::chrono::milliseconds pending_cap{5'000};  ///< most that Max-Age or retryAfter is obeyed for
  std::chrono::milliseconds pending_for{300'000};  ///< after this long a device stops asking again

  std::size_t peers = 0;  ///< 0: min(devices, 100)
  std::string prefix = "msgin5g";
  int qos = 1;
  std::size_t connections = 0;  ///< 0: min(devices, 16)
  std::string mqtt_version = "5";
  std::string mqtt_answers = "topics";
  std::string mqtt_user;
  std::string mqtt_password;

  Security security;
  std::string credentials_file;  ///< to be written; then nothing else is done

  std::string ids_file;
  std::string expect_file;
  bool json = false;
  bool quiet = false;

  bool collecting() const { return !once.empty() || !ids_file.empty() || !expect_file.empty(); }
  MqttAnswers answers() const;
};

/// Adds the subcommand `fleet` with all its options; parsing fills `options`, which must outlive
/// `app`.
CLI::App* declare(CLI::App& app, Options& options);

/// Checks what one option alone cannot know and fills the defaults that depend on others. Throws
/// std::invalid_argument with one sentence for the user.
void complete(Options& options);

/// The host and port of "HOST:PORT", "[V6]:PORT" or "HOST". Throws std::invalid_argument.
struct HostPort {
  std::string host;
  std::uint16_t port;
};
HostPort split_host_port(std::string_view text, std::uint16_t default_port);

}  // namespace msggw::fleet
