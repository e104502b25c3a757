// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/base/metrics.h"

namespace msggw::process {

/// The commit of which this was built, twelve digits; "unknown" where etc/commit does not know it,
/// which writes it.
const char* commit() noexcept;

/// `msggw_build_info`, 1, whose labels are the version and the commit.
void tell_build(base::metrics::Registry& metrics);

}  // namespace msggw::process
