// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/base/handle.h"
#include "tests/sim/fleet/keys.h"
#include "tests/sim/fleet/security.h"

struct mosquitto;
extern "C" void mosquitto_destroy(struct mosquitto* mosq);

namespace msggw::fleet {

/// Starts libmosquitto for its lifetime; one in a process, before the first client.
class MqttLibrary {
 public:
  MqttLibrary();
  MqttLibrary(const MqttLibrary&) = delete;
  MqttLibrary& operator=(const MqttLibrary&) = delete;
  ~MqttLibrary();
};

/// A message that arrived; valid during the call.
struct MqttMessage {
  std::string_view topic;
  std::string_view payload;
  bool retained;  ///< stored before we subscribed, so no answer to anything asked now
  std::string_view correlation;  ///< MQTT 5 correlation data, empty if none
  std::string_view response_topic;
};

/// One MQTT connection without a thread of its own: its owner watches fd() and calls readable(),
/// writable() and, each second, tick(). Handlers run inside those calls. The pair that includes
/// mosquitto.h. Not thread-safe, not movable.
class MqttClient {
 public:
  struct Settings {
    std::string host;
    std::uint16_t port = 1883;
    std::string client_id;
    bool version_5 = true;
    std::string user{};
    std::string password{};
    /// TLS: who may sign the broker's certificate (PEM), or a PSK in hexadecimal digits; both
    /// empty: in the clear.
    std::string ca{};
    std::string certificate{};  ///< own, PEM; empty: none
    std::string key{};
    std::string psk_identity{};
    std::string psk_key{};
    /// The broker keeps the session, and what it has not been acknowledged; of MQTT 3.1.1.
    bool is_kept = false;
  };
  struct Handlers {
    std::function<void()> connected;  ///< also after each reconnection: subscribe here
    std::function<void()> lost;
    std::function<void(const MqttMessage&)> message;
    std::function<void()> subscribed;  ///< one SUBSCRIBE was acknowledged
  };
  /// MQTT 5 properties of a request.
  struct Reply {
    std::string_view topic;
    std::string_view correlation;
  };

  /// A device proves by that who it is, and trusts those.
  static void secure(Settings& settings, const Security& security, const Keys& keys, const Ids& ids,
                     std::uint32_t device);

  MqttClient(const Settings& settings, Handlers handlers);
  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;

  /// Opens the connection, blocking while names resolve and TCP connects. False if that failed;
  /// why() says how.
  bool connect();
  /// The same again after lost(), without blocking.
  bool reconnect();
  const std::string& why() const { return why_; }

  /// As if the network were gone; lost() comes of it.
  void cut();

  bool is_connected() const { return connected_; }
  int fd() const;  ///< -1: none at this moment
  bool wants_write() const;
  void readable();
  void writable();
  void tick();

  /// False if it was not taken (no connection).
  bool publish(const std::string& topic, std::string_view payload, int qos, bool retain,
               const Reply* reply = nullptr);
  /// One SUBSCRIBE for all `topics`; retained messages are not asked for (MQTT 5; under 3.1.1 they
  /// come).
  bool subscribe(std::span<const std::string> topics, int qos);

 private:
  struct Callbacks;

  bool is_secure() const { return !settings_.ca.empty() || !settings_.psk_identity.empty(); }
  void settle(int rc);
  void take_rest();

  base::Handle<mosquitto, mosquitto_destroy> client_;
  Settings settings_;
  Handlers handlers_;
  std::string why_;
  base::UniqueFd twin_;  ///< of the library's socket, which it closes with what is unread
  bool connected_ = false;
  bool lost_told_ = true;
};

}  // namespace msggw::fleet
