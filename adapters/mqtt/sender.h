// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace msggw::mqtt {

/// Who asked, and where the answer goes. Views live as long as their owner says.
struct Sender {
  std::string_view id;              ///< in the device's own spelling
  std::string_view response_topic;  ///< MQTT 5; checked; empty: none
  std::string_view correlation;
};

/// A request that is left open; its memory is used again for the next one.
struct OpenRequest {
  std::string id;
  std::string response_topic;
  std::string correlation;

  void assign(const Sender& sender) {
    id.assign(sender.id);
    response_topic.assign(sender.response_topic);
    correlation.assign(sender.correlation);
  }
  Sender sender() const noexcept { return {id, response_topic, correlation}; }
};

}  // namespace msggw::mqtt
