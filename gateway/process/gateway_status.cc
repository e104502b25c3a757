// SPDX-License-Identifier: Apache-2.0
// What a gateway says of itself: where it listens, and how its parts are.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "gateway/process/build_info.h"
#include "gateway/process/gateway_process.h"
#include "gateway/process/key_file.h"

namespace msggw::process {

namespace {

std::string url_of(const char* scheme, const base::Host& host, std::uint16_t port) {
  return scheme + ("://" + to_string(base::Address{host, port}));
}

std::string broker_url(const mqtt::Options& mqtt) {
  if (!mqtt.host.host) return "unix:" + mqtt.host.socket;
  return url_of(mqtt.ca.empty() ? "mqtt" : "mqtts", *mqtt.host.host, mqtt.port);
}

std::vector<admin::Status::SmscState> connections_of(const sms::SmsAdapter& adapter) {
  std::vector<admin::Status::SmscState> all;
  for (const sms::SmscNo no : adapter.by_preference()) {
    const auto& smsc = adapter.smscs().at(static_cast<std::size_t>(no));
    for (const auto& connection : smsc->connections()) {
      all.push_back({smsc->options().name, connection->address(),
                     std::string(connection->bind_name()),
                     std::string(sms::name_of(connection->phase())), connection->since(),
                     connection->reason()});
    }
  }
  return all;
}

admin::Status::Kept of_status(const sms::Uplink::Kept& kept) {
  return {kept.texts, kept.long_messages};
}

bool has_answer(const std::vector<std::optional<base::TimePoint>>& all) {
  return std::any_of(all.begin(), all.end(), [](const auto& at) { return at.has_value(); });
}

}  // namespace

std::vector<Listener> GatewayProcess::coap_listeners() const {
  std::vector<Listener> all;
  if (!coap_) return all;
  for (const auto transport :
       {coap::Transport::udp, coap::Transport::dtls, coap::Transport::tcp, coap::Transport::tls}) {
    const std::string scheme(coap::scheme_of(transport));
    if (const std::uint16_t port = coap_->port(transport); port != 0)
      all.push_back(
          {url_of(scheme.c_str(), base::Host(config_.coap.address), port), "devices, CoAP"});
  }
  return all;
}

std::vector<Listener> GatewayProcess::listening() const {
  std::vector<Listener> all = coap_listeners();
  if (messaging_) all.push_back(messaging_->listener());
  if (admin_->port() != 0)
    all.push_back({url_of("http", base::Host(config_.admin.address), admin_->port()), "operator"});
  return all;
}

std::vector<Listener> GatewayProcess::bound() const {
  std::vector<Listener> all = coap_listeners();
  if (mqtt_) all.push_back({broker_url(config_.mqtt), "devices, MQTT (the broker)"});
  if (sms_) {
    for (const sms::SmscNo no : config_.sms.by_preference()) {
      const sms::SmscOptions& smsc = config_.sms.of(no);
      const std::string scheme = smsc.ca.empty() ? "smpp://" : "smpps://";
      all.push_back({scheme + to_string(smsc.addresses.front()),
                     "devices, SMS (the SMSC " + smsc.name + ")"});
    }
  }
  if (messaging_) all.push_back(messaging_->listener());
  if (admin_->port() != 0) {
    const std::string root = url_of("http", base::Host(config_.admin.address), admin_->port());
    all.push_back({root + "/metrics", "operator: metrics"});
    all.push_back({root + "/readyz", "operator: readiness"});
    all.push_back({root + "/api/v1/status", "operator: API, the token is in operator.json"});
  }
  return all;
}

std::vector<Listener> GatewayProcess::listeners() const {
  std::vector<Listener> all = bound();
  for (const auto& [root, origin] : provisioning_roots(config_.provisioning))
    all.push_back({base::to_string(root), "Provisioning Function, " + origin});
  if (messaging_) {
    for (Listener& peer : messaging_->peers()) all.push_back(std::move(peer));
  }
  return all;
}

std::vector<admin::Part> GatewayProcess::look() const {
  std::vector<admin::Part> parts{
      {"store", service_.healthy(), true},
      {"provisioningFunction", client_.available(), false, has_answer(client_.last_answers())}};
  if (mqtt_) parts.push_back({"broker", mqtt_->is_connected(), false});
  if (sms_) parts.push_back({"smsc", sms_->is_connected(), false});
  if (messaging_)
    parts.push_back({"server", messaging_->is_served(), false, messaging_->is_known()});
  return parts;
}

void GatewayProcess::look_at_troubles() {
  std::vector<Trouble> found = troubles_in(status(), clock_.now());
  if (plugin_) {
    if (std::string why = plugin_->trouble(); !why.empty())
      found.push_back({"brokerPlugin", config_.mqtt.plugin_folder.string(), std::move(why)});
  }
  const auto today = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  for (Trouble& each : certificates_.troubles(today)) found.push_back(std::move(each));
  if (const double psks = credentials_.metrics.unreadable.Value(); psks > 0)
    found.push_back({"credentials", key_file_of(config_).string(),
                     std::to_string(static_cast<std::uint64_t>(psks)) +
                         " PSKs of devices cannot be decrypted with this key file",
                     false});
  else if (std::error_code error;
           credentials_.opened && !std::filesystem::exists(key_file_of(config_), error) && !error)
    found.push_back({"credentials", key_file_of(config_).string(),
                     "the key file is gone; PSKs of devices cannot be read after the next start "
                     "unless it is put back",
                     false});
  if (reloading_.refusal) {
    if (std::string why = reloading_.refusal(); !why.empty())
      found.push_back({"configuration", {}, std::move(why), false});
  }
  if (const auto full = gateway_.tables().no_room(); full)
    found.push_back({"devices", {}, full->detail, false});
  troubles_.look(std::move(found), clock_.now());
}

void GatewayProcess::watch_troubles() {
  look_at_troubles();
  trouble_timer_.expires_after(kLookAtTroubles);
  trouble_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) watch_troubles();
  });
}

admin::Status GatewayProcess::status_now() {
  look_at_troubles();
  admin::Status now = status();
  now.troubles = troubles_.all();
  return now;
}

admin::Status GatewayProcess::status() const {
  admin::Status status;
  status.version = MSGGW_VERSION;
  status.commit = commit();
  status.uptime = std::chrono::floor<std::chrono::seconds>(clock_.now() - started_);
  status.folder = config_.gateway.folder.string();
  status.store_healthy = service_.healthy();
  if (!status.store_healthy) status.store_reason = service_.trouble();
  if (mqtt_) {
    status.broker_connected = mqtt_->is_connected();
    if (!mqtt_->is_connected()) status.broker_reason = mqtt_->reason();
    status.broker_lacks = mqtt_->lacks();
  }
  if (sms_) {
    status.smscs = connections_of(*sms_);
    status.kept = of_status(sms_->uplink().kept());
    status.kept_of = [this](core::DeviceNo device) {
      return of_status(sms_->uplink().kept_of(device));
    };
  }
  const std::vector<bool> answering = client_.answering();
  const std::vector<std::string> reasons = client_.reasons();
  const auto answers = client_.last_answers();
  for (const auto& [root, origin] : provisioning_roots(config_.provisioning)) {
    const std::size_t at = status.provisioning_functions.size();
    status.provisioning_functions.push_back(
        {base::to_string(root), origin, answering.at(at), reasons.at(at), answers.at(at)});
  }
  if (messaging_) status.servers = messaging_->states();
  status.listeners = bound();
  return status;
}

bool GatewayProcess::peers_connected() const {
  return (!mqtt_ || mqtt_->is_connected()) && (!sms_ || sms_->is_connected());
}

}  // namespace msggw::process
