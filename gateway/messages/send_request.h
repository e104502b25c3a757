// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "gateway/core/ids.h"
#include "gateway/messages/message.h"

namespace msggw::messages {

/// A device has something to say (TS 23.554 8.7.1). Whoever calls knows that it is this device.
struct SendRequest {
  core::DeviceNo device{};
  core::Bearer bearer{};
  core::Ticket ticket{};
  /// None: the device names no recipient, so the peer of its newest transaction (of `application`,
  /// if there is one) is, else that of Policy.
  std::optional<Address> to{};
  /// Where it goes if the device has nobody to reply to; none: as Policy has it.
  std::optional<Address> otherwise{};
  /// Of the gateway's addresses the one to which the device wrote (DeviceSide::own_number()), where
  /// it has several; 0: it does not matter. Without `to` it is the peer that has this one.
  std::uint32_t own = 0;
  /// Empty: made from `origin`, which must be the same for a request that the bearer repeats and
  /// differ for any other that comes within `origin_for` (none: ever).
  std::string message_id{};
  std::string origin{};
  std::optional<std::chrono::seconds> origin_for{};
  std::string application{};
  std::string content{};
  bool wants_report = false;
  Priority priority = Priority::normal;
  std::optional<std::chrono::seconds> lifetime{};  ///< at most the default, which is that of none
  /// Of a bearer that acknowledges it before it is a message: what it needs to send it again after
  /// a restart, in octets of its own (DeviceSide::holds()). Empty: nothing.
  std::string draft{};
};

}  // namespace msggw::messages
