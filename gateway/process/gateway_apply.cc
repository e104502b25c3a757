// SPDX-License-Identifier: Apache-2.0
// What a gateway that runs takes over of its configuration.
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

void GatewayProcess::check(const config::Config& now) {
  if (now.mqtt.enabled) mqtt::check_options(now.mqtt);
}

base::Result<> GatewayProcess::apply(const config::Config& now) {
  // The only thing that can fail comes first, so that it is all or nothing.
  if (!client_.reconfigure(now.provisioning, roots_of(now.provisioning)))
    return base::fail(base::Errc::incorrect,
                      "[provisioning]: a certificate or key cannot be used any more");
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
  if (admin_) admin_->set_hosts(config_.admin.hosts);
  if (coap_) coap_->reconfigure(config_.coap);
  if (mqtt_) reconfigure_mqtt();
  if (sms_) sms_->reconfigure();
  if (messaging_) messaging_->servers().reconfigure(config_.msgin5g);
  carry();
  certificates_.watch(tls_files_of_gateway(now));
  certificates_.read();
  return {};
}

}  // namespace msggw::process
