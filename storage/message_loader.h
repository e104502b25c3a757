// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/messages/store_side.h"
#include "storage/store.h"

namespace msggw::storage {

/// At start: reads all that the store has of messages but their contents, after the devices, and
/// lets go what waits. Errors: storage, the first that was met.
base::Result<void> load_messages(Store& store, messages::StoreSide& messages, base::TimePoint now);

}  // namespace msggw::storage
