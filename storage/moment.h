// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "gateway/core/timeline.h"
#include "storage/store.h"

namespace msggw::storage {

/// The row kLastMoment of a gateway's `meta`: with every batch.
void put_moment(Batch& batch, const core::Moment& moment);
/// None: there is no such row. storage: the store cannot be read, or the row is wrong.
base::Result<std::optional<core::Moment>> last_moment(Store& store);

/// Begins with a version octet. storage, with the element that is wrong.
base::Result<core::Moment> parse_moment(std::string_view row);

}  // namespace msggw::storage
