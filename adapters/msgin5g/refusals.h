// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "adapters/msgin5g/problem.h"
#include "gateway/messages/outbox.h"

namespace msggw::msgin5g {

/// How a MSGin5G Server is told of what was not taken:
///
/// | error                                        | answer                               |
/// | -------------------------------------------- | ------------------------------------ |
/// | unknown_device                               | 404 RECIPIENT_NOT_FOUND              |
/// | unsupported, refused                         | 403 ADDR_TYPE_NOT_SUPPORTED          |
/// | too_large                                    | 413 PAYLOAD_TOO_LARGE                |
/// | overloaded, of the device                    | 429 NF_CONGESTION_RISK, Retry-After  |
/// | overloaded, of the gateway; unavailable      | 503 NF_CONGESTION, Retry-After       |
/// | storage                                      | 500 SYSTEM_FAILURE                   |
///
/// A limit of one device must not make a server spare the gateway, and the limits of the gateway
/// should.
Problem problem_of(const messages::Refusal& refusal);

}  // namespace msggw::msgin5g
