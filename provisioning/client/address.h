#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/metrics.h"
#include "provisioning/client/breaker.h"
#include "provisioning/protocol/address.h"

namespace msggw::client {

/// One address of the Provisioning Function as the client sees it. Loop thread only.
struct Address {
  Address(const protocol::ApiRoot& api_root, std::string requests_url, const Options& options,
          std::uint32_t seed, base::metrics::Gauge& up_gauge)
      : root(api_root),
        url(std::move(requests_url)),
        bulk_url(protocol::is_coap(root.scheme) ? std::string() : protocol::bulk_url(root)),
        breaker(options, seed),
        up(up_gauge) {
    up.Set(1);
  }

  protocol::ApiRoot root;
  std::string url;       ///< of single requests
  std::string bulk_url;  ///< empty: none
  Breaker breaker;
  base::metrics::Gauge& up;
  base::TimePoint no_bulk_until{};
  unsigned useless_bulks = 0;  ///< in a row
  /// Number and start of each request under way, the oldest first. Few, so they are looked through.
  std::vector<std::pair<std::uint64_t, base::TimePoint>> under_way;
};

}  // namespace msggw::client
