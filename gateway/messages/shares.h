// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>

#include "gateway/core/device.h"
#include "gateway/messages/lanes.h"

namespace msggw::messages {

/// How much of what waits is of devices that came from one source (core::Device::source), so that
/// none takes all the room there is. An entry for each source of which something waits. Loop thread
/// only.
class Shares {
 public:
  void add(core::SourceMark source, std::uint32_t octets) {
    Lanes::Load& load = of_[source];
    ++load.messages;
    load.octets += octets;
  }
  /// Nothing happens if nothing of that source waits.
  void take(core::SourceMark source, std::uint32_t octets) {
    const auto found = of_.find(source);
    if (found == of_.end()) return;
    found->second.octets -= octets;
    if (--found->second.messages == 0) of_.erase(found);
  }
  Lanes::Load of(core::SourceMark source) const {
    const auto found = of_.find(source);
    return found == of_.end() ? Lanes::Load{} : found->second;
  }

 private:
  boost::unordered_flat_map<core::SourceMark, Lanes::Load> of_;
};

}  // namespace msggw::messages
