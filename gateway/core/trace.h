// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "gateway/base/trace.h"
#include "gateway/core/ids.h"

namespace msggw::core {

/// What may happen to a device, as its operator is told it.
enum class Happening : std::uint8_t {
  recorded,        ///< a first contact
  added,           ///< by the operator
  registered,      ///< with this gateway, over `bearer`; renewals are not told
  deregistered,    ///< it ended its registration over `bearer`
  expired,         ///< its registration over `bearer` ran out
  asked,           ///< the Provisioning Function, or to be asked as soon as it answers
  provisioned,     ///< it has its Service ID
  renewed,         ///< its servers and service information, or they stay as they were
  refused,         ///< by the Provisioning Function
  put_off,         ///< the answer was of no use, or none came
  released,        ///< its Service ID
  suspended,       ///< by the operator
  resumed,         ///< by the operator
  removed,         ///< by the operator, or to make room
  gone,            ///< its row ended
  at_server,       ///< registered at the MSGin5G Server
  server_refused,  ///< the MSGin5G Server does not register it
  server_put_off,  ///< the MSGin5G Server did not answer, or not about the device
  left_server,     ///< no longer registered at the MSGin5G Server
  taken_over       ///< registered over `bearer` once more by mere claim: its handle is another one
};
inline constexpr std::size_t kHappenings = 20;

/// "recorded", ...
std::string_view name_of(Happening what) noexcept;

struct DeviceEvent {
  base::TimePoint at{};
  DeviceNo device{};  ///< its number may have been another's before; that one's last is `gone`
  Happening what{};
  std::uint8_t bearer = kBearers;  ///< kBearers: none has to do with it
  base::CutText<60> why{};         ///< who said no, in their own words; may be empty
};

/// What has happened to devices since the process began.
using DeviceTrace = base::Trace<DeviceEvent>;
inline constexpr std::size_t kMostDeviceEvents = 10'000;  ///< 80 octets each

}  // namespace msggw::core
