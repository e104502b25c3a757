#include "gateway/gateway_process.h"

#include <random>
#include <stdexcept>
#include <utility>

#include "gateway/base/log.h"
#include "storage/device_record.h"
#include "storage/lmdb_store.h"

namespace msggw {

namespace {

std::uint64_t random_seed() {
  std::random_device random;
  return (std::uint64_t{random()} << 32) | random();
}

std::unique_ptr<storage::Store> open_store(const config::GatewayOptions& options) {
  storage::LmdbOptions lmdb;
  lmdb.folder = options.folder;
  lmdb.tables = storage::gateway_tables();
  lmdb.map_size = options.map_size;
  return storage::open_lmdb_store(std::move(lmdb));
}

/// What the client learns goes into the core.
client::Client::Events into(core::Gateway& gateway, const base::Clock& clock) {
  client::Client::Events events;
  events.provisioned = [&](core::DeviceNo device, core::Provisioned answer) {
    gateway.provisioned(device, std::move(answer), clock.now());
  };
  events.refused = [&](core::DeviceNo device, std::string cause, std::string detail) {
    gateway.refused(device, std::move(cause), std::move(detail), clock.now());
  };
  events.failed = [&](core::DeviceNo device) {
    gateway.failed(device, base::Duration{0}, clock.now());
  };
  return events;
}

std::string bracketed(const std::string& address) {
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

}  // namespace

GatewayProcess::GatewayProcess(const config::Config& config)
    : config_(config),
      loop_("gateway", config.gateway.watchdog_turn, clock_, metrics_),
      store_(open_store(config.gateway)),
      gateway_(config.limits, metrics_, base::random_hash_key(), random_seed()),
      service_(loop_.io(), clock_, gateway_, *store_, metrics_),
      client_(loop_.io(), config.provisioning, provisioning_roots(config.provisioning).roots,
              clock_, metrics_, random_seed(), into(gateway_, clock_)) {
  service_.load();
  if (config.coap.enabled) {
    coap_ = std::make_unique<coap::CoapAdapter>(loop_.io(), config.coap, gateway_, config.limits,
                                                clock_, metrics_);
    adapters_.push_back(coap_.get());
  }
  if (config.mqtt.enabled) {
    mqtt_ = std::make_unique<mqtt::MqttAdapter>(loop_.io(), config.mqtt, gateway_, config.limits,
                                                clock_, metrics_);
    adapters_.push_back(mqtt_.get());
  }
  service_.attach(client_, adapters_);
}

GatewayProcess::~GatewayProcess() = default;

void GatewayProcess::start() {
  for (core::Adapter* adapter : adapters_) adapter->start();
  if (config_.admin.enabled) {
    admin_ = std::make_unique<admin::Admin>(loop_.io(), config_.admin.address, config_.admin.port,
                                            metrics_, [this] { return look(); });
  }
}

std::vector<Listener> GatewayProcess::listeners() const {
  std::vector<Listener> all;
  if (coap_) {
    all.push_back(
        {"coap://" + bracketed(config_.coap.address) + ":" + std::to_string(coap_->port()),
         "devices, CoAP"});
  }
  if (mqtt_) {
    const std::string scheme = config_.mqtt.ca.empty() ? "mqtt://" : "mqtts://";
    all.push_back({scheme + bracketed(config_.mqtt.host) + ":" + std::to_string(config_.mqtt.port),
                   "devices, MQTT (the broker)"});
  }
  if (admin_) {
    const std::string root =
        "http://" + bracketed(config_.admin.address) + ":" + std::to_string(admin_->port());
    all.push_back({root + "/metrics", "operator: metrics"});
    all.push_back({root + "/readyz", "operator: readiness"});
  }
  const auto [roots, origin] = provisioning_roots(config_.provisioning);
  for (const auto& root : roots)
    all.push_back({protocol::to_uri(root), "Provisioning Function, " + origin});
  return all;
}

void GatewayProcess::run(const std::function<void()>& every_turn) {
  loop_.run([&] {
    end_turn();
    every_turn();
  });
}

void GatewayProcess::end_turn() {
  service_.end_turn();
  if (!stopping_) return;
  if (!stopped_adapters_) {
    stopped_adapters_ = true;
    stop_by_ = clock_.now() + kLastTurns;
    for (core::Adapter* adapter : adapters_) adapter->stop();
  }
  if (service_.idle() || clock_.now() >= stop_by_) loop_.stop();
}

std::vector<admin::Part> GatewayProcess::look() const {
  std::vector<admin::Part> parts{{"store", service_.healthy(), true},
                                 {"provisioningFunction", client_.available(), false}};
  if (mqtt_) parts.push_back({"broker", mqtt_->is_connected(), false});
  return parts;
}

bool GatewayProcess::broker_connected() const {
  return !mqtt_ || mqtt_->is_connected();
}

ProvisioningRoots provisioning_roots(const client::Options& options) {
  ProvisioningRoots found;
  const auto keep = [&](base::Result<protocol::ApiRoot> root) {
    if (!root)
      throw std::runtime_error("no address of the Provisioning Function: " + root.error().detail);
    found.roots.push_back(std::move(*root));
  };
  if (options.uris.empty()) {
    protocol::PlmnAddress plmn;
    plmn.mcc = options.mcc;
    plmn.mnc = options.mnc;
    found.origin = "derived from mcc " + options.mcc + ", mnc " + options.mnc;
    keep(protocol::derive_api_root(plmn));
  } else {
    found.origin = "configured";
    for (const std::string& uri : options.uris) keep(protocol::parse_api_root(uri));
  }
  return found;
}

}  // namespace msggw
