// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/connection_settings.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "adapters/mqtt/protocol/properties.h"
#include "gateway/base/address.h"
#include "gateway/base/text.h"

namespace msggw::mqtt {

namespace {

constexpr std::chrono::hours kSessionExpiry{1};
/// Of a gateway that shares its devices with others: until it ends, what the broker has given to
/// one that is gone waits there and reaches nobody.
constexpr std::chrono::seconds kSharedSessionExpiry{20};

/// Room to receive what is to be refused, and not more: a device cannot make the gateway hold the
/// 256 MB of the largest packet.
std::size_t most_packet_octets(std::size_t payload_octets) noexcept {
  constexpr std::size_t kLeast = 2U << 20;
  constexpr std::size_t kTopicAndProperties = 200'000;
  constexpr std::size_t kMqttLimit = 268'435'455;
  return std::min(kMqttLimit, std::max(kLeast, payload_octets + kTopicAndProperties));
}

}  // namespace

void check_options(const Options& options) {
  if (options.keep_alive < std::chrono::seconds(5) ||
      options.keep_alive > std::chrono::seconds(65'535))
    throw std::runtime_error("mqtt.keep_alive must be from 5 to 65535 seconds");
  if (options.host.host && options.port == 0) throw std::runtime_error("mqtt.port must not be 0");
  const auto check_text = [](const char* key, const std::string& text) {
    if (text.size() > 65'535 || protocol::judge(text) != protocol::Text::good)
      throw std::runtime_error(std::string("mqtt.") + key + " = \"" + base::printable(text) +
                               "\" cannot be used");
  };
  check_text("client_id", options.client_id);
  check_text("user", options.user);
  if (options.client_id.empty()) throw std::runtime_error("mqtt.client_id must not be empty");
  if (options.password.size() > 65'535) throw std::runtime_error("mqtt.password is too long");
}

std::string endpoint_of(const Options& options) {
  if (!options.host.host) return options.host.socket;
  return base::to_string(base::Address{*options.host.host, options.port});
}

Session::Settings settings_of(const Options& options, const Topics& topics,
                              std::size_t most_octets) {
  check_options(options);
  Session::Settings settings;
  settings.connect = {
      options.client_id,
      options.user,
      options.password,
      static_cast<std::uint16_t>(options.keep_alive.count()),
      static_cast<std::uint32_t>(std::chrono::seconds(options.shared_group.empty()
                                                          ? std::chrono::seconds(kSessionExpiry)
                                                          : kSharedSessionExpiry)
                                     .count()),
      static_cast<std::uint16_t>(Session::kReceiveMaximum),
      static_cast<std::uint32_t>(most_packet_octets(most_octets))};
  settings.subscriptions = topics.subscriptions();
  settings.shared = !options.shared_group.empty();
  return settings;
}

}  // namespace msggw::mqtt
