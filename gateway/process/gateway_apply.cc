// SPDX-License-Identifier: Apache-2.0
// What a gateway that runs takes over of its configuration.
#include <memory>
#include <utility>

#include "adapters/mqtt/connection_settings.h"
#include "gateway/base/log_change.h"
#include "gateway/process/gateway_process.h"

namespace msggw::process {

/// Which devices may have messages over a bearer by its policy.
void GatewayProcess::carry() {
  if (!messaging_) return;
  const coap_adapter::Options& coap = config_.coap;
  const bool may_prove = coap.secure.udp || coap.secure.tcp;
  device_messages_.carry(core::Bearer::coap, coap_ && (coap.open_messages || may_prove));
  const mqtt::Options& mqtt = config_.mqtt;
  device_messages_.carry(core::Bearer::mqtt, mqtt_ && (mqtt.open_messages || mqtt.topics_prove));
  device_messages_.carry(core::Bearer::sms, sms_ != nullptr);
}

void GatewayProcess::reconfigure_mqtt() {
  mqtt::Options options = config_.mqtt;
  options.client_id = mqtt_options_.client_id;  // "own" has been read from the store
  if (plugin_) {                                // it has been told by what the gateway comes in
    options.user = mqtt_options_.user;
    options.password = mqtt_options_.password;
  }
  mqtt_options_ = std::move(options);
  mqtt_->reconfigure();
}

admin::Place place_of(const config::AdminOptions& options) {
  admin::Place place{options.address, options.port};
  place.listens = options.enabled;
  return place;
}

struct GatewayProcess::Ready {
  config::Config config;
  coap_adapter::Listeners::Places coap{};
  http::Place msgin5g{};
  http::Place admin{};
};

Commit GatewayProcess::prepare(const config::Config& now) {
  if (mqtt_) mqtt::check_options(now.mqtt);
  const auto ready = std::make_shared<Ready>(Ready{now});
  if (coap_) ready->coap = coap_->prepare(now.coap);
  if (messaging_) ready->msgin5g = messaging_->servers().prepare(now.msgin5g);
  ready->admin = admin_->prepare(place_of(now.admin));
  return [this, ready] { return apply(std::move(*ready)); };
}

base::Result<> GatewayProcess::apply(Ready&& ready) {
  const config::Config& now = ready.config;
  // The only thing that can fail comes first, so that it is all or nothing.
  if (!client_.reconfigure(now.provisioning, roots_of(now.provisioning)))
    return base::fail(base::Errc::incorrect,
                      "[provisioning]: a certificate or key cannot be used any more");
  const auto before = listening();
  sms::Options sms = sms::in_their_places(config_.sms, now.sms);
  config_ = now;
  config_.sms = std::move(sms);
  base::log::change(config_.log.level, config_.log.private_ids);
  loop_.watch(config_.gateway.watchdog_turn);
  gateway_.set_limits(config_.limits, clock_.now());
  credentials_.set_limits(config_.credentials);
  messages_.set_limits(config_.messages.limits);
  device_messages_.set_policy(policy_of(config_));
  operated_messages_.set_policy(policy_of(config_));
  admin_->set_hosts(config_.admin.hosts);
  admin_->take(std::move(ready.admin));
  write_access();
  if (coap_) coap_->reconfigure(config_.coap, std::move(ready.coap));
  if (mqtt_) reconfigure_mqtt();
  if (sms_) sms_->reconfigure();
  if (messaging_) messaging_->servers().reconfigure(config_.msgin5g, std::move(ready.msgin5g));
  carry();
  tell_moves(before, listening());
  certificates_.watch(tls_files_of_gateway(now));
  certificates_.read();
  return {};
}

}  // namespace msggw::process
