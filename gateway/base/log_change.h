// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/base/log.h"

namespace msggw::base::log {

/// Of set_up() what may change while events are written: from now on. From any thread.
void change(Level least, PrivateIds private_ids) noexcept;

}  // namespace msggw::base::log
