// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "adapters/mqtt/board.h"
#include "adapters/mqtt/connection.h"
#include "adapters/mqtt/doors.h"
#include "adapters/mqtt/downlink.h"
#include "adapters/mqtt/options.h"
#include "adapters/mqtt/presence.h"
#include "adapters/mqtt/receipts.h"
#include "adapters/mqtt/reconciliation.h"
#include "adapters/mqtt/refusals.h"
#include "adapters/mqtt/sender.h"
#include "adapters/mqtt/topics.h"
#include "adapters/mqtt/uplink.h"
#include "gateway/base/context.h"
#include "gateway/base/metrics.h"
#include "gateway/base/result.h"
#include "gateway/core/adapter.h"
#include "gateway/core/limits.h"
#include "gateway/core/open_requests.h"
#include "gateway/core/registrations.h"
#include "gateway/core/speaker.h"
#include "gateway/credentials/gate.h"
#include "gateway/messages/adapter.h"

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
/// And, where messages are offered (payload/messages.h has the bodies):
///
/// | the device publishes | body                    | the gateway publishes                         |
/// | -------------------- | ----------------------- | --------------------------------------------- |
/// | <id>/send            | a structured message    | <id>/ack: accepted, once durable, or refused  |
/// | <id>/up              | content alone           | the same                                      |
/// | <id>/report          | what became of one      | <id>/ack, if the report is wrong              |
/// |                      |                         | <id>/down: a message; <id>/reports: a report  |
///
/// What a device may do is asked for each request (core::why_not); messages are not offered to a
/// shared group, in which nothing ties a device to one gateway.
///
/// Above Options::refusals_per_second a refusal is counted and not told: the broker would carry an
/// answer for each request of a flood, and known devices would wait behind them.
///
/// What is retained is how the device stands, on each topic by which it asked, as long as it is
/// registered over MQTT (Board), and is made to be so again after each connection (Reconciliation).
/// A request is an act at its time: what was retained before is none, nor is an empty retained
/// message, which clears one.
///
/// An MQTT 5 response topic gets the answer too, with the correlation data and never retained; of a
/// request that is wrong, only the response topic gets it. A registration has no end of its own.
///
/// Loop thread only.
class MqttAdapter final : public core::Adapter, public messages::Adapter {
 public:
  /// Throws std::runtime_error, naming the configuration key, for options that cannot work. All
  /// references and doors must outlive the adapter.
  MqttAdapter(const base::Context& context, const Options& options, Doors doors);

  core::Bearer bearer() const noexcept override { return core::Bearer::mqtt; }
  void start() override { connection_.start(); }
  void answer(const core::Answer& answer) override;
  void answer(const messages::Answer& answer) override;
  void waited_for(core::DeviceNo device) override;
  void notice(core::DeviceNo device, bool first) override;
  void parted(core::DeviceNo device, std::string_view private_id) override;
  void gone(core::DeviceNo device) override;
  void end_turn(base::TimePoint now) override;
  void stop() override;

  /// The options, and limits of messages, have changed in place, all but those that stand in
  /// topics, and client_id and topics_prove. The TLS files are read again, for connections to come;
  /// the one that is open stays, unless it would be made otherwise now: then it is made anew, with
  /// the session that the broker keeps. An event says how it went; files that cannot be used change
  /// nothing.
  void reconfigure();

  /// The broker's plugin sees the device connected, or not any longer: then it has left, whatever
  /// its last status says.
  void seen(core::DeviceNo device, bool is_connected);
  /// The plugin does not tell any longer.
  void seen_nothing() {
    presence_.see_nothing();
    registrations_.lost(core::Bearer::mqtt);
  }

  /// The device has been given credentials, durably: a topic that proves nothing speaks for it no
  /// more, so what is retained there goes.
  void given_credentials(core::DeviceNo device);

  /// One message from the broker, for the loop and for tests without one.
  void receive(const Incoming& incoming);

  bool is_connected() const noexcept { return connection_.is_ready(); }
  /// Why there is no session at the broker now, or was none the last time, for people.
  const std::string& reason() const noexcept { return connection_.reason(); }
  /// What the broker cannot do that the gateway would use, for people; empty: nothing.
  std::string lacks() const { return connection_.lacks(); }
  /// Whether the device's last `status` was `online`.
  bool is_online(core::DeviceNo device) const { return presence_.is_online(device); }

 private:
  /// Answers that waited for a commit come many at once, and let those pass that did not.
  enum class When { at_once, when_there_is_room };

  struct Metrics {
    base::metrics::Counter& receptions(const char* kind) const {
      return base::metrics::counter(registry, "msggw_mqtt_received_total",
                                    "Messages from the broker by what they ask for",
                                    {{"kind", kind}});
    }
    base::metrics::Counter& refusals(const char* reason) const {
      return base::metrics::counter(registry, "msggw_mqtt_refused_total",
                                    "Requests and publications turned away", {{"reason", reason}});
    }

    base::metrics::Registry& registry;
    std::array<base::metrics::Counter*, kRequestKinds> received{
        &receptions("register"), &receptions("deregister"), &receptions("status"),
        &receptions("send"),     &receptions("up"),         &receptions("report")};  ///< by kind
    base::metrics::Counter& received_other = receptions("other");
    base::metrics::Counter& received_clearing = receptions("clearing");
    base::metrics::Counter& received_stored = receptions("stored");
    base::metrics::Counter& refused_response_topic = refusals("response_topic");
    base::metrics::Counter& refused_property = refusals("property");
    base::metrics::Gauge& online = base::metrics::gauge(registry, "msggw_mqtt_devices_online",
                                                        "Devices whose last status was online");
  };

  std::uint64_t take(const Incoming& incoming);
  void resume();
  void answered(std::uint64_t tag, std::uint8_t reason);
  void serve(RequestKind kind, const Sender& sender, const Incoming& incoming);
  core::Speaker speaker_of(const Sender& sender) const;
  std::optional<core::Denial> why_not(const core::Speaker& speaker, core::Act act,
                                      const Sender& sender);
  /// Whether who is registered here has proven to be the device, for its messages.
  bool vouches() const { return doors_.messages != nullptr && options_.topics_prove; }
  void on_message(RequestKind kind, const Sender& sender, const Incoming& incoming);
  void on_register(const Sender& sender, std::string_view body);
  void on_deregister(const Sender& sender);
  void on_status(const Sender& sender, const Incoming& incoming);
  void tell_presence(core::DeviceNo device, bool online);
  void follow_connection();
  void has_number(std::string_view id, core::DeviceNo device);
  void deliver(const Sender& sender, const core::Answer& answer, When when);
  void tell(const Sender& sender, core::DeviceNo device, std::string_view body, When when);
  void refuse(const Sender& sender, const base::Error& error);
  void respond(const Sender& sender, std::string_view body, When when);

  const Options& options_;
  Doors doors_;
  core::Registrations& registrations_;
  const core::Limits& limits_;
  const base::Clock& clock_;
  credentials::Gate gate_;
  Metrics metrics_;
  Refusals refusals_;
  core::SharedRequests<OpenRequest> open_;
  Receipts receipts_;
  Presence presence_;
  bool stopped_ = false;
  bool resumed_ = false;
  std::uint64_t session_ = 0;  ///< at the broker, that is there; 0: none
  Board board_;
  Reconciliation reconciliation_;
  Uplink uplink_;
  Downlink downlink_;
  Connection connection_;  ///< last: its callbacks use all of the above
};

}  // namespace msggw::mqtt
