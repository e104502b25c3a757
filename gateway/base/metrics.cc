// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/metrics.h"

#include <prometheus/text_serializer.h>

#include <utility>

#include "gateway/base/process_metrics.h"

namespace msggw::base::metrics {

Counter& counter(Registry& registry, const std::string& name, const std::string& help,
                 const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
}

Gauge& gauge(Registry& registry, const std::string& name, const std::string& help,
             const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
}

Histogram& histogram(Registry& registry, const std::string& name, const std::string& help,
                     const Histogram::BucketBoundaries& bounds, const Labels& labels) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add(labels, bounds);
}

std::string expose(const Registry& registry) {
  auto families = registry.Collect();
  for (auto& family : process_families()) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace msggw::base::metrics
