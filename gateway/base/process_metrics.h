// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace msggw::base::metrics {

/// What this process takes of the machine, under the names that Prometheus has for it in every
/// program: time of processors, memory, file descriptors, and when it began. What cannot be read in
/// /proc is left out. Looks at each open descriptor: some milliseconds for ten thousands of them.
std::vector<prometheus::MetricFamily> process_families();

}  // namespace msggw::base::metrics
