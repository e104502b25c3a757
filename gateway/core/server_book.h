// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "gateway/core/ids.h"

namespace msggw::core {

/// Devices of which the MSGin5G Server is to be told something out of turn. A hint and no more: who
/// is left out when it is full has its turn in a walk over the table (ServerWalk), or is
/// forgotten by the server when its lifetime has passed.
struct ServerBook {
  struct End {
    std::string service_id;
    UeType ue_type{};
    ProfileNo profile{};
  };
  static constexpr std::size_t kMostWaiting = 100'000;  ///< in each

  std::deque<DeviceNo> waiting;  ///< to be registered
  std::deque<End> ends;
  bool is_used = false;  ///< devices are registered at a server

  void add(DeviceNo no) {
    if (is_used && waiting.size() < kMostWaiting) waiting.push_back(no);
  }
  void add(End end) {
    if (is_used && ends.size() < kMostWaiting) ends.push_back(std::move(end));
  }
};

}  // namespace msggw::core
