#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "gateway/base/clock.h"

namespace msggw::mqtt {

/// The [mqtt] section of the configuration; etc/msggw.toml explains each under the same name.
struct Options {
  bool enabled = true;
  std::string host =
      "127.0.0.1";  ///< name or address of the broker; a path beginning with '/' is a unix socket
  std::uint16_t port = 1883;
  std::string client_id = "msggw";  ///< must differ between gateways that share a broker
  std::string user;                 ///< empty: none
  std::string password;
  std::string ca;           ///< PEM file; with it the connection is TLS
  std::string certificate;  ///< own, PEM file, for mutual TLS
  std::string key;
  std::string topic_prefix = "msgin5g";
  std::string shared_group =
      "";  ///< `$share/<group>/...`: several gateways share the devices of one broker
  std::chrono::seconds keep_alive{30};
  base::Duration reconnect_first{100};  ///< ceiling of the first wait; doubles, full jitter
  base::Duration reconnect_most{10'000};
  std::size_t max_payload_octets = 4'096;   ///< above: refused with PAYLOAD_TOO_LARGE
  std::size_t max_open_requests = 100'000;  ///< registrations that wait for their answer
  std::size_t max_outgoing = 20'000;        ///< publications that wait for room at the broker
};

}  // namespace msggw::mqtt
