// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/wire/coap/message.h"
#include "gateway/base/network.h"
#include "gateway/base/result.h"

namespace msggw::coap_adapter {

/// Where a device is pushed to.
struct PushTarget {
  coap::Peer peer;
  std::vector<std::string> path;  ///< of the base, before the resource's name
};

/// What is kept of the `base` of a registration (RFC 9176 5) that came from `source`: its normal
/// form, or nothing if nothing is pushed there, since it is of another scheme than coap, names a
/// host, which is never looked up, or an address that is neither that of the source nor in one of
/// `networks`, or since it is longer than a base that is kept. incorrect: it is no URI, or has a
/// query.
base::Result<std::string> read_base(std::string_view text, const coap::Peer& source,
                                    std::span<const base::Network> networks);

/// None: `kept` is none that read_base() made.
std::optional<PushTarget> target_of(std::string_view kept);

}  // namespace msggw::coap_adapter
