// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/address.h"
#include "gateway/base/clock.h"
#include "gateway/base/text.h"
#include "gateway/core/private_id_kinds.h"
#include "gateway/core/speaker.h"

namespace msggw::mqtt {

/// Where the broker is: a host, or a unix socket of this machine.
struct BrokerHost {
  std::optional<base::Host> host = base::Host(boost::asio::ip::address_v4::loopback());
  std::string socket = {};  ///< its path, if there is no host
};

/// What begins with '/' is the path of a socket, all else a base::Host. Returns `malformed` for
/// what is neither, and for a path that the system does not take.
inline base::Result<BrokerHost> parse_broker_host(std::string_view text) {
  constexpr std::size_t kMostPathOctets = 107;  // sockaddr_un::sun_path, with its NUL 108
  if (!text.starts_with('/')) {
    auto host = base::Host::parse(text);
    if (!host) return tl::unexpected(std::move(host.error()));
    return BrokerHost{std::move(*host)};
  }
  if (text.size() > kMostPathOctets || base::has_control(text) || !base::is_utf8(text))
    return base::fail(base::Errc::malformed, "\"" + base::printable(text) +
                                                 "\" is no path of a unix socket: at most " +
                                                 std::to_string(kMostPathOctets) + " octets");
  return BrokerHost{std::nullopt, std::string(text)};
}

/// As it stands in the configuration.
inline std::string to_string(const BrokerHost& host) {
  return host.host ? host.host->text() : host.socket;
}

/// What counts as proof that a device has a message, where it does not report itself.
enum class Proof {
  none,
  broker,  ///< that the broker has taken it, while the device is known to be connected
};

/// The [mqtt] section of the configuration; etc/msggw.toml explains each under the same name.
struct Options {
  bool enabled = true;
  BrokerHost host;
  std::uint16_t port = 1883;
  /// Must differ between gateways that share a broker. "own", in the configuration: one that is
  /// made of the store's key, for nobody to guess.
  std::string client_id = "own";
  std::string user;  ///< empty: none
  std::string password;
  std::string password_file;  ///< holds it instead; read when the configuration is
  std::string ca;             ///< PEM file; with it the connection is TLS
  std::string crl;            ///< file: what these have revoked
  std::string certificate;    ///< own, PEM file, for mutual TLS
  std::string key;
  std::string topic_prefix = "msgin5g";
  /// `$share/<group>/...`: several gateways share the devices of one broker.
  std::string shared_group = "";
  /// Devices may have themselves answered on topics that do not begin with the prefix.
  bool response_topics_beyond_prefix = false;
  std::chrono::seconds keep_alive{30};
  base::Duration reconnect_first{100};  ///< ceiling of the first wait; doubles, full jitter
  base::Duration reconnect_most{10'000};
  std::size_t max_payload_octets = 4'096;   ///< above: refused with PAYLOAD_TOO_LARGE
  std::size_t max_open_requests = 100'000;  ///< registrations that wait for their answer
  /// Requests refused aloud; more are refused in silence. 0: any number.
  std::uint32_t refusals_per_second = 200;
  std::size_t max_outgoing = 20'000;  ///< publications that wait for room at the broker
  /// The broker lets each device write below its own ID only, so that the topic proves who it is.
  bool topics_prove = false;
  /// What the broker's plugin reads is written there (gateway/broker). Empty: there is none.
  std::filesystem::path plugin_folder{};
  bool plugin_psks = false;  ///< PSKs are among it
  core::Admission admission = core::Admission::open;
  /// What devices may be called that do not prove who they are.
  std::vector<core::PrivateIdKind> private_id_kinds = core::all_but_numbers();
  bool open_messages = false;  ///< also for devices that do not prove who they are
  /// Whether a device that has credentials may be spoken for by who does not prove them.
  bool claims_despite_credentials = false;
  Proof proof = Proof::broker;
  std::chrono::seconds proof_within{30};
  std::size_t max_unproven = 10'000;  ///< messages brought to devices that wait for their proof
  std::size_t max_unproven_octets = 64U << 20;  ///< of these, as they are stored
};

}  // namespace msggw::mqtt
