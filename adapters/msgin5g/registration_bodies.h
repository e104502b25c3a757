// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/msgin5g/answers.h"
#include "gateway/base/result.h"
#include "gateway/core/server_registrations.h"

namespace msggw::msgin5g {

// The bodies of msgs-ueregistration (docs/msgs-ueregistration.yaml).

/// What is the same in the registrations of all devices of a gateway.
struct Reach {
  std::string target_uri;  ///< apiRoot of the gateway
  std::chrono::seconds lifetime{};
  std::size_t segment_octets = 0;  ///< the most payload of one message or segment; 0: not said
};

/// A Registration, for the path of the device.
std::string write_registration(const core::ServerTask& task, const Reach& reach);
/// A BulkRequest.
std::string write_registrations(std::span<const core::ServerTask> tasks, const Reach& reach);
/// The most octets that the device's part of a BulkRequest, or of the answer to it, has.
std::size_t bulk_octets_of(const core::ServerTask& task, const Reach& reach) noexcept;

/// A result for each of the devices, in their order. malformed, missing, incorrect, too_large: the
/// body is no BulkResponse to that request.
base::Result<std::vector<RegistrationMeaning>> read_results(std::string_view body,
                                                            std::span<const core::ServerTask> asked,
                                                            const Limits& limits);

}  // namespace msggw::msgin5g
