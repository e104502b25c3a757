// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/coap/inbox.h"

namespace msggw::coap_adapter {

/// Who observes and what he wants, as it is kept with the row of his device; at most
/// core::Device::kMostObserverOctets. Not whether somebody has shown to be there, nor what was sent
/// last. Empty: it is one of a security session, and ends with that.
std::string record_of(const Observation& observation);

/// None: `record` is none that record_of() made.
std::optional<Observation> observation_of(std::string_view record);

}  // namespace msggw::coap_adapter
