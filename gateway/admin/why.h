// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gateway/admin/status.h"
#include "gateway/core/tables.h"
#include "gateway/messages/operator_side.h"

namespace msggw::admin {

/// What `msggw why` explains from. References for the call.
struct WhySources {
  const core::Tables& devices;
  const messages::OperatorSide& messages;
  const Status& status;
};

/// Why the device has no Service ID, is not registered at its MSGin5G Server, or does not get or
/// send its messages: sentences for its operator, the first cause first; and the facts behind them
/// as members. One JSON object.
std::string why_json(const WhySources& from, core::DeviceNo device);

}  // namespace msggw::admin
