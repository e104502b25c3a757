// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>

#include "gateway/base/secrets.h"

namespace msggw::mqtt {

/// Of what the msgId is made that a device left out (messages::SendRequest::origin): the packet
/// identifier, so that a message which the broker hands over again is known, also by the gateway
/// that comes after a crash. A broker uses an identifier again, though, and a device may say the
/// same twice: what is no repetition (DUP) and would be taken for one gets a number beside it,
/// which is remembered as long as the identifier stands for it. Loop thread only.
class Origins {
 public:
  /// `is_known` says whether a message of such an origin, of the same device and content, came
  /// before. `packet_id` 0: QoS 0, which is never handed over again.
  template <class IsKnown>
  std::string of(std::uint16_t packet_id, bool again, IsKnown is_known) {
    if (packet_id == 0) return "qos0 " + fresh();
    const std::string origin = "packet " + std::to_string(packet_id);
    const auto found = numbers_.find(packet_id);
    if (again) return found == numbers_.end() ? origin : origin + ' ' + found->second;
    if (found != numbers_.end()) numbers_.erase(found);
    if (!is_known(origin)) return origin;
    return origin + ' ' + (numbers_[packet_id] = fresh());
  }

 private:
  std::string fresh() { return std::to_string(run_) + '.' + std::to_string(++last_); }

  std::uint64_t run_ = base::random_number();
  std::uint64_t last_ = 0;
  boost::unordered_flat_map<std::uint16_t, std::string> numbers_;
};

}  // namespace msggw::mqtt
