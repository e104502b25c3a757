// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/core/commits.h"
#include "gateway/credentials/doors.h"
#include "gateway/messages/store_side.h"
#include "storage/store.h"

namespace msggw::storage {

/// Through which the rows of a gateway's store go into its tables.
struct LoadDoors {
  core::Commits& commits;
  credentials::StoreSide& credentials;
  messages::StoreSide& messages;
};

/// At start: reads all that the store has but the contents of messages, in the order that the doors
/// ask for; `now` is the time of the process, `wall` what the clock of the machine shows. Errors:
/// storage, the first row that is wrong or contradicts an earlier one.
base::Result<void> load_gateway(Store& store, const LoadDoors& doors, base::TimePoint now,
                                base::TimePoint wall);

}  // namespace msggw::storage
