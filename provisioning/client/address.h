// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "adapters/wire/peers/peers.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "provisioning/protocol/address.h"

namespace msggw::client {

/// One address of the Provisioning Function as the client sees it. Loop thread only.
struct Address : peers::Peer {
  Address(const peers::Breaker& own_breaker, const base::Uri& api_root, base::Uri requests_url,
          base::metrics::Gauge& up_gauge, unsigned of_list)
      : Peer{own_breaker},
        root(api_root),
        url(std::move(requests_url)),
        bulk_url(protocol::bulk_url(root)),
        up(up_gauge),
        list(of_list) {
    up.Set(1);
  }

  base::Uri root;
  base::Uri url;             ///< of single requests
  base::Uri bulk_url;        ///< only over a binding that has bulk requests
  base::metrics::Gauge& up;  ///< of all addresses, one after the other, of this URL
  unsigned list;             ///< the number of the list of addresses that it belongs to
  base::TimePoint no_bulk_until{};
  base::log::Limit log{1};        ///< of reasons, which may change with each connection
  unsigned useless_bulks = 0;     ///< in a row
  unsigned silent_bulks = 0;      ///< without an answer, in a row, none begun before another ended
  base::TimePoint silent_bulk{};  ///< when the last of these ended
  base::TimePoint last_sent{};
  std::size_t last_asks = 0;  ///< in the request sent last
  /// Number and start of each request under way, the oldest first. Few, so they are looked through.
  std::vector<std::pair<std::uint64_t, base::TimePoint>> under_way;
};

}  // namespace msggw::client
