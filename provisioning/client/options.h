// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "adapters/wire/http/client.h"
#include "gateway/base/clock.h"
#include "provisioning/protocol/address.h"
#include "provisioning/protocol/messages.h"

namespace msggw::client {

/// The [provisioning.coap] section.
struct CoapOptions {
  std::size_t max_in_flight = 32;  ///< requests outstanding
  base::Duration connect_timeout{5'000};
  base::Duration request_timeout{5'000};
  base::Duration ack_timeout{2'000};  ///< ACK_TIMEOUT of RFC 7252 4.8
  unsigned max_retransmit = 2;        ///< MAX_RETRANSMIT of RFC 7252 4.8
  /// Requests go as MSGin5G messages to /msgin5g instead of the resource (the contribution 6.X.1.3
  /// NOTE 1).
  bool message_binding = false;

  bool operator==(const CoapOptions&) const = default;
};

/// The [provisioning] section of the configuration; etc/msggw.toml explains each under the same
/// name.
struct Options {
  /// API roots of the Provisioning Function, tried in this order; empty: derived from `derived`.
  std::vector<base::Uri> uris;
  protocol::PlmnAddress derived;
  std::string token;                 ///< bearer token, empty: none; http and https only
  std::filesystem::path token_file;  ///< holds it instead; read when the configuration is
  /// coaps and coaps+tcp: with an identity the key is used, else X.509 with the files of http.tls.
  std::string psk_identity;
  std::string psk_key;                 ///< octets; empty: in `psk_key_file`
  std::filesystem::path psk_key_file;  ///< octets; one line feed at the end does not count
  protocol::Encoding encoding = protocol::Encoding::json;  ///< of requests
  http::ClientOptions http;                                ///< its tls is that of coaps too
  CoapOptions coap;
  /// Asks taken from the core and not yet answered; the rest waits in the device table.
  std::size_t max_queue = 4'096;
  std::size_t rate = 0;     ///< Private IDs asked for per second; 0: no limit
  std::size_t burst = 256;  ///< Private IDs asked for at once after a pause, if there is a rate
  /// Whether a removed device's Service ID is given back; false: its release counts as done.
  bool release = true;
  std::size_t bulk_most = 256;     ///< Private IDs in one request; 1: no bulk requests
  std::size_t bulk_in_flight = 4;  ///< requests under way above which asks pile up to a bulk
  /// An address that said it has no bulk resource is not asked for it for so long.
  base::Duration bulk_retry{600'000};
  /// Consecutive failures after which only one probe at a time is sent.
  unsigned breaker_failures = 3;
  base::Duration probe_first{50};  ///< ceiling of the first wait between probes; doubles, jitter
  base::Duration probe_most{800};  ///< below a second: who waits is served within one of its return
  base::Duration retry_after_most{300'000};  ///< a longer Retry-After is cut to this
  protocol::WireLimits wire;
};

}  // namespace msggw::client
