// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/coap/adapter.h"
#include "adapters/mqtt/adapter.h"
#include "adapters/sms/adapter.h"
#include "gateway/admin/admin.h"
#include "gateway/base/context.h"
#include "gateway/config/sections/config.h"
#include "gateway/core/gateway.h"
#include "gateway/credentials/doors.h"
#include "gateway/loop/loop.h"
#include "gateway/messages/device_side.h"
#include "gateway/messages/operator_side.h"
#include "gateway/process/certificate_watch.h"
#include "gateway/process/listeners.h"
#include "gateway/process/messaging.h"
#include "gateway/process/plugin_side.h"
#include "gateway/process/reload.h"
#include "gateway/process/troubles.h"
#include "gateway/roster/access.h"
#include "gateway/service/service.h"
#include "provisioning/client/client.h"
#include "provisioning/protocol/address.h"
#include "storage/store.h"

namespace msggw::process {

/// The gateway, wired: every part of one process except the signals. The constructor opens and
/// reads the store; start() binds. Both throw std::runtime_error with the reason and the way out.
class GatewayProcess {
 public:
  explicit GatewayProcess(config::Config config);
  ~GatewayProcess();

  void start();
  std::vector<Listener> listeners() const;
  /// Each part of the process, and whether it is well.
  std::vector<admin::Part> look() const;
  /// Runs on the calling thread until stop(): then takes no new requests and returns when all that
  /// was taken in is stored, and the broker's plugin knows what is gone or it cannot be told, at
  /// the latest after kLastTurns.
  void run(const std::function<void()>& every_turn = [] {});
  void stop() { stopping_ = true; }
  /// See Prepare in reload.h: binds the listeners that move, and reads certificates and keys again;
  /// events say how it went. On the thread that runs.
  Commit prepare(const config::Config& now);
  /// How the operator has it reload; before start().
  void offer_reload(admin::Reloading reloading) { reloading_ = std::move(reloading); }

  loop::Loop& loop() noexcept { return loop_; }
  base::metrics::Registry& metrics() noexcept { return metrics_; }
  /// Whether the peers without which a device cannot show up are there: broker and an SMSC.
  bool peers_connected() const;

  static constexpr base::Duration kLastTurns{5'000};

 private:
  void wire_messages();
  void wire_devices();
  mqtt::Options mqtt_options() const;
  void carry();
  void reconfigure_mqtt();
  struct Ready;
  base::Result<> apply(Ready&& ready);
  void open_admin();
  void write_access();
  std::vector<Listener> coap_listeners() const;
  /// Those of its own.
  std::vector<Listener> listening() const;
  /// With the peers of devices.
  std::vector<Listener> bound() const;
  /// How the parts are, without what look_at_troubles() finds.
  admin::Status status() const;
  admin::Status status_now();
  void look_at_troubles();
  void watch_troubles();
  void end_plugin_turn();
  void end_turn();

  config::Config config_;  ///< rooms keep references to their parts, and read there what is live
  base::Clock clock_;
  base::TimePoint started_ = clock_.now();
  base::metrics::Registry metrics_;
  loop::Loop loop_;
  base::Context context_{loop_.io(), clock_, metrics_};
  std::unique_ptr<storage::Store> store_;
  core::Gateway gateway_;
  messages::Queue messages_;
  messages::StoreSide stored_messages_{messages_};
  messages::OperatorSide operated_messages_;
  credentials::Book credentials_;
  credentials::StoreSide stored_credentials_{credentials_};
  credentials::OperatorSide operated_credentials_{credentials_};
  messages::DeviceSide device_messages_;
  credentials::Proofs proofs_{credentials_};
  service::Service service_;
  client::Client client_;
  std::optional<Messaging> messaging_;
  std::unique_ptr<coap_adapter::CoapAdapter> coap_;
  mqtt::Options mqtt_options_;
  std::unique_ptr<PluginSide> plugin_;  ///< of the broker
  std::unique_ptr<mqtt::MqttAdapter> mqtt_;
  std::unique_ptr<sms::SmsAdapter> sms_;
  std::vector<core::Adapter*> adapters_;
  std::vector<messages::Adapter*> message_adapters_;
  CertificateWatch certificates_;
  Troubles troubles_;
  boost::asio::steady_timer trouble_timer_;
  admin::Reloading reloading_;
  std::unique_ptr<admin::Admin> admin_;
  std::string admin_token_;
  std::optional<roster::AccessFile> access_;
  bool mqtt_started_ = false;  ///< with a plugin; without one it is started with the others
  bool stopping_ = false;
  bool stopped_adapters_ = false;
  base::TimePoint stop_by_{};
  boost::asio::steady_timer stop_timer_;  ///< begins the turn that looks at stop_by_
};

/// Where the operator's listener is.
admin::Place place_of(const config::AdminOptions& options);

/// An address at which the gateway asks for Service IDs, and where it comes from.
struct ProvisioningRoot {
  base::Uri root;
  std::string origin;
};
/// In the order in which they are tried: the URIs of the configuration, else the address derived
/// from MCC and MNC (the contribution 6.X.1.2). Throws std::runtime_error.
std::vector<ProvisioningRoot> provisioning_roots(const client::Options& options);
/// The same without their origins.
std::vector<base::Uri> roots_of(const client::Options& options);

}  // namespace msggw::process
