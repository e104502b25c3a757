// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/base/metrics.h"

namespace msggw::process {

/// The commit of which this was built, twelve digits, as the tree stood when the build was
/// configured; "unknown" without git.
const char* commit() noexcept;

/// `msggw_build_info`, 1, whose labels are the version and the commit.
void tell_build(base::metrics::Registry& metrics);

}  // namespace msggw::process
