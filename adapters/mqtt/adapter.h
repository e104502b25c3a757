// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "adapters/mqtt/connection.h"
#include "adapters/mqtt/options.h"
#include "adapters/mqtt/presence.h"
#include "adapters/mqtt/sender.h"
#include "adapters/mqtt/spellings.h"
#include "adapters/mqtt/topics.h"
#include "gateway/base/context.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/base/result.h"
#include "gateway/core/adapter.h"
#include "gateway/core/limits.h"
#include "gateway/core/open_requests.h"
#include "gateway/core/registrations.h"

namespace msggw::mqtt {

/// Devices behind an MQTT broker, 3.1.1 or 5, any QoS. For a device that spells its Private ID
/// <id>, below Options::topic_prefix:
///
/// | the device publishes | body                    | the gateway publishes on <id>/registration    |
/// | -------------------- | ----------------------- | --------------------------------------------- |
/// | <id>/register        | JSON object, or nothing | retained: registration, "pending" or refused  |
/// | <id>/deregister      | ignored                 | {"state":"deregistered"}, then clears it      |
/// | <id>/status          | online, offline         | nothing                                       |
/// | any of them, wrong   |                         | not retained: refused, with cause and detail  |
///
/// An MQTT 5 response topic gets the answer too, with the correlation data and never retained; of a
/// request that is wrong, only the response topic gets it. A registration has no end of its own.
///
/// While the broker is away, or takes less than is to be said, only the numbers of the devices to
/// be told are kept; they are told how things stand then. Loop thread only.
class MqttAdapter final : public core::Adapter {
 public:
  /// Throws std::runtime_error, naming the configuration key, for options that cannot work. All
  /// references must outlive the adapter.
  MqttAdapter(const base::Context& context, const Options& options,
              core::Registrations& registrations);

  core::Bearer bearer() const noexcept override { return core::Bearer::mqtt; }
  void start() override { connection_.start(); }
  void answer(const core::Answer& answer) override;
  void notice(core::DeviceNo device, bool first) override;
  void parted(core::DeviceNo device, std::string_view private_id) override;
  void gone(core::DeviceNo device) override;
  void end_turn(base::TimePoint now) override;
  void stop() override;

  /// Reads the TLS files towards the broker again, for connections to come; those that are open
  /// stay. An event says how it went; files that cannot be used change nothing.
  void reload() { connection_.reload(); }

  /// One message from the broker, for the loop and for tests without one.
  void receive(const Incoming& incoming);

  bool is_connected() const noexcept { return connection_.is_ready(); }
  /// What the broker does not give that the gateway asks for, for people; empty: nothing.
  std::string missing() const { return connection_.missing(); }
  /// Why there is no session at the broker now, or was none the last time, for people.
  const std::string& reason() const noexcept { return connection_.reason(); }
  /// Whether the device's last `status` was `online`.
  bool is_online(core::DeviceNo device) const { return presence_.is_online(device); }

 private:
  static constexpr std::size_t kErrcs = static_cast<std::size_t>(base::Errc::storage) + 1;
  static constexpr std::size_t kOwedATurn = 256;
  /// Of an id that is answered at all; a refusal should not cost more than the request did.
  static constexpr std::size_t kMostIdOctets = 4'096;

  struct Metrics {
    explicit Metrics(base::metrics::Registry& metrics) : registry(metrics) {
      for (std::size_t i = 0; i < kErrcs; ++i)
        refused[i] = &refusals(base::name_of(static_cast<base::Errc>(i)));
    }
    base::metrics::Counter& receptions(const char* kind) const {
      return base::metrics::counter(registry, "msggw_mqtt_received_total",
                                    "Messages from the broker by what they ask for",
                                    {{"kind", kind}});
    }
    base::metrics::Counter& publications(const char* kind) const {
      return base::metrics::counter(registry, "msggw_mqtt_published_total",
                                    "Messages given to the broker", {{"kind", kind}});
    }
    base::metrics::Counter& refusals(const char* reason) const {
      return base::metrics::counter(registry, "msggw_mqtt_refused_total",
                                    "Requests and publications turned away", {{"reason", reason}});
    }

    base::metrics::Registry& registry;
    std::array<base::metrics::Counter*, 3> received{&receptions("register"),
                                                    &receptions("deregister"),
                                                    &receptions("status")};  ///< by RequestKind
    base::metrics::Counter& received_other = receptions("other");
    base::metrics::Counter& published_state = publications("registration");
    base::metrics::Counter& published_answer = publications("answer");
    base::metrics::Counter& published_response = publications("response");
    base::metrics::Counter& published_clear = publications("clear");
    std::array<base::metrics::Counter*, kErrcs> refused{};  ///< by Errc
    base::metrics::Counter& refused_unpublishable = refusals("unpublishable");
    base::metrics::Counter& refused_response_topic = refusals("response_topic");
    base::metrics::Counter& refused_backlog = refusals("backlog");
    base::metrics::Counter& refused_retained = refusals("retained");
    base::metrics::Gauge& owed =
        base::metrics::gauge(registry, "msggw_mqtt_devices_owed",
                             "Devices to be told how they stand when the broker takes it");
    base::metrics::Gauge& online = base::metrics::gauge(registry, "msggw_mqtt_devices_online",
                                                        "Devices whose last status was online");
  };

  enum class Taken { yes, not_now, never };

  std::uint64_t take(const Incoming& incoming);
  void on_register(const Sender& sender, std::string_view body);
  void on_deregister(const Sender& sender);
  void on_status(const Sender& sender, std::string_view body);
  void has_number(std::string_view id, core::DeviceNo device);
  void deliver(const Sender& sender, const core::Answer& answer);
  void refuse(const Sender& sender, const base::Error& error);
  void respond(const Sender& sender, std::string_view body);
  std::string state_of(core::DeviceNo device) const;
  void tell(core::DeviceNo device, std::string_view id, std::string_view body);
  void tell_all_waiting(core::DeviceNo device, std::string_view but, std::string_view body);
  Taken publish_to(std::string_view id, std::string_view body, bool retained);
  void say(std::string_view id, std::string_view body);
  void owe(core::DeviceNo device, std::string_view id);
  void pay();

  const Options& options_;
  core::Registrations& registrations_;
  const core::Limits& limits_;
  const base::Clock& clock_;
  Metrics metrics_;
  Topics topics_;
  core::OpenRequests<OpenRequest> open_;
  Spellings waiting_;  ///< told "pending"; will be told how it ends
  Spellings owed_;     ///< to be told how things stand when the broker takes it
  Presence presence_;
  base::log::Limit backlog_log_{1};
  std::string topic_;  ///< reused
  bool stopped_ = false;
  Connection connection_;  ///< last: its callbacks use all of the above
};

}  // namespace msggw::mqtt
