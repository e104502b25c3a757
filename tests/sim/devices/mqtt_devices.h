// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/devices/talk.h"
#include "tests/sim/fleet/keys.h"
#include "tests/sim/fleet/mqtt_client.h"

namespace msggw::devices {

/// Devices over MQTT 5: a few connections carry all of them. One that is lost is opened again,
/// subscribes again, and its devices say again that they are online. One thread, one epoll.
class MqttDevices {
 public:
  /// Throws std::runtime_error if the broker cannot be reached.
  explicit MqttDevices(Talk& talk);
  ~MqttDevices();

  /// Returns when the talk is done.
  void run();

 private:
  struct Connection;
  struct Device {
    bool is_registered = false;
    std::optional<Sending> sending{};  ///< not acknowledged by the gateway
    Instant again{0};                  ///< when it sends that, or registers, once more
    bool is_looked_at = false;         ///< in sending_
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  void add_connection();
  void subscribe_more(std::size_t connection);
  void be_online(std::size_t connection);
  bool all_registered() const { return registered_ == devices_.size(); }
  void turn(bool may_send);
  void wait(Instant most);
  void settle(std::size_t connection);
  void disturb(Instant now);
  void check_timers(Instant now);
  void register_it(std::uint32_t device, Instant now);
  void send(std::uint32_t device, Instant now);
  void publish(std::uint32_t device, std::string_view name, std::string_view body, bool retained);
  void on_message(const fleet::MqttMessage& message);
  void on_registration(std::uint32_t device, std::string_view body);
  void on_ack(std::uint32_t device, std::string_view body, Instant now);
  void on_down(std::uint32_t device, std::string_view body, Instant now);

  Talk& talk_;
  const Options& options_;
  Proof proof_;
  fleet::MqttLibrary library_;
  base::UniqueFd epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Device> devices_;
  std::size_t registered_ = 0;
  boost::unordered_flat_map<std::string, std::uint32_t, Hash, std::equal_to<>> by_id_;
  std::vector<std::uint32_t> sending_;  ///< may hold some whose message is acknowledged
  std::string topic_;                   ///< scratch
  std::string body_;
  Instant next_check_{0};
  Instant next_tick_{0};
  Instant next_disturbance_{0};
  std::size_t disturbances_ = 0;
  fleet::Keys keys_;
};

}  // namespace msggw::devices
