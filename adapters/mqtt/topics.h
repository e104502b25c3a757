// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/mqtt/protocol/writer.h"

namespace msggw::mqtt {

/// What a device asks for; the last level of the topic it publishes to.
enum class RequestKind { registration, deregistration, status, send, up, report };
inline constexpr std::size_t kRequestKinds = 6;
/// What the gateway tells a device; the last level of the topic it publishes to.
enum class GatewayTopic { registration, ack, down, reports };

/// One request topic taken apart. Points into the topic.
struct RequestTopic {
  RequestKind kind;
  std::string_view id;  ///< the Private ID in the device's own spelling; may be empty
};

/// Whether `text` can stand as one level of a topic that is published to (MQTT 5, 1.5.4, 4.7): not
/// empty, UTF-8, no control characters, none of "/+#".
bool is_topic_level(std::string_view text) noexcept;

/// The topics of the device side, `<prefix>/<private id>/<word>`. A value.
class Topics {
 public:
  /// Longer ones are ignored: a request must not make the gateway hold much for its answer.
  static constexpr std::size_t kMostResponseTopicOctets = 512;
  static constexpr std::size_t kMostCorrelationOctets = 1024;

  /// Throws std::runtime_error, naming the configuration key, if `prefix` cannot begin a topic or
  /// `shared_group` cannot be a share name. An empty group: no shared subscription.
  /// `beyond_prefix`: answers may go to topics that do not begin with it. `messages`: they are
  /// offered, so what devices send is subscribed to.
  Topics(std::string prefix, std::string_view shared_group, bool beyond_prefix = false,
         bool messages = false);

  /// The filters that bring every request topic and nothing that the gateway itself publishes. Of a
  /// shared group each `register` goes to one gateway, and what concerns a registration that any of
  /// them may have made to all.
  const std::vector<protocol::Subscription>& subscriptions() const noexcept {
    return subscriptions_;
  }
  /// The filter of every topic that write() makes for registrations.
  std::string registrations() const { return prefix_ + "+/registration"; }

  /// None: not a request topic.
  std::optional<RequestTopic> parse(std::string_view topic) const noexcept;

  /// The <id> of a topic that write() makes for a registration; none: it is another topic.
  std::optional<std::string_view> parse_registration(std::string_view topic) const noexcept;

  /// `<prefix>/<id>/<word of kind>` in `out`, which is overwritten.
  void write(GatewayTopic kind, std::string_view id, std::string& out) const;

  /// Whether a request of device `id` may name `topic` for its answer (MQTT 5, 4.10). The gateway
  /// may publish where a device may not, so it must be the device's own below the prefix, and no
  /// request topic, or the gateway would be made to ask itself; beyond the prefix only where the
  /// operator allows it.
  bool may_answer_to(std::string_view topic, std::string_view id) const noexcept;

 private:
  std::string prefix_;  ///< with the '/' behind it
  std::vector<protocol::Subscription> subscriptions_;
  bool beyond_prefix_;
};

}  // namespace msggw::mqtt
