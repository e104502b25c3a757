// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

namespace msggw::base::metrics {

using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Histogram = prometheus::Histogram;
using Labels = prometheus::Labels;
using Registry = prometheus::Registry;

/// Each returns the metric of that name and those labels, made at the first call. The reference
/// lives as long as `registry`; keep it, the look-up is not for the path of a packet. Names begin
/// with "msggw_"; counters end in "_total", and times are in seconds ("_seconds"). docs/metrics.md
/// lists them all.
Counter& counter(Registry& registry, const std::string& name, const std::string& help,
                 const Labels& labels = {});
Gauge& gauge(Registry& registry, const std::string& name, const std::string& help,
             const Labels& labels = {});
Histogram& histogram(Registry& registry, const std::string& name, const std::string& help,
                     const Histogram::BucketBoundaries& bounds, const Labels& labels = {});

/// The Prometheus text exposition format, version 0.0.4: what is registered, and what the process
/// takes of the machine (process_metrics.h).
std::string expose(const Registry& registry);

}  // namespace msggw::base::metrics
