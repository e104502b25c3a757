// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/core/ids.h"

namespace msggw::messages {

/// Why a message or a report was not taken. `cause` is a word of the product's documents, in static
/// storage; `error.detail` is for people.
struct Refusal {
  base::Error error;
  std::string_view cause;
  base::Duration retry_after{0};  ///< with Errc::overloaded and Errc::unavailable
};

/// The cause where one device has as much as it may.
inline constexpr std::string_view kDeviceQueueFull = "DEVICE_QUEUE_FULL";

inline Refusal refusal(base::Errc code, std::string_view cause, std::string detail,
                       base::Duration retry_after = base::Duration{0}) {
  return {{code, std::move(detail)}, cause, retry_after};
}

/// What became of a request to take a message or a report. Accepted means durable.
struct Answer {
  core::Ticket ticket{};
  std::string message_id;
  std::optional<Refusal> refusal;  ///< none: accepted
};

/// What messages want done outside; to be emptied once a turn.
struct Outbox {
  struct ToDevice {
    core::Bearer bearer;
    Answer answer;
  };
  std::vector<ToDevice> to_devices;  ///< answers to DeviceSide::send()
  std::vector<Answer> to_server;     ///< answers to ServerSide
  /// Something waits for these devices: whoever knows that one is reachable says so
  /// (DeviceSide::reachable()). Once for each message that is the first of its lane.
  std::vector<core::DeviceNo> waited_for;

  /// Nothing of these is to go up any more (StoreSide::still_sends()).
  std::vector<core::DeviceNo> have_sent;

  bool empty() const noexcept {
    return to_devices.empty() && to_server.empty() && waited_for.empty() && have_sent.empty();
  }
};

}  // namespace msggw::messages
