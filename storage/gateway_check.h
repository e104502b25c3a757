// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "gateway/core/limits.h"
#include "gateway/messages/limits.h"
#include "storage/faults.h"
#include "storage/snapshot.h"

namespace msggw::storage {

/// What of a gateway's store people count.
struct GatewayCounts {
  std::uint64_t devices = 0;   ///< that are in the table, and not the numbers of those removed
  std::uint64_t messages = 0;  ///< that have not ended
  std::uint64_t credentials = 0;
  std::uint64_t psks = 0;  ///< of the credentials: they need the key file
};

/// Whether each row can be read as what its table holds, and each message has what it carries.
/// `snapshot` was opened with gateway_tables().
GatewayCounts check_gateway_rows(Snapshot& snapshot, Faults& faults);

/// Whether a gateway would start with it: makes the tables of one, in about 300 octets of memory
/// for each device. Adds the first contradiction.
void check_gateway_start(Snapshot& snapshot, const core::Limits& limits,
                         const messages::Limits& message_limits, Faults& faults);

}  // namespace msggw::storage
