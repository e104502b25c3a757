// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/call_counters.h"

#include <algorithm>
#include <string>

namespace msggw::function {

namespace {

constexpr unsigned kLeastStatus = 200;

}  // namespace

std::string_view name_of(Method method) noexcept {
  switch (method) {
    case Method::post: return "POST";
    case Method::get: return "GET";
    case Method::del: return "DELETE";
    case Method::other:
    case Method::unknown: break;
  }
  return "other";
}

void CallCounters::answered(base::Scheme channel, Method method, unsigned status) {
  const auto row = std::min(static_cast<std::size_t>(method), kMethods - 1);
  auto& slot = answered_.at(static_cast<std::size_t>(channel))[row].at(status - kLeastStatus);
  if (slot == nullptr) {
    slot = &base::metrics::counter(metrics_, "msggw_pf_requests_total",
                                   "Requests answered by the Provisioning Function",
                                   {{"protocol", std::string(base::name_of(channel))},
                                    {"method", std::string(name_of(method))},
                                    {"status", std::to_string(status)}});
  }
  slot->Increment();
}

void CallCounters::item(unsigned status) {
  auto& slot = items_.at(status - kLeastStatus);
  if (slot == nullptr) {
    slot = &base::metrics::counter(metrics_, "msggw_pf_bulk_items_total",
                                   "Items of bulk requests answered by the Provisioning Function",
                                   {{"status", std::to_string(status)}});
  }
  slot->Increment();
}

}  // namespace msggw::function
