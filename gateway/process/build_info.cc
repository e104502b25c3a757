// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/build_info.h"

namespace msggw::process {

void tell_build(base::metrics::Registry& metrics) {
  base::metrics::gauge(metrics, "msggw_build_info", "Which program this is",
                       {{"version", MSGGW_VERSION}, {"commit", commit()}})
      .Set(1);
}

}  // namespace msggw::process
