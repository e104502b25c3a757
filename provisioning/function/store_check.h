// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "storage/faults.h"
#include "storage/snapshot.h"

namespace msggw::function {

// Of the Provisioning Function's store, opened with store_tables().

/// Whether each row can be read as what its table holds. Returns the number of assignments.
std::uint64_t check_rows(storage::Snapshot& snapshot, storage::Faults& faults);

/// Whether a Provisioning Function would start with it: makes its tables, in about 120 octets of
/// memory for each assignment. Adds the first contradiction.
void check_start(storage::Snapshot& snapshot, storage::Faults& faults);

}  // namespace msggw::function
