// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gateway/base/keyed_hash.h"
#include "gateway/base/sources.h"

namespace msggw::mqtt {

/// Who asked, and where the answer goes. Views live as long as their owner says.
struct Sender {
  std::string_view id;              ///< in the device's own spelling
  std::string_view response_topic;  ///< MQTT 5; checked; empty: none
  std::string_view correlation;
};

/// A device behind the broker, as far as limits are concerned: the id below which it writes.
/// Whoever may write below any id is several to us.
inline base::Source source_of(const Sender& sender) {
  static const base::HashKey key = base::random_hash_key();
  return base::Source{0xff03'0000'0000'0000 | base::keyed_hash(key, sender.id) >> 16};
}

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
