// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gateway/base/backoff.h"
#include "gateway/base/handle.h"
#include "tests/sim/fleet/campaign.h"
#include "tests/sim/fleet/keys.h"
#include "tests/sim/fleet/mqtt_client.h"

namespace msggw::fleet {

/// Devices that register over MQTT: each publishes `<prefix>/<id>/register` and waits for
/// `<prefix>/<id>/registration`. A few connections carry all of them (a broker's cost of an idle
/// connection is not what is measured here). One thread, one epoll. A connection that is lost is
/// opened again and subscribes again; a device that hears nothing publishes again.
class MqttFleet {
 public:
  /// Throws std::runtime_error if the broker cannot be reached, or does not accept us within the
  /// timeout.
  explicit MqttFleet(Campaign& campaign);
  ~MqttFleet();

  /// Returns when every registration has ended.
  void run();

 private:
  struct Connection;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  /// One request under way.
  struct Slot {
    std::uint32_t device = 0;
    unsigned sent = 0;  ///< times; 0: the slot is free
    Instant asked{0};
    Instant again{0};  ///< when the device publishes again
  };

  void open_connections();
  void add_connection(const HostPort& to);
  void subscribe_more(std::size_t connection);
  bool all_subscribed() const;
  void lost(std::size_t connection);
  void turn(Instant sleep);
  void settle(std::size_t connection);
  void check_timers(Instant now);
  void start_due(Instant now);
  void publish(const Slot& slot);
  void on_message(const MqttMessage& message);
  void on_answer(std::uint32_t device, const Answer& answer);
  void forget(std::uint32_t device);
  std::string topic_of(std::uint32_t device, std::string_view last) const;
  std::optional<std::uint32_t> device_of(const MqttMessage& message) const;
  std::uint64_t devices_of(std::size_t connection) const;

  Campaign& campaign_;
  const Options& options_;
  MqttAnswers answers_;
  Keys keys_;
  MqttLibrary library_;
  base::UniqueFd epoll_;
  std::vector<std::unique_ptr<Connection>>
      connections_;  ///< of devices; the wildcard listener behind them
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> slot_of_;  ///< of each device: a slot, kIdle, kWaiting
  boost::unordered_flat_map<std::string, std::uint32_t, Hash, std::equal_to<>>
      by_id_;  ///< asked or waiting
  boost::unordered_flat_map<std::uint32_t, Instant>
      waiting_;                       ///< told "pending", since when they had asked
  std::vector<std::size_t> touched_;  ///< connections used in this turn
  std::string id_;                    ///< scratch
  Instant next_check_{0};
  Instant next_tick_{0};
};

}  // namespace msggw::fleet
