// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/base/result.h"
#include "gateway/core/handle_codec.h"
#include "storage/store.h"

namespace msggw::storage {

/// The key of the gateway's handles, row kHandleKey of kMeta: a version octet and the 16 octets of
/// the key. At the first start it is made, and durable when this returns, so that no device is told
/// a handle that a restart would not know.
///
/// Before the store's writer has anything to do. storage: the row cannot be read or written, or is
/// none that we write; to go on with another key would end every registration.
base::Result<core::HandleKey> handle_key(Store& store);

}  // namespace msggw::storage
