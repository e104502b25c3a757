#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "adapters/http/client.h"
#include "gateway/base/clock.h"
#include "provisioning/protocol/messages.h"

namespace msggw::client {

/// The [provisioning] section of the configuration; etc/msggw.toml explains each under the same
/// name.
struct Options {
  /// API roots of the Provisioning Function, tried in this order; empty: derived from `mcc` and
  /// `mnc`.
  std::vector<std::string> uris;
  std::string mcc;  ///< three digits
  std::string mnc;  ///< two or three digits
  http::ClientOptions http;
  std::string token;  ///< bearer token, empty: none
  std::size_t max_queue =
      4'096;  ///< asks taken from the core and not yet answered; the rest waits in the device table
  unsigned breaker_failures =
      3;  ///< consecutive failures after which only one probe at a time is sent
  base::Duration probe_first{
      50};  ///< ceiling of the first wait between probes; doubles, full jitter
  base::Duration probe_most{
      800};  ///< below one second, so that waiting devices are served within one of its return
  base::Duration retry_after_most{300'000};  ///< a longer Retry-After is cut to this
  protocol::WireLimits wire;
};

}  // namespace msggw::client
