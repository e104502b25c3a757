// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "gateway/core/device.h"
#include "gateway/core/ids.h"

namespace msggw::core {

/// What a MSGin5G Server is to be told of a device.
struct ServerTask {
  enum class Kind : std::uint8_t {
    begin,  ///< TS 23.554 8.2.3: it is reached through this gateway; also to renew that
    end     ///< TS 23.554 8.2.4: it no longer is
  };
  Kind kind = Kind::begin;
  DeviceNo device{};  ///< of `end` it may be another device's number by now
  std::string service_id;
  UeType ue_type{};
  ProfileNo profile{};  ///< says which servers
};

}  // namespace msggw::core
